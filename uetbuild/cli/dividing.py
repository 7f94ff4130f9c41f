"""Whether a project can be opened in part next time (cli/part.py), and what has to be kept for that."""

from __future__ import annotations

from uetbuild.core.nodes import Node
from uetbuild.state.parts import Parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.cli.project import OpenProject
    from uetbuild.engine.request import Request


def divide(session: OpenProject, request: Request) -> Parts | None:
    """What to keep beside a verdict, but for the readers; None where nodes may depend on more than what they look at and what comes
    before them, or where what was typed means more than these.
    """
    graph, settings = session.graph, session.project.settings
    if not session.compiled or request.targets or request.strict_waves or settings.budget is not None or settings.phases:
        return None
    if session.secrets.late or session.secrets.written or not all(map(_is_plain, graph.nodes)):
        return None
    if any(name not in graph.index for name in session.stamps):
        return None  # what nodes that are gone left behind is nobody's input
    made = Parts()
    made.key, made.compiled = session.key, session.compiled
    inside = frozenset(request.members)
    made.before = graph.before
    made.behind = graph.behind if len(inside) == len(graph.nodes) else [tuple([j for j in each if j in inside]) for each in graph.behind]
    made.level = graph.level
    made.groups = frozenset([i for i, node in enumerate(graph.nodes) if node.is_group])
    made.quiet = frozenset([i for i in inside if not (graph.nodes[i].programs or graph.nodes[i].require_files)])
    made.size = len(graph.workstreams(request.members))
    return made


def _is_plain(node: Node) -> bool:
    """Whether nothing but files, and what comes before it, can change the verdict on a node, and nothing but its outputs is its work."""
    return not (
        node.edits or node.depfile or node.secrets or node.sh_vars or node.gates or node.agent is not None or node.guard is not None
        or node.budget is not None or node.kind not in (Node.WORKSTREAM, Node.GROUP)
    )  # fmt: skip
