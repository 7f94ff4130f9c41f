"""What is left of a build whose coordinator and supervisors were killed at once: found by what was recorded of each spawn, and ended.

A process is told by pid, kernel start time and boot, so a recycled pid is never taken for it. Knows nothing of where records are kept.
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


def end_leftovers(recorded: Iterable[Recorded], grace: float) -> list[str]:
    """Give what still runs of the recorded jobs TERM, `grace` seconds, KILL, and return when it is gone; the ids of their nodes, sorted.

    What runs as somebody else and cannot be ended stays.
    """
    boot = tree.boot_id()
    mine = [one for one in recorded if boot and one[4] == boot and one[2] > 1]
    found = {node for run, node, pid, start, _ in mine if _left(run, pid, start)}
    if found:
        reach("leftovers.ending")
        now = time.monotonic()
        ending = tree.Ending(now, now + grace)
        while left := [other for run, _, pid, start, _ in mine for other in _left(run, pid, start)]:
            if not ending.press(left, time.monotonic()):
                break
            time.sleep(LOOK_AGAIN)
    return sorted(found)


def _left(run: str, pid: int, start: int) -> list[int]:
    return [other for other in tree.remains(pid, start, f"UET_RUN_ID={run}".encode()) if other != os.getpid()]
