"""An output is good only if the recipe made it, whole, and nobody changed it since."""

from __future__ import annotations

from benchmarks.mishaps.case import Case
from benchmarks.mishaps.rules import Rule

from .probe import probe
from .stages import COPY, FINISH, STRIP

# a recipe that does what the file `../mode` says
MOODY = Rule("moody", "sh ./moody.sh", ("out",), ("in", "moody.sh"))
MOODY_SH = """\
case $(cat ../mode) in
  good) cat in > out;;
  lazy) exit 0;;
  half) printf half > out; exit 1;;
  shot) printf half > out; kill -9 $$;;
esac
"""


def moody(case: Case, mode: str) -> None:
    case.project(MOODY)
    case.write("moody.sh", MOODY_SH)
    case.write("in", "A\n")
    case.write("../mode", mode)


@probe("an output is deleted", "It is made again.")
def deleted_output(case: Case) -> None:
    case.project(STRIP, FINISH)
    case.write("in", "A\n")
    case.builds()
    case.remove("out")
    case.reruns("finish")
    case.holds("out", "A\n")


@probe("an intermediate output is deleted", "A build leaves all that it declares: it is made again.")
def deleted_intermediate(case: Case) -> None:
    case.project(STRIP, FINISH)
    case.write("in", "A\n")
    case.builds()
    case.remove("mid")
    case.builds()
    case.holds("mid", "A\n")
    case.holds("out", "A\n")


@probe("one of two outputs is deleted", "Both are there again.")
def deleted_second_output(case: Case) -> None:
    case.project(Rule("both", "cat in > out; cat in > too", ("out", "too"), ("in",)))
    case.write("in", "A\n")
    case.builds()
    case.remove("too")
    case.builds()
    case.holds("too", "A\n")
    case.holds("out", "A\n")


@probe("an output is edited by hand", "A build gives what a clean one gives: it is made again.")
def edited_output(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.write("out", "by hand\n")
    case.builds()
    case.holds("out", "A\n")


@probe("an intermediate output is edited by hand", "The edit does not get into what is made from it.")
def edited_intermediate(case: Case) -> None:
    case.project(STRIP, FINISH)
    case.write("in", "A\n")
    case.builds()
    case.write("mid", "by hand\n")
    case.builds()
    case.holds("mid", "A\n")
    case.holds("out", "A\n")


@probe("an output is cut short", "A copy or a sync that went wrong is noticed.")
def truncated_output(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A long text\n")
    case.builds()
    case.keep_date("out", "A lo")
    case.builds()
    case.holds("out", "A long text\n")


@probe("a recipe succeeds without making its output", "The build fails: what was promised is not there.")
def missing_output(case: Case) -> None:
    moody(case, "lazy")
    case.refuses()


@probe("a recipe succeeds, and one of two outputs is missing", "The build fails.")
def missing_second_output(case: Case) -> None:
    case.project(Rule("both", "cat in > out", ("out", "too"), ("in",)))
    case.write("in", "A\n")
    case.refuses()


@probe("a recipe succeeds without writing its output again", "An old file does not pass for a new one: the build fails.")
def old_output(case: Case) -> None:
    moody(case, "good")
    case.builds()
    case.write("in", "B\n")
    case.write("../mode", "lazy")
    case.refuses()


@probe("a recipe fails with a half-written output", "The next build makes it whole, although no input changed.")
def half_output(case: Case) -> None:
    moody(case, "half")
    case.refuses()
    case.write("../mode", "good")
    case.builds()
    case.holds("out", "A\n")


@probe("after such a failure somebody looks", "No half-written file stands where an output belongs.")
def half_output_removed(case: Case) -> None:
    moody(case, "half")
    case.refuses()
    case.lacks("out", "the half-written output is still there")


@probe("a recipe is shot with a half-written output", "A death by signal is a failure, and the next build makes it whole.")
def shot_recipe(case: Case) -> None:
    moody(case, "shot")
    case.refuses()
    case.write("../mode", "good")
    case.builds()
    case.holds("out", "A\n")


@probe("a failed build is started again", "It fails again, as long as nothing was put right.")
def failed_again(case: Case) -> None:
    moody(case, "half")
    case.refuses()
    case.refuses()


@probe("a step fails on which others depend", "These do not run, and the build fails.")
def failed_dependency(case: Case) -> None:
    case.project(Rule("strip", "cat in > mid; exit 1", ("mid",), ("in",)), FINISH)
    case.write("in", "A\n")
    case.refuses()
    case.expect("finish" not in case.ran(), "runs `finish` on what `strip` left")
    case.lacks("out", "`out` was made")


@probe("a later step fails and is put right", "What succeeded before is not done again.")
def finished_work(case: Case) -> None:
    case.project(STRIP, Rule("finish", "cp mid out; test -e ../well", ("out",), ("mid",)))
    case.write("in", "A\n")
    case.refuses()
    case.flag("well")
    case.reruns("finish")
    case.holds("out", "A\n")


@probe("one of two steps fails, told to keep going", "The other is made, and the build fails.")
def keep_going(case: Case) -> None:
    if case.tool.keeps_going is None:
        case.not_applicable("it has no option to keep going")
    case.project(Rule("bad", "exit 1", ("bad",), ("in",)), COPY)
    case.write("in", "A\n")
    case.refuses(*case.tool.keeps_going)
    case.holds("out", "A\n")
