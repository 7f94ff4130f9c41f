"""`uetbuild status`: what is stale, and why; exit 1 if anything is."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.planview import status_text


def run(face: Face) -> int:
    """The stale ones of the targets, without targets of the default."""
    plan = face.plan()
    stale = any(node["verdict"] == "stale" for node in plan["nodes"])  # gates are not counted in `stale`
    if face.json:
        shown = ("targets", "workstreams", "stale", "nodes", "warnings")
        face.document({"schema": "uetbuild.status/1"} | {name: plan[name] for name in shown})
    elif stale or not face.options.quiet:
        face.say(status_text(plan, face.coloured()))
    return ExitCode.FAILED if stale else ExitCode.OK
