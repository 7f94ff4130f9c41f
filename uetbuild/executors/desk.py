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
        self._lists: set[str] = set()

    def write(self, folder: str, number: int, text: str) -> str:
        """Have a list say `text`, until the next job; returns its path, in an absolute folder. Raises OSError."""
        path = f"{folder}/.{os.getpid()}-{number}"
        self._lists.add(path)
        note(path, text)
        return path

    def clear(self) -> None:
        """Remove the lists and let go of the rest."""
        for path in self._lists:
            try:
                os.unlink(path)
            except OSError:
                pass  # it goes with the run
        self._lists.clear()
        os.close(self.null)


def note(path: str, text: str) -> None:
    """Write a small file for a recipe. Raises OSError."""
    content = text.encode("utf-8", "surrogateescape")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        reach("note.writing", file, content)
        write_all(file, content)
    finally:
        os.close(file)
