"""What a build may spend: asked before a node starts, told when it has ended.

Most builds have no budget and their recipes report nothing: then no `Book` is opened, and this costs a look for a file a node. Knows
nothing of what starts and ends nodes.
"""

from __future__ import annotations

from _heapq import heappop, heappush

from uetbuild.core.jobs import Result
from uetbuild.engine.states import State
from uetbuild.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.core.jobs import Job, Outcome
    from uetbuild.core.nodes import Node
    from uetbuild.engine.attempt import Attempt
    from uetbuild.engine.book import Book
    from uetbuild.engine.journal import Journal


class Purse:
    """The money of one build. `jobs`: how many may run at once now; `halted`: nothing new starts; `code`: what that makes of the exit code;
    `why`: words about the node that was kept last.
    """

    __slots__ = ("code", "halted", "jobs", "why", "_book", "_journal", "_make", "_open", "_parked", "_read")

    def __init__(
        self, jobs: int, journal: Journal, read: Callable[[str, int], bytes], make: Callable[[], Book], book: Book | None = None
    ) -> None:  # fmt: skip
        """`read(log, number)`: what the attempt that printed to `log` and has ended reported, b"" for nothing, put aside under the number
        by which the book knows the attempt (0: not at all), so that it is not taken for what the next one reports; `book`: that of a
        build with a budget, `make` opens that of any other.
        """
        self.jobs = jobs
        self.halted = False
        self.code = ExitCode.OK
        self.why = ""
        self._journal = journal
        self._read = read
        self._make = make
        self._book = book
        self._parked: list[tuple[int, int]] = []  # a heap of (rank, node): they wait for what others hold
        self._open = False

    @property
    def is_open(self) -> bool:
        """Whether anything is counted."""
        return self._book is not None

    @property
    def usd(self) -> float:
        """What the run has cost so far."""
        return 0.0 if self._book is None else self._book.usd

    def keeps(self, i: int, node: Node, rank: int) -> int | None:
        """None where a node may start; else the state in which that leaves it: `STALE` (it waits for money, or the build is `halted`), or
        in which it ends (`why` says it).
        """
        book = self._book
        if book is None:
            return None
        if self._parked and rank > self._parked[0][0] and book.costs(node):
            heappush(self._parked, (rank, i))  # nobody overtakes who wants more
            return State.STALE
        answer = book.ask(node)
        self._open = answer != book.WAIT
        self.why = ""
        if answer == book.WAIT:
            heappush(self._parked, (rank, i))
            return State.STALE
        if answer == book.START:
            return None
        self.why = book.why
        if answer == book.OWN:
            return State.FAILED
        self.code = ExitCode.BUDGET
        if answer == book.PHASE:
            return State.CANCELLED
        self.halted = True
        return State.STALE

    def freed(self) -> tuple[int, ...]:
        """A node that waited and may ask again, if there is one."""
        if not self._open or not self._parked:
            return ()
        self._open = False
        return (heappop(self._parked)[1],)

    def start(self, attempt: Attempt, job: Job) -> Job:
        """Hold what an attempt may use; returns its job, with the time that is left to it."""
        return job if self._book is None else self._book.start(attempt.node, job)

    def end(self, attempt: Attempt, outcome: Outcome) -> Outcome:
        """Count what an attempt used; one that used more than it was given has failed."""
        said = self._read(attempt.log, 0 if self._book is None else self._book.number(attempt.node))
        if self._book is None:
            if not said:
                return outcome
            self._book = self._make()
        why = self._book.end(attempt.node, said, outcome.seconds)
        attempt.usd = self._book.last
        self._open = True
        if not why:
            return outcome
        attempt.broke = True
        return outcome.with_(result=Result.FAILED, message=why) if outcome.result == Result.SUCCEEDED else outcome

    def flush(self) -> None:
        """Make durable what is held and used, and say what has to be said; before anything starts on it."""
        if self._book is None:
            return
        for event, node, data in self._book.flush():
            if "jobs" in data:
                self.jobs = data["jobs"] = max(1, self.jobs // 2)
            self._journal.emit(event, node, **data)

    def close(self) -> None:
        """Let go of the book."""
        if self._book is not None:
            self._book.close()
