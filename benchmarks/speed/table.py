"""What was measured, as a table for a terminal and for a page."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .cases import MEANS
from .stopwatch import Taken

BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
OURS = "uetbuild"


@dataclass(frozen=True, slots=True)
class Row:
    """The rounds of one case over one shape."""

    case: str
    shape: str
    nodes: int
    rounds: Sequence[dict[str, Taken]]
    load: float  # average of the last minute, before and after, the greater
    peaks: dict[str, int]  # KiB of the biggest process, of those tools that were weighed

    def seconds(self, name: str) -> float:
        return median(each[name].seconds for each in self.rounds if name in each)

    def ratios(self, name: str) -> list[float]:
        """Of each round in which both were timed: our time by theirs."""
        return [each[OURS].seconds / each[name].seconds for each in self.rounds if OURS in each and name in each]

    def names(self) -> list[str]:
        return list(self.rounds[0]) if self.rounds else []


def text(rows: Sequence[Row]) -> str:
    """One line for each tool."""
    lines = []
    for row in rows:
        lines.append(f"{row.shape}, {MEANS[row.case]} ({len(row.rounds)} rounds, load {row.load:.1f})")
        for name in row.names():
            line = f"  {name:16} {row.seconds(name):8.3f} s" + (f"  {_peak(row, name):6.1f} MB" if name in row.peaks else "")
            if name != OURS:
                line += f"  ratio {median(row.ratios(name)):.2f} (least {min(row.ratios(name)):.2f})"
            else:
                line += f"  own processor time {median(each[name].own for each in row.rounds if name in each):.2f} s"
            lines.append(line)
    return "\n".join(lines) + "\n"


def markdown(rows: Sequence[Row], versions: dict[str, str]) -> str:
    """A table with a column for each tool: median seconds, and in brackets ours by theirs."""
    names = [name for name in versions if any(name in row.names() for row in rows)]
    said = "; ".join(f"{name}: {version}" for name, version in versions.items() if name in names and name != version)
    lines = [
        f"Measured on {datetime.date.today().isoformat()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python "
        f"{platform.python_version()}. {said}.",
        "",
        f"| project | what is built | {' | '.join(names)} | rounds, load |",
        f"|---|---|{'---|' * len(names)}---|",
    ]
    for row in rows:
        cells = [_cell(row, name) if name in row.names() else "–" for name in names]
        lines.append(f"| {row.shape} | {MEANS[row.case]} | {' | '.join(cells)} | {len(row.rounds)}, {row.load:.1f} |")
    return "\n".join([*lines, ""])


def _cell(row: Row, name: str) -> str:
    if name == OURS:
        return f"{_time(row.seconds(name))}, {_peak(row, name):.0f} MB"
    return f"{_time(row.seconds(name))} ({median(row.ratios(name)):.2f})"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _peak(row: Row, name: str) -> float:
    return row.peaks[name] / 1024


def write_between_marks(path: Path, block: str) -> None:
    """Put `block` between the marks of a page. Raises ValueError where it has none."""
    page = path.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{path} has no marks {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n\n{block}\n{END}{after}", encoding="utf-8")
