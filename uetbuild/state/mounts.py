"""Which kind of file system a folder lies on, where that changes what can be relied on. Linux only; elsewhere nothing is known."""

from __future__ import annotations

import os

# Neither shared memory (SQLite's WAL) nor fine time stamps of one clock can be relied on. `fuse` and `fuse.*` may be anything.
NETWORK = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "ceph", "lustre", "gfs", "gfs2", "ocfs2", "glusterfs", "beegfs", "9p",
        "virtiofs", "vboxsf", "prl_fs", "ncpfs", "orangefs",
    }
)  # fmt: skip
COARSE = frozenset({"vfat", "msdos", "hfs", "hfsplus"})  # time stamps of one or two seconds

MOUNTS = "/proc/self/mountinfo"


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


def granularity(path: str) -> int:
    """Nanoseconds within which two changes of a file below `path` may carry the same time."""
    kind = file_system(path)
    return 2_000_000_000 if is_network(kind) or kind in COARSE else 10_000_000


def _unescape(point: str) -> str:
    """The mount point behind the octal escapes of blanks."""
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, letter)
    return point
