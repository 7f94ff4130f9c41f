"""The processes of one probe: each carries a mark in its environment, so that none is missed and no other is hit."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

MARK = "MISHAPS_MARK"


def marked(mark: str) -> list[int]:
    """The living processes that carry this mark, without zombies."""
    wanted = os.fsencode(f"{MARK}={mark}")
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and _carries(name, wanted)]


def _carries(pid: str, wanted: bytes) -> bool:
    try:
        return wanted in Path("/proc", pid, "environ").read_bytes().split(b"\0") and _state(pid) != "Z"
    except OSError:
        return False


def _state(pid: str) -> str:
    return Path("/proc", pid, "stat").read_text(errors="replace").rpartition(")")[2].split()[0]


def kill_marked(mark: str) -> None:
    """SIGKILL for all of them, as a machine does that goes down: first they are stopped, so that none can answer to another's end."""
    while found := marked(mark):
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in found:
                _send(pid, number)
        until(lambda: not set(marked(mark)) & set(found), 10)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def until(holds: Callable[[], object], patience: float) -> bool:
    """Wait until something holds, at most `patience` seconds; says whether it came to hold."""
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def at_rest(mark: str) -> Callable[[], bool]:
    """A question: have all marked processes used no processor time for half a second? Who waits for a lock is at rest."""
    seen: list[tuple[float, dict[int, int]]] = []

    def resting() -> bool:
        now = {pid: _ticks(pid) for pid in marked(mark)}
        if not seen or now != seen[0][1] or -1 in now.values():
            seen[:] = [(time.monotonic(), now)]
        return time.monotonic() - seen[0][0] > 0.5

    return resting


def _ticks(pid: int) -> int:
    """Processor time used, in clock ticks; -1 while it runs or waits for a processor."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] == "R" else int(fields[11]) + int(fields[12])
