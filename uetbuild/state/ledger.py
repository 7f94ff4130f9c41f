"""`ledger.db`: what was spent, durable to the disk before anybody acts on it. Neither `clean` nor the bounds of history touch it.

Each entry stands under its key (run, node, attempt), with a checksum of its own: what is written twice is there once. A damaged file is
set aside (`ledger.db.broken-N`) with a warning; only who has to know what was spent (`strict`) is refused instead. Knows nothing of
limits. Only loaded where there is a budget, or something was spent.
"""

from __future__ import annotations

import os

from uetbuild.core.ledger import Entry
from uetbuild.errors import UetError
from uetbuild.failpoints import is_armed, reach
from uetbuild.state.connection import connect, connect_read_only
from uetbuild.state.damage import FAULTS, OBSTACLES, SHORT_READ, Unusable, obstacle
from uetbuild.state.mounts import file_system, is_network
from uetbuild.state.sealed import key_of, seal, seed, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sqlite3 import Connection
    from collections.abc import Iterable

    from uetbuild.state.layout import Layout

APPLICATION = 0x7565746C  # "uetl", in the header of the file
VERSION = 1
ENTRIES = seed("entries", Entry.__slots__)
TABLE = "CREATE TABLE entries (run BLOB, node BLOB, attempt INTEGER, body BLOB NOT NULL, PRIMARY KEY (run, node, attempt)) WITHOUT ROWID"


class LedgerFile:
    """The open ledger of a build that holds the lock, or of who only looks. `warnings` are lines for stderr."""

    __slots__ = ("warnings", "_connection", "_path", "_shown")

    def __init__(self, layout: Layout, *, writable: bool, strict: bool = False) -> None:
        """`writable`: made where it is missing. Raises UetError where it cannot be used, with `strict` also where it is damaged."""
        self.warnings: list[str] = []
        self._path = layout.ledger
        self._shown = layout.shown(self._path)
        self._connection: Connection | None = None
        if not writable and not os.path.exists(self._path):
            return
        try:
            self._connection = self._open(writable)
            _rows(self._connection)
        except FAULTS as fault:
            self._recover(fault, writable, strict)

    def entries(self) -> list[Entry]:
        """All that was ever spent or reserved, by run, node and attempt."""
        return _rows(self._connection) if self._connection is not None else []

    def write(self, entries: Iterable[Entry]) -> None:
        """Put entries in, all or none, and onto the disk. What is settled is never replaced. Raises UetError."""
        connection, entries = self._connection, list(entries)
        assert connection is not None, "written through a reader"
        moments = _moments(entries) if is_armed() else []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for entry in entries:
                run, node = key_of(entry.run), key_of(entry.node)
                known = connection.execute(
                    "SELECT body FROM entries WHERE run = ? AND node = ? AND attempt = ?", (run, node, entry.attempt)
                )
                row = known.fetchone()
                if row is None or not _entry(run, node, entry.attempt, row[0]).settled:
                    body = seal(entry.row(), _key(run, node, entry.attempt), ENTRIES)
                    connection.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", (run, node, entry.attempt, body))
            for before, _ in moments:
                reach(before)
            connection.execute("COMMIT")
        except FAULTS as fault:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise UetError(f"cannot write `{self._shown}`: {self._why(fault)}") from fault
        for _, after in moments:
            reach(after)

    def close(self) -> None:
        """Let go of the file. Never raises."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except FAULTS:
                pass

    def _open(self, writable: bool) -> Connection:
        if os.path.lexists(self._path) and (os.path.islink(self._path) or not os.path.isfile(self._path)):
            raise Unusable("it is no regular file")
        reach("ledger.opening")
        connection = connect(self._path) if writable else connect_read_only(self._path)
        try:
            if writable:
                on_network = is_network(file_system(os.path.dirname(self._path)))
                connection.execute(f"PRAGMA journal_mode={'DELETE' if on_network else 'WAL'}").fetchall()
                connection.execute("PRAGMA synchronous=FULL")
            _check(connection, writable)
        except BaseException:
            connection.close()
            raise
        return connection

    def _recover(self, fault: Exception, writable: bool, strict: bool) -> None:
        """Go on with an empty ledger where that is allowed. Raises UetError where not."""
        self.close()
        if not writable:
            self.warnings.append(f"`{self._shown}` cannot be read ({self._why(fault)}); it is taken as empty")
            return
        if not _is_damage(fault):
            raise UetError(f"cannot use `{self._shown}`: {self._why(fault)}") from fault
        if strict:
            hint = f"to go on without what it knew, move it away: `mv {self._shown} {self._shown}.broken`"
            raise UetError(f"`{self._shown}` is damaged ({self._why(fault)}), and a budget rests on it", hint=hint) from fault
        try:
            name = self._set_aside()
            self._connection = self._open(True)
        except (OSError, *FAULTS) as problem:
            raise UetError(f"cannot replace the damaged `{self._shown}`: {self._why(problem)}") from problem
        self.warnings.append(
            f"`{self._shown}` is damaged ({self._why(fault)}); it was moved to `{name}`, and what it knew no longer counts"
        )

    def _why(self, fault: Exception) -> str:
        if isinstance(fault, OSError):
            return (fault.strerror or str(fault)).lower()
        return obstacle(fault, os.path.dirname(self._path)).lower()

    def _set_aside(self) -> str:
        number = 1
        while os.path.lexists(f"{self._path}.broken-{number}"):
            number += 1
        aside = f"{self._path}.broken-{number}"
        for suffix in ("-wal", "-shm", "-journal", ""):
            if os.path.lexists(self._path + suffix):
                os.rename(self._path + suffix, aside + suffix)
        return os.path.basename(aside)


def _moments(entries: list[Entry]) -> list[tuple[str, str]]:
    """The failpoints (before, after) of a commit, by what it makes durable."""
    settled = {entry.settled for entry in entries}
    found = [("reserve.committing", "reserve.committed")] if False in settled else []
    return [*found, ("settle.committing", "settle.committed")] if True in settled else found


def _check(connection: Connection, writable: bool) -> None:
    """The table is there (made where nothing is). Raises Error or Unusable."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not tables and not version and writable:
        connection.execute("BEGIN IMMEDIATE")
        for statement in (TABLE, f"PRAGMA application_id={APPLICATION}", f"PRAGMA user_version={VERSION}"):
            connection.execute(statement)
        connection.execute("COMMIT")
    elif application != APPLICATION or not tables:
        raise Unusable("it is no ledger")
    elif version > VERSION:
        raise Unusable("a newer version of uetbuild wrote it")


def _rows(connection: Connection) -> list[Entry]:
    """Raises Error, or Unusable for a row that is not what was written."""
    rows = connection.execute("SELECT run, node, attempt, body FROM entries ORDER BY run, node, attempt").fetchall()
    return [_entry(*row) for row in rows]


def _entry(run: object, node: object, attempt: object, body: object) -> Entry:
    row = unseal(body, _key(run, node, attempt), ENTRIES) if type(run) is type(node) is bytes else None
    if row is None:
        raise Unusable("an entry is garbled")
    return Entry.from_row(row)


def _key(run: object, node: object, attempt: object) -> bytes:
    return repr((run, node, attempt)).encode()


def _is_damage(fault: Exception) -> bool:
    """Whether the content of the file is to blame, not what is around it."""
    code = getattr(fault, "sqlite_errorcode", None)
    return not isinstance(fault, MemoryError) and (code is None or code & 0xFF not in OBSTACLES or code == SHORT_READ)
