"""`Running`: what a view knows of a node between its start and its end: what it does, and what it printed."""

from __future__ import annotations

from uetbuild.report.escapes import safe_name
from uetbuild.report.tail import Tail, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SHOWN_COMMAND = 8  # lines of a command
_WIDEST = 1000  # characters of a line


class Running:
    """Made from the data of `node_started`. `begins`: where in its log this attempt does, as `Beginnings` says; `streamed`: its output is
    shown as it comes; `tail`: what is shown of it, None where nothing is to be, as for one that is not `followed`.
    """

    __slots__ = ("begins", "streamed", "_data", "_followed", "_tail")

    def __init__(self, data: dict[str, Any], begins: int = 0, followed: bool = False) -> None:
        self.begins = begins
        self.streamed = False
        self._data = data
        self._followed = followed
        self._tail: Tail | None = None

    @property
    def log(self) -> str:
        """Path of what it prints, "" = nowhere."""
        return self._data.get("log") or ""

    @property
    def command(self) -> str:
        return self._data.get("command") or ""

    @property
    def tail(self) -> Tail | None:
        if self._tail is None and self._followed and self.log:
            self._tail = Tail(self.log, self.begins)
        return self._tail

    def rest(self, whole_lines: bool = False) -> Iterator[str]:
        """What it printed and was not shown yet, when it has ended."""
        if self.tail is not None:
            yield from self.tail.rest(whole_lines)

    @property
    def what(self) -> str:
        """What it does: its title or the first line of its command."""
        return one_line(self._data.get("title") or self.command)


class Beginnings:
    """Where in its log an attempt begins. `is_new`: the run is, so it has logs only of what was started in it; no other is looked for."""

    __slots__ = ("is_new", "_started")

    def __init__(self) -> None:
        self.is_new = False
        self._started: set[str] = set()

    def of(self, node: str, log: str) -> int:
        """Bytes that stand in the log of a node before the attempt that starts now."""
        if self.is_new and node not in self._started:
            self._started.add(node)
            return 0
        return size_of(log)


def one_line(text: str) -> str:
    """The first line of a text; ` …` says that there is more."""
    first, *more = text.strip().split("\n", 1)
    if len(first) > _WIDEST:
        return safe_name(first[:_WIDEST]) + " …"
    return safe_name(first) + " …" if more else safe_name(first)


def command_lines(command: str) -> list[str]:
    """A command as written, each line made safe; a long one is cut."""
    lines = [safe_name(line.expandtabs(4)) for line in command.strip().split("\n")] if command else []
    return lines if len(lines) <= SHOWN_COMMAND else [*lines[:SHOWN_COMMAND], "…"]
