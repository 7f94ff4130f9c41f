"""`uetbuild runs`: the runs so far, newest first."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.history import run_json, runs_text


def run(face: Face) -> int:
    """One line a run."""
    runs = face.session().history.runs()
    if face.json:
        face.document({"schema": "uetbuild.runs/1", "runs": [run_json(each) for each in runs]})
    else:
        face.say(runs_text(runs, face.coloured(), face.width() if face.out.is_terminal() else 0) or "no runs yet\n")
    return ExitCode.OK
