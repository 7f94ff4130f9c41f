"""The manifest as a tree of `Text`, `Seq` and `Map` that know their places; nothing is converted yet.

A scalar is kept as the text that stands there, with its style: what it means (a duration, a path, true) is said by who reads it.
Knows nothing of YAML's grammar and of the manifest's keys.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from uetbuild.errors import Location

_BREAK = re.compile(r"\r\n|\n|\r")


class SourceFile:
    """A text file: `name` as shown in errors, `text` without byte order mark. Lines and columns count from 1, in characters."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

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
        self.position(0)
        starts = self._starts or [0]
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def location(self, line: int, column: int = 1, length: int = 1) -> Location:
        """A place with its source line; `length` is cut at the end of the line."""
        shown = self.line(line)
        return Location(self.name, line, column, max(1, min(length, len(shown) - column + 1)), shown)

    def span(self, start: int, end: int) -> Location:
        """The place of the characters from `start` to `end`, as far as they stand on the first line."""
        line, column = self.position(start)
        return self.location(line, column, end - start)


class _Placed:
    """What all three have: the file and the half-open range of characters where they stand."""

    __slots__ = ("end", "source", "start")

    source: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    def location(self) -> Location:
        """Where it stands, quotes and brackets included, up to the end of its first line."""
        return self.source.span(self.start, self.end)


class Text(_Placed):
    """A scalar. `style` is "" (unquoted), "'", '"', "|" or ">"; `text` is the text itself, never converted."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: str, source: SourceFile, start: int, end: int) -> None:
        self.text = text
        self.style = style
        self.source = source
        self.start = start
        self.end = end

    @property
    def plain(self) -> bool:
        """Whether it is written without quotes."""
        return not self.style

    @property
    def missing(self) -> bool:
        """Whether nothing at all is written (`key:`); a quoted "" is a text."""
        return not self.style and not self.text

    @property
    def null(self) -> bool:
        """Whether it is YAML's null: nothing, `~` or `null`, unquoted."""
        return not self.style and self.text in _NULLS

    def locate(self, offset: int = 0, length: int | None = None) -> Location:
        """The place of the character `offset` of the text; `length` characters (None: the rest), as far as they stand on that line."""
        size = len(self.text) - offset if length is None else length
        places = _places(self, offset + max(size, 1))
        first = places[offset]
        line, column = self.source.position(first)
        last = first
        for place in places[offset + 1 : offset + max(size, 1)]:
            if self.source.position(place)[0] != line:
                break
            last = place
        return self.source.location(line, column, last - first + 1)

    def comment(self) -> int | None:
        """The index in the file of the `#` of a comment right behind an unquoted text, on its last line."""
        if self.style:
            return None
        rest = _COMMENT.match(self.source.text, self.end)
        return rest.end() - 1 if rest else None

    def __repr__(self) -> str:
        return f"Text({self.text!r})"


_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_COMMENT = re.compile(r"[ \t]+#")


class Seq(_Placed):
    """A list; `flow`: written with `[…]`."""

    __slots__ = ("flow", "items")

    def __init__(self, source: SourceFile, start: int, flow: bool) -> None:
        self.items: list[Tree] = []
        self.source = source
        self.start = start
        self.end = start + 1
        self.flow = flow

    def __iter__(self) -> Iterator[Tree]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        return f"Seq({self.items!r})"


class Map(_Placed):
    """A map: `entries` by key, in the order written, and `keys`, the keys with their places; `flow`: written with `{…}`."""

    __slots__ = ("entries", "flow", "keys")

    def __init__(self, source: SourceFile, start: int, flow: bool) -> None:
        self.entries: dict[str, Tree] = {}
        self.keys: dict[str, Text] = {}
        self.source = source
        self.start = start
        self.end = start + 1
        self.flow = flow

    def where(self, key: str) -> Location:
        """The place of a key; of the map, if it has no such key."""
        return self.keys[key].location() if key in self.keys else self.location()

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        return f"Map({self.entries!r})"


Tree = Text | Seq | Map


def find(tree: Tree, path: tuple[str | int, ...]) -> Location:
    """The place of what `path` (keys and indices) leads to: of the key where it ends in a map, of the nearest thing that exists."""
    place = tree.location()
    for step in path:
        if isinstance(tree, Map) and isinstance(step, str) and step in tree.entries:
            place, tree = tree.where(step), tree.entries[step]
        elif isinstance(tree, Seq) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
            place = tree.location()
        else:
            break
    return place


def merge(base: Tree | None, over: Tree) -> Tree:
    """`over` laid over `base`, neither changed: maps merge, lists and scalars replace, null (`null`, `~`, nothing) deletes a key."""
    if not isinstance(over, Map):
        return over
    merged = Map(over.source, over.start, over.flow)
    merged.end = over.end
    if isinstance(base, Map):
        merged.source, merged.start, merged.end, merged.flow = base.source, base.start, base.end, base.flow
        merged.entries.update(base.entries)
        merged.keys.update(base.keys)
    for key, value in over.entries.items():
        if isinstance(value, Text) and value.null:
            merged.entries.pop(key, None)
            merged.keys.pop(key, None)
            continue
        merged.entries[key] = merge(merged.entries.get(key), value)
        merged.keys[key] = over.keys[key]
    return merged


Plain = str | list["Plain"] | dict[str, "Plain"]
Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]

_INTEGER = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
MAX_DIGITS = 4000  # CPython refuses longer ones; as text they do no harm


def plain(tree: Tree) -> Plain:
    """The tree as texts, lists and dicts; every scalar is the text as it stands."""
    if isinstance(tree, Text):
        return tree.text
    if isinstance(tree, Seq):
        return [plain(item) for item in tree.items]
    return {key: plain(value) for key, value in tree.entries.items()}


def typed(tree: Tree) -> Value:
    """The tree with unquoted scalars read by the core schema of YAML 1.2 (`true`, `null`, numbers); for `vars` and loaded data."""
    if isinstance(tree, Text):
        return _scalar(tree.text) if tree.plain else tree.text
    if isinstance(tree, Seq):
        return [typed(item) for item in tree.items]
    return {key: typed(value) for key, value in tree.entries.items()}


def _scalar(text: str) -> Value:
    if text in _NULLS:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > MAX_DIGITS:
        return text
    if _INTEGER.match(text):
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text, base)
    if _FLOAT.match(text):
        return float(text.replace(".inf", "inf").replace(".Inf", "inf").replace(".INF", "inf").lower().replace(".nan", "nan"))
    return text


def _places(text: Text, count: int) -> list[int]:
    """The file's index of each of the first `count` characters of a scalar (at least one more than it has: its end)."""
    raw, index, end = text.source.text, text.start, text.end
    if text.style in ("|", ">"):
        return _block_places(text, count)
    index += bool(text.style)
    places: list[int] = []
    for char in text.text[:count]:
        if raw[index : index + 1] in ("\n", "\r") or (char in " \n" and raw[index : index + 1] != char):
            places.append(index)  # a folded line break: blank before it, indentation behind it
            index = _after_blank(raw, index, end) if char == " " else _next_line(raw, index, end)
            continue
        if text.style == '"' and raw[index] == "\\":
            index = _after_joined_lines(raw, index, end)
        places.append(index)
        index += _width(raw, index, text.style)
    places.extend([min(index, max(end - 1, text.start))] * (count + 1 - len(places)))
    return places


def _after_blank(raw: str, index: int, end: int) -> int:
    while index < end and raw[index] in " \t\r\n":
        index += 1
    return index


def _next_line(raw: str, index: int, end: int) -> int:
    """Behind one more line break than here; the blanks around it belong to it."""
    breaks = 0
    probe = index
    while probe < end and raw[probe] in " \t\r\n":
        breaks += raw[probe] == "\n"
        probe += 1
        if breaks == 2:
            return probe
    return probe


def _after_joined_lines(raw: str, index: int, end: int) -> int:
    """Behind `\\` at the end of a line, which joins it with the next one."""
    while raw[index] == "\\" and raw[index + 1 : index + 2] in ("\n", "\r"):
        index = _after_blank(raw, index + 1, end)
    return index


def _width(raw: str, index: int, style: str) -> int:
    """How many characters of the file stand for one of the text."""
    if style == "'" and raw.startswith("''", index):
        return 2
    if style == '"' and raw[index] == "\\":
        return {"x": 4, "u": 6, "U": 10}.get(raw[index + 1], 2)
    return 1


def _block_places(text: Text, count: int) -> list[int]:
    """`_places` of a block scalar: below its header, each line without the common indentation."""
    source = text.source
    first = source.position(text.start)[0] + 1
    last = source.position(max(text.start, text.end - 1))[0]
    lines = [source.line(number) for number in range(first, last + 1)]
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    cells = [index for number, line in enumerate(lines, first) for index in _cells(source, number, line, indent)]
    places: list[int] = []
    at = 0
    for char in text.text[:count]:
        while at < len(cells) and not _stands_for(source.text[cells[at] : cells[at] + 1], char):
            at += 1
        places.append(cells[at] if at < len(cells) else max(text.start, text.end - 1))
        at += 1
    places.extend([places[-1] if places else text.start] * (count + 1 - len(places)))
    return places


def _cells(source: SourceFile, number: int, line: str, indent: int) -> list[int]:
    """The indices of a line's characters behind the indentation, its break included."""
    first = source.index(number)
    return list(range(first + min(indent, len(line)), first + len(line) + 1))


def _stands_for(raw: str, char: str) -> bool:
    return raw == char or (raw in ("\n", "\r", "") and char in " \n")
