"""Errors as text of interface section 3 (place, source line, carets, hint), and as JSON. Reads the source line where an error lacks it."""

from __future__ import annotations

from uetbuild.errors import UetErrors
from uetbuild.report.escapes import safe_name
from uetbuild.report.stream import BLUE, RED, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from uetbuild.errors import Location, UetError

WIDEST = 140  # characters of a source line; a longer one is cut around the place
LONGEST = 5000  # characters of a message or hint, which may quote the longest path that a system takes; what is longer loses its middle
_LARGEST = 1 << 20  # bytes of a file that are looked through for a line


def as_text(error: UetError, colours: bool = False) -> str:
    """One error, or all of several, each with its places and hint; ends with a newline."""
    if not isinstance(error, UetErrors):
        return _one(error, colours)
    shown = "\n".join(_one(each, colours) for each in error.errors)
    return f"{shown}\n… and {error.left_out} more\n" if error.left_out else shown


def as_json(error: UetError) -> dict[str, Any]:
    """The same for machines: `{"schema": "uetbuild.errors/1", "exit_code", "errors": […], "left_out"}`."""
    several = error.errors if isinstance(error, UetErrors) else (error,)
    return {
        "schema": "uetbuild.errors/1",
        "exit_code": error.code,
        "errors": [_object(each) for each in several],
        "left_out": error.left_out if isinstance(error, UetErrors) else 0,
    }


def warning(text: str, colours: bool = False) -> str:
    """One line of warning; ends with a newline."""
    return f"{paint('warning:', '1;33', colours)} {_lines(text)}\n"


def _one(error: UetError, colours: bool) -> str:
    parts = [f"{paint('error:', RED, colours)} {paint(_lines(error.message), '1', colours)}\n"]
    if error.location is not None:
        parts.append(_place(error.location, colours))
    for label, location in error.others:
        parts.append(f"{paint('note:', '1', colours)} {_lines(label)}\n{_place(location, colours)}")
    if error.hint:
        parts.append(f"{paint('hint:', '1;36', colours)} {_lines(error.hint)}\n")
    return "".join(parts)


def _place(location: Location, colours: bool) -> str:
    """The arrow line, and the source line with carets where it can be had."""
    number = str(location.line)
    gutter = " " * len(number)
    arrow = f"{gutter}{paint('-->', BLUE, colours)} {safe_name(location.file)}:{number}:{location.column}\n"
    source = location.source or source_line(location.file, location.line)
    if not source.strip():
        return arrow
    bar = paint("|", BLUE, colours)
    source, start = _cut(source.rstrip("\r\n"), location.column - 1)
    shown, indent, carets = _underlined(source, start, location.length)
    marks = paint("^" * carets, RED, colours)
    return f"{arrow}{gutter} {bar}\n{paint(number, BLUE, colours)} {bar} {shown}\n{gutter} {bar} {' ' * indent}{marks}\n"


def _cut(source: str, start: int) -> tuple[str, int]:
    """A source line of bearable length, and where the place is in it."""
    if len(source) <= WIDEST:
        return source, start
    first = max(0, start - WIDEST // 3)
    last = first + WIDEST
    head = "…" if first else ""
    return head + source[first:last] + ("…" if last < len(source) else ""), start - first + len(head)


def _underlined(source: str, start: int, length: int) -> tuple[str, int, int]:
    """The line as shown, columns before the carets, and number of carets; `start` and `length` count characters of `source`."""
    start = max(0, min(start, len(source)))
    length = max(1, min(length, len(source) - start))
    before, within, after = (_expand(part) for part in (source[:start], source[start : start + length], source[start + length :]))
    return before + within + after, _columns(before), max(1, _columns(within))


def _expand(text: str) -> str:
    return safe_name(text.replace("\t", "    "))


def _columns(text: str) -> int:
    """How many columns a terminal gives to `text`."""
    if text.isascii():
        return len(text)
    import unicodedata  # only for lines that are not ASCII

    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def source_line(file: str, line: int) -> str:
    """A line of a file, from 1; "" where it cannot be had."""
    try:
        with open(file, encoding="utf-8", errors="replace") as source:
            lines = source.read(_LARGEST).split("\n")
    except (OSError, ValueError):
        return ""
    return lines[line - 1] if 0 < line <= len(lines) else ""


def _lines(text: str) -> str:
    """Text of a message, of bearable length: its own line breaks stay, nothing else that a terminal would obey."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST * 2 // 3]}…{text[-LONGEST // 3 :]}"
    return "\n".join(safe_name(line) for line in text.split("\n"))


def _object(error: UetError) -> dict[str, Any]:
    shown: dict[str, Any] = {"message": error.message}
    if error.location is not None:
        shown |= _position(error.location)
    if error.hint:
        shown["hint"] = error.hint
    if error.others:
        shown["others"] = [{"message": label} | _position(location) for label, location in error.others]
    return shown


def _position(location: Location) -> dict[str, Any]:
    return {"file": location.file, "line": location.line, "column": location.column, "length": location.length}
