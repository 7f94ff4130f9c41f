"""What all blocks of the manifest share: how a tree becomes a pydantic model, and how what is wrong becomes our own words.

Values are read by plain functions (`Reads`) that see the tree, with its places; pydantic keeps the fields, defaults, required and
unknown keys, and the descriptions from which schema and reference are generated. Its own error texts never reach anybody.

Modules with models do without `from __future__ import annotations`: pydantic would only compile each of these texts again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from uetbuild.errors import Location, UetError
from uetbuild.manifest.foreign import here
from uetbuild.manifest.later import later_keys
from uetbuild.manifest.tree import Map, Seq, Text, Tree
from uetbuild.manifest.words import did_you_mean, kind_of, quoted

# Plugins of pydantic that happen to be installed have no say in what a manifest means, and pydantic loads `importlib.metadata`, with
# `email` and `zipfile`, to look for them: 20 ms. Where a version of it has no such module, nothing is different.
_NO_PLUGINS = ModuleType("pydantic.plugin._loader")
_NO_PLUGINS.__dict__["get_plugins"] = tuple
sys.modules.setdefault(_NO_PLUGINS.__name__, _NO_PLUGINS)

Schema = dict[str, Any]
MAX_ERRORS = 100  # of one block; at most 20 are shown, and each takes its time
MAX_LISTED = 15  # known keys in a hint


class Fault:
    """One thing that is wrong with a value: `problem` goes behind the name of its key (`expects text, got a list`)."""

    __slots__ = ("hint", "node", "place", "problem")

    def __init__(self, problem: str, node: Tree, hint: str = "", place: Location | None = None) -> None:
        self.problem = problem
        self.node = node
        self.hint = hint
        self.place = place


class Refused(ValueError):
    """A value that cannot be read; holds one or more `Fault`s or finished `UetError`s. A ValueError, so pydantic collects it."""

    def __init__(self, faults: Iterable[Fault | UetError]) -> None:
        super().__init__("refused")
        self.faults = tuple(faults)


def refuse(problem: str, node: Tree, hint: str = "", place: Location | None = None) -> Refused:
    """A `Refused` with one fault, to be raised."""
    return Refused([Fault(problem, node, hint, place)])


def expects(what: str, node: Tree, hint: str = "") -> Refused:
    """The refusal of a value of the wrong kind: `expects <what>, got <what stands there>`."""
    if isinstance(node, Text) and node.missing:
        return refuse("has no value", node, hint or f"it expects {what}")
    return refuse(f"expects {what}, got {kind_of(node)}", node, hint or _as_one_text(node, what))


def _as_one_text(node: Tree, what: str) -> str:
    """The hint for `- echo a: b`, which YAML reads as a map: quote the line."""
    if not what.startswith(("text", "a path")) or not isinstance(node, Map) or node.flow or len(node) != 1:
        return ""
    ((key, value),) = node.entries.items()
    return f"quote it: {quoted(f'{key}: {value.text}')}" if isinstance(value, Text) and value.text and " " in key else ""


class Reads:
    """Field metadata: `read(node)` makes the value or raises `Refused`; `schema` is its JSON Schema, `shown` its type for people."""

    def __init__(self, read: Callable[[Tree], object], schema: Schema, shown: str) -> None:
        self.read = read
        self.schema = schema
        self.shown = shown

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)


_set = object.__setattr__  # pydantic's own looks at each name


class Block(BaseModel):
    """A map of the manifest with known keys. `tree` is where it comes from, `key` the key under which it stands in a map of names."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True, defer_build=True)

    NOUN: ClassVar[str] = "block"
    EXAMPLE: ClassVar[str] = ""
    RULES: ClassVar[Schema] = {}  # what the JSON Schema says besides the keys

    # Slots, and no private attributes of pydantic: those cost a dict and four calls a block.
    __slots__ = ("_key", "_tree")
    if TYPE_CHECKING:
        _tree: Map
        _key: Text | None

    @property
    def tree(self) -> Map:
        return self._tree

    @property
    def key(self) -> Text | None:
        return self._key

    def stand(self, tree: Map, key: Text | None = None) -> None:
        """Say where it comes from."""
        _set(self, "_tree", tree)
        _set(self, "_key", key)

    def where(self, key: str = "") -> Location:
        """The place of one of its keys; without one, of the name that it has, else of its beginning."""
        if key:
            return self._tree.where(key)
        return self._key.location() if self._key else self._tree.location()


def reads_of(field: FieldInfo) -> Reads:
    """How a field of a block is read."""
    return next(item for item in field.metadata if isinstance(item, Reads))


AnyBlock = TypeVar("AnyBlock", bound=Block)


def keys_of(model: type[Block]) -> tuple[str, ...]:
    """The keys as the manifest writes them (`finally`, not `finally_`)."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def read_block(model: type[AnyBlock], node: Tree, key: Text | None = None) -> AnyBlock:
    """The model of a map; raises `Refused` with all that is wrong in it, as finished `UetError`s."""
    if not isinstance(node, Map):
        hint = f"its keys are {', '.join(f'`{name}`' for name in keys_of(model)[:4])}, …"
        raise expects("a map", node, hint if isinstance(node, Text) and not node.missing else "")
    entries = node.entries
    errors: list[UetError] = []
    if not entries.keys() <= _key_set(model):
        entries, errors = _known(model, node)
    try:
        block = model.model_validate(entries)
    except ValidationError as failure:
        errors += _own_words(model, node, failure)
    if errors:
        raise Refused(errors)
    block.stand(node, key)
    return block


@cache
def _key_set(model: type[Block]) -> frozenset[str]:
    return frozenset(keys_of(model))


def _known(model: type[Block], node: Map) -> tuple[dict[str, Tree], list[UetError]]:
    """The entries that the model has, and the answers to the others."""
    known = _key_set(model)
    early = later_keys(model.NOUN, node)
    unknown = [name for name in node.entries if name not in known and name not in early]
    errors = [unknown_key(model.NOUN, name, keys_of(model), node) for name in unknown[:MAX_ERRORS]]
    return {name: value for name, value in node.entries.items() if name in known}, [*early.values(), *errors]


def _own_words(model: type[Block], node: Map, failure: ValidationError) -> list[UetError]:
    errors: list[UetError] = []
    for error in failure.errors(include_url=False, include_input=False):
        key = str(error["loc"][0])
        if error["type"] == "missing":
            errors.append(UetError(f"this {model.NOUN} has no `{key}`", node.location()))
        else:
            errors += finished(_refused(error), key, node)
    return errors


def _refused(error: ErrorDetails) -> Refused:
    refused = error.get("ctx", {}).get("error")
    if not isinstance(refused, Refused):  # a validator of ours raised something else: a bug, not the manifest's fault
        raise AssertionError(error["msg"])
    return refused


def unknown_key(noun: str, key: str, known: Iterable[str], node: Map) -> UetError:
    """The answer to a key that does not exist: what was meant, or which there are."""
    if key.startswith("{{"):
        return UetError(f"a template must be quoted here: `{key}`", node.where(key), f"quote it: {quoted(key)}")
    names = sorted(known)
    glued = key.split(":", 1)[0]
    if glued in names:
        return UetError(f"a blank is missing behind `{glued}:`", node.where(key), f"write `{glued}: {key[len(glued) + 1 :]}`")
    meant = here(noun, key)
    hint = f"here it is `{meant}`" if meant in names else did_you_mean(key, names)
    if not hint and len(names) <= MAX_LISTED:
        hint = f"known keys: {', '.join(f'`{name}`' for name in names)}"
    return UetError(f"unknown key `{key}` in {noun}", node.where(key), hint)


def finished(refused: Refused, key: str, node: Map) -> list[UetError]:
    """The errors of a value that stands under `key` in `node`."""
    errors: list[UetError] = []
    for fault in refused.faults:
        if isinstance(fault, UetError):
            errors.append(fault)
            continue
        missing = isinstance(fault.node, Text) and fault.node.missing
        place = fault.place or (node.where(key) if missing and fault.node is node.entries.get(key) else fault.node.location())
        errors.append(UetError(f"`{key}` {fault.problem}", place, fault.hint))
    return errors


Item = TypeVar("Item")


def read_map(node: Tree, read: Callable[[Tree, Text], Item], *, empty: bool = True) -> dict[str, Item]:
    """A map of names, every value read by `read(value, key)`; all faults are collected. Nothing written is an empty map if `empty`."""
    if empty and isinstance(node, Text) and node.null:
        return {}
    if not isinstance(node, Map):
        raise expects("a map of names", node, "write `NAME: …` instead of `- …`" if isinstance(node, Seq) else "")
    values: dict[str, Item] = {}
    errors: list[UetError] = []
    for key, value in node.entries.items():
        try:
            values[key] = read(value, node.keys[key])
        except Refused as refused:
            errors += finished(refused, key, node)
            if len(errors) >= MAX_ERRORS:
                break
    if errors:
        raise Refused(errors)
    return values


def read_items(items: Iterable[Tree], read: Callable[[Tree], Item]) -> tuple[Item, ...]:
    """Every item read; all that is wrong is collected."""
    values: list[Item] = []
    faults: list[Fault | UetError] = []
    for item in items:
        try:
            values.append(read(item))
        except Refused as refused:
            faults += refused.faults
            if len(faults) >= MAX_ERRORS:
                break
    if faults:
        raise Refused(faults)
    return tuple(values)


def one_key(node: Map) -> tuple[str, Tree] | None:
    """The only entry of a map, if it has one only."""
    return next(iter(node.entries.items())) if len(node) == 1 else None
