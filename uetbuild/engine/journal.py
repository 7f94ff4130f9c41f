"""The one stream of events: numbered, made durable with the turn that they belong to, then shown."""

from __future__ import annotations

from itertools import count

from uetbuild.core.changes import Changes
from uetbuild.core.events import Event
from uetbuild.core.secrets import Secrets
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from uetbuild.core.ports import Clock, Store, View


WORDS = ("message", "command", "title", "step", "comment")  # texts for people; what else is said are names and numbers


class Journal:
    """Collects the `changes` of a turn; `flush` commits them and tells the views. A run begins with its first event."""

    __slots__ = ("run", "changes", "begun", "_store", "_views", "_clock", "_before", "_numbers", "_secrets")

    def __init__(self, run: str, store: Store, views: Sequence[View], clock: Clock, seq: int = 0, secrets: Secrets | None = None) -> None:
        """`seq`: of the last event of the run, where it goes on; `secrets`: what no text says."""
        self.run = run
        self.changes = Changes()
        self.begun = False
        self._store = store
        self._views = views
        self._clock = clock
        self._before: list[tuple[str, dict[str, Any]]] = []
        self._numbers = count(seq + 1)
        self._secrets = Secrets() if secrets is None else secrets

    def precede(self, event: str, /, **data: Any) -> None:
        """Keep what happened before the run began, to be said with its first words; a build that executes nothing is no run."""
        self._before.append((event, data))

    def begin(self, **data: Any) -> None:
        """The first words of a run."""
        self.emit("run_started", **data)
        for event, said in self._before:
            self.emit(event, **said)

    def end(self, state: str, asked: dict[str, Any], counts: dict[str, Any]) -> None:
        """The last words of a run: how it ended, what was `asked` for, what became of that."""
        self.emit("run_finished", state=state, **counts)
        self.changes.run = (self.run, state, asked | counts)

    def emit(self, event: str, node: str = "", /, **data: Any) -> None:
        """Append an event of now."""
        if self._secrets.forms:
            data |= {word: self._secrets.masked(text) for word in WORDS if (text := data.get(word))}
        self.begun = True
        self.changes.events.append(Event(next(self._numbers), round(self._clock.now(), 6), self.run, event, node, data))

    def flush(self) -> None:
        """One transaction for all that happened since the last flush, then the views; nothing is shown that is not durable."""
        told = [*self.changes.events]
        if self.changes:
            self._store.commit(self.changes)
        if told:
            reach("events.telling")
            for view in self._views:
                view.on(told)

    def rest(self) -> None:
        """All that is left to do is to wait: what the store has put off may be done now. Raises UetError."""
        self._store.rest()

    def output(self, node: str, log: str) -> None:
        """Tell the views that a log grew; not an event."""
        for view in self._views:
            view.output(node, log)
