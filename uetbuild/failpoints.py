"""Failpoints: places in the program at which a test can kill it, make a call fail, tear a write, or make it wait (promise 12).

`UET_FAILPOINTS="NAME#NTH=ACTION; ..."`, honoured only with `UET_TESTING=1`: at the NTH time (1 if not said) that the process comes to NAME
it does `kill` (SIGKILL to itself), `raise:EIO` (the call fails with that error, once), `torn:N` (only N bytes are written, then `kill`) or
`sleep:S` (waits S seconds). Each process counts for itself; workers begin with what their parent had counted. `*=note:FILE` writes every
name that is reached into a file, a line each.

`POINTS` is the one table. The sweep in tests/reliability/ is made from it; a name that is reached and not in it is an error, one in it that
is never reached fails the sweep. Unarmed, `reach` is a look at one variable.
"""

from __future__ import annotations

import os

from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import NoReturn

STEP, WRITE, COMMIT = "step", "write", "commit"
"""What stands behind a point: a call of the system; bytes that are written there; the COMMIT of a transaction."""

# module -> name -> (kind, what happens there); in the order in which a run comes to them
POINTS: dict[str, dict[str, tuple[str, str]]] = {
    "state/layout.py": {
        "state.made": (STEP, "the state folder is made, its `.gitignore` not yet"),
        "run.making": (STEP, "the folder of a run is about to be made"),
        "snapshots.dropping": (STEP, "the first write of the state is announced"),
    },
    "state/atomic.py": {
        "file.writing": (WRITE, "the draft of a file of ours is about to be written"),
        "file.written": (STEP, "the draft is written, and not yet moved to its place"),
        "file.moved": (STEP, "the file is in its place"),
    },
    "state/lock.py": {
        "lock.opened": (STEP, "the lock file is open, and not yet locked"),
        "lock.taken": (STEP, "the lock is held, without a word about who holds it"),
        "lock.releasing": (STEP, "the build is over, the lock still held"),
    },
    "state/database.py": {
        "database.opening": (COMMIT, "`state.db` is about to be looked at"),
        "database.migrating": (COMMIT, "the tables are made, and not yet committed"),
        "database.reading": (COMMIT, "rows are about to be read"),
        "database.writing": (COMMIT, "a transaction has begun, and holds nothing yet"),
        "database.closing": (COMMIT, "the log of the database is about to be folded into it"),
    },
    "state/disk.py": {
        "file.hashing": (STEP, "a file of the project is about to be hashed"),
        "folder.listing": (STEP, "a folder of the project is about to be listed"),
        "content.reading": (STEP, "a file that a recipe wrote for us is about to be read"),
    },
    "state/hands.py": {
        "kept.copied": (STEP, "what a hand had changed is copied, and still stands in the project"),
        "output.removing": (STEP, "an output is about to be removed, before its recipe runs or after it failed"),
        "folder.making": (STEP, "the folder of an output is about to be made"),
    },
    "state/content.py": {
        "kept.copying": (WRITE, "the copy of what a hand had changed is about to be written"),
    },
    "executors/ask.py": {
        "question.asked": (STEP, "a probe, `sh` variable or `skip_if` runs"),
    },
    "executors/leftovers.py": {
        "leftovers.ending": (STEP, "what an earlier build left running is found"),
    },
    "executors/pool.py": {
        "worker.forking": (STEP, "a worker process is about to be forked"),
        "order.sending": (STEP, "a job or a signal is about to be given to a worker: STARTED is durable, the recipe does not run"),
        "reply.reading": (STEP, "a worker has told something"),
    },
    "executors/supervisor.py": {
        "worker.started": (STEP, "in a worker: it is about to serve"),
        "order.reading": (STEP, "in a worker: an order is there"),
        "outcome.telling": (STEP, "in a worker: nothing of the job runs any more, and nobody was told"),
    },
    "executors/desk.py": {
        "note.writing": (WRITE, "in a worker: a list that the recipe may read is about to be written"),
        "log.opening": (STEP, "in a worker: the file for what the job prints is about to be opened"),
    },
    "executors/running.py": {
        "recipe.starting": (STEP, "in a worker: a command is about to be started"),
        "recipe.started": (STEP, "in a worker: it runs, and nobody was told its process id"),
        "recipe.ended": (STEP, "in a worker: it has ended, what it started may not have"),
        "job.ended": (STEP, "in a worker: nothing of the job runs any more, and its log is closed"),
    },
    "executors/output.py": {
        "output.writing": (WRITE, "in a worker: a piece of output is about to be written to the log"),
    },
    "executors/sandbox.py": {
        "sandbox.filling": (STEP, "in a worker: an input is about to be copied into the sandbox"),
        "result.copying": (STEP, "in a worker: a result is about to be copied out of it, beside its place"),
        "result.moving": (STEP, "in a worker: it is copied, and not yet moved to its place"),
        "sandbox.removing": (STEP, "in a worker: the sandbox is about to be removed"),
    },
    "engine/attempt.py": {
        "inputs.checking": (STEP, "the recipe ended well, its inputs are about to be looked at again"),
        "outputs.checking": (STEP, "its outputs are about to be verified"),
        "failure.clearing": (STEP, "it failed, what it left is about to be removed"),
    },
    "state/store.py": {
        "processes.forgetting": (COMMIT, "what an earlier build left running is gone, and still on record"),
    },
    "state/moments.py": {
        "run.committing": (COMMIT, "the turn in which the run begins, before its commit"),
        "run.committed": (STEP, "the same, after it"),
        "started.committing": (COMMIT, "STARTED of a node, before its commit"),
        "started.committed": (STEP, "the same, after it"),
        "pid.committing": (COMMIT, "the process ids of a job, before their commit"),
        "pid.committed": (STEP, "the same, after it"),
        "produced.committing": (COMMIT, "PRODUCED of a node that gates hold, before its commit"),
        "produced.committed": (STEP, "the same, after it"),
        "rejected.committing": (COMMIT, "REJECTED by a blocking gate, before its commit"),
        "rejected.committed": (STEP, "the same, after it"),
        "done.committing": (COMMIT, "DONE of a node, with chains, before its commit"),
        "done.committed": (STEP, "the same, after it"),
        "retry.committing": (COMMIT, "that a node waits for another attempt, before its commit"),
        "retry.committed": (STEP, "the same, after it"),
        "dropped.committing": (COMMIT, "what `clean` forgets, before its commit"),
        "dropped.committed": (STEP, "the same, after it"),
        "ended.committing": (COMMIT, "the end of the run, before its commit"),
        "ended.committed": (STEP, "the same, after it"),
    },
    "engine/journal.py": {
        "events.telling": (STEP, "the turn is durable, and about to be shown"),
    },
    "state/ledger.py": {
        "ledger.opening": (COMMIT, "`ledger.db` is about to be looked at"),
        "reserve.committing": (COMMIT, "what a node may spend is held, before its commit"),
        "reserve.committed": (STEP, "the same, after it"),
        "settle.committing": (COMMIT, "what a node spent is counted, before its commit"),
        "settle.committed": (STEP, "the same, after it"),
    },
    "state/history.py": {
        "history.pruning": (COMMIT, "old runs are forgotten, before the commit"),
        "tree.removing": (STEP, "a folder of an old run, or of a sandbox, is about to be removed"),
    },
}


class _Trap:
    """What is to happen at a point; `left`: how many times it is yet to be reached."""

    __slots__ = ("action", "left", "value")

    def __init__(self, action: str, value: str, left: int) -> None:
        self.action = action
        self.value = value
        self.left = left


_traps: dict[str, list[_Trap]] | None = None
_notes = ""


def points() -> list[tuple[str, str, str, str]]:
    """(name, module, kind, what happens there) of every failpoint, in the order of a run."""
    return [(name, module, kind, words) for module, known in POINTS.items() for name, (kind, words) in known.items()]


def arm(environ: Mapping[str, str]) -> None:
    """Set the traps that the environment asks for, if it may. Raises UetError for words that mean nothing."""
    global _traps, _notes
    text = environ.get("UET_FAILPOINTS")
    _traps, _notes = None, ""
    if not text or environ.get("UET_TESTING") != "1":
        return
    known = {name for name, *_ in points()}
    traps: dict[str, list[_Trap]] = {}
    for each in text.replace(",", ";").split(";"):
        if not each.strip():
            continue
        name, _, what = each.strip().partition("=")
        action, _, value = what.partition(":")
        name, hashed, nth = name.partition("#")
        if name == "*" and action == "note" and value:
            _notes = os.path.abspath(value)
            continue
        if name not in known:
            raise UetError(f"`UET_FAILPOINTS` names an unknown failpoint `{name}`", hint="`uetbuild doctor --failpoints` lists them")
        count = int(nth) if nth.isdecimal() else 0 if hashed else 1
        if not count or not _is_action(action, value):
            hint = "`NAME#NTH=ACTION` with `kill`, `raise:EIO`, `torn:N` or `sleep:S`"
            raise UetError(f"`UET_FAILPOINTS` holds `{each.strip()}`, which means nothing", hint=hint)
        traps.setdefault(name, []).append(_Trap(action, value, count))
    _traps = traps


def is_armed() -> bool:
    """Whether any trap is set, for who would have to compute a name."""
    return _traps is not None


def reach(name: str, descriptor: int = -1, data: bytes = b"") -> None:
    """Say that the process is at a point. `data` is about to be written to `descriptor`. Raises what a failing call there would raise."""
    if _traps is not None:
        _reached(_traps, name, descriptor, data)


def _reached(traps: dict[str, list[_Trap]], name: str, descriptor: int, data: bytes) -> None:
    kind = next((known[name][0] for known in POINTS.values() if name in known), "")
    assert kind, f"the failpoint `{name}` is not in the table"
    if _notes:
        _note(name)
    for trap in traps.get(name, ()):
        trap.left -= 1
        if not trap.left:
            _spring(trap, kind, descriptor, data)


def _spring(trap: _Trap, kind: str, descriptor: int, data: bytes) -> None:
    if trap.action == "raise":
        _fail(trap.value, kind)
    if trap.action == "sleep":
        from time import sleep  # nobody else here needs it

        sleep(float(trap.value))
        return
    if trap.action == "torn" and descriptor >= 0:
        os.write(descriptor, data[: int(trap.value)])
    os.kill(os.getpid(), 9)


def _fail(error: str, kind: str) -> NoReturn:
    import errno  # only here

    number = getattr(errno, error)
    if kind != COMMIT:
        raise OSError(number, os.strerror(number))
    from _sqlite3 import OperationalError  # not loaded for who has no database open

    code, words = {"ENOSPC": (13, "database or disk is full"), "EROFS": (8, "attempt to write a readonly database")}.get(
        error, (10, "disk I/O error")
    )
    fault = OperationalError(words)
    fault.sqlite_errorcode = code
    raise fault


def _note(name: str) -> None:
    descriptor = os.open(_notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, f"{os.getpid()} {name}\n".encode())
    finally:
        os.close(descriptor)


def _is_action(action: str, value: str) -> bool:
    import errno  # only with traps

    if action == "raise":
        return value in errno.errorcode.values()
    if action == "torn":
        return value.isdecimal()
    if action == "sleep":
        return value.replace(".", "", 1).isdecimal()
    return action == "kill" and not value
