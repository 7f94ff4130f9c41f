"""Scopes: named sets of files, one within another. Each becomes a group of sources once, relative to the manifest that declares it."""

from __future__ import annotations

from collections.abc import Mapping

from uetbuild.core.nodes import Source, Sources
from uetbuild.core.topology import find_cycle, topological
from uetbuild.errors import UetError
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.manifests import Unit
from uetbuild.manifest.models_paths import PathEntry
from uetbuild.manifest.namespaces import Namespaces
from uetbuild.manifest.sources import Paths, nobody
from uetbuild.manifest.surroundings import Surroundings
from uetbuild.manifest.texts import filled_list
from uetbuild.manifest.tree import Map, Text

MAX_PATTERNS = 10_000  # of a scope with all that stand in it, which every line can double
MAX_DEPTH = 100


class _Declared:
    """A scope as written."""

    __slots__ = ("around", "entries", "key", "name")

    def __init__(self, around: Surroundings, name: str, key: Text, entries: tuple[PathEntry, ...]) -> None:
        self.around = around
        self.name = around.unit.prefix + name
        self.key = key
        self.entries = entries


class Scopes:
    """All scopes by full name, resolved."""

    __slots__ = ("_declared", "_groups", "_namespaces", "_sizes")

    def __init__(self, surroundings: Mapping[str, Surroundings], namespaces: Namespaces, faults: Faults) -> None:
        """`surroundings` by file, in the order of the family."""
        self._namespaces = namespaces
        self._declared: dict[str, _Declared] = {}
        self._groups: dict[str, Sources] = {}
        self._sizes: dict[str, tuple[int, int]] = {}  # of each scope how many patterns, and how deep
        for around in surroundings.values():
            self._declare(around, faults)
        self._resolve(faults)

    def group(self, name: str, unit: Unit, where: Text) -> tuple[Source, ...]:
        """The scope that `name` means in `unit`, as one group. Raises UetError."""
        full = self._find(name, unit)
        if full is None:
            hint = self._namespaces.suggest(name, unit, self._declared).replace("`", "`scope:", 1)
            raise UetError(f"unknown scope `{name}`", where.locate(), hint or "scopes are declared under `scopes`")
        return (Source(pattern=f"scope:{full}", kind=Source.GROUP, items=self._groups.get(full, ())),)

    def _find(self, name: str, unit: Unit) -> str | None:
        return next((full for full in self._namespaces.full_names(name, unit) if full in self._declared), None)

    def _declare(self, around: Surroundings, faults: Faults) -> None:
        block = around.unit.manifest.tree.entries.get("scopes")
        for name, entries in around.unit.manifest.scopes.items():
            assert isinstance(block, Map)
            scope = _Declared(around, name, block.keys[name], entries)
            first = self._declared.setdefault(scope.name, scope)
            if first is not scope:
                others = [("the other is here", first.key.location())]
                faults.add(UetError(f"scope `{scope.name}` is declared twice", scope.key.location(), "rename one of them", others=others))

    def _resolve(self, faults: Faults) -> None:
        """Build the groups, each behind those that it uses."""
        scopes = list(self._declared.values())
        index = {scope.name: number for number, scope in enumerate(scopes)}
        uses = [sorted({index[name] for name in self._used(scope)}) for scope in scopes]
        order = topological(uses)
        if len(order) < len(scopes):
            faults.add(_cycle([scopes[number] for number in find_cycle(uses) or ()]))
        for number in order:
            scope = scopes[number]
            unit = scope.around.unit
            paths = Paths(unit.folder, lambda name, where, unit=unit: self.group(name, unit, where), nobody)  # type: ignore[misc]
            group = paths.read(scope.entries, scope.around.names, faults)
            wrong = self._measure(scope.name, group)
            if wrong:
                faults.add(UetError(f"scope `{scope.name}` {wrong}", scope.key.location(), "name each file in one of them"))
            self._groups[scope.name] = () if wrong else group

    def _measure(self, name: str, group: Sources) -> str:
        """Note how much a scope holds, all that stand in it included; returns what is too much, "" where nothing is."""
        inner = [self._sizes.get(source.pattern[6:], (1, 0)) if source.kind == Source.GROUP else (1, 0) for source in group]
        size, depth = 1 + sum(size for size, _ in inner), 1 + max((depth for _, depth in inner), default=0)
        if size > MAX_PATTERNS + 1:
            return f"holds {size - 1:,} patterns and scopes; {MAX_PATTERNS:,} are the most"
        if depth > MAX_DEPTH:
            return f"is the last of more than {MAX_DEPTH} that stand one in another"
        self._sizes[name] = size, depth
        return ""

    def _used(self, scope: _Declared) -> list[str]:
        """Full names of the scopes that stand in a scope; faults are told when it is built."""
        found = []
        for entry in scope.entries:
            if "scope:" not in entry.text.text and "{{" not in entry.text.text:
                continue
            try:
                texts = [element.text.removeprefix("!") for element in filled_list((entry.text,), scope.around.names)]
            except UetError:
                continue
            for text in texts:
                full = self._find(text[6:], scope.around.unit) if text.startswith("scope:") else None
                if full is not None:
                    found.append(full)
        return found


def _cycle(around: list[_Declared]) -> UetError:
    path = " -> ".join(f"`{scope.name}`" for scope in [*around, around[0]])
    others = [(f"`{scope.name}` is declared here", scope.key.location()) for scope in around[1:]]
    return UetError(f"scopes hold each other: {path}", around[0].key.location(), "take one of them out of the other", others=others)
