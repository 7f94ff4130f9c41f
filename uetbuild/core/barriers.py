"""Gates of waves as barriers: which nodes wait for a gate that stands after a wave.

Edges only; knows nothing of verdicts. A wave is a level of the graph: a gate that waits for nothing of a later level than its own never
closes a cycle with what it holds.
"""

from __future__ import annotations

from uetbuild.core.nodes import Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.core.graph import Graph


def hold_next_waves(graph: Graph, gates: Iterable[Node], inferred: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """`inferred` (id -> ids that it comes after) with the edges from the next level to the blocking ones of `gates`.

    `graph` does not hold these gates yet; all that one of them guards is of one level. What directly depends on a guarded node waits as
    well, whatever its level: where only an order (`after`) put it there, a build may hold nothing of the next level before it.
    """
    waves: dict[int, list[str]] = {}
    for number, node in enumerate(graph.nodes):
        if node.kind not in (Node.GROUP, Node.GATE):
            waves.setdefault(graph.level[number], []).append(node.id)
    held: dict[str, set[str]] = {}
    for gate in gates:
        guard = gate.guard
        assert guard is not None
        if guard.blocking:
            guarded = [graph.index[name] for name in guard.guards]
            for name in (*waves.get(graph.level[guarded[0]] + 1, ()), *_dependents(graph, guarded)):
                held.setdefault(name, set()).add(gate.id)
    found = {name: tuple(before) for name, before in inferred.items()}
    for name, names in held.items():
        found[name] = tuple(sorted({*found.get(name, ()), *names}))
    return found


def _dependents(graph: Graph, numbers: Iterable[int]) -> list[str]:
    """The workstreams that directly depend on some of these nodes, or on a group of them."""
    found: list[str] = []
    seen: set[int] = set()
    todo = list(numbers)
    while todo:
        for other in graph.dependents[todo.pop()]:
            if other in seen:
                continue
            seen.add(other)
            if graph.nodes[other].is_group:
                todo.append(other)
            elif graph.nodes[other].kind != Node.GATE:
                found.append(graph.nodes[other].id)
    return found
