"""`uetbuild graph`, and `--graph` without `--dry-run`: the graph of the targets."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.cli.options import Options
from uetbuild.errors import ExitCode, not_yet
from uetbuild.report.graphview import graph_json, graph_text

FORMATS = ("text", "json")


def run(face: Face) -> int:
    """The graph as text, or as JSON."""
    drawing = wanted(face.options) or "text"
    session = face.session()
    face.warn(*session.project.warnings)
    members = session.graph.closure(session.targets(face.options.targets))
    if face.json or drawing == "json":
        face.document(graph_json(session.graph, members))
    else:
        face.say(graph_text(session.graph, members, face.width()))
    return ExitCode.OK


def wanted(options: Options) -> str:
    """The format that was asked for, "" for none. Raises UetError for one that is not built yet."""
    if options.graph and options.graph not in FORMATS:
        raise not_yet(f"`--graph {options.graph}`")
    return options.graph
