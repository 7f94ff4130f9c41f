"""`uetbuild status`: what is stale, and why; exit 1 if anything is."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.planview import status_text


def run(face: Face) -> int:
    """The stale ones of the targets, without targets of the default."""
    plan = face.plan()
    if face.json:
        shown = ("targets", "workstreams", "stale", "nodes", "warnings")
        face.document({"schema": "uetbuild.status/1"} | {name: plan[name] for name in shown})
    elif not (face.options.quiet and not plan["stale"]):
        face.say(status_text(plan))
    return ExitCode.FAILED if plan["stale"] else ExitCode.OK
