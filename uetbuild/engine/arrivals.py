"""What ends a node that ran: everything checked, then the stamp; with the words about it in the journal.

Knows nothing of what starts a node, and not what follows from its end.
"""

from __future__ import annotations

from uetbuild.core.jobs import Result
from uetbuild.core.retry import cause
from uetbuild.core.stamps import Stage
from uetbuild.engine.states import State
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from uetbuild.core.jobs import Outcome, Progress
    from uetbuild.core.ports import Clock
    from uetbuild.engine.attempt import Attempt, Bench, Ending
    from uetbuild.engine.cells import Cells
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.memory import Memory
    from uetbuild.engine.waiting import Waiting


class Arrivals:
    """Takes what the workers say of the attempts of one build."""

    __slots__ = ("_bench", "_cells", "_clock", "_journal", "_memory", "_waiting")

    def __init__(self, bench: Bench, memory: Memory, journal: Journal, clock: Clock, waiting: Waiting, cells: Cells) -> None:
        self._bench = bench
        self._cells = cells
        self._memory = memory
        self._journal = journal
        self._clock = clock
        self._waiting = waiting

    def end(self, attempt: Attempt, outcome: Outcome, may_repeat: bool) -> int:
        """The state in which a node ends, its stamp among the changes of the turn; `STALE` where it is to run once more (only when it
        `may_repeat`): at once because its inputs changed while it ran, or later, after a failure; `HELD` for a gate that failed while what
        it guards may be tried again.
        """
        if outcome.result != Result.SUCCEEDED:
            self._bench.give_up(attempt)
            return self._fail(attempt, outcome, may_repeat, outcome.result, outcome.message)
        try:
            ending = self._bench.finish(attempt, self._journal.run, outcome.seconds, self._clock.now())
        except UetError as error:
            self._bench.give_up(attempt)
            return self._fail(attempt, outcome, may_repeat, Result.FAILED, error.message)
        if ending.again and may_repeat:
            return State.STALE
        if ending.fault:
            if ending.violation:
                self._journal.emit("scope_violation", attempt.node.id, path=ending.violation)
            if not ending.fault.startswith("inputs changed"):
                self._bench.give_up(attempt)
            return self._fail(attempt, outcome, may_repeat, Result.FAILED, ending.fault)
        self._stamp(ending)
        self._journal.emit("node_finished", attempt.node.id, **_last_words(attempt, outcome, Result.SUCCEEDED, ""))
        return State.SUCCEEDED

    def tell(self, attempt: Attempt | None, progress: Progress) -> None:
        """Pass on what happened at a worker on the way; `attempt`: what it is busy with, None if nothing."""
        journal = self._journal
        if progress.what == "worker":
            event = {"spawning": "worker_spawned", "lost": "worker_lost", "terminated": "worker_terminated"}.get(progress.name)
            if event and journal.begun:
                journal.emit(event, "" if attempt is None else attempt.node.id, pid=progress.pid)
        elif attempt is None:
            return
        elif progress.what == "output":
            journal.output(attempt.node.id, attempt.log)
        elif progress.what == "spawned":
            journal.changes.pids.append((attempt.node.id, progress.pid, progress.start))
        elif progress.what == "step" and len(attempt.node.steps) > 1:
            seconds = round(progress.seconds, 6)
            journal.emit("step_finished", attempt.node.id, step=progress.name, code=progress.code, seconds=seconds)

    def _stamp(self, ending: Ending) -> None:
        changes = self._journal.changes
        self._memory.link(ending.chains, changes)
        stamp = ending.stamp
        if stamp is not None and (stamp.stage != Stage.STARTED or stamp.outputs or stamp.edits):
            self._memory.put(stamp, changes)

    def _fail(self, attempt: Attempt, outcome: Outcome, may_repeat: bool, result: str, message: str) -> int:
        """After anything but a success: another attempt later, or the end."""
        words = _last_words(attempt, outcome, result, message)
        why = "" if attempt.broke else cause(attempt.node.retry, result, outcome.code)  # who has nothing left is not tried again
        if self._waiting.put_off(attempt, why, words, not may_repeat):
            return State.STALE
        said_no = result in (Result.FAILED, Result.TIMED_OUT) and not attempt.broke
        if said_no and self._cells.holds(attempt.i, words):
            return State.HELD
        self._journal.emit("node_finished", attempt.node.id, **words)
        return State.CANCELLED if result == Result.CANCELLED else State.FAILED


def _last_words(attempt: Attempt, outcome: Outcome, result: str, message: str) -> dict[str, Any]:
    """What `node_finished` says."""
    command = attempt.spoken[outcome.step] if outcome.step < len(attempt.spoken) else ""
    words: dict[str, Any] = {
        "outcome": result, "seconds": round(outcome.seconds, 6), "code": outcome.code, "message": message,
        "log": attempt.log if outcome.logged else "", "command": command,
    }  # fmt: skip
    if attempt.node.guard is not None:
        words |= {"gate": attempt.node.guard.type, "blocking": attempt.node.guard.blocking}
    return words | {"usd": attempt.usd} if attempt.usd else words
