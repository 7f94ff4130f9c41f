"""The places of a build: which ready node gets the next one, who holds one, and what lies prepared for when one is free.

Knows nothing of how nodes are started and ended, and not what follows from it.
"""

from __future__ import annotations

from uetbuild.core.ready import ReadyList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.jobs import Job, Outcome
    from uetbuild.core.ports import Workers
    from uetbuild.core.ready import Admission
    from uetbuild.engine.attempt import Attempt
    from uetbuild.engine.purse import Purse
    from uetbuild.engine.runway import Runway


class Places:
    """`taken`: the attempts that hold a place or wait for one, by index of their node."""

    __slots__ = ("taken", "_admission", "_ahead", "_most", "_purse", "_ready", "_runway", "_spawn", "_workers")

    def __init__(self, workers: Workers, rank: Sequence[int], admission: Admission, purse: Purse, runway: Runway) -> None:
        self.taken: dict[int, Attempt] = {}
        self._admission = admission
        self._most = 0
        self._purse = purse
        self._ready = ReadyList(rank, admission)
        self._runway = runway
        self._ahead: list[Job] = []  # wait for a place
        self._spawn: list[Job] = []
        self._workers = workers

    def __bool__(self) -> bool:
        """Whether anything runs or is about to."""
        return bool(self.taken)

    @property
    def ready(self) -> int:
        """How many nodes wait for nothing but a place."""
        return len(self._ready)

    def push(self, i: int) -> None:
        """A stale node waits for nothing but a place."""
        self._ready.push(i)

    def count(self) -> None:
        """Find out how many may hold a place or wait for one in this turn."""
        self._admission.more = 0 if self._purse.is_open else self._runway.length
        self._most = self._purse.jobs + self._admission.more

    def next(self) -> tuple[int, bool] | None:
        """The node that may start now, which is to be followed by `start` or `release`, and whether it gets a place only when one is free;
        None: no other.
        """
        if len(self.taken) >= self._most:
            return None
        for freed in self._purse.freed():
            self._ready.push(freed)
        i = self._ready.take()
        if i is None:
            return None
        ahead = bool(self._runway.waiting) or len(self.taken) >= self._purse.jobs
        if ahead and not self._runway.takes(i):
            self._ready.release(i)
            self._ready.push(i)
            return None
        return i, ahead

    def start(self, attempt: Attempt, job: Job, ahead: bool) -> None:
        """Its job is spawned with the next `launch`; `ahead`: when a place is free."""
        self.taken[attempt.i] = attempt
        if ahead:
            self._runway.waiting.add(attempt.i)
        (self._ahead if ahead else self._spawn).append(self._purse.start(attempt, job))

    def launch(self) -> None:
        """Give what was started to the workers."""
        spawn, self._spawn = self._spawn, []
        for job in spawn:
            self._workers.submit(job)
        if self._ahead:
            ahead, self._ahead = self._ahead, []
            self._workers.queue(ahead)
        self._runway.launched()

    def arrived(self, i: int) -> Attempt | None:
        """What waited has a place now; None where that was known."""
        if i not in self._runway.waiting:
            return None
        self._runway.waiting.discard(i)
        return self.taken[i]

    def recall(self) -> list[Attempt]:
        """Take back what still waits for a place: it never starts, and its node is ready no more."""
        if not self._runway.waiting:
            return []
        recalled = [*[job.key for job in self._ahead], *self._workers.recall()]
        self._ahead.clear()
        for i in recalled:
            self._runway.waiting.discard(i)
            self._ready.release(i)
        return [self.taken.pop(i) for i in recalled]

    def end(self, outcome: Outcome) -> Attempt:
        """A job ended; its place is kept until `release`, but for one that is to start anew."""
        self._runway.ended(outcome.seconds)
        self._runway.waiting.discard(outcome.key)
        return self.taken.pop(outcome.key)

    def release(self, i: int) -> None:
        """What the node held is free for others."""
        self._ready.release(i)
