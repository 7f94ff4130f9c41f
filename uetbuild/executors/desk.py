"""What a worker keeps from one job to the next, so that a small job costs no new files of ours but its log.

Knows nothing of jobs.
"""

from __future__ import annotations

import os

from uetbuild.executors.channel import write_all
from uetbuild.executors.spawn import open_null
from uetbuild.failpoints import reach


class Desk:
    """`null`: descriptor of the empty input. Its lists are files that each job finds written anew: making a file costs ten times as much as
    writing one.
    """

    __slots__ = ("null", "_lists")

    def __init__(self) -> None:
        self.null = open_null()
        self._lists: dict[str, int] = {}  # path -> descriptor

    def write(self, folder: str, number: int, text: str) -> str:
        """Have a list say `text`, until the next job; returns its path, in an absolute folder. Raises OSError."""
        path = f"{folder}/.{os.getpid()}-{number}"
        content = text.encode("utf-8", "surrogateescape")
        file = self._lists.get(path, -1)
        if file < 0 or not _is_only_name(path, file):
            file = self._make(path)
        reach("note.writing", file, content)
        size = len(content)
        while content:
            content = content[os.pwrite(file, content, size - len(content)) :]
        os.ftruncate(file, size)  # not before: what is cut to nothing and then written, ext4 brings to the disk at once
        return path

    def clear(self) -> None:
        """Remove the lists and let go of the rest."""
        for path in [*self._lists]:
            self._drop(path)
        os.close(self.null)

    def _make(self, path: str) -> int:
        """A list of that name that no job has seen: one that was linked or moved elsewhere is no longer ours to write."""
        self._drop(path)
        file = self._lists[path] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        return file

    def _drop(self, path: str) -> None:
        if path in self._lists:
            os.close(self._lists.pop(path))
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass


def _is_only_name(path: str, file: int) -> bool:
    """Whether an open file has this path, and no other."""
    try:
        there = os.lstat(path)
    except OSError:
        return False
    return there.st_nlink == 1 and os.path.samestat(there, os.fstat(file))


def note(path: str, text: str) -> None:
    """Write a small file for a recipe. Raises OSError."""
    content = text.encode("utf-8", "surrogateescape")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        reach("note.writing", file, content)
        write_all(file, content)
    finally:
        os.close(file)
