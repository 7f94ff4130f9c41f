"""What the live region says: how far the build is, what runs and for how long, in lines that fit the terminal. Knows no terminal."""

from __future__ import annotations

from uetbuild.core.record import Record
from uetbuild.report.amounts import whole
from uetbuild.report.cells import cut, cut_inside, padded, width
from uetbuild.report.stream import BOLD, DIM, GREEN, RED, YELLOW, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_MARGIN = 1  # cells on the right that stay free: a terminal may wrap behind the last one
_BAR, _LEAST_BAR = 30, 8
_TIMES, _EXPECTED = 7, 9  # cells of `1m 05s` and of ` of 1m 05s`
_WITH_TEXT, _WITH_EXPECTED = 60, 44  # columns from which a row says what is done, and how long that took before


class Row(Record):
    """A node that runs, or (`waits`) is tried again: for how long, or in how long; `expected`: seconds by earlier runs, 0.0 = not known.
    `name` and `text` are printable.
    """

    __slots__ = ("name", "text", "seconds", "expected", "waits")
    DEFAULTS = {"text": "", "expected": 0.0, "waits": False}

    name: str
    text: str
    seconds: float
    expected: float
    waits: bool


class Standing(Record):
    """How far a build is. `left`: seconds until it ends, None = not known; `stopping`: nothing new starts."""

    __slots__ = ("done", "total", "running", "failed", "seconds", "left", "stopping")
    DEFAULTS = {"failed": 0, "left": None, "stopping": False}

    done: int
    total: int
    running: int
    failed: int
    seconds: float
    left: float | None
    stopping: bool


def region(standing: Standing, rows: Sequence[Row], columns: int, most: int, colours: bool) -> list[str]:
    """The lines: an empty one, where the cursor rests, how far the build is, then at most `most` of the rows."""
    columns -= _MARGIN
    shown = rows if len(rows) <= most else rows[: most - 1]
    more = len(rows) - len(shown)
    lines = ["", _summary(standing, columns, colours), *_table(shown, columns, colours)]
    if more:
        lines.append(paint(cut(f"{'':{_TIMES}} … and {more} more", columns), DIM, colours))
    return lines


def _summary(standing: Standing, columns: int, colours: bool) -> str:
    parts = [(f"{standing.done} of {standing.total}", BOLD)]
    parts += [(f"{standing.failed} failed", RED)] if standing.failed else []
    parts += [("stopping", YELLOW)] if standing.stopping else []
    parts.append((whole(standing.seconds), ""))
    if standing.left is not None and standing.left >= 1 and not standing.stopping:
        parts.append((f"about {whole(standing.left)} left", ""))
    parts.append((f"{standing.running} running", ""))
    while len(parts) > 1 and _length(parts) > columns:
        del parts[-1]
    room = min(columns - _length(parts) - 2, _BAR)
    line = ", ".join([paint(text, code, colours) if code else text for text, code in parts])
    return f"{_bar(standing, room, colours)}  {line}" if room >= _LEAST_BAR else line


def _length(parts: Sequence[tuple[str, str]]) -> int:
    return sum([len(text) + 2 for text, _ in parts]) - 2


def _bar(standing: Standing, cells: int, colours: bool) -> str:
    full = cells * standing.done // max(1, standing.total)
    return paint("━" * full, RED if standing.failed else GREEN, colours) + paint("·" * (cells - full), DIM, colours)


def _table(rows: Sequence[Row], columns: int, colours: bool) -> list[str]:
    """One line each: the time, the time expected where that of any is known, the name, what it does."""
    times = [("in " if row.waits else "") + whole(row.seconds) for row in rows]
    wanted = [f" of {whole(row.expected)}" if row.expected >= 1 and columns >= _WITH_EXPECTED else "" for row in rows]
    taken = _widest(times, _TIMES)
    expecting = _widest(wanted, _EXPECTED) if any(wanted) else 0
    room = columns - taken - expecting - 2
    texts = columns >= _WITH_TEXT
    names = min([_widest([row.name for row in rows]), room * 3 // 5 if texts else room])
    lines = []
    for row, time, expected in zip(rows, times, wanted, strict=True):
        name = paint(padded(cut_inside(row.name, names), names), YELLOW if row.waits else GREEN, colours)
        text = paint(cut(row.text, room - names - 2) if texts else "", DIM, colours)
        lines.append(f"{time:>{taken}}{paint(f'{expected:<{expecting}}', DIM, colours)}  {name}  {text}".rstrip())
    return lines


def _widest(texts: Sequence[str], least: int = 0) -> int:
    return max([least, *map(width, texts)])
