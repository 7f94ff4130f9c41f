"""What is left of a build whose coordinator and supervisors were killed at once: found, and ended.

A process of ours is told in three ways, since we may have been killed before the first of them was durable: by pid, kernel start time
and boot as they were recorded after its spawn, so a recycled pid is never taken for it; by the id of its run, which is in the environment
of every job; and by the log of its run, into which it writes. What answers a question of the coordinator itself belongs to no run; its
environment names the state folder. What descends from one is one as well. Knows nothing of where records lie.
"""

from __future__ import annotations

import os
import time

from uetbuild.core.record import Record
from uetbuild.executors import tree
from uetbuild.executors.ask import ASKED_IN
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Recorded = tuple[str, str, int, int, str]  # run, node, pid, kernel start time in clock ticks, boot id; "" and 0 for a run by itself

LOOK_AGAIN = 0.02  # seconds; these are no children of ours, so their end cannot be waited for


class Left(Record):
    """A process that outlived its build; `start`: kernel start time in clock ticks. `run` and `node` are "" for a question's."""

    __slots__ = ("pid", "start", "run", "node")

    pid: int
    start: int
    run: str
    node: str


def find_leftovers(recorded: Iterable[Recorded], folders: Mapping[str, str], asked: str = "") -> list[Left]:
    """What still runs of runs that are over, by pid. `folders`: where each of them wrote its logs; `asked`: the state folder whose lock
    whoever asked had, "" to leave questions out. One look at each process.
    """
    boot = tree.boot_id()
    mine = [one for one in recorded if boot and one[4] == boot]
    if not mine and not asked:
        return []
    known = {(pid, start): (run, node) for run, node, pid, start, _ in mine if pid > 1}
    runs = {run: folders[run] + "/" for run, *_ in mine if run in folders}
    seen = tree.census()
    spared = _ancestors(seen, os.getpid())
    found: dict[int, tuple[str, str]] = {}
    for process in seen.values():
        if not process.is_dead and process.pid not in spared:
            whose = known.get((process.pid, process.start)) or _by_mark(process.pid, runs, asked)
            if whose:
                found[process.pid] = whose
    _add_descendants(found, seen, spared)
    return [Left(pid=pid, start=seen[pid].start, run=run, node=node) for pid, (run, node) in sorted(found.items())]


def end_leftovers(recorded: Iterable[Recorded], folders: Mapping[str, str], grace: float, asked: str = "") -> list[Left]:
    """Give what `find_leftovers` finds TERM, `grace` seconds, KILL, and return when it is gone; what was found at first.

    What runs as somebody else and cannot be ended stays.
    """
    recorded = list(recorded)
    found = left = find_leftovers(recorded, folders, asked)
    if left:
        reach("leftovers.ending")
        now = time.monotonic()
        ending = tree.Ending(now, now + grace)
        while left and ending.press([one.pid for one in left], time.monotonic()):
            time.sleep(LOOK_AGAIN)
            left = find_leftovers(recorded, folders, asked)
    return found


def _by_mark(pid: int, runs: Mapping[str, str], asked: str) -> tuple[str, str] | None:
    """The run and node of a process that was spawned, but not recorded."""
    marks = tree.marks_of(pid)
    if asked and marks.get(ASKED_IN.encode()) == os.fsencode(asked):
        return "", ""
    run = marks.get(b"UET_RUN_ID", b"").decode("utf-8", "replace")
    if run in runs:
        return run, marks.get(b"UET_NODE", b"").decode("utf-8", "surrogateescape")
    for path in tree.outputs_of(pid):
        for other, folder in runs.items():
            if path.startswith(folder):
                return other, ""
    return None


def _ancestors(seen: Mapping[int, tree.Seen], pid: int) -> set[int]:
    """A process and those above it: whoever asks, and the shell in which that is, is no leftover."""
    found: set[int] = set()
    while pid in seen and pid not in found:
        found.add(pid)
        pid = seen[pid].parent
    return found


def _add_descendants(found: dict[int, tuple[str, str]], seen: Mapping[int, tree.Seen], spared: set[int]) -> None:
    below: dict[int, list[int]] = {}
    for process in seen.values():
        below.setdefault(process.parent, []).append(process.pid)
    waiting = list(found)
    while waiting:
        pid = waiting.pop()
        for child in below.get(pid, ()):
            if child not in found and child not in spared and not seen[child].is_dead:
                found[child] = found[pid]
                waiting.append(child)
