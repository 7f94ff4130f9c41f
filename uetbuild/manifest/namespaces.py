"""What a name written in a manifest means: its own first, then the includer's; `:id` is the root's, `NAME:id` that of an include.

Also finds by pattern, tag and phase. Knows nothing of nodes and recipes: it hands out `Declared` workstreams.
"""

from __future__ import annotations

from _bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import TypeVar

from uetbuild.core.idpatterns import fixed_start, is_pattern, matcher
from uetbuild.errors import UetError
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.manifests import Family, Unit
from uetbuild.manifest.models import Workstream
from uetbuild.manifest.models_gate import Gate
from uetbuild.manifest.words import did_you_mean

Item = TypeVar("Item")
MAX_SUGGESTED = 50  # hints: no more than 20 errors are shown
MAX_COMPARED = 2000  # names that are looked through for "did you mean": difflib takes 0.1 ms for each


class Declared:
    """A workstream as a manifest declares it. `id` is full (`api:test`); `nodes`: ids of its nodes, filled when it is expanded."""

    __slots__ = ("id", "nodes", "spec", "unit")

    def __init__(self, unit: Unit, name: str, spec: Workstream) -> None:
        self.unit = unit
        self.id = unit.prefix + name
        self.spec = spec
        self.nodes: tuple[str, ...] = ()

    @property
    def manual(self) -> bool:
        """Whether patterns, tags and phases pass over it."""
        return self.spec.manual or self.spec.interactive or self.spec.confirm is not None

    @property
    def is_group(self) -> bool:
        return not self.spec.run and self.spec.agent is None and not isinstance(self.spec, Gate)


class Namespaces:
    """All declared workstreams and gates by full id, and the ways to name them."""

    __slots__ = ("_aliases", "_by_phase", "_by_tag", "_found", "_sorted", "_suggested", "gates", "workstreams")

    def __init__(self, family: Family, faults: Faults) -> None:
        self.workstreams: dict[str, Declared] = {}
        self.gates: dict[str, Declared] = {}
        self._aliases = family.aliases
        self._by_tag: dict[str, list[Declared]] = {}
        self._by_phase: dict[str, list[Declared]] = {}
        self._found: dict[tuple[tuple[str, ...], str], list[Declared]] = {}
        folded: dict[str, Declared] = {}
        for unit in family.units:
            for name, spec in unit.manifest.workstreams.items():
                self._declare(Declared(unit, name, spec), folded, faults)
            for name, gate in unit.manifest.gates.items():
                self._declare(Declared(unit, name, gate), folded, faults)
        self._sorted = sorted(self.workstreams)
        self._suggested = 0

    def _declare(self, declared: Declared, folded: dict[str, Declared], faults: Faults) -> None:
        first = folded.setdefault(declared.id.casefold(), declared)
        if first is not declared:
            same = first.id == declared.id
            problem = "is declared twice" if same else f"differs from `{first.id}` in upper and lower case only"
            hint = "rename one of them" if first.unit is declared.unit else "rename one of them, or include one manifest with `as`"
            others = [(f"`{first.id}` is declared here", first.spec.where())]
            faults.add(UetError(f"workstream `{declared.id}` {problem}", declared.spec.where(), hint, others=others))
            return
        if isinstance(declared.spec, Gate):
            self.gates[declared.id] = declared  # no pattern, tag or phase means a gate
            return
        self.workstreams[declared.id] = declared
        for tag in declared.spec.tags:
            self._by_tag.setdefault(tag.text, []).append(declared)
        if declared.spec.phase is not None:
            self._by_phase.setdefault(declared.spec.phase.text, []).append(declared)

    def full_names(self, name: str, unit: Unit) -> Iterable[str]:
        """The full names that a name written in `unit` may stand for, the nearest first."""
        if name.startswith(":"):
            yield self._real(name[1:])
            return
        for prefix in unit.chain:
            yield self._real(prefix + name)

    def find(self, table: Mapping[str, Item], name: str, unit: Unit) -> Item | None:
        """What `name`, written in `unit`, means in a table by full name."""
        for full in self.full_names(name, unit):
            if full in table:
                return table[full]
        return None

    def matching(self, text: str, unit: Unit) -> list[Declared] | None:
        """The workstreams that a pattern, `tag:x` or `phase:x` means, manual ones included; None where `text` is none of these."""
        if text.startswith("tag:"):
            return self._by_tag.get(text[4:], [])
        if text.startswith("phase:"):
            return self._by_phase.get(text[6:], [])
        if not is_pattern(text):
            return None
        key = (unit.chain, text)
        if key not in self._found:
            self._found[key] = self._search(text, unit)
        return self._found[key]

    def _search(self, pattern: str, unit: Unit) -> list[Declared]:
        for full in self.full_names(pattern, unit):
            found = [self.workstreams[name] for name in self._starting_with(fixed_start(full), full)]
            if found:
                return found
        return []

    def _starting_with(self, start: str, pattern: str) -> list[str]:
        """The ids that match, found among those that begin alike: patterns over 20,000 ids stay cheap."""
        first = bisect_left(self._sorted, start)
        matches = matcher(pattern)
        return [name for name in self._beginning(first, start) if matches(name)]

    def _beginning(self, first: int, start: str) -> Iterable[str]:
        for place in range(first, len(self._sorted)):
            name = self._sorted[place]
            if not name.startswith(start):
                return
            yield name

    def _real(self, full: str) -> str:
        """A full name with the aliases of manifests that are included more than once resolved."""
        if not self._aliases:
            return full
        for _ in self._aliases:
            for alias, prefix in self._aliases.items():
                if full.startswith(alias):
                    full = prefix + full[len(alias) :]
                    break
            else:
                return full
        return full

    def suggest(self, name: str, unit: Unit, known: Iterable[str] | None = None) -> str:
        """The hint for an unknown name: the nearest one, as it is written in `unit`."""
        self._suggested += 1
        if self._suggested > MAX_SUGGESTED:
            return ""
        names = [_as_written(full, unit) for full in (self._sorted if known is None else known)]
        if len(names) > MAX_COMPARED:
            names = [near for near in names if near[:1] == name[:1] and abs(len(near) - len(name)) < 3][:MAX_COMPARED]
        return did_you_mean(name, names)

    def suggest_selector(self, kind: str, name: str) -> str:
        """The hint for an unknown `tag:` or `phase:`."""
        return did_you_mean(name, self._by_tag if kind == "tag" else self._by_phase).replace("`", f"`{kind}:", 1)


def _as_written(full: str, unit: Unit) -> str:
    for prefix in unit.chain:
        if prefix and full.startswith(prefix):
            return full[len(prefix) :]
    return full
