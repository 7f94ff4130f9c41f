"""`python -m benchmarks.floor`: the processor time that a coordinator in Python cannot do without for one node of a full build.

No build tool: the calls that remain if nothing has to be decided. A look at the input before the command runs and after it, the job written
to a pipe, its outcome read from one; the output looked at, read and hashed; rows made, given a checksum and committed by SQLite
as `uetbuild/state` does it: a turn is one transaction, in which some nodes start and those of the turn before have ended, with a stamp for
each, and a row for what all of them tell (three events each); two digests and a duration of each come later, many at once; a line of each
is written to standard output.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from marshal import dumps, loads
from pathlib import Path
from typing import Any
from zlib import crc32

SIZE = 2048  # bytes of an output
JOB, OUTCOME, STAMP, EVENT, SMALL = 470, 60, 330, 120, 110  # bytes, as they are in a build of `cp IN OUT`
LATER = 1000  # nodes of which digests and durations are written at once
TABLES = ("stamps", "events", "digests", "durations")


class Floor:
    """The calls, in a folder with `count` inputs and outputs."""

    def __init__(self, folder: Path, count: int) -> None:
        self._inputs = [f"{folder}/i{number:05}" for number in range(count)]
        self._outputs = [f"{folder}/o{number:05}" for number in range(count)]
        for path in (*self._inputs, *self._outputs):
            Path(path).write_bytes(b"x" * SIZE)
        self._ends, self._nothing = os.pipe(), os.open(os.devnull, os.O_WRONLY)
        self._database = sqlite3.connect(folder / "state.db", isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA wal_autocheckpoint=8000"):
            self._database.execute(statement).fetchall()
        for table in TABLES:
            self._database.execute(f"CREATE TABLE {table} (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")

    def look(self, number: int) -> None:
        """At the input, before and after; at the output, which is read and hashed."""
        os.lstat(self._inputs[number])
        os.lstat(self._inputs[number])
        os.lstat(self._outputs[number])
        descriptor = os.open(self._outputs[number], os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        os.fstat(descriptor)
        sha256(os.read(descriptor, SIZE + 1)).hexdigest()
        os.fstat(descriptor)
        os.close(descriptor)

    def talk(self, number: int) -> None:
        """With the worker."""
        reader, writer = self._ends
        for size in (JOB, OUTCOME):
            os.write(writer, dumps((number, "x" * size)))
            loads(os.read(reader, 4096))

    def keep(self, numbers: Sequence[int]) -> None:
        """A turn: they start, those before them have ended."""
        first = numbers[0]
        stamps = [(b"%05d" % number, STAMP) for number in range(max(0, first - len(numbers)), numbers[-1] + 1)]
        self._commit({"stamps": stamps, "events": [(b"%05d" % first, 3 * EVENT * len(numbers))]})
        os.write(self._nothing, b"n00000  cp src/d000/f00000 out/d000/f00000  0.0s\n" * len(numbers))

    def learn(self, numbers: Sequence[int]) -> None:
        """What only saves work."""
        files = [(b"%s %05d" % (kind, number), SMALL) for kind in (b"in", b"out") for number in numbers]
        self._commit({"digests": files, "durations": [(b"%05d" % number, 20) for number in numbers]})

    def _commit(self, tables: dict[str, list[tuple[bytes, int]]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        for table, sizes in tables.items():
            rows = []
            for key, size in sizes:
                body = dumps("x" * size)
                rows.append((key, crc32(body, crc32(key)).to_bytes(4, "little") + body))
            self._database.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)
        self._database.execute("COMMIT")


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description="What a coordinator in Python cannot do without.")
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--turn", type=int, default=12, help="nodes in one transaction (default: 12, as in a build of `cp` with -j2)")
    parser.add_argument("--folder", metavar="DIR", help="where the files are laid out (default: where temporary files are)")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="floor-", dir=options.folder) as folder:
        floor, numbers = Floor(Path(folder), options.nodes), range(options.nodes)
        parts = {
            "files": timed(floor.look, numbers),
            "pipes": timed(floor.talk, numbers),
            "rows and lines": timed(floor.keep, pieces(numbers, options.turn)),
            "rows that come later": timed(floor.learn, pieces(numbers, LATER)),
        }
    for name, seconds in (parts | {"all": sum(parts.values())}).items():
        print(f"{name:20} {seconds / options.nodes * 1e6:6.1f} us a node")
    return 0


def pieces(numbers: range, length: int) -> list[range]:
    """So many at a time."""
    return [numbers[start : start + length] for start in range(0, len(numbers), length)]


def timed(call: Callable[[Any], object], each: Iterable[Any]) -> float:
    """Seconds of processor time."""
    begun = time.process_time()
    for one in each:
        call(one)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
