"""Lists of files: `inputs`, `outputs`, `edits`, `forbid` and `scopes`. Knows nothing of what is on disk."""

import re
from typing import Annotated

from uetbuild.manifest.models_base import Reads, Refused, expects, read_items, read_map, refuse
from uetbuild.manifest.models_values import NAME_PATTERN, TEXT_SCHEMA, check_name, read_text
from uetbuild.manifest.tree import Map, Seq, Text, Tree


class PathEntry:
    """One path, pattern, `outputs:ID` or `scope:NAME` (`text`, templates and a leading `!` still in it), as written.

    `name` is its name where the manifest has a map of names, else ""; `optional`: written `{optional: PATH}`.
    """

    __slots__ = ("name", "optional", "text")

    def __init__(self, text: Text, name: str = "", optional: bool = False) -> None:
        self.text = text
        self.name = name
        self.optional = optional

    def __repr__(self) -> str:
        return f"PathEntry({self.text.text!r}, name={self.name!r}, optional={self.optional})"


def read_paths(node: Tree) -> tuple[PathEntry, ...]:
    """A path, a list of paths, or a map of names to either."""
    if isinstance(node, Map) and "optional" not in node.entries:

        def read(value: Tree, key: Text) -> tuple[PathEntry, ...]:
            check_name(key, "input")
            return _entries(value, key.text)

        named = read_map(node, read)
        return tuple(entry for entries in named.values() for entry in entries)
    return _entries(node, "")


def read_required_paths(node: Tree) -> tuple[PathEntry, ...]:
    """As `read_paths`, where `optional` makes no sense."""
    entries = read_paths(node)
    wrong = [entry for entry in entries if entry.optional]
    if wrong:
        raise Refused([fault for entry in wrong for fault in refuse("cannot hold an `optional` path", entry.text).faults])
    return entries


def _entries(node: Tree, name: str) -> tuple[PathEntry, ...]:
    if isinstance(node, Seq):
        return read_items(node.items, lambda item: _entry(item, name))
    return (_entry(node, name),)


def _entry(node: Tree, name: str) -> PathEntry:
    if isinstance(node, Map) and "optional" in node.entries:
        if len(node) > 1:
            raise refuse("expects nothing besides `optional`", node)
        return PathEntry(_path(node.entries["optional"]), name, True)
    return PathEntry(_path(node), name)


def _path(node: Tree) -> Text:
    text = read_text(node, "a path or a list of paths" if isinstance(node, Map) else "a path")
    if not text.text:
        raise expects("a path", node, "`.` is the folder of the manifest")
    at = _backslash(text.text)
    if at >= 0:
        raise refuse("expects paths with `/`, not `\\`", text, f"write `{text.text.replace(chr(92), '/')}`", text.locate(at, 1))
    return text


_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def _backslash(text: str) -> int:
    """The first `\\` outside `{{ … }}`, else -1."""
    return _TEMPLATE.sub(lambda found: "." * len(found[0]), text).find("\\") if "\\" in text else -1


_ENTRY_SCHEMA: dict[str, object] = {
    "anyOf": [
        TEXT_SCHEMA,
        {
            "type": "object",
            "properties": {"optional": TEXT_SCHEMA},
            "required": ["optional"],
            "patternProperties": {"^x-": True},
            "additionalProperties": False,
        },
    ]
}
_LIST_SCHEMA: dict[str, object] = {"anyOf": [_ENTRY_SCHEMA, {"type": "array", "items": _ENTRY_SCHEMA}]}
PATHS_SCHEMA: dict[str, object] = {
    "anyOf": [
        _LIST_SCHEMA,
        {"type": "object", "patternProperties": {"^x-": True, f"^{NAME_PATTERN}$": _LIST_SCHEMA}, "additionalProperties": False},
    ]
}
_SHOWN = "path, list, or map of names to these"

Paths = Annotated[tuple[PathEntry, ...], Reads(read_paths, PATHS_SCHEMA, _SHOWN)]
RequiredPaths = Annotated[tuple[PathEntry, ...], Reads(read_required_paths, PATHS_SCHEMA, _SHOWN)]
