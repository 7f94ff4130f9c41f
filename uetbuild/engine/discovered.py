"""Order that depfiles told: who read what another node creates comes after it from the next build on (interface, `depfile`)."""

from __future__ import annotations

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Source
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uetbuild.core.nodes import Project
    from uetbuild.core.stamps import Stamp


def with_discovered(project: Project, stamps: Mapping[str, Stamp]) -> Graph:
    """The graph of a project, with the edges that stamps of an earlier build add where they close no cycle. Raises UetError for a
    cycle of the manifest itself.
    """
    inferred = {node.id: node.inferred for node in project.nodes}
    more = _edges(project, stamps)
    if more:
        try:
            return Graph(project.nodes, {name: (*names, *more.get(name, ())) for name, names in inferred.items()})
        except UetError:
            pass  # the manifest has changed so that they contradict it; then it rules
    return Graph(project.nodes, inferred)


def _edges(project: Project, stamps: Mapping[str, Stamp]) -> dict[str, list[str]]:
    readers = [stamp for stamp in stamps.values() if stamp.discovered]
    if not readers:
        return {}
    nodes = {node.id: node for node in project.nodes}
    owners = {source.pattern: node.id for node in project.nodes for source in node.outputs if source.kind == Source.PATH}
    found: dict[str, list[str]] = {}
    for stamp in readers:
        node = nodes.get(stamp.node)
        if node is None:
            continue
        makers = {owners[path] for path in stamp.discovered if path in owners}
        found[node.id] = sorted(makers - {node.id, *node.inferred, *node.depends_on})
    return found
