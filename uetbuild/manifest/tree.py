"""The manifest as a tree of `Text`, `Seq` and `Map` that know their places; nothing is converted yet.

A scalar is kept as the text that stands there, with its style: what it means (a duration, a path, true) is said by who reads it.
Knows nothing of YAML's grammar and of the manifest's keys.
"""

from __future__ import annotations

import re
from _bisect import bisect_right
from collections.abc import Iterator

from uetbuild.errors import Location
from uetbuild.manifest.places import scalar_places
from uetbuild.manifest.source import SourceFile as SourceFile  # part of what a tree is made of


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
        places = scalar_places(self.source, self.start, self.end, self.style, self.text)
        first = places[offset]
        line, column = self.source.position(first)
        end = first + len(self.source.line(line)) - column + 1  # of the line
        last = places[bisect_right(places, end, offset + 1, max(min(offset + size, len(places)), offset + 1)) - 1]
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
    """A map: `entries` by key, in the order written, and `keys`, the keys with their places; `flow`: written with `{…}`; `pruned`: whether
    an entry that was wrong was taken away, about which enough was said.
    """

    __slots__ = ("entries", "flow", "keys", "pruned")

    def __init__(self, source: SourceFile, start: int, flow: bool) -> None:
        self.entries: dict[str, Tree] = {}
        self.keys: dict[str, Text] = {}
        self.source = source
        self.start = start
        self.end = start + 1
        self.flow = flow
        self.pruned = False

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
