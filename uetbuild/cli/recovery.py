"""What a crash left: found by `look`, cleaned by `recover`. The part of it that every build does by itself is in `healing`.

A build that was killed left a row of its run in the table of processes, which only its end removes; so in ordinary times all this costs
one query. Whoever changes something here holds the build lock, so no run that the history knows is alive.
"""

from __future__ import annotations

import os

from uetbuild.cli.healing import GRACE, close_runs, log_folders
from uetbuild.cli.holding import Held, tracker
from uetbuild.core.events import unfinished
from uetbuild.core.record import Record
from uetbuild.core.stamps import Stage
from uetbuild.engine.memory import Memory
from uetbuild.engine.outputs import Outputs
from uetbuild.executors.ask import AskShell
from uetbuild.executors.leftovers import Left, end_leftovers, find_leftovers
from uetbuild.state.disk import RealDisk
from uetbuild.state.hands import FileHands
from uetbuild.state.history import INTERRUPTED, History, remove_tree
from uetbuild.state.litter import drafts, sandboxes, sweep
from uetbuild.state.lock import Holder, holder
from uetbuild.state.store import RUNNING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from uetbuild.cli.project import OpenProject
    from uetbuild.state.store import SqliteStore


class HalfWritten(Record):
    """A node whose recipe was cut off in `run`: its output `paths` that are there and go, or why they stay (`kept`)."""

    __slots__ = ("id", "run", "paths", "kept")
    DEFAULTS = {"kept": ""}

    id: str
    run: str
    paths: tuple[str, ...]
    kept: str


class Wreck(Record):
    """What interrupted builds left. `building`: who holds the lock now, whose own things are no wreck; `runs`: ids of interrupted runs of
    which the history does not say so yet; `half_written`, `sandboxes` and `drafts` (files of ours that were being written) are paths.
    """

    __slots__ = ("building", "runs", "processes", "half_written", "sandboxes", "drafts")
    DEFAULTS = {"building": None, "runs": (), "processes": (), "half_written": (), "sandboxes": (), "drafts": ()}

    building: Holder | None
    runs: tuple[str, ...]
    processes: tuple[Left, ...]
    half_written: tuple[HalfWritten, ...]
    sandboxes: tuple[str, ...]
    drafts: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.runs or self.processes or self.half_written or self.sandboxes or self.drafts)


def look(session: OpenProject) -> Wreck:
    """What there is to recover. Takes no lock, writes nothing."""
    building = holder(session.layout.lock)
    alive = building.run if building is not None and building.alive else ""
    recorded = [one for one in session.reader.processes() if one[0] != alive]
    asked = "" if building is not None else session.layout.folder
    found = find_leftovers(recorded, log_folders(session.layout, recorded), asked)
    return _wreck(session, session.reader, found).with_(building=building)


def recover(session: OpenProject, wait: bool, waiting: Callable[[int, str, float, bool], None], warn: Callable[[str], None]) -> Wreck:
    """Do it: end the processes, remove what is half written, say in the history that the runs were interrupted; what was done.

    Raises UetError.
    """
    session.reader.close()
    with Held(session, wait, waiting, warn) as held:
        recorded = held.store.processes()
        found = end_leftovers(recorded, log_folders(session.layout, recorded), GRACE, session.layout.folder)
        wreck = _wreck(session, held.store, found)
        outputs = _outputs(session, held.store)
        for half in wreck.half_written:
            outputs.remove([] if half.kept else list(half.paths))
        for path in wreck.sandboxes:
            remove_tree(path)
        sweep(session.layout)
        close_runs(session.layout, held.store, wreck.runs, wreck.processes, [path for half in wreck.half_written for path in half.paths])
        return wreck


def _wreck(session: OpenProject, store: SqliteStore, found: Iterable[Left]) -> Wreck:
    """What is recorded, and lies around, of runs that are over."""
    layout = session.layout
    if not layout.check():
        return Wreck()
    building = holder(layout.lock)
    mine = building is not None and building.pid == os.getpid()
    history = History(layout, store.database)
    past = {run.id: run for run in history.runs()}
    alive = {name for name, run in past.items() if run.state == RUNNING and not mine}
    over = [name for name, run in past.items() if run.state == INTERRUPTED]
    half: dict[str, str] = {}
    for run in reversed(over):  # the newest last: it is the one that counts
        half |= dict.fromkeys(unfinished(history.events(run)), run)
    return Wreck(
        runs=tuple(sorted(set(over) & set(store.running()))), processes=tuple(found),
        half_written=tuple(_half_written(session, store, half)), sandboxes=tuple(sandboxes(layout, alive)), drafts=tuple(drafts(layout)),
    )  # fmt: skip


def _half_written(session: OpenProject, store: SqliteStore, cut_off: Mapping[str, str]) -> Iterable[HalfWritten]:
    """The nodes (id -> run) that began and did not end, as far as something of theirs is there."""
    outputs, stamps = _outputs(session, store), store.stamps()
    for name, run in sorted(cut_off.items()):
        stamp, place = stamps.get(name), session.graph.index.get(name)
        if stamp is None or stamp.stage != Stage.STARTED or stamp.run != run or place is None:
            continue
        node = session.graph.nodes[place]
        paths = outputs.left(node, stamp)
        if paths:
            yield HalfWritten(id=name, run=run, paths=tuple(paths), kept=outputs.refusal(node, stamp, False))


def _outputs(session: OpenProject, store: SqliteStore) -> Outputs:
    disk = RealDisk(session.root, store.digests, session.environ)
    hands = FileHands(session.root, session.layout, tracker(AskShell(dict(session.environ)), session.root))
    return Outputs(disk, hands, Memory(store), session.project.settings.exclude, session.graph.nodes)
