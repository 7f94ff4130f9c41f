"""A workstream and its gates as one cell: what depends on the workstream depends on its blocking gates too.

Edges only; knows nothing of verdicts.
"""

from __future__ import annotations

from uetbuild.core.nodes import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def hold_dependents(nodes: Sequence[Node], inferred: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """`inferred` (id -> ids that it comes after) with the edges from the dependents of each node to its blocking gates.

    Only gates that stand at workstreams are meant. Gates themselves wait for no other gate. A dependent that comes before the gate
    itself, as one that a shared gate guards too, is not held by it: that would be a cycle.
    """
    gates = [node for node in nodes if node.guard is not None and node.guard.blocking and node.guard.at == "workstream"]
    found = {name: tuple(before) for name, before in inferred.items()}
    if not gates:
        return found
    before = {node.id: {*node.depends_on, *node.after, *found.get(node.id, ())} for node in nodes}
    dependents: dict[str, list[Node]] = {}
    for node in nodes:
        for name in {*node.depends_on, *found.get(node.id, ())} if node.guard is None else ():
            dependents.setdefault(name, []).append(node)
    for gate in gates:
        assert gate.guard is not None
        earlier: set[str] | None = None
        for node in [node for name in gate.guard.guards for node in dependents.get(name, ())]:
            if gate.id in before[node.id]:
                continue
            if earlier is None:
                earlier = _ancestors(gate, before)
            if node.id not in earlier:
                found[node.id] = tuple(sorted({*found.get(node.id, ()), gate.id}))
                before[node.id].add(gate.id)
    return found


def hold_followers(nodes: Sequence[Node], inferred: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """id -> the blocking gates that a node comes `after` because it comes `after` what they guard: only the order, if both run.

    `inferred`: with what `hold_dependents` found. What a gate itself waits for is not held by it.
    """
    gates = {node.id: node for node in nodes if node.guard is not None and node.guard.blocking and node.guard.at == "workstream"}
    if not gates:
        return {}
    before = {node.id: {*node.depends_on, *node.after, *inferred.get(node.id, ())} for node in nodes}
    guarding: dict[str, list[str]] = {}
    for gate in gates.values():
        assert gate.guard is not None
        for name in gate.guard.guards:
            guarding.setdefault(name, []).append(gate.id)
    found = {}
    for node in [node for node in nodes if node.after and node.guard is None]:
        held = {gate for name in node.after for gate in guarding.get(name, ())} - before[node.id]
        held = {gate for gate in held if node.id not in _ancestors(gates[gate], before)}
        if held:
            found[node.id] = tuple(sorted(held))
            before[node.id] |= held
    return found


def _ancestors(gate: Node, before: Mapping[str, set[str]]) -> set[str]:
    """All that comes before a gate; for one that waits for nothing but the one node that it guards none that matters."""
    assert gate.guard is not None
    if len(gate.guard.guards) == 1 and before[gate.id].issubset(gate.guard.guards):
        return set()  # what depends on a node does not come before it
    found: set[str] = set()
    todo = [gate.id]
    while todo:
        for name in before.get(todo.pop(), ()):
            if name not in found:
                found.add(name)
                todo.append(name)
    return found
