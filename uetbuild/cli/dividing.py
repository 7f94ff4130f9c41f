"""Whether a project can be opened in part next time (cli/part.py), and what has to be kept for that."""

from __future__ import annotations

from _operator import attrgetter
from itertools import compress, count

from uetbuild.core.nodes import Node
from uetbuild.state.parts import Parts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.cli.project import OpenProject
    from uetbuild.engine.request import Request

SPECIAL = attrgetter("edits", "depfile", "secrets", "sh_vars", "gates", "agent", "guard", "budget")  # of a node: more than files and order
REQUIRING = attrgetter("programs", "require_files")


def divide(session: OpenProject, request: Request) -> Parts | None:
    """What to keep beside a verdict, but for the readers; None where nodes may depend on more than what they look at and what comes
    before them, or where what was typed means more than these.
    """
    graph, settings = session.graph, session.project.settings
    if not session.compiled or request.targets or request.strict_waves or settings.budget is not None or settings.phases:
        return None
    if session.secrets.late or session.secrets.written or not _are_plain(graph.nodes):
        return None
    if not session.stamps.keys() <= graph.index.keys():
        return None  # what nodes that are gone left behind is nobody's input
    made = Parts()
    made.key, made.compiled = session.key, session.compiled
    inside = frozenset(request.members)
    made.before = graph.before
    made.behind = graph.behind if len(inside) == len(graph.nodes) else [tuple([j for j in each if j in inside]) for each in graph.behind]
    made.level = graph.level
    made.groups = graph.groups
    made.quiet = inside.difference(compress(count(), map(any, map(REQUIRING, graph.nodes))))
    made.size = len(graph.workstreams(request.members))
    return made


def _are_plain(nodes: Sequence[Node]) -> bool:
    """Whether nothing but files, and what comes before a node, can change the verdict on it, and nothing but its outputs is its work."""
    return {Node.WORKSTREAM, Node.GROUP}.issuperset(map(attrgetter("kind"), nodes)) and not any(map(any, map(SPECIAL, nodes)))
