"""Several things at once: two builds, or a build and somebody who edits."""

from __future__ import annotations

from benchmarks.mishaps.case import Case
from benchmarks.mishaps.rules import Rule

from .kills import held, working
from .probe import probe
from .stages import COPY

# each waits until it may end, so that the two builds are there at the same time
ONE = Rule("one", ": > ../one; until [ -e ../go ]; do sleep 0.02; done; cat in > a", ("a",), ("in",))
TWO = Rule("two", ": > ../two; until [ -e ../go ]; do sleep 0.02; done; cat in > b", ("b",), ("in",))


@probe("two builds at once", "No recipe runs while it is running already: the second build waits, or refuses.")
def two_builds(case: Case) -> None:
    working(case, "A\n")
    first = held(case)
    second = case.start()
    waits = case.settles(second)
    ran = case.ran()
    case.flag("go")
    case.expect(len(ran) == 1, "the same recipe runs twice at the same time")
    case.expect(second.ended(case.patience).code or waits, "the second build says that all is done, half-way through the first")
    case.expect(not first.ended(case.patience).code, "the first build fails")
    case.builds()
    case.holds("out", "A\n")


@probe("two builds of different targets at once", "Afterwards nothing is left to do: neither forgot what the other did.")
def two_targets(case: Case) -> None:
    case.project(ONE, TWO)
    case.write("in", "A\n")
    first = case.start(case.tool.target("one", "a"))
    case.comes("../one", first)
    second = case.start(case.tool.target("two", "b"))
    case.settles(second)
    case.flag("go")
    for build in (first, second):
        said = build.ended(case.patience)
        case.expect(not said.code, f"a build fails: {said.last}")
    case.rests()


@probe("an input is edited while the recipe runs", "The edit is not lost: after the next build the output has it.")
def edited_meanwhile(case: Case) -> None:
    working(case, "A\n")
    build = held(case)
    case.write("in", "B\n")
    case.flag("go")
    build.ended(case.patience)
    case.builds()
    case.holds("out", "B\n")


@probe("the first of two builds is killed", "The second does all that is left, and only what is right stays.")
def first_build_killed(case: Case) -> None:
    working(case, "A\n")
    first = held(case)
    second = case.start()
    case.settles(second)
    case.lower("hold")
    first.kill()
    case.flag("go")
    said = second.ended(case.patience)
    case.expect(not said.code, f"the second build fails: {said.last}")
    case.nobody_left()  # where nobody ended it, the first recipe writes, too
    case.holds("out", "A\n")
    case.rests()


@probe("a command is changed while it runs", "The change is not lost: after the next build the output has it.")
def changed_meanwhile(case: Case) -> None:
    working(case, "A\n")
    build = held(case)
    case.project(Rule("work", "sh ./job.sh; echo new >> out", ("out",), ("in", "job.sh")))
    case.flag("go")
    build.ended(case.patience)
    case.builds()
    case.holds("out", "A\nnew\n")
    case.rests()


@probe("one of two parallel steps fails", "The other comes to its end and counts: it is not done again.")
def failing_sibling(case: Case) -> None:
    case.project(
        Rule("bad", "until [ -e ../started ]; do sleep 0.02; done; : > ../failed; cat in > bad; test -e ../well", ("bad",), ("in",)),
        Rule("good", ": > ../started; until [ -e ../failed ]; do sleep 0.02; done; sleep 0.3; cat in > good", ("good",), ("in",)),
    )
    case.write("in", "A\n")
    case.refuses(*case.tool.parallel(2))
    case.flag("well")
    case.reruns("bad")
    case.holds("good", "A\n")


@probe("a dry run", "It runs nothing and changes no file of the project; the build after it does everything.")
def dry_run(case: Case) -> None:
    if case.tool.dry is None:
        case.not_applicable("it has no dry run")
    case.project(COPY)
    case.write("in", "A\n")
    case.prepare()
    before = case.tree()
    said = case.build(*case.tool.dry)
    case.expect(not said.code, f"the dry run fails: {said.last}")
    case.expect(not case.ran(), "the dry run runs a recipe")
    case.expect(case.tree() == before, "the dry run changes a file")
    case.reruns("copy")
    case.holds("out", "A\n")
