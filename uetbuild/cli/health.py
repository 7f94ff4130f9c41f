"""What `doctor` looks at: the machine, the project found here, its state folder. Looks only; nothing is made, taken or repaired."""

from __future__ import annotations

import os
import stat
import sys

from uetbuild.cli.face import Face
from uetbuild.core.record import Record
from uetbuild.errors import UetError, UetErrors
from uetbuild.executors import tree
from uetbuild.front import changed_sweeps, sweeper
from uetbuild.manifest.discover import find
from uetbuild.report.amounts import counted
from uetbuild.state.damage import LONGEST, TOO_LONG, is_too_long
from uetbuild.state.layout import Layout
from uetbuild.state.ledger import LedgerFile
from uetbuild.state.lock import holder
from uetbuild.state.mounts import file_system, is_network
from uetbuild.state.observations import find_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.cli.session import Session

OLDEST_KERNEL = (5, 4)
OK, WARNING, PROBLEM = "ok", "warning", "problem"


class Check(Record):
    """One thing that was looked at: its `name`, what it is in (`OK`, `WARNING`, `PROBLEM`), what was `found`, and what helps."""

    __slots__ = ("name", "state", "found", "hint")
    DEFAULTS = {"state": OK, "hint": ""}

    name: str
    state: str
    found: str
    hint: str


def examine(face: Face) -> list[Check]:
    """All that is looked at, in the order in which it matters. Never raises UetError."""
    checks = [_python(), _platform(), _processes()]
    checks += [_program("sh", "shell recipes do not run", face), _program("git", "files that git tracks are not protected", face)]
    layout, check = _manifest(face)
    checks.append(check)
    return checks if layout is None else [*checks, *_state(layout, face)]


def _python() -> Check:
    accelerated = "" if sweeper() is changed_sweeps else ", with the accelerator"
    return Check(name="python", found=f"{sys.version.split()[0]} ({sys.executable}){accelerated}")


def _platform() -> Check:
    system = os.uname()
    found = f"{system.sysname} {system.release}"
    if system.sysname != "Linux":
        return Check(
            name="platform", state=WARNING, found=found, hint="only Linux is tested; processes may outlive a killed build elsewhere"
        )
    version = tuple([int(part) for part in system.release.split("-")[0].split(".")[:2] if part.isdigit()])
    if version < OLDEST_KERNEL:
        return Check(name="platform", state=WARNING, found=found, hint="Linux 5.4 is the oldest that is tested")
    return Check(name="platform", found=found)


def _processes() -> Check:
    """Whether nobody of a job's tree can get away."""
    if not tree.become_subreaper():
        return Check(name="processes", state=WARNING, found="no subreaper", hint="what a recipe leaves in the background may go on running")
    if not tree.CAN_SEE:
        return Check(
            name="processes", state=WARNING, found="`/proc` shows no processes", hint="mount `/proc`: trees of processes are seen there"
        )
    return Check(name="processes", found="subreaper, `/proc`")


def _program(name: str, without: str, face: Face) -> Check:
    path = find_program(name, face.environ.get("PATH"), os.getcwd())
    if path:
        return Check(name=name, found=path)
    return Check(name=name, state=PROBLEM if name == "sh" else WARNING, found="not on PATH", hint=f"without it {without}")


def _manifest(face: Face) -> tuple[Layout | None, Check]:
    """The state folder's place, if there is a project, and whether its manifest can be used."""
    options = face.options
    try:
        found = find(os.getcwd(), options.file or None)
    except UetError as error:
        return None, Check(name="manifest", state=WARNING, found=error.message, hint=error.hint)
    layout = Layout(found.root, os.path.join(os.getcwd(), options.state) if options.state else None)
    path = os.path.join(found.root, found.manifest)
    try:
        layout.check()  # what it says is said of the state folder
    except UetError:
        return layout, Check(name="manifest", found=path)
    try:
        session: Session = face.session()
    except UetError as error:
        first = error.errors[0].message if isinstance(error, UetErrors) else error.message
        return layout, Check(name="manifest", state=PROBLEM, found=first, hint="`uetbuild check` shows where")
    return layout, Check(name="manifest", found=f"{path} ({counted(len(session.project.nodes), 'node')})")


def _state(layout: Layout, face: Face) -> list[Check]:
    """The state folder, its database, its ledger, its lock."""
    shown = layout.shown(layout.folder)
    if is_too_long(layout.folder):
        found = f"`{shown}`: {TOO_LONG}, which takes {LONGEST} bytes at most"
        return [Check(name="state", state=PROBLEM, found=found, hint="`--state DIR` puts the state elsewhere")]
    try:
        if not layout.check():
            return [Check(name="state", found=f"`{shown}` is made by the first build")]
    except UetError as error:
        return [Check(name="state", state=PROBLEM, found=error.message, hint=error.hint)]
    held = holder(layout.lock)
    lock = "free" if held is None else f"held by process {held.pid}" if held.pid else "held by another process"
    return [_folder(layout, shown), _database(layout, face), *_ledger(layout), Check(name="lock", found=lock)]


def _folder(layout: Layout, shown: str) -> Check:
    mode = stat.S_IMODE(os.lstat(layout.folder).st_mode)
    kind = file_system(layout.folder)
    found = f"`{shown}`, mode {mode:04o}" + (f", on {kind}" if kind else "")
    if not os.access(layout.folder, os.W_OK | os.X_OK):
        return Check(name="state", state=PROBLEM, found=f"{found}: it cannot be written", hint="`--state DIR` puts the state elsewhere")
    if mode & 0o077:
        return Check(
            name="state", state=WARNING, found=f"{found}: others may look into it", hint=f"the next build closes it; or `chmod 700 {shown}`"
        )
    if is_network(kind):
        return Check(name="state", state=WARNING, found=f"{found}: slow, and less safe", hint="`--state DIR` puts it elsewhere")
    return Check(name="state", found=found)


def _database(layout: Layout, face: Face) -> Check:
    from uetbuild.state.history import History  # only where there is a state folder
    from uetbuild.state.store import open_reader  # as above

    store = open_reader(layout)
    stamps = store.stamps()
    runs = History(layout, store.database).runs()
    warnings = store.warnings
    store.close()
    if warnings:
        return Check(
            name="database", state=PROBLEM, found=warnings[0], hint="the next build sets a damaged one aside, and builds everything anew"
        )
    interrupted = [run.id for run in runs if run.state == "interrupted"]
    found = f"`{layout.shown(layout.database)}`, {counted(len(stamps), 'stamp')}, {counted(len(runs), 'run')}"
    if interrupted and interrupted[0] == runs[0].id:
        return Check(
            name="database", state=WARNING, found=f"{found}; the last one was interrupted", hint="the next build goes on where it stopped"
        )
    return Check(name="database", found=found)


def _ledger(layout: Layout) -> list[Check]:
    if not os.path.lexists(layout.ledger):
        return []
    try:
        file = LedgerFile(layout, writable=False)
    except UetError as error:
        return [Check(name="ledger", state=PROBLEM, found=error.message, hint=error.hint)]
    count, warnings = len(file.entries()), file.warnings
    file.close()
    if warnings:
        return [
            Check(
                name="ledger", state=PROBLEM, found=warnings[0], hint="a build under a budget refuses to start; the file may be moved away"
            )
        ]
    return [Check(name="ledger", found=f"`{layout.shown(layout.ledger)}`, what {counted(count, 'attempt')} cost")]
