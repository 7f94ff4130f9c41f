"""What signals do to a build (promise 8).

The first SIGINT: nothing new, one SIGINT to each job. The second, or at once SIGTERM and SIGHUP: the end.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from signal import SIGINT, SIGTERM

    from uetbuild.core.ports import Workers
    from uetbuild.engine.journal import Journal
else:
    from _signal import SIGINT, SIGTERM  # what `signal` wraps; that one loads `enum`


class Interrupts:
    """`signal`: the first signal that came, 0 for none."""

    __slots__ = ("signal", "_journal", "_workers", "_told")

    def __init__(self, workers: Workers, journal: Journal) -> None:
        self.signal = 0
        self._workers = workers
        self._journal = journal
        self._told: dict[int, int] = {}

    def pass_on(self, numbers: Iterable[int], running: Iterable[int]) -> None:
        """Act on signals that arrived; each running job gets at most one SIGINT."""
        for number in numbers:
            first = not self.signal
            if first:
                self.signal = int(number)
                if self._journal.begun:
                    self._journal.emit("interrupted", signal=int(number))
            gentle = first and number == SIGINT
            self._tell(running, SIGINT if gentle else SIGTERM)

    def end_all(self, running: Iterable[int]) -> None:
        """Terminate all running jobs (`--fail-fast`)."""
        self._tell(running, SIGTERM)

    def _tell(self, running: Iterable[int], number: int) -> None:
        for key in running:
            if self._told.get(key) != number and self._told.get(key) != SIGTERM:
                self._told[key] = int(number)
                self._workers.signal(key, int(number))
