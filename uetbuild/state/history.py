"""Past runs, as people ask for them: by id, by the beginning of an id, or `last`. Also bounds how many are kept."""

from __future__ import annotations

import os

from uetbuild.core.changes import Changes
from uetbuild.core.events import Event
from uetbuild.core.jsontext import dumps
from uetbuild.core.record import Record
from uetbuild.errors import UetError
from uetbuild.failpoints import reach
from uetbuild.state import atomic
from uetbuild.state.database import Database
from uetbuild.state.events import events_of
from uetbuild.state.lock import holder
from uetbuild.state.sealed import key_of, text_of, unseal
from uetbuild.state.store import ENDED, RUNS, open_reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from uetbuild.state.layout import Layout
    from uetbuild.state.store import SqliteStore

LAST = "last"
INTERRUPTED = "interrupted"
SUMMARY = "uetbuild.summary/1"


class PastRun(Record):
    """`state`: a run state of interface section 4, or `interrupted`; `started`, `finished` in seconds since 1970, 0.0 = not known."""

    __slots__ = ("id", "state", "started", "finished", "summary")

    id: str
    state: str
    started: float
    finished: float
    summary: dict[str, Any]


class History:
    """Reads what lies in a state folder; a database that is already open may be given."""

    def __init__(self, layout: Layout, database: Database | None = None) -> None:
        self._layout = layout
        self._database = open_reader(layout).database if database is None else database

    def runs(self) -> list[PastRun]:
        """All runs, the newest first."""
        found: list[PastRun] = []
        current: str | None = None
        for key, blob in self._database.rows("SELECT key, body FROM runs ORDER BY key DESC"):
            name, row = text_of(key), unseal(blob, key if type(key) is bytes else b"", RUNS)
            if name is not None and row is not None:
                state, started, finished, summary = row
                if state not in ENDED and current is None:  # looked for only where somebody may be building
                    current = self._building()
                found.append(PastRun(id=name, state=_state(state, name == current), started=started, finished=finished, summary=summary))
        return found

    def _building(self) -> str:
        """The run that is under way, "" if none is."""
        building = holder(self._layout.lock)
        return building.run if building is not None and building.alive else ""

    def run(self, reference: str = LAST) -> PastRun:
        """One run, by its id, an unambiguous beginning of it, or `last`. Raises UetError, with what was likely meant."""
        runs = self.runs()
        if not runs:
            raise UetError("there are no runs yet", hint="a build that executes something is a run")
        if reference == LAST:
            return runs[0]
        for run in runs:
            if run.id == reference:
                return run
        matching = [run for run in runs if reference and run.id.startswith(reference)]
        if len(matching) == 1:
            return matching[0]
        if matching:
            shown = ", ".join([f"`{run.id}`" for run in matching[:3]])
            raise UetError(f"`{reference}` is the beginning of {len(matching)} runs", hint=f"say more of it: {shown}")
        raise UetError(f"unknown run `{reference}`", hint=_suggestion(reference, [run.id for run in runs]))

    def events(self, run: str, after: int = 0) -> list[Event]:
        """Events of a run in order, those with a `seq` above `after`."""
        key = key_of(run)
        found: list[Event] = []
        for seq, blob in self._database.rows("SELECT seq, body FROM events WHERE run = ? AND seq > ? ORDER BY seq", (key, after)):
            found += [event for event in events_of(run, seq, blob) if event.seq > after]
        return found

    def log(self, run: str, node: str) -> str:
        """Path of what a node printed in a run, "" where that was nothing. Raises UetError where it did not run then."""
        path = self._layout.log(run, node)
        if not os.path.isfile(path):
            if any(event.event == "node_started" and event.node == node for event in self.events(run)):
                return ""
            raise UetError(f"there is no log of `{node}` in run `{run}`", hint=f"`uetbuild show {run}` lists what ran")
        return path

    def prune(self, keep: int) -> list[str]:
        """Forget all but the newest `keep` runs, with their events, logs and summaries; returns their ids. Empty folders of runs that were
        killed before they began go too; copies under `kept/` stay. The caller holds the build lock. Raises UetError."""
        recorded = {name for (key,) in self._database.rows("SELECT key FROM runs") if (name := text_of(key)) is not None}
        unrecorded = [name for name in _folders(self._layout.runs) if name not in recorded]
        unrecorded = [name for name in unrecorded if not _remove_empty(self._layout.run_folder(name))]  # what is left has lost its database
        names = sorted([*recorded, *unrecorded], reverse=True)[max(keep, 1) :]
        if names:
            keys = [(key_of(name),) for name in names]
            self._database.write(
                [("DELETE FROM events WHERE run = ?", keys), ("DELETE FROM runs WHERE key = ?", keys)], ["history.pruning"]
            )
        for name in names:
            remove_tree(self._layout.run_folder(name))
        return names


def close_run(layout: Layout, run: str, keep: int, database: Database | None = None) -> None:
    """What is left to do when a run has ended: its `summary.json`, and only `keep` runs are kept. The caller holds the build lock, and
    may give its database. Raises UetError."""
    opened = Database.open_writer(layout.database, layout.shown(layout.database), layout.drop_snapshots) if database is None else None
    try:
        history = History(layout, opened or database)
        past = history.run(run)
        write_summary(layout, run, _summary(past))
        history.prune(keep)
    finally:
        if opened is not None:
            opened.close()


def interrupt_run(layout: Layout, store: SqliteStore, run: str, event: str, data: dict[str, Any], now: float) -> None:
    """Say in the history that a run was interrupted, with an event as its last; nothing where there is no such run. The caller holds the
    build lock. Raises UetError."""
    history = History(layout, store.database)
    past = next((one for one in history.runs() if one.id == run), None)
    if past is None:
        return
    seq = max([each.seq for each in history.events(run)], default=0) + 1
    changes = Changes()
    changes.events.append(Event(seq=seq, time=round(now, 6), run=run, event=event, data=data))
    changes.run = (run, INTERRUPTED, past.summary)
    store.commit(changes)
    write_summary(layout, run, _summary(past))


def write_summary(layout: Layout, run: str, summary: dict[str, Any]) -> str:
    """Write `summary.json` of a run, whole or not at all; returns its path. Raises UetError."""
    path = layout.summary(run)
    text = dumps(summary, indent=1) + "\n"
    layout.ensure_run(run)
    try:
        atomic.write(path, text.encode("utf-8", "backslashreplace"), layout.folder)
    except OSError as error:
        raise UetError(f"cannot write `{layout.shown(path)}`: {(error.strerror or str(error)).lower()}") from error
    return path


def remove_tree(path: str) -> None:
    """Remove a folder of ours with all in it; links are removed, never followed. What cannot be removed stays, without complaint."""
    try:
        reach("tree.removing")
        with os.scandir(path) as found:
            entries = list(found)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            remove_tree(entry.path)
        else:
            try:
                os.unlink(entry.path)
            except OSError:
                pass
    try:
        os.rmdir(path)
    except OSError:
        pass


def _remove_empty(folder: str) -> bool:
    """Remove the folder of a run if it holds nothing; whether it is gone."""
    try:
        os.rmdir(folder + "/logs")
        os.rmdir(folder)
    except OSError:
        return False
    return True


def _summary(past: PastRun) -> dict[str, Any]:
    known = {"schema": SUMMARY, "id": past.id, "state": past.state, "started": past.started, "finished": past.finished}
    return known | {name: value for name, value in past.summary.items() if name not in known}


def _state(recorded: str, alive: bool) -> str:
    """A run that neither ended nor is alive was interrupted."""
    return recorded if recorded in ENDED or alive else INTERRUPTED


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as found:
            return [entry.name for entry in found if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _suggestion(reference: str, ids: list[str]) -> str:
    from difflib import get_close_matches  # imports re and collections; only for an answer to a person

    close = get_close_matches(reference, ids, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else "`uetbuild runs` lists them"
