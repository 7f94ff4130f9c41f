"""`python -m benchmarks.floor`: the processor time that a coordinator in Python cannot do without for one node of a full build.

No build tool: the calls that remain if nothing has to be decided. A look at the input before the command runs and after it, the job written
to a pipe, its outcome read from one; the output looked at, read and hashed; seven rows (three of them events of 200 bytes) made, given a
checksum and committed by SQLite as `uetbuild/state` does it, so many nodes in one transaction; one line on standard output.
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
JOB, OUTCOME, STAMP, EVENT, SMALL = 470, 60, 400, 200, 90  # bytes, as they are in a build of `cp IN OUT`
ROWS = {"stamps": (STAMP,), "durations": (20,), "digests": (SMALL, SMALL), "events": (EVENT, EVENT, EVENT)}


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
        for table in ROWS:
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
        """With the worker, and with who reads what is said."""
        reader, writer = self._ends
        for size in (JOB, OUTCOME):
            os.write(writer, dumps((number, "x" * size)))
            loads(os.read(reader, 4096))
        os.write(self._nothing, b"n00000  cp src/d000/f00000 out/d000/f00000  0.0s\n")

    def keep(self, numbers: Sequence[int]) -> None:
        """In one transaction."""
        self._database.execute("BEGIN IMMEDIATE")
        for table, sizes in ROWS.items():
            rows = []
            for number in numbers:
                for place, size in enumerate(sizes):
                    key, body = b"%s %05d %d" % (table.encode(), number, place), dumps("x" * size)
                    rows.append((key, crc32(body, crc32(key)).to_bytes(4, "little") + body))
            self._database.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)
        self._database.execute("COMMIT")


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floor", description="What a coordinator in Python cannot do without.")
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--turn", type=int, default=4, help="nodes in one transaction (default: 4, as in a build of `cp` with -j2)")
    parser.add_argument("--folder", metavar="DIR", help="where the files are laid out (default: where temporary files are)")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="floor-", dir=options.folder) as folder:
        floor, numbers = Floor(Path(folder), options.nodes), range(options.nodes)
        turns = [numbers[start : start + options.turn] for start in range(0, options.nodes, options.turn)]
        parts = {
            "files": timed(floor.look, numbers),
            "pipes and lines": timed(floor.talk, numbers),
            "rows": timed(floor.keep, turns),
        }
    for name, seconds in (parts | {"all": sum(parts.values())}).items():
        print(f"{name:16} {seconds / options.nodes * 1e6:6.1f} us a node")
    return 0


def timed(call: Callable[[Any], object], each: Iterable[Any]) -> float:
    """Seconds of processor time."""
    begun = time.process_time()
    for one in each:
        call(one)
    return time.process_time() - begun


if __name__ == "__main__":
    sys.exit(main())
