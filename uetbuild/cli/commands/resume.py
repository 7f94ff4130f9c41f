"""`uetbuild resume [RUN]`: go on with a run that was interrupted or halted, or that failed, with its targets and options, and those typed
now before them.
"""

from __future__ import annotations

import os

from uetbuild.cli.commands import build
from uetbuild.cli.face import Face
from uetbuild.cli.options import Options
from uetbuild.errors import ExitCode, UetError
from uetbuild.manifest.discover import find
from uetbuild.state.history import History
from uetbuild.state.layout import NAME, Layout

RUNNING, SUCCEEDED = "running", "succeeded"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.report.history import PastRun


def run(face: Face) -> int:
    """Build as the run would have, as the same run: what it has built is not repeated, what it has spent counts."""
    options = face.options
    root = _root(options)
    past = History(Layout(root, os.path.abspath(options.state) if options.state else None)).run(*options.targets)
    if past.state == RUNNING:
        raise UetError(f"run `{past.id}` is still running", hint="`uetbuild events --follow` shows what it does", code=ExitCode.LOCKED)
    if past.state == SUCCEEDED:
        raise UetError(f"run `{past.id}` succeeded: there is nothing to go on with", hint="`uetbuild` builds what is stale")
    _take_up(options, past, root)
    face.reopen()
    return build.run(face)


def _root(options: Options) -> str:
    """The project's folder: that of the manifest, else, since the run may have had another one, the nearest with a state folder."""
    cwd = os.getcwd()
    try:
        return find(cwd, options.file or None).root
    except UetError:
        folder = cwd
        while not os.path.isdir(os.path.join(folder, NAME)):
            if folder == os.path.dirname(folder):
                raise
            folder = os.path.dirname(folder)
        return folder


def _take_up(options: Options, past: PastRun, root: str) -> None:
    """The words of a run, in the folder where they were typed. What is typed now stands; paths in it are seen from here."""
    for name in ("state", "file"):
        if getattr(options, name):
            setattr(options, name, os.path.abspath(getattr(options, name)))
    kept = dict(past.summary.get("options", {}))
    if kept.get("withheld"):
        hint = "build again, with the same words"
        raise UetError(f"run `{past.id}` was started with a secret in its words, which is not stored", hint=hint)
    folder = os.path.normpath(os.path.join(root, str(kept.pop("folder", ""))))
    try:
        os.chdir(folder)
    except OSError as error:
        raise UetError(f"run `{past.id}` was started in `{folder}`, which is not there: {(error.strerror or '').lower()}") from error
    unsaid = Options().as_dict()
    for name, value in kept.items():
        if name in unsaid and getattr(options, name) == unsaid[name]:
            setattr(options, name, value)
    options.targets = list(past.summary.get("targets", ()))
    options.assignments = [(name, value) for name, value in options.assignments]
    options.resumed = past.id
