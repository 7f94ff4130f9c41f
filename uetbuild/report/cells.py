"""How wide text is on a terminal, in cells, and how it is made to fit. Texts are printable and hold no colours."""

from __future__ import annotations

CUT = "…"


def width(text: str) -> int:
    """Cells that a text takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum([_cells(letter) for letter in text])


def cut(text: str, cells: int) -> str:
    """A text of at most so many cells; of a longer one the end is missing, and `…` says so."""
    return text if width(text) <= cells else _head(text, cells - 1) + CUT if cells > 0 else ""


def cut_inside(text: str, cells: int) -> str:
    """As `cut`, but beginning and end stay: of ids and paths the end says most."""
    if width(text) <= cells or cells < 5:
        return cut(text, cells)
    tail = _head(text[::-1], cells * 2 // 3)[::-1]
    return _head(text, cells - 1 - width(tail)) + CUT + tail


def padded(text: str, cells: int) -> str:
    """A text with blanks behind it up to so many cells."""
    return text + " " * (cells - width(text))


def _head(text: str, cells: int) -> str:
    """As much of the beginning of a text as takes at most so many cells."""
    if text.isascii():
        return text[:cells]
    for place, letter in enumerate(text):
        cells -= _cells(letter)
        if cells < 0:
            return text[:place]
    return text


def _cells(letter: str) -> int:
    if letter.isascii():
        return 1
    from unicodedata import combining, east_asian_width  # few names need it

    return 0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1
