"""`uetbuild cost [RUN]`: what was spent, by workstream, phase, model and day; of one run, or of all that the ledger knows."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.core.spending import spending
from uetbuild.errors import ExitCode
from uetbuild.report.costview import cost_text


def run(face: Face) -> int:
    """The account."""
    session = face.session()
    words = face.options.targets
    only = session.history.run(*words).id if words else ""
    entries, warnings = session.spent()
    face.warn(*warnings)
    found = spending([entry for entry in entries if only in ("", entry.run)])
    if face.json:
        face.document({"schema": "uetbuild.cost/1"} | ({"run": only} if only else {}) | found)
    else:
        face.say(cost_text(found))
    return ExitCode.OK
