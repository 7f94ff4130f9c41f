"""`uetbuild list`: the declared targets. As text it judges nothing; as JSON each node comes with its verdict."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.listview import list_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from uetbuild.cli.session import Session


def run(face: Face) -> int:
    """All of them, or those that the words name, as far as the changes that the options limit to affect them."""
    session = face.session()
    words, focus = session.narrowed(face.options)
    numbers = session.targets(words) if words else range(len(session.graph.nodes))
    nodes = [session.graph.nodes[i] for i in numbers if focus is None or i in focus.affected]
    if not face.json:
        face.warn(*session.project.warnings)
        face.say(list_text(nodes, face.coloured()))
        return ExitCode.OK
    ids = [node.id for node in nodes if not node.is_group]
    document: dict[str, Any] = {"schema": "uetbuild.list/1", "workstreams": len(ids), "nodes": [], "warnings": []}
    if ids:
        document |= _judged(face, session, ids)
    document["groups"] = sorted(node.id for node in nodes if node.is_group)
    face.document(document)
    return ExitCode.OK


def _judged(face: Face, session: Session, ids: list[str]) -> dict[str, Any]:
    """The objects of interface section 4, with what a list shows besides."""
    face.options.targets = ids
    plan = face.plan()
    graph = session.graph
    shown = []
    wanted = frozenset(ids)
    for item in plan["nodes"]:
        if item["id"] in wanted:
            node = graph.nodes[graph.index[item["id"]]]
            shown.append(item | {"title": node.title, "phase": node.phase, "tags": list(node.tags), "manual": node.manual})
    return {"nodes": shown, "warnings": plan["warnings"]}
