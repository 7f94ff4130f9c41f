"""`uetbuild approve RUN GATE --yes|--no`: answer what a run asked."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.amounts import counted
from uetbuild.report.escapes import safe_name
from uetbuild.report.lines import Lines


def run(face: Face) -> int:
    """Record the answer, and say what was answered."""
    view = Lines(face.out, face.err, json=face.json, quiet=face.options.quiet)
    given = face.session().approve(face.options, view)
    if face.json:
        said = {"run": given.run, "gate": given.node, "time": given.time} | given.data
        face.document({"schema": "uetbuild.approve/1"} | said)
    elif not face.options.quiet:
        word = "approved" if given.data["approved"] else "refused"
        face.say(f"{word} `{safe_name(given.node)}` ({counted(len(given.data['files']), 'file')})\n")
    return ExitCode.OK
