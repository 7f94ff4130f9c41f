"""What a worker keeps from one job to the next, so that a small job that prints nothing costs no new files of ours.

Knows nothing of jobs.
"""

from __future__ import annotations

import os

from uetbuild.executors.channel import write_all
from uetbuild.executors.spawn import open_null
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Desk:
    """`null`: descriptor of the empty input. Its lists are files that each job finds written anew: making a file costs ten times as much as
    writing one. Its sheet is an empty file for what a job prints, which becomes the log of the first one that needs it.
    """

    __slots__ = ("null", "_lists", "_pid", "_sheet")

    def __init__(self) -> None:
        self.null = open_null()
        self._pid = os.getpid()
        self._lists: dict[str, tuple[int, int, int]] = {}  # path -> descriptor, and what file that is: number and device
        self._sheet: tuple[str, int] | None = None  # its folder, and descriptor

    def lay(
        self, folder: str, notes: Iterable[tuple[str, str]], lists: Iterable[tuple[Iterable[str], str]], env: dict[str, str]
    ) -> None:  # fmt: skip
        """Write `notes`: (path, text), and `lists`: (names of variables, text), these into an absolute folder and until the next job, and
        set the variables of `env` to their paths. Raises OSError.
        """
        for path, text in notes:
            _note(path, text)
        for number, (names, text) in enumerate(lists):
            path = f"{folder}/.{self._pid}-{number}"
            self._write(path, text.encode("utf-8", "surrogateescape"))
            for name in names:
                env[name] = path

    def _write(self, path: str, content: bytes) -> None:
        file, length = self._found(path) or (self._make(path), 0)
        reach("note.writing", file, content)
        size = len(content)
        done = os.pwrite(file, content, 0)
        while done < size:
            done += os.pwrite(file, content[done:], done)
        if length > size:
            os.ftruncate(file, size)  # not before: what is cut to nothing and then written, ext4 brings to the disk at once

    def sheet(self, folder: str) -> int:
        """A file in `folder` that is empty and nobody's log, open for appending; the same until it was `keep`t. Raises OSError."""
        if self._sheet is not None and self._sheet[0] == folder:
            return self._sheet[1]
        self._drop_sheet()
        path = _sheet(folder, self._pid)
        _unlink(path)  # what could not be kept is nobody's
        file = open_log(path)
        self._sheet = (folder, file)
        return file

    def keep(self, path: str) -> None:
        """The sheet is the log at `path`, in the same folder, from now on; its descriptor is the caller's to close. Raises OSError, and
        then it still lies there."""
        if self._sheet is not None:
            os.rename(_sheet(self._sheet[0], self._pid), path)
            self._sheet = None

    @property
    def has_sheet(self) -> bool:
        """Whether one lies there."""
        return self._sheet is not None

    def forget(self) -> None:
        """The sheet is nobody's; its descriptor is the caller's to close."""
        self._sheet = None

    def clear(self) -> None:
        """Remove the lists and the sheet and let go of the rest."""
        for path in [*self._lists]:
            self._drop(path)
        self._drop_sheet()
        os.close(self.null)

    def _found(self, path: str) -> tuple[int, int] | None:
        """Descriptor and length of the list of that name; None where there is none that is only there: one that was linked or moved
        elsewhere is no longer ours to write."""
        if path not in self._lists:
            return None
        file, number, device = self._lists[path]
        try:
            there = os.lstat(path)
        except OSError:
            return None
        is_ours = there.st_ino == number and there.st_dev == device and there.st_nlink == 1
        return (file, there.st_size) if is_ours else None

    def _make(self, path: str) -> int:
        """A list of that name that no job has seen."""
        self._drop(path)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        made = os.fstat(file)
        self._lists[path] = (file, made.st_ino, made.st_dev)
        return file

    def _drop(self, path: str) -> None:
        if path in self._lists:
            os.close(self._lists.pop(path)[0])
        _unlink(path)

    def _drop_sheet(self) -> None:
        if self._sheet is not None:
            folder, file = self._sheet
            self._sheet = None
            os.close(file)
            _unlink(_sheet(folder, self._pid))


def salvage(log: str, pid: int) -> None:
    """Make what a worker that died had on its sheet the log of the job that it ran. Never raises."""
    try:
        if not os.path.lexists(log):
            os.rename(_sheet(os.path.dirname(log), pid), log)
    except OSError:
        pass  # it had none, or there is no way to keep it


def open_log(path: str) -> int:
    """A descriptor for appending to a file, made with its folder where there is none. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    reach("log.opening")
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _sheet(folder: str, pid: int) -> str:
    return f"{folder}/.{pid}-log"


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _note(path: str, text: str) -> None:
    content = text.encode("utf-8", "surrogateescape")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        reach("note.writing", file, content)
        write_all(file, content)
    finally:
        os.close(file)
