"""Order that depfiles told: who read what another node creates comes after it from the next build on (interface, `depfile`)."""

from __future__ import annotations

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Source
from uetbuild.core.reach import Reach
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uetbuild.core.nodes import Project
    from uetbuild.core.stamps import Stamp


Edges = dict[str, list[str]]  # id of a node -> ids of those that create what it read without declaring it


def with_edges(graph: Graph, edges: Edges) -> Graph:
    """The graph of a manifest, with the `discovered_edges` of an earlier build where they close no cycle."""
    if not edges:
        return graph
    try:
        return _with(graph, edges)
    except UetError:
        pass  # the manifest has changed so that some of them contradict it; then it rules
    reach, index = Reach(graph), graph.index
    sound = {name: [maker for maker in makers if not reach.precedes(index[name], index[maker])] for name, makers in edges.items()}
    try:
        return _with(graph, sound)
    except UetError:
        return graph  # what is left contradicts itself


def _with(graph: Graph, edges: Edges) -> Graph:
    return Graph(graph.nodes, {node.id: (*node.inferred, *edges.get(node.id, ())) for node in graph.nodes}, graph)


def discovered_edges(project: Project, stamps: Mapping[str, Stamp]) -> Edges:
    """The edges that stamps add to what the manifest says."""
    readers = [stamp for stamp in stamps.values() if stamp.discovered]
    if not readers:
        return {}
    nodes = {node.id: node for node in project.nodes}
    owners = {source.pattern: node.id for node in project.nodes for source in node.outputs if source.kind == Source.PATH}
    found: Edges = {}
    for stamp in readers:
        node = nodes.get(stamp.node)
        if node is None:
            continue
        makers = {owners[path] for path in stamp.discovered if path in owners}
        found[node.id] = sorted(makers - {node.id, *node.inferred, *node.depends_on})
    return found
