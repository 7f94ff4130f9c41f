"""`depends_on`, `after` and `default`: texts to ids of nodes. Knows nothing of what the nodes do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from uetbuild.core.idpatterns import is_pattern, matcher
from uetbuild.errors import UetError
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.manifests import Unit
from uetbuild.manifest.models_gate import Gate
from uetbuild.manifest.namespaces import Declared, Namespaces
from uetbuild.manifest.texts import Filled


class References:
    """Resolves names once all workstreams are expanded. `owners`: node id -> its workstream."""

    __slots__ = ("_faults", "_namespaces", "_owners", "_phases")

    def __init__(self, namespaces: Namespaces, owners: Mapping[str, Declared], phases: frozenset[str], faults: Faults) -> None:
        self._namespaces = namespaces
        self._owners = owners
        self._phases = phases
        self._faults = faults

    def nodes(self, references: Iterable[Filled], unit: Unit, user: Declared | None, verb: str) -> tuple[tuple[str, ...], bool]:
        """(sorted ids of the nodes that are meant, whether any workstream was meant at all); what is unknown is noted.

        `user` is the workstream in which they stand: patterns never mean it. `verb` for messages: `depends on`.
        """
        found: set[str] = set()
        some = False
        for reference in references:
            for nodes in self._meant(reference, unit, user, verb):
                found.update(nodes)
                some = True
        return tuple(sorted(found)), some

    def workstream(self, name: str, unit: Unit) -> Declared | None:
        """The workstream that a name means."""
        return self._namespaces.find(self._namespaces.workstreams, name, unit)

    def _meant(self, reference: Filled, unit: Unit, user: Declared | None, verb: str) -> list[tuple[str, ...]]:
        """The nodes of each workstream that is meant."""
        text = reference.text
        if "[" in text:
            return self._nodes_meant(reference, unit, user, verb)
        several = self._namespaces.matching(text, unit)
        if several is None:
            one = self.workstream(text, unit) or self._namespaces.find(self._namespaces.gates, text, unit)
            if one is not None and isinstance(one.spec, Gate) and one.spec.at == "wave":
                hint = "name it under `gates`; what follows in later waves waits for it by itself"
                self._unknown(reference, user, f"{verb} gate `{text}`, which stands after waves", hint)
                return []
            if one is not None:
                return [one.nodes]
            self._unknown(reference, user, f"{verb} unknown workstream `{text}`", self._hint(text, unit))
            return []
        if not several and not (text.startswith("phase:") and text[6:] in self._phases):
            self._unknown(reference, user, f"{verb} `{text}`, which means no workstream", self._hint_of_selector(text))
        return [one.nodes for one in several if not one.manual and one is not user]

    def _nodes_meant(self, reference: Filled, unit: Unit, user: Declared | None, verb: str) -> list[tuple[str, ...]]:
        text = reference.text
        head = text.partition("[")[0]
        workstream = None if is_pattern(head) else self.workstream(head, unit)
        nodes: Iterable[str] = self._owners if workstream is None else workstream.nodes
        for full in self._namespaces.full_names(text, unit):
            if full in self._owners:
                return [(full,)]
            if is_pattern(text):
                matches = matcher(full)
                found = [name for name in nodes if matches(name)]
                if found:
                    return [tuple([name for name in found if self._owners[name] is not user and not self._owners[name].manual])]
        hint = f"its nodes are `{'`, `'.join(workstream.nodes[:3])}`" if workstream is not None and workstream.nodes else ""
        self._unknown(reference, user, f"{verb} unknown node `{text}`", hint or self._hint(head, unit))
        return []

    def _hint(self, text: str, unit: Unit) -> str:
        if not self._namespaces.workstreams:
            return "the manifest declares no workstreams"
        return self._namespaces.suggest(text, unit)

    def _hint_of_selector(self, text: str) -> str:
        kind, colon, name = text.partition(":")
        if colon and kind in ("tag", "phase"):
            return self._namespaces.suggest_selector(kind, name)
        return "a pattern must mean at least one workstream"

    def _unknown(self, reference: Filled, user: Declared | None, problem: str, hint: str) -> None:
        who = f"workstream `{user.id}`" if user is not None else "`default`"
        self._faults.add(UetError(f"{who} {problem}", reference.where.locate(), hint))
