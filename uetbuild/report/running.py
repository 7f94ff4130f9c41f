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
    """Made from the data of `node_started`. `log`: path of what it prints, "" = nowhere; `begins`: where in it this attempt does;
    `streamed`: its output is shown as it comes; `tail`: what is shown of it, None where nothing is to be.
    """

    __slots__ = ("begins", "command", "log", "streamed", "title", "_followed", "_tail")

    def __init__(self, data: dict[str, Any], begins: int = 0) -> None:
        self.title: str = data.get("title") or ""
        self.command: str = data.get("command") or ""
        self.log: str = data.get("log") or ""
        self.begins, self.streamed = begins, False
        self._followed = False
        self._tail: Tail | None = None

    def started(self, begins: int, followed: bool) -> None:
        """It starts now; `begins`: as `Beginnings` says; `followed`: what it prints may be shown."""
        self.begins = begins
        self._followed = followed and bool(self.log)

    @property
    def tail(self) -> Tail | None:
        if self._tail is None and self._followed:
            self._tail = Tail(self.log, self.begins)
        return self._tail

    def rest(self, whole_lines: bool = False) -> Iterator[str]:
        """What it printed and was not shown yet, when it has ended."""
        if self.tail is not None:
            yield from self.tail.rest(whole_lines)

    @property
    def what(self) -> str:
        """What it does: its title or the first line of its command."""
        return one_line(self.title or self.command)


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
    first, newline, _ = text.strip().partition("\n")
    head = first[:_WIDEST]
    return safe_name(head) + (" …" if newline or len(head) < len(first) else "")


def command_lines(command: str) -> list[str]:
    """A command as written, each line made safe; a long one is cut."""
    lines = [safe_name(line.expandtabs(4)) for line in command.strip().split("\n")] if command else []
    return lines if len(lines) <= SHOWN_COMMAND else [*lines[:SHOWN_COMMAND], "…"]
