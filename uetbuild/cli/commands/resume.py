"""`uetbuild resume [RUN]`: go on with a run that a budget halted, with its targets and options, and those typed now before them."""

from __future__ import annotations

from uetbuild.cli.commands import build
from uetbuild.cli.face import Face
from uetbuild.cli.options import Options
from uetbuild.errors import ExitCode, UetError


def run(face: Face) -> int:
    """Build as the run would have, as the same run: what it has spent counts."""
    options = face.options
    past = face.session().history.run(*options.targets)
    if past.summary.get("code") != ExitCode.BUDGET:
        hint = "a build goes on where the one before stopped: `uetbuild` with the same targets"
        raise UetError(f"run `{past.id}` was not halted by a budget", hint=hint)
    unsaid = Options().as_dict()
    for name, value in past.summary.get("options", {}).items():
        if name in unsaid and getattr(options, name) == unsaid[name]:
            setattr(options, name, value)
    options.targets = list(past.summary.get("targets", ()))
    options.assignments = [(name, value) for name, value in options.assignments]
    options.resumed = past.id
    face.reopen()
    return build.run(face)
