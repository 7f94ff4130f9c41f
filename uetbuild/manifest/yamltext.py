"""YAML 1.2 text to a `Tree`: an iterative composer over the events of ruamel's C parser.

The parser gives the grammar, nothing is constructed: no tags, no types. Bounds on size, depth and aliases make every hostile
text a quick error. Where the grammar breaks at one of the newcomers' traps (`syntax.py` knows them), the spot is masked and the
text parsed again, so that several of them are told at once. Knows nothing of the manifest's keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined, unused-ignore]
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from uetbuild.errors import Location, UetError, UetErrors
from uetbuild.manifest import syntax
from uetbuild.manifest.collector import paused_collector
from uetbuild.manifest.dialect import Disguise
from uetbuild.manifest.syntax import Broken
from uetbuild.manifest.tree import Map, Seq, SourceFile, Text, Tree
from uetbuild.manifest.words import quoted, shortened

MAX_BYTES = 8 << 20  # four times a manifest of 20,000 workstreams
MAX_PARTS = 500_000  # lines and items; parsing takes a second for so many
MAX_DEPTH = 100
MAX_LETTERS = 1 << 18  # of a text: no command that long can be run, and each letter is looked at for what a shell would do with it
MAX_ERRORS = 100  # of one kind; more are not shown anyway, and each takes its time
MAX_REPARSED = 4 << 20  # characters parsed again, in all, to find further errors
_MARK = "\ufeff"  # the byte order mark
_COPIES = 10  # a tree may be so many times larger through aliases than it is written
_FREE_COPIES = 100_000
_TEXT_TAG = "tag:yaml.org,2002:str"
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s*)*")  # anchor and tag in front of a node


def decode(name: str, content: bytes) -> SourceFile:
    """The text of a file shown as `name`, without byte order marks (files put together have several).

    Raises UetError for what is too long or not UTF-8.
    """
    parts = content.count(b"\n") + content.count(b",")
    if len(content) > MAX_BYTES or parts > MAX_PARTS:
        size = f"{len(content):,} bytes; {MAX_BYTES:,}" if len(content) > MAX_BYTES else f"{parts:,} lines and items; {MAX_PARTS:,}"
        raise UetError("this file is too large for a manifest", Location(name, 1), f"it has {size} are read")
    try:
        return SourceFile(name, content.decode("utf-8").lstrip(_MARK))
    except UnicodeDecodeError as fault:
        before = content[: fault.start].decode("utf-8").lstrip(_MARK)
        line, column = SourceFile(name, before + "?").position(len(before))
        shown = SourceFile(name, content.decode("utf-8", "replace").lstrip(_MARK)).line(line)
        hint = "save it as UTF-8" if content[:2] not in (b"\xff\xfe", b"\xfe\xff") else "it looks like UTF-16; save it as UTF-8"
        raise UetError(f"byte 0x{content[fault.start]:02x} is not UTF-8", Location(name, line, column, 1, shown), hint) from None


def parse(source: SourceFile, *, data: bool = False, errors: list[UetError] | None = None) -> Tree:
    """The tree of a text; of a manifest without the keys that start with `x-`, with them for other `data`.

    Raises UetErrors. With a list `errors` it raises only where nothing can be read, else adds the errors to the list and gives the
    tree without the values at fault, so that `validate(tree, errors)` can tell what else is wrong.
    """
    with paused_collector():
        tree, found = _parse(source, data)
    if tree is None or (found and errors is None):
        raise UetErrors(found)
    if errors is not None:
        errors += found
    return tree


def _parse(source: SourceFile, data: bool) -> tuple[Tree | None, list[UetError]]:
    """The tree, None if there is none, and the errors; parses again as long as the value at fault is known and can be masked."""
    errors = syntax.prelude_errors(source)
    if errors:
        return None, errors
    text, parsed = source.text, 0
    while True:
        composer = _Composer(source, text, data)
        try:
            tree = composer.run()
        except Broken as broken:
            errors.append(broken.error)
            parsed += len(text)
            text = broken.masked(text) if parsed <= MAX_REPARSED and len(errors) < UetErrors.LIMIT else ""
            if text:
                continue
            return None, errors + composer.errors
        return tree, errors + composer.errors


_Open = tuple[Seq | Map | None, Text | None, str | None, tuple[Map, ...], int]


class _Composer:
    """One pass over the events of `text` (which may be `source.text` with masked spots). Never recursive, so depth costs no stack."""

    def __init__(self, source: SourceFile, text: str, data: bool) -> None:
        self.source = source
        self.text = text
        self.disguise = Disguise(text)
        self.data = data
        self.extensions = not data and "x-" in text
        self.errors: list[UetError] = []
        self.top: Seq | Map | None = None  # the innermost open collection
        self.key: Text | None = None  # of a map, the key whose value comes next
        self.anchor: str | None = None
        self.merges: tuple[Map, ...] = ()  # what `<<` brings
        self.before = 0  # `size` when it was opened
        self.outer: list[_Open] = []  # the same five of what was open when it was opened
        self.anchors: dict[str, tuple[Tree, int]] = {}
        self.size = 0  # nodes, those behind aliases counted each time
        self.copied = 0  # nodes that stand only behind aliases
        self.root: Tree | None = None

    def run(self) -> Tree:
        """The tree of the only document; raises `Broken` where the text cannot be parsed on."""
        parser: Any = CParser(self.disguise.text)
        try:
            while True:
                event: Any = parser.get_event()
                kind = type(event)
                if kind is ScalarEvent:
                    self._scalar(event)
                elif kind is MappingStartEvent or kind is SequenceStartEvent:
                    self._open(event, kind is MappingStartEvent)
                elif kind is AliasEvent:
                    self._alias(event)
                elif kind is StreamEndEvent:
                    break
                elif kind is DocumentStartEvent:
                    self._document(event)
                elif kind is not DocumentEndEvent and kind is not StreamStartEvent:
                    self._close(event)
        except ReaderError as fault:
            raise syntax.illegal_character(self.source, self.text, str(fault.reason)) from None
        except MarkedYAMLError as fault:
            raise syntax.explain(self.source, self.text, fault, self._flow()) from None
        except YAMLError as fault:
            raise Broken(UetError(f"YAML cannot read this: {fault}", self.source.location(1))) from None
        return self.root if self.root is not None else Text("", "", self.source, 0, 0)

    def _flow(self) -> bool:
        return self.top is not None and self.top.flow

    def _document(self, event: Any) -> None:
        if self.root is not None:
            place = self.source.span(event.start_mark.index, event.start_mark.index + 3)
            raise Broken(UetError("a second document starts here", place, "a manifest is one document; use `include` for more"))

    def _scalar(self, event: Any) -> None:
        start = event.start_mark.index
        value, style = event.value, event.style or ""
        if event.tag is not None or event.anchor is not None:
            start = self._behind_properties(event, start)
            if event.tag is not None and not style:
                style = "!"  # `!!str 3` is text: not plain any more
        self.size += 1
        if len(value) > MAX_LETTERS and not self.data:
            place = self.source.span(start, event.end_mark.index)
            raise Broken(UetError(f"this text has {len(value):,} letters; {MAX_LETTERS:,} are read", place, "put it into a file"))
        node = Text(value if value.isascii() else self.disguise.reveal(value), style, self.source, start, event.end_mark.index)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, 1)
        self._attach(node)

    def _behind_properties(self, event: Any, start: int) -> int:
        """Where a node begins behind its anchor and tag; raises `Broken` for a tag that is not one of text."""
        if event.tag is not None and (type(event) is not ScalarEvent or event.tag != _TEXT_TAG):
            raise syntax.tag_trap(self.source, self.text, self.text.find("!", start), self._flow())
        properties = _PROPERTIES.match(self.text, start)
        return min(properties.end(), max(start, event.end_mark.index)) if properties else start

    def _open(self, event: Any, is_map: bool) -> None:
        start = event.start_mark.index
        top = self.top
        awaits_key = self.key is None and type(top) is Map
        if awaits_key and top is not None and is_map and event.flow_style and self.text.startswith("{{", top.start):
            around = self.outer[-1][0]
            raise syntax.template_trap(self.source, self.text, top.start, around is not None and around.flow)
        if event.tag is not None or event.anchor is not None:
            start = self._behind_properties(event, start)
        if awaits_key:
            place = self.source.span(start, start + 1)
            raise Broken(UetError("a key must be text", place, "quote it if it is meant as text"))
        if len(self.outer) >= MAX_DEPTH:
            raise Broken(UetError(f"nested more than {MAX_DEPTH} deep", self.source.span(start, start + 1)))
        self.outer.append((top, self.key, self.anchor, self.merges, self.before))
        self.top = (Map if is_map else Seq)(self.source, start, bool(event.flow_style))
        self.key, self.anchor, self.merges, self.before = None, event.anchor, (), self.size
        self.size += 1

    def _close(self, event: Any) -> None:
        node, name, merges, before = self.top, self.anchor, self.merges, self.before
        assert node is not None
        self.top, self.key, self.anchor, self.merges, self.before = self.outer.pop()
        node.end = max(event.end_mark.index, node.start + 1) if node.flow else node.start + 1
        if type(node) is Map:
            if not node.flow and node.keys:
                node.end = next(iter(node.keys.values())).end
            if merges:
                _merge_keys(node, merges)
            if self.extensions:
                _drop_extensions(node)
        if name is not None:
            self.anchors[name] = (node, self.size - before)
        self._attach(node)

    def _alias(self, event: Any) -> None:
        name, start, end = event.anchor, event.start_mark.index, event.end_mark.index
        if name in (self.anchor, *[anchor for _, _, anchor, _, _ in self.outer]):
            raise Broken(UetError(f"`*{name}` stands inside what it refers to", self.source.span(start, end)))
        if name not in self.anchors:
            raise syntax.alias_trap(self.source, self.text, start, self._flow())
        node, size = self.anchors[name]
        self.size += size
        self.copied += size
        if self.copied > _FREE_COPIES + _COPIES * (self.size - self.copied):
            raise Broken(
                UetError("aliases make this manifest too large", self.source.span(start, end), "use `vars`, `defaults` or `matrix`")
            )
        self._attach(node)

    def _attach(self, node: Tree) -> None:
        parent, key = self.top, self.key
        if type(parent) is Seq:
            parent.items.append(node)
        elif type(parent) is not Map:
            self.root = node
        elif key is None:
            if type(node) is not Text:
                raise Broken(UetError("a key must be text", node.location()))
            self.key = node
        else:
            self.key = None
            name = key.text
            if name in parent.keys:
                self._given_twice(parent.keys[name], key)
                return
            parent.keys[name] = key
            if name == "<<" and key.plain:
                self._merge(key, node)
            parent.entries[name] = node

    def _given_twice(self, first: Text, second: Text) -> None:
        shown = shortened(second.text)
        others = [(f"`{shown}` stands here first", first.location())]
        error = UetError(f"`{shown}` is given twice", second.location(), "remove one of them", others=others)
        if len(self.errors) >= MAX_ERRORS:
            raise Broken(error)
        self.errors.append(error)

    def _merge(self, key: Text, node: Tree) -> None:
        """Note what `<<` brings: a map, or a list of maps of which earlier ones win."""
        maps = node.items if isinstance(node, Seq) else [node]
        if not all(isinstance(item, Map) for item in maps):
            self.errors.append(
                UetError("`<<` takes a map or a list of maps", key.location(), f"quote it if it is meant as text: {quoted('<<')}")
            )
            return
        self.merges += tuple([item for item in maps if isinstance(item, Map)])


def _merge_keys(node: Map, merges: Iterable[Map]) -> None:
    """Lay a map over what its `<<` brings; what it says itself wins, then the earlier of the merged maps."""
    own_entries, own_keys = node.entries, node.keys
    del own_entries["<<"], own_keys["<<"]
    node.entries, node.keys = {}, {}
    for base in merges:
        for name, value in base.entries.items():
            if name not in node.entries:
                node.entries[name] = value
                node.keys[name] = base.keys[name]
    node.entries.update(own_entries)
    node.keys.update(own_keys)


def _drop_extensions(node: Map) -> None:
    for name in [name for name in node.entries if name.startswith("x-")]:
        del node.entries[name], node.keys[name]
