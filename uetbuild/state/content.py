"""Content of open files, in constant memory: small files in one read, big ones in parts of 1 MiB."""

from __future__ import annotations

import os

from uetbuild.core.sha import sha256
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PART = 1 << 20


def parts(descriptor: int, size: int) -> Iterator[bytes]:
    """All of it, up to its end, wherever that is; `size` is what `fstat` said. Raises OSError."""
    wanted = min(size + 1, PART)
    while part := os.read(descriptor, wanted):
        yield part
        if len(part) == wanted:  # it grew, or its size is not told, as in /proc
            wanted = PART


def read(descriptor: int, size: int) -> bytes:
    """All of it in memory. Raises OSError."""
    return b"".join(parts(descriptor, size))


def digest(descriptor: int, size: int) -> str:
    """SHA-256 of it, in hex. Raises OSError."""
    if size < PART:
        first = os.read(descriptor, size + 1)
        content = sha256(first)
        if len(first) == size:  # as nearly always: more was asked for, so there is no more
            return content.hexdigest()
    else:
        content = sha256(size=size)
    for part in parts(descriptor, size):
        content.update(part)
    return content.hexdigest()


def copy(source: int, target: int, size: int) -> None:
    """All of it to another open file. Raises OSError."""
    for part in parts(source, size):
        reach("kept.copying", target, part)
        view = memoryview(part)
        while view:
            view = view[os.write(target, view) :]
