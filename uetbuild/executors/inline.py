"""Workers without worker processes: one job at a time, in the coordinator's own process, through the same code as supervisors use.

For platforms where nothing else works, for debugging, and for tests. A signal can only reach a job between two calls, that is never.
"""

from __future__ import annotations

import os

from uetbuild.core.jobs import Outcome, Progress
from uetbuild.executors import tree
from uetbuild.executors.desk import Desk
from uetbuild.executors.moment import run_row
from uetbuild.executors.watch import Watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.jobs import Job


class InlineWorkers:
    """`Workers` whose `submit` returns when the job has ended. `environ`: that of the build."""

    shares_disk = True

    def __init__(self, environ: dict[str, str]) -> None:
        self._environ = environ
        self._news: list[Outcome | Progress] = []
        self._desk = Desk()
        self._ready, self._ready_end = os.pipe()
        tree.become_subreaper()

    def submit(self, job: Job) -> None:
        """Run a job to its end. No other child of this process may be alive: the job's tree is everything below it."""
        here = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
        watch = Watch()
        try:
            row = run_row(job.row(), self._environ, watch, self._news.append, self._desk)
        finally:
            watch.close()
            os.fchdir(here)
            os.close(here)
        if not self._has_outcome():
            os.write(self._ready_end, b".")
        self._news.append(Outcome.from_row(row))

    def queue(self, jobs: Sequence[Job]) -> None:
        """The same."""
        for job in jobs:
            self._news.append(Progress(key=job.key, what="taken"))
            self.submit(job)

    def recall(self) -> list[int]:
        """Nobody waits."""
        return []

    def filenos(self) -> list[int]:
        """A pipe with a byte in it while there are outcomes."""
        return [self._ready]

    def collect(self) -> list[Outcome | Progress]:
        """All that happened."""
        if self._has_outcome():
            os.read(self._ready, 1)
        news, self._news = self._news, []
        return news

    def signal(self, key: int, number: int) -> None:
        """Nothing runs any more when this can be called."""

    def close(self) -> None:
        """Nothing runs; the descriptors are closed."""
        self._desk.clear()
        for fd in (self._ready, self._ready_end):
            os.close(fd)

    def _has_outcome(self) -> bool:
        return any(isinstance(news, Outcome) for news in self._news)
