"""How a thing is made counts: the command, its environment, its programs."""

from __future__ import annotations

from benchmarks.mishaps.case import LONG_AGO, Case
from benchmarks.mishaps.rules import Rule

from .probe import probe
from .stages import COPY, FINISH, STRIP

MODE = Rule("say", 'echo "$MODE" > out', ("out",), ("in",), env=("MODE",))
GENERATE = Rule("generate", "gen < in > out", ("out",), ("in",), programs=("gen",))


@probe("a command is changed", "What it makes is made again.")
def changed_command(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.project(Rule("copy", "tr A-Z a-z < in > out", ("out",), ("in",)))
    case.builds()
    case.holds("out", "a\n")
    case.rests()


@probe("another rule's command is changed", "Only that one runs again.")
def changed_neighbour(case: Case) -> None:
    case.project(STRIP, FINISH)
    case.write("in", "A\n")
    case.builds()
    case.project(STRIP, Rule("finish", "sed s/A/B/ mid > out", ("out",), ("mid",)))
    case.reruns("finish")
    case.holds("out", "B\n")


@probe("a comment of the build file is edited", "Nothing runs.")
def changed_comment(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.project(COPY, comment="a project with a better comment")
    case.rests()


@probe("a rule gets a second output", "It runs again, and both are there.")
def added_output(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.project(Rule("copy", "cat in > out; cat in > too", ("out", "too"), ("in",)))
    case.builds()
    case.holds("too", "A\n")
    case.rests()


@probe("a variable is changed that the recipe uses", "It counts like an input.")
def changed_variable(case: Case) -> None:
    case.project(MODE)
    case.write("in", "")
    case.builds(MODE="debug")
    case.rests(MODE="debug")
    case.builds(MODE="release")
    case.holds("out", "release\n")
    case.rests(MODE="release")


@probe("a variable is changed that the recipe does not use", "Another terminal is no reason to build again.")
def unrelated_variable(case: Case) -> None:
    case.project(MODE)
    case.write("in", "")
    case.builds(MODE="debug")
    case.rests(MODE="debug", COLUMNS="72", TERM="vt100", SSH_TTY="/dev/pts/9")


@probe("a script of the project is edited that the recipe runs", "What it makes is made again.")
def changed_script(case: Case) -> None:
    case.project(Rule("generate", "sh ./gen.sh < in > out", ("out",), ("in", "gen.sh")))
    case.write("gen.sh", "cat")
    case.write("in", "A\n")
    case.builds()
    case.write("gen.sh", "tr A-Z a-z")
    case.builds()
    case.holds("out", "a\n")


@probe("a program is upgraded", "Packages install files with the date of their making; the new program counts all the same.")
def upgraded_program(case: Case) -> None:
    case.project(GENERATE)
    case.write("../bin/gen", "#!/bin/sh\necho one\n")
    case.date("../bin/gen", LONG_AGO)
    case.write("in", "")
    case.builds()
    case.rests()
    case.write("../bin/gen", "#!/bin/sh\necho two\n")
    case.date("../bin/gen", LONG_AGO + 86_400)
    case.builds()
    case.holds("out", "two\n")


@probe("another program of that name comes first on PATH", "That one counts now.")
def other_program(case: Case) -> None:
    case.project(GENERATE)
    for folder in ("bin", "newer"):
        case.write(f"../{folder}/gen", f"#!/bin/sh\necho {folder}\n")
        case.date(f"../{folder}/gen", LONG_AGO)
    case.write("in", "")
    case.builds()
    case.builds(PATH=f"{case.path('../newer')}:{case.environ['PATH']}")
    case.holds("out", "newer\n")


@probe("two rules need each other", "The build fails, and says so; it does not hang or build something.")
def cycle(case: Case) -> None:
    case.project(Rule("one", "cat b > a", ("a",), ("b",)), Rule("two", "cat a > b", ("b",), ("a",)), COPY)
    case.write("in", "A\n")
    case.refuses(case.tool.target("one", "a"))
    case.expect(not case.ran(), "runs something of the cycle")
