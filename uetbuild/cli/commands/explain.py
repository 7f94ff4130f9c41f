"""`uetbuild explain ID`: all reasons why a workstream would run."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.planview import explain_text


def run(face: Face) -> int:
    """Each node of the ids that were named; for a group all that belongs to it."""
    session = face.session()
    plan = face.plan()
    named = [session.graph.nodes[i] for i in session.asked(face.options)[0]]
    ids = {node.id for node in named if not node.is_group}
    nodes = [node for node in plan["nodes"] if node["id"] in ids or not ids]
    if face.json:
        face.document({"schema": "uetbuild.explain/1", "nodes": nodes, "warnings": plan["warnings"]})
    else:
        face.say(explain_text(nodes, {node["id"]: node["verdict"] for node in plan["nodes"]}, face.coloured()))
    return ExitCode.OK
