"""Work that no command has to wait for: done while the first ones run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uetbuild.engine.wait import Wait


class Aside:
    """`work` is done once: before a build waits for its commands, or by `finish`."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work: Callable[[], None] | None = work
        self._wait: Wait

    def beside(self, wait: Wait) -> Wait:
        """A wait that does it first."""
        self._wait = wait
        return self

    def poll(self, filenos: Sequence[int], seconds: float | None) -> list[int]:
        """See `Wait` (engine/wait.py)."""
        if filenos and seconds != 0.0:  # somebody works, and there is nothing to judge
            self.finish()
        return self._wait.poll(filenos, seconds)

    def finish(self) -> None:
        """Do it now, if it was not done."""
        work, self._work = self._work, None
        if work is not None:
            work()
