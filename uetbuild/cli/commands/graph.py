"""`uetbuild graph`, and `--graph` without `--dry-run`: the graph of the targets."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.graphview import graph_json, graph_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

PICTURES = ("dot", "mermaid", "svg")  # formats that are files of their own; they show verdicts


def run(face: Face) -> int:
    """The graph on stdout, and nothing else."""
    drawing = face.options.graph or "text"
    session = face.session()
    if drawing in PICTURES and not face.json:
        face.out.write(picture(face, face.plan()))
        return ExitCode.OK
    face.warn(*session.project.warnings)
    members = session.members(face.options)
    if face.json or drawing == "json":
        face.document(graph_json(session.graph, members))
    else:
        face.say(graph_text(session.graph, members, face.width(), face.coloured()))
    return ExitCode.OK


def picture(face: Face, plan: Mapping[str, Any]) -> str:
    """The graph of the targets as the file that was asked for, with what the plan says of it. Raises UetError if it is too large for it."""
    # only for pictures: the layout is not loaded for text
    from uetbuild.report.dotview import graph_dot
    from uetbuild.report.drawing import drawing
    from uetbuild.report.mermaidview import graph_mermaid
    from uetbuild.report.svgview import graph_svg

    session = face.session()
    members = session.members(face.options)
    write = {"dot": graph_dot, "mermaid": graph_mermaid, "svg": graph_svg}[face.options.graph]
    return write(drawing(session.graph, members, plan, session.project.settings.project))
