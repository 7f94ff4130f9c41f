"""The state folder in the hands of one process: lock and open store; what everything that changes something needs."""

from __future__ import annotations

from uetbuild.cli.clock import SystemClock
from uetbuild.executors.ask import AskShell
from uetbuild.executors.tree import boot_id
from uetbuild.state.lock import BuildLock, Holder
from uetbuild.state.store import open_writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from uetbuild.cli.project import OpenProject
    from uetbuild.cli.tracking import Tracked
    from uetbuild.core.ports import Shell
    from uetbuild.state.store import SqliteStore


class Held:
    """The state folder, held by this build: lock and open store. A context manager. `at_close`: what is done when the store is closed and
    the lock still held, if nothing went wrong. `quiet`: since when (`time.monotonic`) nothing runs.
    """

    __slots__ = ("at_close", "lock", "quiet", "store", "waited", "_layout", "_told", "_warn")

    def __init__(
        self, session: OpenProject, wait: bool, waiting: Callable[[int, str, float, bool], None], warn: Callable[[str], None]
    ) -> None:  # fmt: skip
        """`waiting` is told pid, run, since when and whether it lives of the build for which this one waits; `warn` what is wrong with the
        state, at first or later."""
        self._layout, self._warn = session.layout, warn
        self._told: list[str] = []
        self.quiet = 0.0
        self.waited: list[tuple[float, Holder]] = []  # from when on, for whom
        session.layout.ensure()
        self.lock = BuildLock(session.layout.lock)

        def told(other: Holder) -> None:
            self.waited.append((SystemClock.now(), other))
            waiting(other.pid, other.run, other.since, other.alive)

        self.lock.acquire(wait, told)
        session.layout.clear_drafts()
        self.store: SqliteStore = open_writer(session.layout, boot_id())
        self.at_close: Callable[[], None] | None = None
        self._tell()

    def __enter__(self) -> Held:
        return self

    def shell(self, session: OpenProject) -> AskShell:
        """For questions; what answers one can be told from other processes should this one be killed meanwhile."""
        return AskShell(dict(session.environ), asked_in=self._layout.folder)

    def heal(self) -> list[dict[str, Any]]:
        """See to it that nobody works here any more for a build that was killed; the data of `recovered`, one for each run of theirs."""
        if not (self.lock.was_abandoned or self.store.processes()):
            return []
        from uetbuild.cli.healing import heal  # only after a crash

        return heal(self._layout, self.store, self._warn)

    def wait_told(self) -> list[tuple[str, dict[str, Any]]]:
        """The event that tells of the waiting, where there was any."""
        now = SystemClock.now()
        return [
            ("lock_waited", {"pid": one.pid, "holder": one.run, "since": one.since, "seconds": max(0.0, round(now - began, 6))})
            for began, one in self.waited
        ]

    def _tell(self) -> None:
        warnings = self.store.warnings
        for text in warnings:
            if text not in self._told:
                self._warn(text)
        self._told = list(warnings)

    def __exit__(self, fault: object, *_: object) -> None:
        self._tell()
        self.store.close()
        try:
            if fault is None and self.at_close is not None:
                self.at_close()
        finally:
            self.lock.release()


def tracker(shell: Shell, root: str) -> Callable[[list[str]], set[str]]:
    """Which of some paths git tracks; none where there is no git or no repository."""
    found: list[Tracked] = []

    def tracked(paths: list[str]) -> set[str]:
        if not found:
            from uetbuild.cli.tracking import Tracked  # only where something stands in the way of an output

            found.append(Tracked(shell, root))
        return found[0].of(paths)

    return tracked
