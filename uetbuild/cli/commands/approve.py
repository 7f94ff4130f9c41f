"""`uetbuild approve RUN GATE --yes|--no`: answer what a run asked."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.amounts import counted
from uetbuild.report.escapes import safe_name


def run(face: Face) -> int:
    """Record the answer, and say what was answered."""

    def waiting(pid: int) -> None:
        if not face.options.quiet:
            face.err.line(f"waiting for another build of this project{f' (process {pid})' if pid else ''} to end")

    given = face.session().approve(face.options, waiting)
    if face.json:
        said = {"run": given.run, "gate": given.node, "time": given.time} | given.data
        face.document({"schema": "uetbuild.approve/1"} | said)
    elif not face.options.quiet:
        word = "approved" if given.data["approved"] else "refused"
        face.say(f"{word} `{safe_name(given.node)}` ({counted(len(given.data['files']), 'file')})\n")
    return ExitCode.OK
