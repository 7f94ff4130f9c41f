"""A text file of the manifest and its lines; where a character stands, for people. Knows nothing of YAML."""

from __future__ import annotations

import re
from _bisect import bisect_right

from uetbuild.errors import Location

_BREAK = re.compile(r"\r\n|\n|\r")


class SourceFile:
    """A text file: `name` as shown in errors, `text` without byte order mark. Lines and columns count from 1, in characters."""

    __slots__ = ("_last", "_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None
        self._last = (0, "")  # number and text of the line that was asked for last: thousands of errors may share one of a megabyte

    def position(self, index: int) -> tuple[int, int]:
        """Line and column of the character at `index`."""
        starts = self._starts
        if starts is None:
            starts = self._starts = [0, *(match.end() for match in _BREAK.finditer(self.text))]
        line = bisect_right(starts, index)
        return line, index - starts[line - 1] + 1

    def index(self, number: int) -> int:
        """The index of the first character of a line."""
        self.position(0)
        return (self._starts or [0])[number - 1]

    def line(self, number: int) -> str:
        """The text of a line, without its line break; "" behind the end."""
        if self._last[0] == number:
            return self._last[1]
        self.position(0)
        starts = self._starts or [0]
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        self._last = (number, self.text[starts[number - 1] : end].rstrip("\r\n"))
        return self._last[1]

    def location(self, line: int, column: int = 1, length: int = 1) -> Location:
        """A place with its source line; `length` is cut at the end of the line."""
        shown = self.line(line)
        return Location(self.name, line, column, max(1, min(length, len(shown) - column + 1)), shown)

    def span(self, start: int, end: int) -> Location:
        """The place of the characters from `start` to `end`, as far as they stand on the first line."""
        line, column = self.position(start)
        return self.location(line, column, end - start)
