"""Where each character of a scalar stands in its file: through folding, indentation and escapes. Used for error places only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from uetbuild.manifest.source import SourceFile

_BREAK = re.compile(r"\r\n|\n|\r")
_FOLD = re.compile(r"[ \t]*(?:(?:\r\n|\n|\r)[ \t]*)+")
_JOINED = re.compile(r"\\(?=[\r\n])")
_ESCAPES = {"x": 4, "u": 6, "U": 10}


def scalar_places(source: SourceFile, start: int, end: int, style: str, text: str) -> list[int]:
    """The index in the file of each character of a scalar's `text`, and one more: that of its end."""
    if style in ("|", ">"):
        places = _block_places(source, start, end, text)
    else:
        quote = len(style) if style in ("'", '"') else 0
        if source.text[start + quote : end - quote] == text and "\n" not in text and "\r" not in text:  # as written, on one line
            places = list(range(start + quote, end - quote))
        else:
            places = list(_flow_places(source.text, start + quote, end - quote, style))[: len(text)]
    last = places[-1] + 1 if places else start
    places.extend([min(last, max(end - 1, start))] * (len(text) + 1 - len(places)))
    return places


def _flow_places(raw: str, index: int, end: int, style: str) -> Iterator[int]:
    """Of an unquoted or quoted scalar: one line break is read as a blank, n of them as n - 1 line breaks."""
    while index < end:
        joined = _JOINED.match(raw, index, end) if style == '"' else None
        fold = _FOLD.match(raw, index + bool(joined), end)
        if fold:
            breaks = [found.start() for found in _BREAK.finditer(raw, fold.start(), fold.end())]
            yield from breaks[1:] if joined or len(breaks) > 1 else [fold.start()]
            index = fold.end()
            continue
        yield index
        if style == "'" and raw.startswith("''", index):
            index += 2
        elif style == '"' and raw[index] == "\\":
            index += _ESCAPES.get(raw[index + 1], 2)
        else:
            index += 1


def _block_places(source: SourceFile, start: int, end: int, text: str) -> list[int]:
    """Of a block scalar: the lines below its header without the common indentation; a folded break may be a blank."""
    first = source.position(start)[0] + 1
    last = source.position(max(start, end - 1))[0]
    lines = [source.line(number) for number in range(first, last + 1)]
    indent = _indent(lines, text)
    cells: list[int] = []
    for number, line in enumerate(lines, first):
        index = source.index(number)
        cells.extend(range(index + min(indent, len(line)), index + len(line) + 1))
    places: list[int] = []
    at = 0
    for char in text:
        while at < len(cells) and not _stands_for(source.text[cells[at] : cells[at] + 1], char):
            at += 1
        if at == len(cells):
            break
        places.append(cells[at])
        at += 1
    return places


def _indent(lines: list[str], text: str) -> int:
    """How many blanks were taken off each line: the difference between the first written one and what was read of it."""
    for line in lines:
        if line.strip():
            read = text.lstrip("\n")
            return _blanks(line) - _blanks(read)
    return 0


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _stands_for(raw: str, char: str) -> bool:
    return raw == char or (raw in ("\n", "\r", "") and char in " \n")
