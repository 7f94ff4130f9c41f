"""`Tail`: what a log file gained, as text that may be shown, while its node is still writing. Knows no nodes and no streams."""

from __future__ import annotations

import codecs
import os

from uetbuild.report.escapes import unfinished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16
_WIDEST = 1000  # characters of a line at the end of a failed node's output
_decoder = codecs.getincrementaldecoder("utf-8")


class Tail:
    """Follows one file from byte `start`, by default from where it ended when this was made.

    Nothing is cut in the middle of a character or of an escape sequence.
    """

    __slots__ = ("_decoder", "_held", "_offset", "more", "path")

    def __init__(self, path: str, start: int | None = None) -> None:
        self.path = path
        self.more = False  # whether the last look found so much that there may be more at once
        self._offset = size_of(path) if start is None else start
        self._decoder = _decoder("surrogateescape")
        self._held = ""

    def read(self, whole_lines: bool = False, last: bool = False) -> str:
        """The next part, "" where there is none yet; `whole_lines`: hold back an unfinished line; `last`: the writer has ended.

        One chunk at most, so that a flood of output does not keep its reader.
        """
        data = self._take()
        self.more = len(data) == _CHUNK
        end = last and not self.more
        text = self._held + self._decoder.decode(data, end)
        keep = 0 if end else unfinished(text)
        if whole_lines and not end and len(text) < 2 * _CHUNK:
            keep = max(keep, len(text) - text.rfind("\n") - 1)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self, whole_lines: bool = False) -> Iterator[str]:
        """All that is left when the writer has ended, in parts that are not empty."""
        self.more = True
        while self.more:
            part = self.read(whole_lines, last=True)
            if part:
                yield part

    def _take(self) -> bytes:
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return b""
        try:
            data = os.pread(fd, _CHUNK, self._offset)
        finally:
            os.close(fd)
        self._offset += len(data)
        return data


def size_of(path: str) -> int:
    """Bytes of a file, 0 where there is none."""
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def last_lines(path: str, most: int, begins: int = 0) -> tuple[list[str], bool]:
    """The last lines of a log from byte `begins` on (looked for in its last 64 KiB), and whether there are more before them.

    Of a line that was drawn over and over with carriage returns the last state is left; a very long line is cut. Empty ones at the
    beginning and at the end are passed over.
    """
    start = max(begins, size_of(path) - _CHUNK)
    try:
        with open(path, "rb") as log:
            log.seek(start)
            lines = log.read(_CHUNK).decode("utf-8", "surrogateescape").rstrip().split("\n")
    except OSError:
        return [], False
    shown = [line.rstrip("\r").rpartition("\r")[2] for line in lines[-most:]]
    while shown and not shown[0].strip():
        del shown[0]
    if not shown:
        return [], False
    return [line if len(line) <= _WIDEST else line[:_WIDEST] + "…" for line in shown], start > begins or len(lines) > most
