"""The graph as text, level by level, and as JSON. Knows no verdicts."""

from __future__ import annotations

from uetbuild.core.nodes import Node
from uetbuild.report.amounts import counted
from uetbuild.report.escapes import safe_name
from uetbuild.report.flow import flow
from uetbuild.report.stream import BOLD, GREEN, brush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from uetbuild.core.graph import Graph

_WIDEST = 120
_KINDS = ("workstream", "group", "gate", "merge")


def graph_text(graph: Graph, members: Sequence[int], width: int = 80, colours: bool = False) -> str:
    """Each level with its nodes and what they wait for (`<-`), order alone in brackets; groups at the end. Ends with a newline."""
    width = min(width, _WIDEST)
    shown = sorted(members, key=lambda i: (graph.level[i], graph.position[i]))
    inside = frozenset(members)
    levels: dict[int, list[int]] = {}
    groups = []
    for i in shown:
        if graph.nodes[i].is_group:
            groups.append(i)
        else:
            levels.setdefault(graph.level[i], []).append(i)
    blocks = [[f"level {level}: {_size(graph, nodes)}", *_level(graph, nodes, inside, width, colours)] for level, nodes in levels.items()]
    if groups:
        blocks.append(["groups:", *_level(graph, groups, inside, width, colours)])
    head = brush(BOLD, colours)
    return "\n".join("".join(line + "\n" for line in [head(block[0]), *block[1:]]) for block in blocks)


def _size(graph: Graph, nodes: Sequence[int]) -> str:
    gates = len([i for i in nodes if graph.nodes[i].kind == Node.GATE])
    return counted(len(nodes) - gates, "workstream") + (f", {counted(gates, 'gate')}" if gates else "")


def graph_json(graph: Graph, members: Sequence[int]) -> dict[str, Any]:
    """`{"schema": "uetbuild.graph/1", "nodes": [{id, kind, title, level, depends_on, after}], "edges": [[from, to]]}`, topological.

    An edge goes from what is done first to what waits for it.
    """
    inside = frozenset(members)
    nodes, edges = [], []
    for i in sorted(members, key=lambda i: graph.position[i]):
        node = graph.nodes[i]
        deps, after = _names(graph, graph.deps[i], inside), _names(graph, graph.after[i], inside)
        nodes.append(
            {
                "id": node.id, "kind": _KINDS[node.kind], "title": node.title, "level": max(0, graph.level[i]),
                "depends_on": deps, "after": after,
            }
        )  # fmt: skip
        edges += [[name, node.id] for name in deps]
    return {"schema": "uetbuild.graph/1", "nodes": nodes, "edges": edges}


def _level(graph: Graph, nodes: Sequence[int], inside: frozenset[int], width: int, colours: bool) -> list[str]:
    """Nodes that wait for nothing share lines, each other one has its own."""
    free, lines = [], []
    tint = brush(GREEN, colours)
    for i in nodes:
        name = safe_name(graph.nodes[i].id)
        deps = [safe_name(other) for other in _names(graph, graph.deps[i], inside)]
        deps += [f"({safe_name(other)})" for other in _names(graph, graph.after[i], inside)]
        if deps:
            lines += flow(deps, width, first=f"  {name} <- ", indent=6, head=f"  {tint(name)} <- ")
        else:
            free.append(name)
    return (flow(free, width, first="  ", indent=2, tint=tint) if free else []) + lines


def _names(graph: Graph, numbers: Sequence[int], inside: frozenset[int]) -> list[str]:
    return sorted(graph.nodes[i].id for i in numbers if i in inside)
