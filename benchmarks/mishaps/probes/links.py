"""Symbolic links, and folders that are not where they were."""

from __future__ import annotations

from benchmarks.mishaps.case import LONG_AGO, Case
from benchmarks.mishaps.rules import Rule

from .probe import probe
from .stages import COPY


@probe("the file behind a linked input is edited", "It is read, so it counts.")
def edited_behind_link(case: Case) -> None:
    case.project(COPY)
    case.write("real", "A\n")
    case.path("in").symlink_to("real")
    case.builds()
    case.write("real", "B\n")
    case.builds()
    case.holds("out", "B\n")


@probe("a linked input is pointed at another file", "What is read is another file now, however old.")
def repointed_link(case: Case) -> None:
    case.project(COPY)
    for name, text in (("one", "A\n"), ("two", "B\n")):
        case.write(name, text)
        case.date(name, LONG_AGO)
    case.path("in").symlink_to("one")
    case.builds()
    case.remove("in")
    case.path("in").symlink_to("two")
    case.builds()
    case.holds("out", "B\n")


@probe("a linked input leads nowhere", "The build fails.")
def dangling_link(case: Case) -> None:
    case.project(COPY)
    case.write("real", "A\n")
    case.path("in").symlink_to("real")
    case.builds()
    case.remove("real")
    case.refuses()


@probe("an input is a link to itself", "The build fails, and does not hang.")
def looping_link(case: Case) -> None:
    case.project(COPY)
    case.path("in").symlink_to("in")
    case.refuses()


@probe("a folder of a glob links to its parent", "The walk ends, each file counts once, and the second build runs nothing.")
def looping_folder(case: Case) -> None:
    case.project(Rule("gather", "cat src/a.txt > out", ("out",), globs=("src/**/*.txt",)))
    case.write("src/a.txt", "A\n")
    case.path("src/loop").symlink_to("..")
    case.builds()
    case.holds("out", "A\n")
    case.rests()


@probe("where an output belongs stands a link to a precious file", "The build does not write through it.")
def precious_behind_link(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.write("../precious", "precious\n")
    case.path("out").symlink_to("../precious")
    case.build()
    case.holds("../precious", "precious\n")


@probe("an output is a link to something old", "The recipe made it, so it is up to date.")
def output_is_link(case: Case) -> None:
    case.project(Rule("link", 'ln -sfn "$(cat in)" out', ("out",), ("in",)))
    case.write("real", "A\n")
    case.date("real", LONG_AGO)
    case.write("in", "real\n")
    case.builds()
    case.expect(case.path("out").is_symlink(), "`out` is no link")
    case.rests()


@probe("the project is entered through a link", "It is the same project: nothing runs.")
def linked_project(case: Case) -> None:
    case.project(COPY, Rule("gather", "cat src/*.txt > whole", ("whole",), globs=("src/*.txt",)))
    case.write("in", "A\n")
    case.write("src/a.txt", "A\n")
    case.builds()
    case.path("../link").symlink_to("project")
    case.ran()
    said = case.shell('cd ../link && "$@"')
    case.expect(not said.code, f"the build fails: {said.last}")
    case.expect(not case.ran(), "runs something for nothing")


@probe("the project's folder is renamed", "Nothing runs, and an edit there is built there.")
def moved_project(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.move("../moved")
    case.rests()
    case.write("in", "B\n")
    case.builds()
    case.holds("out", "B\n")
