"""The least that a build in Python does: no manifest, no graph, no decision, no answer to anything that goes wrong.

A program of its own: `python -I -S least.py JOBS`, in a folder with a file `commands`, each of them a line `cp IN OUT`. A worker gets
them by a pipe. The start of one is durable before it, its end after it, in one transaction a turn, as in `uetbuild`; inputs are
hashed before and looked at after, outputs are hashed. What lies between "starts in C" and this is the price of the language; what lies
between this and `uetbuild`, that of deciding, of being right when something goes wrong, and of what could be done better.
"""

from __future__ import annotations

import os
import select
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from hashlib import sha256
from marshal import dumps, loads
from typing import NoReturn
from zlib import crc32

AHEAD = 16  # commands that lie ready for each worker
PAUSE = 0.01  # seconds in which no worker runs out of them
ORDER, REPLY = 512, 16  # bytes of each in a pipe
STARTED, DONE, TOLD, LEARNT = 300, 330, 360, 110  # bytes of rows: a node's stamps, what is told of it, what is learnt of a file


class Worker:
    """A process that runs one command after the other, until its pipe is closed. `load`: how many it has."""

    def __init__(self) -> None:
        theirs, self.writer = os.pipe()
        self.reader, mine = os.pipe()
        self.load = 0
        if os.fork() == 0:
            os.close(self.writer)
            _serve(theirs, mine)
        os.close(theirs)
        os.close(mine)

    def run(self, number: int, words: list[str]) -> None:
        """Have a command run, after those that were given before."""
        os.write(self.writer, dumps((number, words)).ljust(ORDER))

    def ended(self) -> list[int]:
        """Those that have ended. Exits with 1 where one failed."""
        data = os.read(self.reader, 4096 * REPLY)
        said = [loads(data[start : start + REPLY]) for start in range(0, len(data), REPLY)]
        if any(status for _, status in said):
            sys.exit(1)
        self.load -= len(said)
        return [number for number, _ in said]


class State:
    """Rows in SQLite."""

    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", "PRAGMA wal_autocheckpoint=8000"):
            self._database.execute(statement).fetchall()
        for table in ("stamps", "events", "learnt"):
            self._database.execute(f"CREATE TABLE IF NOT EXISTS {table} (key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")

    def keep(self, starting: Sequence[int], done: Sequence[int]) -> None:
        """What happened in a turn."""
        if not starting and not done:
            return
        stamps = [(b"n%05d" % number, STARTED) for number in starting] + [(b"n%05d" % number, DONE) for number in done]
        self._write({"stamps": stamps, "events": [(b"%05d" % [*starting, *done][0], TOLD * len(done))]})

    def close(self, paths: Iterable[str]) -> None:
        """What was learnt of files, and all of it in one file."""
        self._write({"learnt": [(path.encode(), LEARNT) for path in paths]})
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _write(self, tables: dict[str, list[tuple[bytes, int]]]) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        for table, sizes in tables.items():
            rows = [(key, crc32(body := dumps("x" * size), crc32(key)).to_bytes(4, "little") + body) for key, size in sizes]
            self._database.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?)", rows)
        self._database.execute("COMMIT")


def build(commands: Sequence[list[str]], jobs: int) -> None:
    """Run all of them."""
    state, workers, poll = State("least.db"), [Worker() for _ in range(jobs)], select.poll()
    by_reader = {worker.reader: worker for worker in workers}
    for reader in by_reader:
        poll.register(reader, select.POLLIN)
    digests: dict[str, str] = {}
    done: list[int] = []
    begun = ended = 0
    while ended < len(commands):
        starting: list[tuple[Worker, int]] = []
        for worker in workers:
            while worker.load < AHEAD and begun < len(commands):
                digests[commands[begun][1]] = digest(commands[begun][1])
                starting.append((worker, begun))
                worker.load += 1
                begun += 1
        state.keep([number for _, number in starting], done)
        tell(commands, done)
        for worker, number in starting:
            worker.run(number, commands[number])
        if begun < len(commands):
            time.sleep(PAUSE)  # more ends meanwhile, for one transaction
        done = [number for reader, _ in poll.poll() for number in by_reader[reader].ended()]
        for number in done:
            os.lstat(commands[number][1])
            digests[commands[number][2]] = digest(commands[number][2])
        ended += len(done)
    state.keep([], done)
    tell(commands, done)
    for worker in workers:
        os.close(worker.writer)
    state.close(digests)


def tell(commands: Sequence[list[str]], done: Iterable[int]) -> None:
    """A line of each."""
    if lines := [f"n{number:05d}  {' '.join(commands[number])}  0.0s\n" for number in done]:
        os.write(1, "".join(lines).encode())


def digest(path: str) -> str:
    """Of a small file, which is looked at before and after."""
    os.lstat(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = sha256(os.read(descriptor, os.fstat(descriptor).st_size + 1)).hexdigest()
    os.fstat(descriptor)
    os.close(descriptor)
    return found


def _serve(orders: int, replies: int) -> NoReturn:
    env, actions = dict(os.environ), [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    while data := os.read(orders, ORDER):
        number, words = loads(data)
        _, status = os.waitpid(os.posix_spawnp(words[0], words, env, file_actions=actions, setsid=True), 0)
        os.write(replies, dumps((number, status)).ljust(REPLY))
    os._exit(0)


if __name__ == "__main__":
    with open("commands", encoding="utf-8") as _lines:
        build([line.split() for line in _lines], int(sys.argv[1]))
    os._exit(0)
