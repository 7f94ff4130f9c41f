"""Files that a pattern names: the set of them counts as much as what they hold."""

from __future__ import annotations

from benchmarks.mishaps.case import LONG_AGO, Case
from benchmarks.mishaps.rules import Rule

from .probe import probe
from .stages import LIST


def three(case: Case) -> None:
    """Built with three files, all of long ago."""
    case.project(LIST)
    for name in "acd":
        case.write(f"src/{name}.txt", name.upper() + "\n")
        case.date(f"src/{name}.txt", LONG_AGO)
    case.builds()
    case.rests()


@probe("a file is added to a glob", "It belongs to the inputs from now on.")
def added_file(case: Case) -> None:
    three(case)
    case.write("src/b.txt", "B\n")
    case.builds()
    case.holds("out", "src/a.txt\nA\nsrc/b.txt\nB\nsrc/c.txt\nC\nsrc/d.txt\nD\n")
    case.rests()


@probe("an old file is moved into a glob", "It counts, although it is older than the output.")
def added_old_file(case: Case) -> None:
    three(case)
    case.write("b.txt", "B\n")
    case.date("b.txt", LONG_AGO)
    case.path("b.txt").rename(case.path("src/b.txt"))
    case.builds()
    case.holds("out", "src/a.txt\nA\nsrc/b.txt\nB\nsrc/c.txt\nC\nsrc/d.txt\nD\n")


@probe("a file of a glob is deleted", "The output is made again without it.")
def removed_file(case: Case) -> None:
    three(case)
    case.remove("src/c.txt")
    case.builds()
    case.holds("out", "src/a.txt\nA\nsrc/d.txt\nD\n")
    case.rests()


@probe("a file of a glob is renamed", "Names count: the output is made again.")
def renamed_file(case: Case) -> None:
    three(case)
    case.path("src/c.txt").rename(case.path("src/b.txt"))
    case.builds()
    case.holds("out", "src/a.txt\nA\nsrc/b.txt\nC\nsrc/d.txt\nD\n")


@probe("a file is added in a new folder below a glob", "`**` means folders that come later, too.")
def added_folder(case: Case) -> None:
    case.project(Rule("gather", "find src -name '*.txt' | sort | xargs cat > out", ("out",), globs=("src/**/*.txt",)))
    case.write("src/one/a.txt", "A\n")
    case.builds()
    case.write("src/two/b.txt", "B\n")
    case.builds()
    case.holds("out", "A\nB\n")
    case.rests()


@probe("a file that no glob names is added beside the inputs", "It is nobody's input: nothing runs.")
def unrelated_file(case: Case) -> None:
    three(case)
    case.write("src/notes.md", "not for the build\n")
    case.write("elsewhere.txt", "nor this\n")
    case.rests()
