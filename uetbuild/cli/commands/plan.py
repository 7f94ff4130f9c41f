"""`uetbuild plan`, which is `--dry-run`: what a build would do. Runs and writes nothing."""

from __future__ import annotations

from uetbuild.cli.commands import graph
from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.graphview import graph_json, graph_text
from uetbuild.report.planview import plan_text


def run(face: Face) -> int:
    """The plan; with `--graph` the graph, too: a picture has stdout to itself (`> graph.svg`), and the plan is said beside it."""
    options = face.options
    session = face.session()
    plan = face.plan()
    if options.graph in graph.PICTURES and not face.json:
        face.out.write(graph.picture(face, plan))
        face.err.write(plan_text(plan, face.err.width(), face.err.colours))
        return ExitCode.OK
    if options.graph:
        members = session.members(options)
        if face.json or options.graph == "json":
            plan["graph"] = graph_json(session.graph, members)
        else:
            face.say(graph_text(session.graph, members, face.width(), face.coloured()) + "\n")
    if face.json or options.graph == "json":
        face.document(plan)
    else:
        face.say(plan_text(plan, face.width(), face.coloured()))
    return ExitCode.OK
