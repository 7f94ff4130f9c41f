"""Standard input, standard output, and the disk to which all goes."""

from __future__ import annotations

import os

from benchmarks.mishaps.case import Case
from benchmarks.mishaps.rules import Rule

from .probe import probe
from .stages import COPY

LOUD = Rule("loud", "seq 20000; cat in > mid", ("mid",), ("in",))
LOUDER = Rule("louder", "seq 20000; cat mid > out", ("out",), ("mid",))


@probe("a recipe reads its standard input", "It finds the end of it at once, and the build does not hang.")
def reads_stdin(case: Case) -> None:
    case.project(Rule("read", "cat > out; cat in >> out", ("out",), ("in",)))
    case.write("in", "A\n")
    reading, writing = os.pipe()
    try:
        build = case.start(stdin=reading)
        case.expect(not build.ended(case.patience).code, "the build fails")
    finally:
        os.close(reading)
        os.close(writing)
    case.holds("out", "A\n")


@probe("the build is piped into `head`", "A reader that goes away stops the printing, not the build.")
def reader_goes(case: Case) -> None:
    case.project(LOUD, LOUDER)
    case.write("in", "A\n")
    case.shell('"$@" 2>&1 | head -n 1')
    case.holds("out", "A\n")


@probe("standard output is closed", "The build makes its files, and nothing printed gets into one of them.")
def closed_stdout(case: Case) -> None:
    case.project(Rule("work", "cat in > out; echo done", ("out",), ("in",)))
    case.write("in", "A\n")
    said = case.shell('"$@" >&- 2>&-')
    case.holds("out", "A\n")
    case.expect(not said.code or case.exists("out"), "nothing was built")


@probe("standard output is a full disk", "What was to be made is made; only the printing is lost.")
def full_stdout(case: Case) -> None:
    case.project(LOUD, LOUDER)
    case.write("in", "A\n")
    case.shell('"$@" > /dev/full 2>&1')
    case.holds("out", "A\n")


@probe("a recipe prints bytes that are no text", "The build goes on.")
def binary_print(case: Case) -> None:
    case.project(Rule("work", "printf '\\377\\376\\000\\033[31m'; cat in > out", ("out",), ("in",)))
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")
    case.rests()


@probe("a recipe prints 30 MB in one line", "The build comes to its end.")
def flood(case: Case) -> None:
    case.project(Rule("work", "head -c 30000000 /dev/zero | tr '\\000' x; cat in > out", ("out",), ("in",)))
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")
    case.rests()


@probe("the disk is full while a recipe writes", "The build fails; when there is room again, the next one makes all whole.")
def full_disk(case: Case) -> None:
    with case.small_disk(2 << 20):
        case.project(COPY)
        case.write("in", "x" * 400_000)
        case.fill_disk(leave=100_000)
        case.refuses()
        case.remove("filler")
        case.builds()
        case.holds("out", "x" * 400_000)
        case.rests()


@probe("the disk is full when the tool notes what was done", "Nothing wrong is believed later: the next edit is built.")
def full_disk_for_state(case: Case) -> None:
    with case.small_disk(2 << 20):
        case.project(Rule("work", "cat in > out; cat /dev/zero > filler 2> /dev/null || true", ("out",), ("in",)))
        case.write("in", "A\n")
        case.build()
        case.remove("filler")
        case.project(COPY)
        case.write("in", "B\n")
        case.builds()
        case.holds("out", "B\n")
        case.rests()
