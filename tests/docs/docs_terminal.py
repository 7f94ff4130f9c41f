"""A terminal (tmux), what stands on it, and a picture of that as SVG."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

CELL, LINE, MARGIN, BAR = 8.4, 19, 16, 30  # pixels: width of a cell, height of a line, around the text, the bar above it
_BACKGROUND, _FRAME, _TEXT = "#0d1117", "#30363d", "#e6edf3"
_COLOURS = ("#6e7681", "#ff7b72", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#e6edf3")
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_SGR = re.compile(r"\x1b\[([\d;]*)m")


class Run(NamedTuple):
    """Cells in a row that look the same: the column of the first one, their text, its colour ("" = the usual one)."""

    column: int
    text: str
    colour: str = ""
    bold: bool = False
    dim: bool = False


class Terminal:
    """A bash of its own in `folder`, on a terminal of so many columns and lines; `environ` is added. A context manager."""

    def __init__(self, folder: Path, columns: int, lines: int, environ: dict[str, str]) -> None:
        self._socket = tempfile.mkdtemp()
        self._tmux = ["tmux", "-f", "/dev/null", "-S", f"{self._socket}/tmux"]
        words = [f"{name}={value}" for name, value in {"PS1": r"\[\e[1m\]$\[\e[0m\] ", "TERM": "tmux-256color", **environ}.items()]
        shell = shlex.join(["env", "-u", "CI", *words, "bash", "--norc", "--noprofile"])
        self._call("new-session", "-d", "-x", str(columns), "-y", str(lines), "-c", str(folder), shell)
        self.until(r"^\$ *$")

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._call("kill-server")
        shutil.rmtree(self._socket)

    def type(self, line: str) -> None:
        """Type a line."""
        self._call("send-keys", "-l", "--", line)
        self._call("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press a key, by its name in tmux: `C-c`."""
        self._call("send-keys", key)

    def resize(self, columns: int, lines: int) -> None:
        """Make the terminal another size."""
        self._call("resize-window", "-x", str(columns), "-y", str(lines))

    def until(self, pattern: str, seconds: float = 60.0) -> list[str]:
        """The lines of the screen, with their colours, once the pattern (of lines) matches. Raises AssertionError."""
        end = time.monotonic() + seconds
        while True:
            lines = self._call("capture-pane", "-p", "-e").rstrip("\n").split("\n")
            text = "\n".join(_SGR.sub("", line) for line in lines)
            if re.search(pattern, text, re.M):
                return lines
            assert time.monotonic() < end, f"`{pattern}` does not come:\n{text}"
            time.sleep(0.05)

    def _call(self, *words: str) -> str:
        return subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True).stdout


def runs(lines: list[str]) -> list[list[Run]]:
    """What stands on a screen, line by line; what is set at the end of one holds in the next."""
    found: list[list[Run]] = []
    colour, bold, dim = "", False, False
    for line in lines:
        row: list[Run] = []
        column = end = 0
        for match in [*_SGR.finditer(line), None]:
            text = line[end : match.start() if match else len(line)]
            if text:
                row.append(Run(column, text, colour, bold, dim))
                column += sum(_cells(each) for each in text)
            if match:
                end = match.end()
                colour, bold, dim = _styled(match[1], colour, bold, dim)
        found.append([word for run in row for word in _words(run)])
    return found


def picture(lines: list[str], columns: int, title: str) -> str:
    """A screen as SVG: its lines without the empty ones at the end, in a window with a title."""
    rows = runs(lines)
    while rows and not rows[-1]:
        rows.pop()
    width, height = round(2 * MARGIN + columns * CELL), 2 * MARGIN + BAR + len(rows) * LINE - 4
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="9" fill="{_BACKGROUND}" stroke="{_FRAME}"/>',
        *(f'<circle cx="{18 + 18 * each}" cy="17" r="5.5" fill="{_FRAME}"/>' for each in range(3)),
        f'<g font-family="{_FONT}" font-size="14" fill="{_TEXT}">',
        f'<text x="{width / 2:g}" y="22" text-anchor="middle" font-size="13" fill="{_COLOURS[0]}">{escape(title)}</text>',
    ]
    for number, row in enumerate(rows):
        out += [_text(run, MARGIN + BAR + number * LINE + 10) for run in row]
    return "\n".join([*out, "</g>", "</svg>", ""])


def _words(run: Run) -> Iterator[Run]:
    """A run without its wide gaps, which pictures do not keep."""
    for match in re.finditer(r"\S+( \S+)*", run.text):
        yield run._replace(column=run.column + sum(_cells(each) for each in run.text[: match.start()]), text=match[0])


def _text(run: Run, y: int) -> str:
    """Cells at their place, whatever font there is."""
    text = run.text
    cells = sum(_cells(each) for each in text)
    style = (
        (f' fill="{run.colour}"' if run.colour else "")
        + (' font-weight="bold"' if run.bold else "")
        + (' opacity=".65"' if run.dim else "")
    )
    x = MARGIN + run.column * CELL
    return f'<text x="{x:g}" y="{y}" textLength="{cells * CELL:g}" lengthAdjust="spacingAndGlyphs"{style}>{escape(text)}</text>'


def _cells(character: str) -> int:
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _styled(codes: str, colour: str, bold: bool, dim: bool) -> tuple[str, bool, bool]:
    for code in [int(each or 0) for each in codes.split(";")]:
        if code == 0:
            colour, bold, dim = "", False, False
        elif code == 1:
            bold = True
        elif code == 2:
            dim = True
        elif code == 22:
            bold = dim = False
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = _COLOURS[code % 10]
        elif code == 39:
            colour = ""
    return colour, bold, dim
