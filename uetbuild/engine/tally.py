"""How many nodes came to what, for the last event of a run and the exit code. Knows nothing of how they came to it."""

from __future__ import annotations

from uetbuild.engine.states import FINAL, State
from uetbuild.errors import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from uetbuild.core.graph import Graph
    from uetbuild.engine.request import Request
    from uetbuild.engine.states import States


PRECEDENCE = (ExitCode.FAILED, ExitCode.GATE_FAILED, ExitCode.CONFLICT, ExitCode.BUDGET, ExitCode.WAITS)  # of codes that apply at once


class Tally:
    """Of one build. `size`: how many workstreams take part, groups and gates not counted."""

    __slots__ = ("size", "_gated", "_gates", "_members", "_settled", "_states", "_workstreams")

    def __init__(self, graph: Graph, request: Request, states: States) -> None:
        nodes = graph.nodes
        self._states = states
        self._gated = graph.gated
        self._members = request.members
        self._workstreams = graph.workstreams(request.members)
        self._gates = [i for i in request.members if nodes[i].guard is not None] if graph.gated else []
        self._settled = request.settled
        self.size = len(self._workstreams) + request.settled + request.later

    def code(self, failures: Sequence[int], others: set[int], signal: int) -> int:
        """The exit code, by the contract's precedence. `failures`: the nodes that failed; `others`: what kept nodes from starting makes of
        it; `signal`: that ended the build, 0 for none.
        """
        if signal:
            return ExitCode.SIGNAL + signal
        if failures:
            others.add(ExitCode.GATE_FAILED if set(failures).issubset(self._gates) else ExitCode.FAILED)
        came = set(map(self._states.of.__getitem__, self._members))
        if State.WAITS in came:
            others.add(ExitCode.WAITS)
        code = next((code for code in PRECEDENCE if code in others), ExitCode.OK)
        if not code and not came <= FINAL:
            return ExitCode.INTERNAL  # nothing failed, yet something is not built: never say that all is well
        return code

    def counts(self, spared: int) -> dict[str, Any]:
        """As `run_finished` has them. `spared`: how many workstreams turned out to be up to date without taking part."""
        came = self._came(self._workstreams)
        counts: dict[str, Any] = {
            "ran": came[State.SUCCEEDED] + came[State.FAILED], "total": self.size,
            "up_to_date": came[State.UP_TO_DATE] + self._settled + spared, "failed": came[State.FAILED],
            "blocked": came[State.BLOCKED], "skipped": came[State.SKIPPED], "cancelled": came[State.CANCELLED],
        }  # fmt: skip
        if self._gated:
            gates = self._came(self._gates)
            counts["gates"] = {"passed": gates[State.SUCCEEDED], "failed": gates[State.FAILED], "warned": gates[State.WARNED]}
            if gates[State.WAITS]:
                counts["gates"]["waiting"] = gates[State.WAITS]
                counts["waiting"] = came[State.WAITS]
        return counts

    def _came(self, nodes: list[int]) -> list[int]:
        """How many of these are in each state."""
        came = list(map(self._states.of.__getitem__, nodes))
        return list(map(came.count, State.STATES))
