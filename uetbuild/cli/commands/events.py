"""`uetbuild events [RUN] [--follow]`: the events of a run, one JSON object a line."""

from __future__ import annotations

import time

from uetbuild.cli.face import Face
from uetbuild.core.jsontext import dumps
from uetbuild.errors import ExitCode
from uetbuild.report.escapes import safe_json

LOOK = 0.2  # seconds between two looks: another process writes them, and SQLite tells nobody


def run(face: Face) -> int:
    """Those of the named run, or of the last one; with `--follow` on until it ends or nobody reads any more."""
    history = face.session().history
    found = history.run(*face.options.targets)
    seen = 0
    while True:
        running = found.state == "running"
        for event in history.events(found.id, seen):
            seen = event.seq
            face.out.write(safe_json(dumps(event.as_json())) + "\n")
        if not face.options.follow or not running or face.out.closed:
            return ExitCode.OK
        time.sleep(LOOK)
        found = history.run(found.id)
