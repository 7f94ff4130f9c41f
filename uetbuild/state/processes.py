"""What a crash left running: processes of ours, told by pid, kernel start time and boot, so that a recycled pid is never taken for one.

Linux only (`/proc`); elsewhere nothing is found. Only looks; who kills, and how, is decided elsewhere.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.state.store import Process

START, SESSION, PARENT = 19, 3, 1  # fields of /proc/PID/stat, counted from the state, which follows the name (proc(5))


def boot_id() -> str:
    """The kernel's name for the time since it started, "" where it has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def start_time(pid: int) -> int:
    """When a process started, in clock ticks since boot; 0 where there is none, or only its zombie."""
    fields = _fields(pid)
    return 0 if not fields or fields[0] in ("Z", "X") else int(fields[START])


def leftovers(recorded: Iterable[Process], boot: str) -> list[int]:
    """Pids, sorted, of recorded processes that still run, of what stands in their sessions and below them in the tree.

    Where the recorded process itself is gone, a process of its session counts only if its environment names the run.
    """
    alive: dict[int, str] = {}  # leader's pid -> its run, or "" where the leader itself is sure
    for run, _, pid, start, recorded_boot in recorded:
        if not boot or recorded_boot != boot or pid <= 1 or pid == os.getpid():
            continue
        now = start_time(pid)
        if now == start:
            alive[pid] = ""
        elif not now and run:
            alive.setdefault(pid, run)
    if not alive:
        return []
    found = {pid for pid, run in alive.items() if not run}
    table = _table()
    for pid, (_, session) in table.items():
        if session in found or (alive.get(session) and _belongs_to(pid, alive[session])):
            found.add(pid)
    grown = True
    while grown:
        below = {pid for pid, (parent, _) in table.items() if parent in found} - found
        found |= below
        grown = bool(below)
    found.discard(os.getpid())
    return sorted(found)


def _table() -> dict[int, tuple[int, int]]:
    """(parent, session) of every living process that we see."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _fields(int(name))
            if fields and fields[0] not in ("Z", "X"):
                table[int(name)] = (int(fields[PARENT]), int(fields[SESSION]))
    return table


def _fields(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].decode("ascii", "replace").split()
    except OSError:
        return []


def _belongs_to(pid: int, run: str) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return f"UET_RUN_ID={run}".encode() in file.read().split(b"\0")
    except OSError:
        return False
