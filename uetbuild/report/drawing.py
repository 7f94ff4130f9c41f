"""What a picture of the graph shows: nodes with verdicts, edges that say something, the critical path. The same for every format."""

from __future__ import annotations

from itertools import pairwise

from uetbuild.core.nodes import Node
from uetbuild.core.record import Record
from uetbuild.core.thinning import thinned
from uetbuild.report.amounts import counted, duration
from uetbuild.report.escapes import safe_name
from uetbuild.report.reasons import in_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from uetbuild.core.graph import Graph

    Pairs = set[tuple[int, int]]

SHOWN_REASONS = 5
VERDICTS = {
    "stale": "stale",
    "depends": "if a dependency changes",
    "up_to_date": "up to date",
    "skipped": "skipped",
}  # in the legend's order


class Figure(Record):
    """A node in a picture. `name`: its id, printable; `shape`: `workstream`, `group`, `gate` (blocking) or `advisory`; `verdict`: as in the
    plan, or "" (groups); `about`: lines that tell more; `level` >= 0; `depth`: its place among those of its level that wait for each other.
    """

    __slots__ = ("name", "shape", "verdict", "about", "phase", "level", "depth", "critical")

    name: str
    shape: str
    verdict: str
    about: tuple[str, ...]
    phase: str
    level: int
    depth: int
    critical: bool


class Edge(Record):
    """`start` is done before `end` (numbers of figures). `kind`: `declared`, `inferred` from files, or `order`."""

    __slots__ = ("start", "end", "kind", "critical")

    start: int
    end: int
    kind: str
    critical: bool


class Drawing(Record):
    """`figures` in topological order; `edges` by end, then start; `implied`: how many edges follow from others and are left out;
    `headline`: what the plan says, in one line.
    """

    __slots__ = ("project", "headline", "figures", "edges", "implied")
    NESTED = {"figures": Figure, "edges": Edge}

    project: str
    headline: str
    figures: tuple[Figure, ...]
    edges: tuple[Edge, ...]
    implied: int


def drawing(graph: Graph, members: Sequence[int], plan: Mapping[str, Any], project: str = "") -> Drawing:
    """The picture of `members` (numbers of the graph, in topological order) with what the plan object says of them."""
    place = {number: index for index, number in enumerate(members)}
    deps = [tuple(sorted([place[other] for other in graph.deps[number] if other in place])) for number in members]
    after = [tuple(sorted([place[other] for other in graph.after[number] if other in place])) for number in members]
    index = {graph.nodes[number].id: at for at, number in enumerate(members)}
    path = [index[name] for name in plan["critical_path"] if name in index]
    way = _way(path, deps, after, [graph.nodes[number].is_group for number in members])
    fewer_deps, fewer_after = thinned(deps, after, range(len(members)), way)
    edges = [_edge(graph, members, start, end, way) for end, starts in enumerate(fewer_deps) for start in starts]
    edges += [
        Edge(start=start, end=end, kind="order", critical=(start, end) in way) for end, starts in enumerate(fewer_after) for start in starts
    ]
    edges.sort(key=lambda edge: (edge.end, edge.start))
    return Drawing(
        project=safe_name(project), headline=_headline(plan), figures=_figures(graph, members, plan, way.union([(at, at) for at in path])),
        edges=tuple(edges), implied=sum(map(len, deps)) + sum(map(len, after)) - len(edges),
    )  # fmt: skip


def _figures(graph: Graph, members: Sequence[int], plan: Mapping[str, Any], way: Pairs) -> tuple[Figure, ...]:
    told = {node["id"]: node for node in plan["nodes"]}
    marked = {at for pair in way for at in pair}
    depth: dict[int, int] = {}
    found = []
    for at, number in enumerate(members):
        node = graph.nodes[number]
        level = max(0, graph.level[number])
        beside = [depth[other] for other in graph.before[number] if other in depth and max(0, graph.level[other]) == level]
        depth[number] = max(beside, default=-1) + 1
        shown = told.get(node.id, {})
        found.append(
            Figure(
                name=safe_name(node.id), shape=_shape(node), verdict=shown.get("verdict", ""), about=_about(node, shown),
                phase=safe_name(node.phase), level=level, depth=depth[number], critical=at in marked,
            )
        )  # fmt: skip
    return tuple(found)


def _shape(node: Node) -> str:
    if node.is_group:
        return "group"
    if node.guard is None:
        return "workstream"
    return "gate" if node.guard.blocking else "advisory"


def _about(node: Node, shown: Mapping[str, Any]) -> tuple[str, ...]:
    """Title, what it is, and why it is stale."""
    lines = [safe_name(node.title)] if node.title else []
    if node.guard is not None:
        lines.append(f"{'blocking' if node.guard.blocking else 'advisory'} gate, {node.guard.type}")
    if node.is_group:
        lines.append("group")
    if node.phase:
        lines.append(f"phase {safe_name(node.phase)}")
    if shown:
        seconds = shown["estimate"]["seconds"]
        lines.append(f"{VERDICTS[shown['verdict']]}, about {duration(seconds)}")
        reasons = [in_words(reason["code"], reason.get("detail", "")) for reason in shown["reasons"]]
        lines += reasons[:SHOWN_REASONS]
        if len(reasons) > SHOWN_REASONS:
            lines.append(f"and {len(reasons) - SHOWN_REASONS} reasons more")
    return tuple(lines)


def _edge(graph: Graph, members: Sequence[int], start: int, end: int, way: Pairs) -> Edge:
    first, then = graph.nodes[members[start]], graph.nodes[members[end]]
    declared = first.id in then.depends_on or Node.GATE in (first.kind, then.kind)  # `gates` say so
    return Edge(start=start, end=end, kind="declared" if declared else "inferred", critical=(start, end) in way)


def _way(path: Sequence[int], deps: Sequence[Sequence[int]], after: Sequence[Sequence[int]], groups: Sequence[bool]) -> Pairs:
    """The edges of the critical path, which leaves out the groups that it goes through."""
    found: Pairs = set()
    for start, end in pairwise(path):
        came = {end: end}
        front = [end]
        for at in front:  # backwards from its end, by groups only
            for other in (*deps[at], *after[at]):
                if other not in came and (other == start or groups[other]):
                    came[other] = at
                    front.append(other)
            if start in came:
                break
        at = start
        while at != end and at in came:
            found.add((at, came[at]))
            at = came[at]
    return found


def _headline(plan: Mapping[str, Any]) -> str:
    """`12 of 36 workstreams stale, critical path of 8: 8.0s`."""
    count, stale = plan["workstreams"], plan["stale"]
    text = f"{stale} of {counted(count, 'workstream')} stale" if stale else f"up to date ({counted(count, 'workstream')})"
    if not plan["critical_path"]:
        return text
    seconds = {node["id"]: node["estimate"]["seconds"] for node in plan["nodes"]}
    length = sum([seconds.get(name, 0.0) for name in plan["critical_path"]])
    return f"{text}, critical path of {len(plan['critical_path'])}: {duration(length)}"
