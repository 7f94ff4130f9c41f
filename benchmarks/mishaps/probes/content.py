"""What is in the inputs counts, and nothing else about them."""

from __future__ import annotations

import time

from benchmarks.mishaps.case import LONG_AGO, Case
from benchmarks.mishaps.rules import Rule

from .probe import probe
from .stages import COPY, FINISH, STRIP

# a "compiler" that puts in what `include NAME` names, and tells what it read, as `cc -MMD -MP` does
COMPILE = Rule("compile", "sh ./compile.sh", ("out",), ("in", "compile.sh"), depfile="out.d")
COMPILE_SH = """\
headers=$(sed -n 's/^include //p' in)
echo "out: in $headers" > out.d
for each in $headers; do echo "$each:" >> out.d; done
{ grep -v ^include in; [ -z "$headers" ] || cat $headers; } > out
"""


@probe("an input is touched", "A new date alone is no change: nothing runs.")
def touched_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.date("in", time.time() + 1)
    case.rests()


@probe("an input is edited", "What depends on it is made again, all the way, and the build after that has nothing to do.")
def edited_input(case: Case) -> None:
    case.project(STRIP, FINISH)
    case.write("in", "A\n")
    case.builds()
    case.write("in", "B\n")
    case.reruns("strip", "finish")
    case.holds("out", "B\n")
    case.rests()


@probe("an input gets other content of the same size, and its old date", "Content decides: the output is made again.")
def same_size_and_date(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.keep_date("in", "B\n")
    case.builds()
    case.holds("out", "B\n")


@probe("an input is replaced by an older file", "A file from a backup or an archive counts, however old its date.")
def older_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.write("in", "older\n")
    case.date("in", LONG_AGO)
    case.builds()
    case.holds("out", "older\n")


@probe("an input is dated in the future", "A wrong clock does not make the tool work for ever: the second build runs nothing.")
def future_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.date("in", time.time() + 86_400)
    case.builds()
    case.rests()


@probe("an input dated in the future is edited", "The edit counts, although the date goes back.")
def future_input_edited(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.date("in", time.time() + 86_400)
    case.builds()
    case.write("in", "B\n")
    case.builds()
    case.holds("out", "B\n")


@probe("an input is dated 1970", "A file without a date is built once, and then up to date.")
def ancient_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.date("in", 0)
    case.builds()
    case.holds("out", "A\n")
    case.rests()


@probe("an input is edited and edited back", "All is as it was: nothing runs.")
def edited_and_back(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.write("in", "B\n")
    case.write("in", "A\n")
    case.rests()


@probe("only a comment of an input is edited", "Where a step gives the same bytes as before, what comes after it does not run.")
def same_result(case: Case) -> None:
    case.project(STRIP, FINISH)
    case.write("in", "# one\nA\n")
    case.builds()
    case.write("in", "# two\nA\n")
    case.reruns("strip")
    case.holds("out", "A\n")


@probe("an input is deleted", "The build fails; it does not call the old output good.")
def deleted_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.remove("in")
    case.refuses()


@probe("an input is made empty", "No bytes are content, too: the output is made again, empty.")
def emptied_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.write("in", "")
    case.builds()
    case.holds("out", "")
    case.rests()


@probe("two inputs exchange their content, by renaming", "Each name counts with what it holds now.")
def exchanged_inputs(case: Case) -> None:
    case.project(Rule("join", "cat a b > out", ("out",), ("a", "b")))
    case.write("a", "A\n")
    case.write("b", "B\n")
    case.builds()
    case.path("a").rename(case.path("t"))
    case.path("b").rename(case.path("a"))
    case.path("t").rename(case.path("b"))
    case.builds()
    case.holds("out", "B\nA\n")


@probe("a header is edited that only the depfile names", "What the recipe said that it read counts.")
def discovered_input(case: Case) -> None:
    case.project(COMPILE)
    case.write("compile.sh", COMPILE_SH)
    case.write("in", "include h\nA\n")
    case.write("h", "H1\n")
    case.builds()
    case.write("h", "H2\n")
    case.builds()
    case.holds("out", "A\nH2\n")
    case.rests()


@probe("a header is deleted together with its use", "The build goes on without it, and is then up to date.")
def discovered_input_gone(case: Case) -> None:
    case.project(COMPILE)
    case.write("compile.sh", COMPILE_SH)
    case.write("in", "include h\nA\n")
    case.write("h", "H1\n")
    case.builds()
    case.write("in", "A\n")
    case.remove("h")
    case.builds()
    case.holds("out", "A\n")
    case.rests()
