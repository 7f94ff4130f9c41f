"""Which kind of file system a folder lies on, where that changes what can be relied on. Linux only; elsewhere nothing is known."""

from __future__ import annotations

import os
from time import monotonic_ns

# Neither shared memory (SQLite's WAL) nor fine time stamps of one clock can be relied on. `fuse` and `fuse.*` may be anything.
NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "ceph", "lustre", "gfs", "gfs2", "ocfs2", "glusterfs", "beegfs", "9p",
        "virtiofs", "vboxsf", "prl_fs", "ncpfs", "orangefs",
    }
)  # fmt: skip
COARSE = frozenset({"vfat", "msdos", "hfs", "hfsplus"})  # time stamps of one or two seconds

MOUNTS = "/proc/self/mountinfo"
TICK = 900_000  # ns, less than the shortest tick there is (1,000 a second)
TRIES = 4


def file_system(path: str, table: str | None = None) -> str:
    """Type of the file system of `path` (an existing absolute path), "" where it cannot be told. `table`: for tests."""
    if table is None:
        try:
            with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
                table = file.read()
        except OSError:
            return ""
    path = os.path.realpath(path)
    best, found = -1, ""
    for line in table.splitlines():
        head, _, tail = line.partition(" - ")
        fields = head.split(" ")
        if len(fields) < 5 or not tail:
            continue
        point = _unescape(fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:  # a later mount on the same point hides the earlier one
            best, found = len(point), tail.split(" ", 1)[0]
    return found


def is_network(kind: str) -> bool:
    """Whether a file system of this type is shared with other machines, or programmed by anyone."""
    return kind in NETWORK or kind == "fuse" or kind.startswith("fuse.")


class Granularity:
    """How far apart two changes of a file must be for their times to differ: `window`, in ns; none at all on the device (`st_dev`) that is
    `fine`, where a file that was looked at carries a new time after its next change, however soon. -1: there is none."""

    __slots__ = ("fine", "window")

    def __init__(self, window: int, fine: int = -1) -> None:
        self.window = window
        self.fine = fine

    def of(self, device: int) -> int:
        """Nanoseconds on this device."""
        return 0 if device == self.fine else self.window


def granularity(path: str) -> Granularity:
    """What the times of files below the folder `path` can be relied on for."""
    kind = file_system(path)
    if is_network(kind) or kind in COARSE:
        return Granularity(2_000_000_000)
    return Granularity(10_000_000, fine_device(path) if kind else -1)


def fine_device(path: str) -> int:
    """The device of a folder if Linux gives files there times of several grains (6.13 and later on most local file systems, see
    Documentation/filesystems/multigrain-ts.rst in its source), else -1. Tried out on a file without a name: that many changes within one
    tick of the clock of the coarse times have as many times only where these are fine."""
    try:
        descriptor = os.open(path, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except (AttributeError, OSError):
        return -1
    try:
        begun = monotonic_ns()
        times = set()
        for _ in range(TRIES):
            os.pwrite(descriptor, b"x", 0)
            status = os.fstat(descriptor)
            times.add(status.st_ctime_ns)
        return status.st_dev if len(times) == TRIES and monotonic_ns() - begun < TICK else -1
    except OSError:  # a full disk
        return -1
    finally:
        os.close(descriptor)


def _unescape(point: str) -> str:
    """The mount point behind the octal escapes of blanks."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, letter)
    return point
