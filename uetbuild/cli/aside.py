"""What no command has to wait for: done while the first ones run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uetbuild.engine.wait import Wait

ENDING = ("uetbuild.state.history", "uetbuild.cli.remember")  # modules that a build needs when it has run something


class Aside:
    """`work` is done once: when a build waits for its commands for the first time, or by `finish`. At the former its `later` modules are
    loaded, too; a build that never waits loads them when it needs them.
    """

    def __init__(self, work: Callable[[], None] | None, later: Sequence[str] = ENDING) -> None:
        self._work = work
        self._later = later
        self._wait: Wait

    def beside(self, wait: Wait) -> Wait:
        """A wait that does it first."""
        self._wait = wait
        return self

    def poll(self, filenos: Sequence[int], seconds: float | None) -> list[int]:
        """See `Wait` (engine/wait.py)."""
        if (self._later or self._work) and filenos and seconds != 0.0:  # somebody works, and there is nothing to judge
            self._load()
            self.finish()
        return self._wait.poll(filenos, seconds)

    def finish(self) -> None:
        """Do the work now, if it was not done."""
        work, self._work = self._work, None
        if work is not None:
            work()

    def _load(self) -> None:
        later, self._later = self._later, ()
        try:
            for name in later:
                __import__(name)
        except Exception:
            pass  # the installation is being replaced, say: what runs shall end, and who needs them will tell
