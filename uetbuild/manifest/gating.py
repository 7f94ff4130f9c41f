"""Gates of a project: which workstream names which, and the nodes that come of it.

A gate is lowered once; one that checks the files of what it guards, or has no files of its own, then stands once for each node that
names it (`lint[ws-07]`), any other once for all of them; one for the whole run always once; one for waves once after each wave with a
node that names it (`lint[wave=0]`). Knows nothing of recipes and paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from uetbuild.core.approval import APPROVAL
from uetbuild.core.fingerprint import definition
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.policies import Guard
from uetbuild.core.render import late_of
from uetbuild.core.retry import Cause
from uetbuild.errors import UetError
from uetbuild.manifest.catalogue import CATALOGUE
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.instances import Instance
from uetbuild.manifest.models_gate import Gate
from uetbuild.manifest.namespaces import Declared, Namespaces
from uetbuild.manifest.texts import Filled, filled_list


class Gating:
    """Use in this order: `name` with all instances of workstreams, `lower` (ids of gate nodes are known from then on, but for those of
    waves), `nodes`, and `after_waves` when the levels of all others are known.

    `of_waves`: what the gates of waves have in common, one node a gate with its name as id.
    """

    def __init__(self, namespaces: Namespaces, faults: Faults) -> None:
        self.warnings: list[str] = []
        self.of_waves: list[Node] = []
        self._namespaces = namespaces
        self._faults = faults
        self._users: dict[str, list[str]] = {}  # gate or workstream that serves as one -> nodes that name it
        self._owners: dict[str, Declared] = {}
        self._patterns: dict[str, Node] = {}
        self._standing: dict[str, str] = {}  # node of a gate that stands once for each node -> the node that it guards

    def name(self, instances: Iterable[Instance]) -> None:
        """Find out who names which gate. What is unknown is noted."""
        for instance in instances:
            spec = instance.declared.spec
            given = spec.gates if spec.gates is not None else instance.around.defaults.get("gates")
            if not given and spec.retry is not None and Cause.GATE in spec.retry.on:
                message = f"`{instance.declared.id}` is tried again after `gate`, but no gate guards it"
                self._faults.add(UetError(message, spec.where("retry"), "name a gate under `gates`, or take `gate` away from `on`"))
            if not given or (instance.declared.is_group and spec.gates is None):
                continue
            assert isinstance(given, tuple)
            for reference in filled_list(given, instance.for_texts):
                self._name(instance, reference)

    def _name(self, instance: Instance, reference: Filled) -> None:
        namespaces, unit = self._namespaces, instance.declared.unit
        found = namespaces.find(namespaces.gates, reference.text, unit) or namespaces.find(namespaces.workstreams, reference.text, unit)
        if found is None:
            hint = namespaces.suggest(reference.text, unit, [*namespaces.gates, *namespaces.workstreams])
            message = f"workstream `{instance.declared.id}` names unknown gate `{reference.text}`"
            self._faults.add(UetError(message, reference.where.locate(), hint))
        elif found is instance.declared:
            if instance.declared.spec.gates is not None:
                self._faults.add(UetError(f"workstream `{found.id}` cannot be its own gate", reference.where.locate()))
        elif found.is_group:
            hint = "name its members, or a gate under `gates`"
            self._faults.add(UetError(f"`{found.id}` is a group, which checks nothing", reference.where.locate(), hint))
        else:
            users = self._users.setdefault(found.id, [])
            if instance.id not in users:
                users.append(instance.id)

    def lower(self, instance: Callable[[Declared], Instance], lower: Callable[[Instance], Node | None]) -> None:
        """Lower each gate once, after those that it names; what is wrong is noted. Fills `Declared.nodes` of the gates."""
        done: set[str] = set()
        for declared in self._namespaces.gates.values():
            self._lower(declared, instance, lower, done, [])

    def _lower(
        self,
        declared: Declared,
        instance: Callable[[Declared], Instance],
        lower: Callable[[Instance], Node | None],
        done: set[str],
        path: list[str],
    ) -> None:
        """`done`: ids of those that were begun; `path`: of those that lead to this one."""
        done.add(declared.id)
        try:
            one = instance(declared)
            for reference, other in self._named(one):
                if other.id in (*path, declared.id):
                    around = [*path, declared.id]
                    names = " -> ".join([f"`{name}`" for name in [*around[around.index(other.id) :], other.id]])
                    raise UetError(f"dependency cycle: {names}", reference.where.locate())
                if other.id not in done:
                    self._lower(other, instance, lower, done, [*path, declared.id])
            pattern = lower(one)
        except UetError as error:
            self._faults.add(error)
            return
        if pattern is None:
            return
        self._owners[declared.id] = declared
        if _place(declared) == "wave":
            self.of_waves.append(pattern)
            return
        self._patterns[declared.id] = pattern
        users = self._users.get(declared.id, [])
        if _stands_once(pattern, declared):
            declared.nodes = (declared.id,)
        else:
            declared.nodes = tuple([f"{declared.id}[{user}]" for user in users])
            self._standing.update(zip(declared.nodes, users, strict=True))
            if not users:
                self.warnings.append(f"gate `{declared.id}` guards nothing: no workstream names it under `gates`")

    def _named(self, one: Instance) -> list[tuple[Filled, Declared]]:
        """The gates to which `depends_on` and `after` of a gate refer, each with the place."""
        spec, unit, namespaces = one.declared.spec, one.declared.unit, self._namespaces
        references = filled_list((*spec.depends_on, *spec.after), one.for_texts)
        found = [(reference, namespaces.find(namespaces.gates, reference.text, unit)) for reference in references]
        return [(reference, gate) for reference, gate in found if gate is not None]

    def _own(self, names: tuple[str, ...], users: list[str]) -> tuple[str, ...]:
        """What a gate of these nodes waits for: of another gate that stands once for each node only what guards the same ones, if any."""
        guarded = set(users)
        mine = {name.partition("[")[0] for name in names if self._standing.get(name) in guarded}
        return tuple([name for name in names if name.partition("[")[0] not in mine or self._standing.get(name) in guarded])

    def nodes(self, workstreams: Iterable[Node]) -> list[Node]:
        """The gate nodes; the workstreams get to know their gates."""
        known = {node.id: node for node in workstreams}
        made: list[Node] = []
        for name, pattern in self._patterns.items():
            declared = self._owners[name]
            users = self._guarded(declared, known)
            stands = [(name, users)] if _stands_once(pattern, declared) else [(f"{name}[{user}]", [user]) for user in users]
            for one, guarded in stands:
                self._check_files(declared, guarded, known)
                made.append(_guarding(self._waiting(pattern, guarded), declared, one, guarded, known))
        for name, users in self._users.items():  # workstreams that are gates
            if name in self._namespaces.workstreams:
                for node in known.values():
                    if node.workstream == name:
                        node.guard = Guard(guards=tuple(sorted([user for user in users if user in known])))  # others are at fault, and told
                        made.append(node)
        _introduce(made, known)
        return [node for node in made if node.id not in known]

    def after_waves(self, graph: Graph, inferred: Mapping[str, tuple[str, ...]]) -> list[Node]:
        """The nodes of the gates of waves, with their edges; the workstreams get to know them. What cannot be is noted.

        `graph`, made with `inferred`: of all other nodes and of `of_waves`.
        """
        known = {node.id: node for node in graph.nodes}
        made: list[Node] = []
        for pattern in self.of_waves:
            declared, before = self._owners[pattern.id], inferred.get(pattern.id, ())
            waves: dict[int, list[str]] = {}
            for user in self._guarded(declared, known):
                waves.setdefault(graph.level[graph.index[user]], []).append(user)
            for wave, users in sorted(waves.items()):
                waits = self._waiting(pattern, users)
                needed = max((*waits.depends_on, *waits.after, *before), key=lambda name: graph.level[graph.index[name]], default=users[0])
                if graph.level[graph.index[needed]] > wave:
                    self._faults.add(_too_early(declared, wave, needed, graph.level[graph.index[needed]]))
                    break
                gate = _guarding(waits, declared, f"{pattern.id}[wave={wave}]", users, known)
                made.append(gate.with_(inferred=tuple(sorted({*before, *users}.difference(gate.depends_on)))))
        _introduce(made, known)
        return made

    def _waiting(self, pattern: Node, users: list[str]) -> Node:
        return pattern.with_(depends_on=self._own(pattern.depends_on, users), after=self._own(pattern.after, users))

    def _check_files(self, declared: Declared, guarded: list[str], known: Mapping[str, Node]) -> None:
        """An approval is about files: where there are none it would hold for ever, whatever was done."""
        spec = declared.spec
        assert isinstance(spec, Gate)
        if spec.type != APPROVAL or not guarded or any(known[name].outputs or known[name].edits for name in guarded):
            return
        names = ", ".join([f"`{name}`" for name in guarded[:3]])
        message = f"approval `{declared.id}` has nothing to look at: {names} {'creates' if len(guarded) == 1 else 'create'} no files"
        self._faults.add(UetError(message, spec.where(), "what is approved is what the guarded workstream creates (`outputs`) or edits"))

    def _guarded(self, declared: Declared, known: Mapping[str, Node]) -> list[str]:
        """Ids of the nodes that a gate guards, sorted; for the whole run, where nobody names it: all that patterns mean, too."""
        users = self._users.get(declared.id)
        if users is None and _place(declared) != "workstream":
            prefix = declared.unit.prefix
            users = [one.id for one in known.values() if one.kind == Node.WORKSTREAM and one.id.startswith(prefix) and not one.manual]
        return sorted([user for user in users or () if user in known])


def _introduce(gates: Iterable[Node], known: Mapping[str, Node]) -> None:
    """Tell the nodes that are guarded by which gates."""
    found: dict[str, list[str]] = {}
    for gate in gates:
        assert gate.guard is not None
        for user in gate.guard.guards:
            found.setdefault(user, []).append(gate.id)
    for user, names in found.items():
        known[user].gates = tuple(sorted({*known[user].gates, *names}))


def _too_early(declared: Declared, wave: int, needed: str, later: int) -> UetError:
    """What to say of a gate that needs what comes in a later wave than the one after which it is to stand."""
    hint = f"name it under `gates` in workstreams of wave {later} or later only, or write `at: run`"
    return UetError(f"gate `{declared.id}` stands after wave {wave}, but needs `{needed}` of wave {later}", declared.spec.where(), hint)


def after_guarded(nodes: Iterable[Node], inferred: dict[str, tuple[str, ...]]) -> None:
    """Add to `inferred` that each gate comes after what it guards; where that counts it is in `depends_on` already."""
    for node in nodes:
        if node.guard is not None:
            more = set(node.guard.guards).difference(node.depends_on)
            inferred[node.id] = tuple(sorted(more.union(inferred.get(node.id, ()))))


def _stands_once(pattern: Node, declared: Declared) -> bool:
    return _place(declared) == "run" or _is_shared(pattern, declared)


def _place(declared: Declared) -> str:
    assert isinstance(declared.spec, Gate)
    return declared.spec.at


def _is_shared(pattern: Node, declared: Declared) -> bool:
    return bool(declared.spec.inputs) and (bool(_only(declared)) or "files" not in late_of(*pattern.steps, *pattern.finally_))


def _only(declared: Declared) -> tuple[str, ...]:
    """Names of the files that a ready-made gate checks."""
    assert isinstance(declared.spec, Gate)
    return CATALOGUE[declared.spec.uses].only if declared.spec.uses else ()


def _guarding(pattern: Node, declared: Declared, name: str, users: list[str], known: Mapping[str, Node]) -> Node:
    """The node of a gate that guards these nodes."""
    spec = declared.spec
    assert isinstance(spec, Gate)
    guarded = [known[user] for user in users]
    guard = Guard(type=spec.type, blocking=spec.blocking, at=spec.at, guards=tuple(users), message=_message(declared), only=_only(declared))
    files = any(node.outputs or node.edits for node in guarded)
    counts = not _is_shared(pattern, declared)  # what these made counts; else only its own inputs
    made = pattern.with_(
        id=name, guard=guard, depends_on=tuple(sorted({*pattern.depends_on, *(users if counts else ())})),
        always=pattern.always or (counts and not spec.inputs and not files),
        skipped=pattern.skipped or (bool(guarded) and all(node.skipped for node in guarded)) or (spec.type == APPROVAL and not files),
    )  # fmt: skip
    made.definition = definition(made)
    return made


def _message(declared: Declared) -> str:
    spec = declared.spec
    assert isinstance(spec, Gate)
    return "" if spec.message is None else spec.message.text
