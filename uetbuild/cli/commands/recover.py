"""`uetbuild recover [--list]`: find what a crash left, and clean it up."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.lines import Lines
from uetbuild.report.wreckview import wreck_json, wreck_text


def run(face: Face) -> int:
    """Say what there is, or do it and say what was done; exit 1 where something could not be done."""
    options, session = face.options, face.session()
    if options.list_only:
        wreck, remaining = session.wreck(), []
    else:
        view = Lines(face.out, face.err, json=options.json, quiet=options.quiet)
        wreck = session.recover(not options.no_wait, view)
        remaining = [one.pid for one in session.wreck().processes]
    done = not options.list_only
    if face.json:
        face.document(wreck_json(wreck, done, session.root, remaining))
    elif not options.quiet:
        face.say(wreck_text(wreck, done, session.root))
    for pid in remaining:
        face.warn(f"process {pid} could not be ended")
    return ExitCode.FAILED if remaining else ExitCode.OK
