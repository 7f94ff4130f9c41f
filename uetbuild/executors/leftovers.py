"""What is left of a build whose coordinator and supervisors were killed at once: found by what was recorded of each spawn, and ended.

A process is told by pid, kernel start time and boot, or by the id of its run in its environment, so a recycled pid is never taken for it.
Knows nothing of where records are kept.
"""

from __future__ import annotations

import os
import time

from uetbuild.executors import tree
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Recorded = tuple[str, str, int, int, str]  # run, node, pid, kernel start time in clock ticks, boot id

LOOK_AGAIN = 0.02  # seconds; these are no children of ours, so their end cannot be waited for


def end_leftovers(recorded: Iterable[Recorded], runs: Iterable[str], grace: float) -> list[str]:
    """Give what still runs of the recorded jobs, and whatever carries the mark of one of these `runs`, TERM, `grace` seconds, KILL, and
    return when it is gone; the ids of their nodes, sorted.

    The mark finds what was spawned so shortly before the kill that it was not recorded. What runs as somebody else and cannot be ended
    stays.
    """
    boot = tree.boot_id()
    mine = [one for one in recorded if boot and one[4] == boot and one[2] > 1]
    marks = [_mark(run) for run in runs]
    found = {node for run, node, pid, start, _ in mine if _left(run, pid, start)}
    found |= {_node(pid) for pid in _marked(marks)}
    if found:
        reach("leftovers.ending")
        now = time.monotonic()
        ending = tree.Ending(now, now + grace)
        while left := [*(other for run, _, pid, start, _ in mine for other in _left(run, pid, start)), *_marked(marks)]:
            if not ending.press(list(dict.fromkeys(left)), time.monotonic()):
                break
            time.sleep(LOOK_AGAIN)
    return sorted(found)


def _mark(run: str) -> bytes:
    return f"UET_RUN_ID={run}".encode()


def _marked(marks: Iterable[bytes]) -> list[int]:
    return [other for mark in marks for other in tree.marked(mark) if other != os.getpid()]


def _node(pid: int) -> str:
    found = [each for each in tree.environment(pid) if each.startswith(b"UET_NODE=")]
    return os.fsdecode(found[0][9:]) if found else "?"


def _left(run: str, pid: int, start: int) -> list[int]:
    return [other for other in tree.remains(pid, start, _mark(run)) if other != os.getpid()]
