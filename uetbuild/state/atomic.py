"""Files that are there whole or not at all: written beside their place and moved onto it."""

from __future__ import annotations

import os

from uetbuild.failpoints import reach

DRAFT = ".tmp"


def write(path: str, data: bytes, drafts: str = "") -> None:
    """Put `data` at `path`, readable by its owner only. Raises OSError; then whatever stood there still stands.

    `drafts`: the folder in which it is written first, else that of `path`; a kill leaves a file there whose name ends with `DRAFT`.
    """
    draft = f"{drafts or os.path.dirname(path)}/{os.path.basename(path)}.{os.getpid()}{DRAFT}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o600)
    try:
        try:
            reach("file.writing", descriptor, data)
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        reach("file.written")
        os.replace(draft, path)
        reach("file.moved")
    except OSError:
        try:
            os.unlink(draft)
        except OSError:
            pass
        raise


def create(path: str, data: bytes, mode: int = 0o666) -> None:
    """Put `data` at `path` with `mode` less the umask, whole or not at all. Raises FileExistsError where anything stands there, OSError."""
    draft = f"{path}.{os.getpid()}{DRAFT}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
        finally:
            os.close(descriptor)
        os.link(draft, path, follow_symlinks=False)  # refuses what stands there, as a rename would not
    finally:
        os.unlink(draft)


def replace(path: str, data: bytes, mode: int = 0o666) -> None:
    """As `create`, but instead of whatever stands there. Raises OSError."""
    beside = f"{path}.{os.getpid()}.new"
    create(beside, data, mode)
    try:
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise


def read_own(path: str) -> bytes | None:
    """Content of a regular file of ours that nobody else may write; None for anything else. Never follows a link."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if status.st_mode & 0o170022 != 0o100000 or status.st_uid != os.geteuid():
            return None
        parts = []
        while part := os.read(descriptor, max(65536, status.st_size + 1)):
            parts.append(part)
        return b"".join(parts)
    except OSError:
        return None
    finally:
        os.close(descriptor)
