"""`SqliteStore`: what is remembered between builds, in the tables of `state.db`.

Every row carries its own checksum (state/sealed.py); one that fails reads as absent, which is the safe state: then a node
runs once more. Knows the tables, not what stamps mean. What people read of past runs is in state/history.py.
"""

from __future__ import annotations

from time import monotonic

from uetbuild.core.approval import Answer
from uetbuild.core.changes import Changes
from uetbuild.core.stamps import Link, Stamp
from uetbuild.errors import UetError
from uetbuild.failpoints import is_armed, reach
from uetbuild.state.database import Database, signature_of
from uetbuild.state.digests import Digests
from uetbuild.state.durations import START as DURATIONS
from uetbuild.state.durations import Durations, past_of
from uetbuild.state.events import event_rows
from uetbuild.state.sealed import key_of, sealed_rows, seed, text_of, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping
    from typing import Any

    from uetbuild.core.stamps import Chain
    from uetbuild.state.database import Statement
    from uetbuild.state.durations import Past
    from uetbuild.state.layout import Layout
    from uetbuild.state.observations import Signature

STAMPS = seed("stamps", Stamp.__slots__)
CHAINS = seed("chains", Link.__slots__)
ANSWERS = seed("answers")
APPROVALS = seed("approvals", Answer.__slots__)
PROCESSES = seed("processes", ("run", "node", "pid", "start", "boot"))
RUNS = seed("runs", ("state", "started", "finished", "summary"))

AT_ONCE = 500  # keys in one query; some builds of SQLite take no more than 999
MUCH = 100  # stamps after which it is worth to bring all to the disk
PAUSE = 1.0  # seconds in which what saves work only is written once
ENDED = frozenset({"succeeded", "failed", "quarantined", "cancelled"})
RUNNING = "running"

Process = tuple[str, str, int, int, str]  # run, node, pid, kernel start time in clock ticks, boot id
Run = tuple[str, float, float, "dict[str, object]"]  # state, started, finished (0.0 = not yet), summary


class SqliteStore:
    """Implements `Store` over an open database. `digests` is what `RealDisk` asks and fills; `warnings` are lines for stderr; `boot`: which
    boot of the machine this is, recorded with processes."""

    def __init__(self, database: Database, boot: str = "") -> None:
        self.database = database
        self._boot = boot
        self.digests = Digests(lambda: dict(database.rows("SELECT key, body FROM digests")))
        self._durations = Durations(lambda: self._load("durations", DURATIONS, past_of, self._names))
        self._due, self._fresh = 0.0, 0  # when what saves work only is written again; stamps that may not be on the disk yet
        self._runs: dict[str, Run] = {}
        self._run = ""
        self._spawned: dict[str, Process] = {}  # what this build recorded of its processes, by key
        self.known = Changes()  # what was read or written here
        self._damaged = 0
        self._doomed: dict[str, list[Any]] = {}  # table -> keys of damaged rows
        self._names: list[str] | None = None  # the nodes of which anything is read, None for all
        self._follows = False  # the stamps are known
        self._stood: Signature | None = None  # what the file looked like when the stamps were read
        database.refill = self._refill

    @property
    def warnings(self) -> list[str]:
        """What people should know about the state as it was found."""
        damaged = f"{self._damaged} rows of `{self.database.shown}` are damaged; what they held is built anew"
        return [*self.database.warnings, damaged] if self._damaged else self.database.warnings

    # --- reading -------------------------------------------------------------------------------------------------------------

    def stamps(self) -> MutableMapping[str, Stamp]:
        """All stamps by node id."""
        if self._names is None and not self._follows:
            self._stood = signature_of(self.database.path)  # before
            self.known.stamps.clear()
            self._stamps()
        self._follows = False
        return self.stamps_by_now()

    def follow(self, reader: SqliteStore) -> None:
        """Do not read again what this one has read of the same file, where nobody has written since."""
        if reader._stood and not reader.warnings and reader._stood == signature_of(self.database.path):
            self.known.stamps, self._follows = dict(reader.known.stamps), True

    def stamps_by_now(self) -> MutableMapping[str, Stamp]:
        """As they were read, and written since."""
        found = dict(self.known.stamps)
        if self._names is None:
            return found
        from uetbuild.state.demand import OnDemand  # only where a project is opened in part

        return OnDemand(self._names, self._stamps, found)

    def _stamps(self, names: list[str] | None = None) -> dict[str, Stamp]:
        found: dict[str, Stamp] = self._load("stamps", STAMPS, Stamp.from_row, names)
        self.known.stamps |= found
        return found

    def chains(self) -> dict[str, Chain]:
        """All chains of edited files by path."""
        found: dict[str, Chain] = self._load("chains", CHAINS, lambda row: tuple([Link.from_row(link) for link in row]))
        self.known.chains = dict(found)
        return found

    def answers(self) -> dict[str, str]:
        """What `sh` variables, probes and `skip_if` said last time."""
        found: dict[str, str] = self._load("answers", ANSWERS, str)
        self.known.answers = dict(found)
        return found

    def approvals(self) -> dict[str, Answer]:
        """What persons said about what was made."""
        found: dict[str, Answer] = self._load("approvals", APPROVALS, Answer.from_row)
        self.known.approvals = dict(found)
        return found

    def seconds(self) -> dict[str, float]:
        """Estimated duration of nodes that ran before, by node id: an exponentially weighted geometric mean."""
        return {node: each[0] for node, each in self._durations.all().items()}

    def durations(self) -> dict[str, Past]:
        """How long nodes took in their last runs, by node id, the newest last."""
        return {node: each[1:] or each for node, each in self._durations.all().items()}

    def processes(self) -> list[Process]:
        """Runs that did not end (without node and pid), and what they spawned, as far as is known."""
        return list(self._load("processes", PROCESSES, tuple).values())

    def running(self) -> list[str]:
        """Ids of the runs that are recorded as running, whether they are or not."""
        rows = [(text_of(key), unseal(blob, key, RUNS)) for key, blob in self.database.rows("SELECT key, body FROM runs ORDER BY key")]
        return [run for run, row in rows if run is not None and row is not None and row[0] == RUNNING]

    def narrow(self, names: list[str]) -> None:
        """From now on read of no nodes but these, and of no files that nobody asks for."""
        self._names = names
        self._durations.forget()
        self.digests.find = lambda key: next(iter(self.database.rows("SELECT body FROM digests WHERE key = ?", (key,))), (None,))[0]

    def _load(self, table: str, start: int, revive: Callable[[Any], Any], names: list[str] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        select = f"SELECT key, body FROM {table}"
        for key, blob in self.database.rows(select) if names is None else self._named(select, names):
            name = text_of(key)
            row = None if name is None else unseal(blob, key, start)
            if name is None or row is None:
                self._damaged += 1
                self._doomed.setdefault(table, []).append(key)
            else:
                found[name] = revive(row)
        return found

    def _named(self, select: str, names: list[str]) -> Iterator[tuple[Any, Any]]:
        """The rows of these, some hundred at a time."""
        for start in range(0, len(names), AT_ONCE):
            keys = [key_of(name) for name in names[start : start + AT_ONCE]]
            yield from self.database.rows(f"{select} WHERE key IN ({', '.join('?' * len(keys))})", tuple(keys))

    # --- writing -------------------------------------------------------------------------------------------------------------

    def commit(self, changes: Changes) -> None:
        """Make all of it durable, in one transaction; empties `changes`.

        Digests and durations learnt, which only save work, go with the first commit of a second and with the last one of a run.
        Raises UetError; then nothing of it was done and `changes` is as it was.
        """
        if not changes and not self._has_learnt():
            return
        self._durations.learn(changes.stamps)
        self._fresh += len(changes.stamps)
        ends = changes.run is not None and changes.run[1] in ENDED
        saving = self._savings() if ends or not changes or monotonic() >= self._due else []
        statements: list[Statement] = [
            *self._mended(),
            *_facts(changes),
            *saving,
            ("INSERT OR REPLACE INTO events VALUES (?, ?, ?)", event_rows(changes.events)),
            *self._run_rows(changes, ends),
        ]
        found: list[tuple[str, str]] = []
        if is_armed():
            from uetbuild.state.moments import moments  # only in tests

            found = moments(changes, ends)
        self.database.write(statements, [before for before, _ in found])
        self._doomed.clear()
        if saving:
            self._saved()
        self.known.add(changes)
        changes.clear()
        for _, after in found:
            reach(after)

    def rest(self) -> None:
        """Write what only saves work and bring all to the disk, if that is much, so that the end is short. Raises UetError."""
        if self._fresh >= MUCH:
            self._fresh = 0
            self.database.write(self._savings())
            self._saved()
            self.database.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def forget_processes(self) -> None:
        """Nothing is left of runs before; said by who has just looked. Raises UetError."""
        self.database.write([("DELETE FROM processes", [()])], ["processes.forgetting"])

    def close(self) -> None:
        """Write what is yet to be written, and let go of the file. Never raises."""
        if self._has_learnt() and self.database.takes:
            try:
                self.database.write(self._savings())
            except UetError:
                pass  # some files will be read once more
            self._saved()
        self.database.close()

    def _has_learnt(self) -> bool:
        return bool(self.digests.learnt or self._durations.learnt)

    def _savings(self) -> list[Statement]:
        """The statements for what only saves work: a build that is killed before they are written reads some files once more."""
        put, gone = self.digests.pending()
        return [
            ("INSERT OR REPLACE INTO durations VALUES (?, ?)", self._durations.pending()),
            ("INSERT OR REPLACE INTO digests VALUES (?, ?)", put),
            ("DELETE FROM digests WHERE key = ?", gone),
        ]

    def _saved(self) -> None:
        self.digests.written()
        self._durations.written()
        self._due = monotonic() + PAUSE

    def _run_rows(self, changes: Changes, ended: bool) -> list[Statement]:
        """The run's row and its processes. A run that ended leaves no process; one that did not is known by its row, even if it was killed
        before the first pid was durable."""
        statements: list[Statement] = []
        if changes.run is not None:
            run, state, summary = changes.run
            self._run = run
            _, started, finished, _ = self._runs.get(run) or self._stored_run(run)
            times = [event.time for event in changes.events if event.run == run]
            started = started or min(times, default=0.0)
            finished = max(times, default=finished) if ended else 0.0
            self._runs[run] = (state, started, finished, dict(summary))
            statements.append(_put("runs", {run: self._runs[run]}, RUNS))
        spawned: dict[str, Process] = {self._run: (self._run, "", 0, 0, self._boot)} if changes.run is not None else {}
        spawned |= {f"{pid}-{start}-{self._boot}": (self._run, node, pid, start, self._boot) for node, pid, start in changes.pids}
        self._spawned |= spawned
        statements.append(_put("processes", spawned, PROCESSES))
        if ended:
            self._spawned.clear()
            statements.append(("DELETE FROM processes", [()]))
        return statements

    def _mended(self) -> list[Statement]:
        """Statements by which damaged rows go. Where all is known the table is written anew: of a page in disorder no key finds a row."""
        if self._names is None:
            return [(f"DELETE FROM {table}", [()]) for table in self._doomed] + (self._refill() if self._doomed else [])
        return [(f"DELETE FROM {table} WHERE key IS ?", [(key,) for key in keys]) for table, keys in self._doomed.items()]

    def _refill(self) -> list[Statement]:
        """What is known of a damaged file, for the one that takes its place: so nothing that this build has judged up to date runs again in
        the next one. Events and runs of before are lost, and digests are learnt again."""
        return [
            *_facts(self.known),
            _put("durations", self._durations.loaded(), DURATIONS),
            _put("runs", self._runs, RUNS),
            _put("processes", self._spawned, PROCESSES),
        ]

    def _stored_run(self, run: str) -> Run:
        """The row of a run that an earlier process began, as `resume` finds it."""
        key = key_of(run)
        found = list(self.database.rows("SELECT body FROM runs WHERE key = ?", (key,)))
        row: Run | None = unseal(found[0][0], key, RUNS) if found else None
        return row or ("pending", 0.0, 0.0, {})


def open_writer(layout: Layout, boot: str = "") -> SqliteStore:
    """The store of a build that holds the lock; `layout.ensure()` was called. Raises UetError."""
    return SqliteStore(Database.open_writer(layout.database, layout.shown(layout.database), layout.drop_snapshots), boot)


def open_reader(layout: Layout) -> SqliteStore:
    """The store for who only looks: nothing is made, nothing written, and what is absent or damaged reads as empty. Raises UetError where
    the state folder must not be used."""
    if not layout.check():
        return SqliteStore(Database(layout.database, layout.shown(layout.database)))
    return SqliteStore(Database.open_reader(layout.database, layout.shown(layout.database)))


def _facts(changes: Changes) -> list[Statement]:
    """The statements for all that is no history."""
    return [
        _delete("stamps", changes.dropped),
        _put("stamps", {node: stamp.row() for node, stamp in changes.stamps.items()}, STAMPS),
        _put("chains", {path: tuple([link.row() for link in chain]) for path, chain in changes.chains.items() if chain}, CHAINS),
        _delete("chains", [path for path, chain in changes.chains.items() if not chain]),
        _put("answers", changes.answers, ANSWERS),
        _put("approvals", {key: answer.row() for key, answer in changes.approvals.items() if answer is not None}, APPROVALS),
        _delete("approvals", [key for key, answer in changes.approvals.items() if answer is None]),
    ]


def _put(table: str, rows: Mapping[str, Any], start: int) -> Statement:
    return (f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", sealed_rows(rows, start))


def _delete(table: str, names: list[str]) -> Statement:
    return (f"DELETE FROM {table} WHERE key = ?", [(key_of(name),) for name in names])
