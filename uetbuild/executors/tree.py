"""Trees of processes: who descends from whom, who is who (pid and start time), and being the one that orphans come to.

Reads `/proc`; where there is none (macOS) nobody is found, and only process groups can be signalled.
Knows nothing of jobs.
"""

from __future__ import annotations

import os

from uetbuild.executors.csignal import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PR_SET_NAME = 15
_PR_SET_CHILD_SUBREAPER = 36
_STATE, _PARENT, _START = 0, 1, 19  # of /proc/PID/stat, counted from behind the name

NEVER = float("inf")

CAN_SEE = os.path.isdir("/proc/self/task")
"""Whether the system shows who descends from whom."""


def call_c(name: str, *arguments: object) -> int:
    """Call a function of the C library with numbers and bytes; -1 where there is none of that name.

    `_ctypes` by itself costs 1 ms to import, `ctypes` around it ten times as much and has nothing that we need.
    """
    try:
        import _ctypes  # lazy: builds of Python without libffi do not have it

        function = _ctypes.dlsym(_ctypes.dlopen(None, 0), name)  # type: ignore[arg-type]
        return int(_ctypes.call_function(function, arguments))
    except (ImportError, AttributeError):
        return _call_with_ctypes(name, arguments)
    except OSError:
        return -1


def _call_with_ctypes(name: str, arguments: tuple[object, ...]) -> int:
    try:
        import ctypes  # lazy: only where `_ctypes` looks different from what we know

        return int(getattr(ctypes.CDLL(None), name)(*arguments))
    except (ImportError, AttributeError, OSError):
        return -1


def become_subreaper() -> bool:
    """Make this process the one that orphans among its descendants come to; False where the system can't (macOS)."""
    return call_c("prctl", _PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def rename_process(name: str) -> None:
    """Set the name (at most 15 bytes) that `ps` and `top` show for this process, where the system can."""
    call_c("prctl", _PR_SET_NAME, name.encode(), 0, 0, 0)


def children(pid: int) -> list[int]:
    """Pids of the children of a process, dead ones that nobody waited for included. A snapshot: look again until it is empty."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            found += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{thread}"):
                return _children_by_parent(pid)  # a kernel without CONFIG_PROC_CHILDREN
        except OSError:
            continue
    return found


def descendants(pids: Iterable[int]) -> list[int]:
    """Pids of all that descends from these processes, themselves left out; parents come before their children."""
    found: list[int] = []
    waiting = list(pids)
    while waiting:
        below = children(waiting.pop())
        found += below
        waiting += below
    return found


def family() -> list[int]:
    """Pids of all that descends from this process."""
    return descendants([os.getpid()])


def group_of(pid: int) -> int:
    """The process group of a process; 0 when it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def start_time(pid: int) -> int:
    """When the process started, in clock ticks since boot: with the pid its identity. 0 when it is gone."""
    fields = _stat(pid)
    return int(fields[_START]) if fields else 0


def is_dead(pid: int) -> bool:
    """True for a process that has ended, also when nobody waited for it yet."""
    fields = _stat(pid)
    return not fields or fields[_STATE] in (b"Z", b"X")


def boot_id() -> str:
    """What tells this boot of the machine from others; "" where the system does not say."""
    try:
        return _read("/proc/sys/kernel/random/boot_id").decode().strip()
    except OSError:
        return ""


class Seen:
    """A process at the moment of a census; `start` in clock ticks since boot, `is_dead` also for one that nobody waited for yet."""

    __slots__ = ("is_dead", "parent", "pid", "start")

    def __init__(self, pid: int, fields: list[bytes]) -> None:
        self.pid = pid
        self.parent = int(fields[_PARENT])
        self.start = int(fields[_START])
        self.is_dead = fields[_STATE] in (b"Z", b"X")


def census() -> dict[int, Seen]:
    """All processes, each looked at once; empty where the system shows none."""
    return {pid: Seen(pid, fields) for pid in _all_pids() if (fields := _stat(pid))}


def marks_of(pid: int) -> dict[bytes, bytes]:
    """The environment with which a process started its program; empty where it is gone or somebody else's."""
    try:
        return dict([entry.partition(b"=")[::2] for entry in _read(f"/proc/{pid}/environ").split(b"\0")])
    except OSError:
        return {}


def outputs_of(pid: int) -> list[str]:
    """Where a process writes its standard output and its errors, as far as these are files."""
    found = []
    for number in (1, 2):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{number}"))
        except OSError:
            continue
    return found


def send(pid: int, number: int) -> bool:
    """Send a signal to a process; False when that is not allowed (it runs as somebody else). One that is gone is no error."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
    except PermissionError:
        return False
    return True


def send_group(group: int, number: int) -> None:
    """Send a signal to a process group; one that is gone is no error."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass  # macOS says EPERM of a group of zombies


class Ending:
    """TERM at `term_at`, KILL from `kill_at` on: the one way in which we end processes that did not end by themselves.

    Times are of `time.monotonic`. TERM goes once to those who are there at that moment: what they start in order to clean up may
    run until `kill_at`. `press` is called until nobody is left, because new ones may be born meanwhile.
    """

    __slots__ = ("kill_at", "term_at", "told")

    def __init__(self, term_at: float, kill_at: float, told: Iterable[int] = ()) -> None:
        self.term_at = term_at
        self.kill_at = kill_at
        self.told = set(told)

    def press(self, pids: list[int], now: float) -> bool:
        """Signal those of `pids` whose time has come; False when there is nothing more that we are allowed to do."""
        if now >= self.kill_at:
            allowed = [send(pid, signals.SIGKILL) for pid in pids]
            return any(allowed) or not pids
        if now >= self.term_at:
            self.term_at = NEVER
            for pid in pids:
                if pid not in self.told:
                    self.told.add(pid)
                    send(pid, signals.SIGTERM)
        return True

    def next_look(self, now: float) -> float:
        """Seconds until `press` should be called again even if nothing is heard of the processes."""
        if now >= self.kill_at:
            return 0.01
        return max(0.001, min(self.term_at, self.kill_at) - now)


def _read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        pieces = []
        while piece := os.read(fd, 1 << 16):  # a short read is not yet the end of a file in /proc
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(fd)


def _stat(pid: int) -> list[bytes]:
    try:
        return _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()  # the name before it may hold anything
    except OSError:
        return []


def _all_pids() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _children_by_parent(pid: int) -> list[int]:
    return [other for other in _all_pids() if (fields := _stat(other)) and int(fields[_PARENT]) == pid]
