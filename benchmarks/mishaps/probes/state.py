"""What the tool remembers, lost or spoilt."""

from __future__ import annotations

from benchmarks.mishaps.case import Case

from .probe import probe
from .stages import FINISH, STRIP


def built(case: Case) -> None:
    if not case.tool.state:
        case.not_applicable("it remembers nothing")
    case.project(STRIP, FINISH)
    case.write("in", "A\n")
    case.builds()
    case.expect(case.remembered(), "its memory was not found")


@probe("the tool's memory is deleted", "The next build gives what a clean one gives.")
def lost_state(case: Case) -> None:
    built(case)
    for file in case.remembered():
        file.unlink()
    case.write("in", "B\n")
    case.builds()
    case.holds("out", "B\n")
    case.rests()


@probe("the tool's memory is cut off after its first bytes", "The next build gives what a clean one gives, and all is well after it.")
def truncated_state(case: Case) -> None:
    built(case)
    for file in case.remembered():
        file.write_bytes(file.read_bytes()[:10])
    case.write("in", "B\n")
    case.builds()
    case.holds("out", "B\n")
    case.rests()


@probe("the tool's memory is overwritten with noise", "The next build gives what a clean one gives, and all is well after it.")
def garbled_state(case: Case) -> None:
    built(case)
    for file in case.remembered():
        size = file.stat().st_size
        file.write_bytes(bytes(range(255, -1, -1)) * (size // 256 + 1))
    case.write("in", "B\n")
    case.builds()
    case.holds("out", "B\n")
    case.rests()
