"""`uetbuild clean`: remove what was produced, and only that."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.amounts import counted
from uetbuild.report.escapes import safe_name
from uetbuild.report.lines import Lines


def run(face: Face) -> int:
    """Remove, and say how much; with `-v` also what."""
    view = Lines(face.out, face.err, json=face.json, quiet=face.options.quiet)
    removed = sorted(face.session().clean(face.options.targets, face.options.orphans, not face.options.no_wait, view))
    if face.json:
        face.document({"schema": "uetbuild.clean/1", "removed": removed})
    elif not face.options.quiet:
        if face.options.verbose:
            face.say("".join(f"removed {safe_name(path)}\n" for path in removed))
        face.say(f"removed {counted(len(removed), 'path')}\n" if removed else "nothing to remove\n")
    return ExitCode.OK
