"""Somebody looks at the terminal while a build runs: the live region, put together with what it is told, and drawn in time.

Only where there is a terminal; the loop knows nothing of it.
"""

from __future__ import annotations

from uetbuild.cli.clock import SystemClock
from uetbuild.cli.person import Audience, Terminal
from uetbuild.core.pace import Pace, slowness
from uetbuild.engine.states import FINAL
from uetbuild.report.live import Live

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uetbuild.core.graph import Graph
    from uetbuild.engine.loop import Loop
    from uetbuild.engine.request import Request
    from uetbuild.engine.wait import Wait
    from uetbuild.report.lines import Lines


class Looking(Audience):
    """Those who look at the terminal."""

    def __init__(self, view: Lines) -> None:
        super().__init__(view)
        self._graph: Graph
        self._request: Request
        self._workstreams: Sequence[int] = ()
        self._states: Sequence[int] = ()
        self._pace: Pace | None = None
        self._seconds: dict[str, float] = {}
        self._borrowers: set[str] = set()
        screen, *_ = streams = view.streams
        self._live = Live(view, screen, streams, SystemClock.monotonic, self._seconds, self._progress, self._borrowers)
        self.views = (view, self._live)  # so that all is said when the region makes room for a node that gets the terminal
        self.person = Terminal(self._live.clear)

    def wait(self, wait: Wait) -> Wait:
        """One that draws."""
        return Pulse(wait, self._live)

    def watch(self, loop: Loop, seconds: Mapping[str, float]) -> None:
        """This loop builds from now on."""
        self._graph, self._request, self._states = loop.graph, loop.request, loop.states.of
        self._workstreams = loop.graph.workstreams(loop.request.members)
        self._pace = None
        self._seconds.update(seconds)
        self._borrowers.update([loop.graph.nodes[i].id for i in loop.request.members if loop.graph.nodes[i].interactive])

    def leave(self) -> None:
        """Nothing of the region stays."""
        self._live.close()

    def _progress(self, elapsed: Mapping[str, float], took: float, expected: float) -> tuple[int, float | None]:
        if self._pace is None:  # most builds are over before a frame is drawn
            self._pace = Pace(self._graph, self._request.members, self._seconds, self._request.jobs)
        states, index = self._states, self._graph.index
        unfinished = [i for i in self._request.members if states[i] not in FINAL and not self._graph.nodes[i].is_group]
        done = self._request.settled + sum([states[i] in FINAL for i in self._workstreams])
        return done, self._pace.left(unfinished, {index[node]: seconds for node, seconds in elapsed.items()}, slowness(took, expected))


class Pulse:
    """The one wait, over in time for the next frame. Implements `Wait` (engine/wait.py)."""

    def __init__(self, wait: Wait, live: Live) -> None:
        self._wait = wait
        self._live = live

    def poll(self, filenos: Sequence[int], seconds: float | None) -> list[int]:
        """See `Wait`; draws what is due first."""
        patience = self._live.frame()
        if patience is not None and (seconds is None or patience < seconds):
            seconds = patience
        return self._wait.poll(filenos, seconds)
