"""`uetbuild show [RUN]`: one run, what ran and how it ended."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.history import outcomes, run_json, run_text


def run(face: Face) -> int:
    """The named run, or the last one."""
    history = face.session().history
    found = history.run(*face.options.targets)
    events = history.events(found.id)
    if face.json:
        face.document({"schema": "uetbuild.run/1"} | run_json(found) | {"nodes": outcomes(events)})
    else:
        face.say(run_text(found, events, face.coloured()))
    return ExitCode.OK
