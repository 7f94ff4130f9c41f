"""The SQLite file `state.db`: opening, damage, migrations, transactions. Knows nothing of what the rows mean.

A file that is truncated, garbled, foreign or of a newer version is set aside (`state.db.broken-N`) by a writer, which goes on with an empty
one; a reader takes it as empty. Both leave a warning. What keeps us from writing at all (disk full, read-only, locked) is a
UetError. WAL with `synchronous=NORMAL`: a transaction costs 15 us and survives the death of every process of ours; on network
file systems, where WAL cannot work, a rollback journal. What a writer knows already when a damaged page turns up in the middle of a
build, it writes into the new file first (`refill`).
"""

from __future__ import annotations

import os

from uetbuild.errors import UetError
from uetbuild.failpoints import reach
from uetbuild.front import SIGNATURE
from uetbuild.state.connection import connect, connect_read_only, refuse_remnant
from uetbuild.state.damage import DISK_FULL, FAULTS, READ_ONLY, TOO_LONG, Unusable, damage, obstacle
from uetbuild.state.mounts import file_system, is_network
from uetbuild.state.sqlite import Error, InterfaceError, ProgrammingError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from uetbuild.state.observations import Signature
    from uetbuild.state.sqlite import Connection

APPLICATION = 0x75657462  # "uetb", in the header of the file
ELSEWHERE = "`--state DIR` puts the state elsewhere"
HINTS = {DISK_FULL: "free some space; what was finished before is kept", READ_ONLY: ELSEWHERE, TOO_LONG: ELSEWHERE}

# One entry a version: what takes the file from the version before to it. Keys and bodies are bytes (state/sealed.py).
MIGRATIONS = (
    (
        "CREATE TABLE stamps (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",  # with row ids in older files, which is as good
        "CREATE TABLE chains (key BLOB PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE digests (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE answers (key BLOB PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE durations (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE processes (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
        "CREATE TABLE runs (key BLOB PRIMARY KEY, body BLOB NOT NULL)",
        "CREATE TABLE events (run BLOB, seq INTEGER, body BLOB NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID",
    ),
    ("CREATE TABLE approvals (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",),
    ("DELETE FROM stamps",),  # those of before do not say what a recipe was about to make
)
VERSION = len(MIGRATIONS)

WAL_PAGES = 8000  # 32 MB; then it is folded into the file, which waits for the disk

Statement = tuple[str, "Sequence[tuple[Any, ...]]"]  # SQL, and the parameters of each time that it is executed


def signature_of(path: str) -> Signature | None:
    """What a database looks like that has nothing pending beside it; None for others."""
    try:
        if os.path.exists(path + "-wal") and os.path.getsize(path + "-wal"):
            return None
        return SIGNATURE(os.lstat(path))
    except OSError:
        return None


class Database:
    """A connection, or none where there is nothing to read. `shown` is the path for people; `warnings` are lines for stderr."""

    __slots__ = ("path", "refill", "shown", "warnings", "writable", "_before_write", "_connection")

    def __init__(self, path: str, shown: str, writable: bool = False, before_write: Callable[[], None] | None = None) -> None:
        self.path = path
        self.shown = shown
        self.warnings: list[str] = []
        self.refill: Callable[[], list[Statement]] = list  # what a file that takes the place of a damaged one is to hold
        self.writable = writable
        self._before_write = before_write
        self._connection: Connection | None = None

    @classmethod
    def open_writer(cls, path: str, shown: str, before_write: Callable[[], None] | None = None) -> Database:
        """Open for writing, made or set aside as needed; the caller holds the build lock. `before_write` is called once, before the first
        change of the file. Raises UetError."""
        self = cls(path, shown, True, before_write)
        try:
            self._connection = self._open()
        except FAULTS as error:
            self._recover(error)
        return self

    @classmethod
    def open_reader(cls, path: str, shown: str) -> Database:
        """Open for reading only; reads as empty where nothing, or nothing usable, is. Never raises."""
        self = cls(path, shown)
        try:
            if os.path.getsize(path):
                refuse_remnant(path)
                self._connection = _open_read_only(path)
        except OSError:
            pass
        except FAULTS as error:
            self._give_up(error)
        return self

    @property
    def takes(self) -> bool:
        """Whether it can be written: not by a reader, and no more once it is closed, or damaged and not replaced."""
        return self.writable and self._connection is not None

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; none where the file turned out to be damaged. Raises UetError for a writer that cannot go on."""
        if self._connection is None:
            return []
        try:
            reach("database.reading")
            return self._connection.execute(sql, parameters).fetchall()
        except FAULTS as error:
            if self.writable:
                self._recover(error)
            else:
                self._give_up(error)
            return []

    def write(self, statements: Iterable[Statement], points: Sequence[str] = ()) -> None:
        """Execute all in one transaction; `points`: failpoints before its end. Raises UetError; then none of it is done."""
        statements = _with_rows(statements)
        if not statements:
            return
        try:
            self._execute(statements, points)
        except FAULTS as error:
            self._recover(error)
            try:
                self._execute(statements, points)
            except FAULTS as again:
                raise self._failure(again) from again

    def close(self) -> None:
        """Fold the WAL into the file and let go of it. Never raises: what was committed is in the one or the other."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if self.writable:
                    reach("database.closing")
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                connection.close()
            except Error:
                pass

    # --- a writer's inside ---------------------------------------------------------------------------------------------------

    def _open(self) -> Connection:
        """A connection to a file of the present version. Raises Error, Unusable, UetError."""
        if os.path.lexists(self.path) and (os.path.islink(self.path) or not os.path.isfile(self.path)):
            raise Unusable("it is no regular file")
        refuse_remnant(self.path)
        for path, shown in ((os.path.dirname(self.path), os.path.dirname(self.shown)), (self.path, self.shown)):
            if not os.access(path, os.W_OK) and os.path.exists(path):  # SQLite would say it only when we have begun
                raise UetError(f"cannot write `{shown}`: {READ_ONLY}", hint=HINTS[READ_ONLY])
        reach("database.opening")
        connection = connect(self.path)
        try:
            version = _version(connection)
            if version < VERSION:
                self._announce()
            connection.execute(f"PRAGMA journal_mode={'DELETE' if self._on_network() else 'WAL'}").fetchall()
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
            if version < VERSION:
                _migrate(connection, version)
        except BaseException:
            _close_quietly(connection)
            raise
        return connection

    def _on_network(self) -> bool:
        folder = os.path.dirname(self.path)
        kind = file_system(folder)
        if not is_network(kind):
            return False
        shown = os.path.dirname(self.shown)
        self._warn(f"`{shown}` is on a network file system ({kind}), which is slow and less safe; `--state DIR` puts it elsewhere")
        return True

    def _execute(self, statements: list[Statement], points: Sequence[str]) -> None:
        connection = self._connection
        assert connection is not None and self.writable, "written through a reader"
        self._announce()
        try:
            connection.execute("BEGIN IMMEDIATE")
            reach("database.writing")
            for sql, parameters in statements:
                connection.executemany(sql, parameters)
            for point in points:
                reach(point)
            connection.execute("COMMIT")
        except BaseException:
            try:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            except Error:
                pass
            raise

    def _announce(self) -> None:
        if self._before_write is not None:
            try:
                self._before_write()
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise UetError(f"cannot write `{os.path.dirname(self.shown)}`: {why}", hint=HINTS[READ_ONLY]) from error
            self._before_write = None

    def _recover(self, error: Exception) -> None:
        """Go on with an empty file where the present one is damaged. Raises UetError for everything else."""
        if isinstance(error, (ProgrammingError, InterfaceError)):
            raise error  # our mistake, not the file's
        reason = damage(error)
        if not reason:
            raise self._failure(error) from error
        if self._connection is not None:
            _close_quietly(self._connection)
            self._connection = None
        self._announce()
        known = _with_rows(self.refill())
        try:
            name = self._set_aside()
            self._connection = self._open()
            if known:
                self._execute(known, ())
        except OSError as problem:
            raise UetError(f"cannot replace the damaged `{self.shown}`: {(problem.strerror or str(problem)).lower()}") from problem
        except FAULTS as problem:
            raise self._failure(problem) from problem
        rest = "what had not been read of it is lost" if known else "everything is built anew"
        self._warn(f"`{self.shown}` is not usable ({reason}); it was moved to `{name}`, and {rest}")

    def _set_aside(self) -> str:
        """Move the file away, with what belongs to it; returns its new name."""
        number = 1
        while os.path.lexists(f"{self.path}.broken-{number}"):
            number += 1
        aside = f"{self.path}.broken-{number}"
        for suffix in ("-wal", "-shm", "-journal", ""):  # the file itself last: after a crash in between it is still seen as broken
            if os.path.lexists(self.path + suffix):
                os.rename(self.path + suffix, aside + suffix)
        return os.path.basename(aside)

    def _failure(self, error: Exception) -> UetError:
        why = obstacle(error, os.path.dirname(self.path))
        return UetError(f"cannot write `{self.shown}`: {why}", hint=HINTS.get(why, ""))

    # --- a reader's inside ---------------------------------------------------------------------------------------------------

    def _give_up(self, error: Exception) -> None:
        if self._connection is not None:
            _close_quietly(self._connection)
            self._connection = None
        why = damage(error) or obstacle(error, os.path.dirname(self.path))
        self._warn(f"`{self.shown}` cannot be read ({why}); it is taken as empty")

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _open_read_only(path: str) -> Connection | None:
    """A connection that cannot write; None for a file without tables."""
    connection = connect_read_only(path)
    try:
        version = _version(connection)
        if version == VERSION:
            return connection
    except BaseException:
        _close_quietly(connection)
        raise
    _close_quietly(connection)
    return None


def _with_rows(statements: Iterable[Statement]) -> list[Statement]:
    return [statement for statement in statements if statement[1]]


def _version(connection: Connection) -> int:
    """Version of the tables, 0 for an empty file. Raises Error for a damaged one, Unusable for one that is not ours."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if not tables:
        return 0
    if application != APPLICATION:
        raise Unusable("it is another program's database")
    if version > VERSION:
        raise Unusable("a newer version of uetbuild wrote it")
    if version < 1 or (version == VERSION and TABLES - tables):
        raise Unusable("tables are missing")
    return int(version)


def _migrate(connection: Connection, version: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id={APPLICATION}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    reach("database.migrating")
    connection.execute("COMMIT")


def _close_quietly(connection: Connection) -> None:
    try:
        connection.close()
    except Error:
        pass


TABLES = {statement.split()[2].encode() for statements in MIGRATIONS for statement in statements if statement.startswith("CREATE TABLE")}
