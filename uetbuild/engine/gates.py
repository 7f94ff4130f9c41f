"""What the verdicts of gates do: to the stamps of what they guard, to the words about them, to the exit code.

A gate is a node like any other until it has ended. Knows nothing of how nodes start, run and are checked.
"""

from __future__ import annotations

from uetbuild.core.stamps import Stage
from uetbuild.engine.states import GOOD, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.graph import Graph
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.memory import Memory
    from uetbuild.engine.states import States

_VERDICTS = {State.SUCCEEDED: "passed", State.UP_TO_DATE: "up_to_date", State.FAILED: "failed", State.WARNED: "failed"}


class Gates:
    """The gates of one build. `rejected`: numbers of the blocking ones that failed; `passed`, `warned`: how many others ran."""

    __slots__ = ("passed", "rejected", "warned", "_graph", "_journal", "_memory", "_states")

    def __init__(self, graph: Graph, states: States, memory: Memory, journal: Journal) -> None:
        self.rejected: list[int] = []
        self.passed = 0
        self.warned = 0
        self._graph = graph
        self._states = states
        self._memory = memory
        self._journal = journal

    def state(self, i: int, state: int) -> int:
        """The state in which a node ends that came to `state`: a gate that holds nothing only warns."""
        guard = self._graph.nodes[i].guard
        return State.WARNED if guard is not None and state == State.FAILED and not guard.blocking else state

    def ended(self, i: int) -> None:
        """A node is final: say the verdict of a gate, and put on record what follows for those that it guards."""
        if not self._graph.gated:
            return
        node, state = self._graph.nodes[i], self._states.of[i]
        if node.gates and state in GOOD:
            self._settle(i)
        if node.guard is None:
            return
        self._tell(i, state)
        if node.guard.at != "workstream":
            return  # it holds no stamps
        for name in node.guard.guards:
            j = self._graph.index[name]
            if i not in self._graph.held(j):
                continue
            if state == State.FAILED:
                self._mark(name, Stage.REJECTED)
            elif state in GOOD and self._states.of[j] in GOOD:
                self._settle(j)

    def _settle(self, i: int) -> None:
        """Complete the stamp of a node all of whose gates are good."""
        if all(self._states.of[gate] in GOOD for gate in self._graph.held(i)):
            self._mark(self._graph.nodes[i].id, Stage.DONE)

    def _mark(self, name: str, stage: int) -> None:
        stamp = self._memory.stamps.get(name)
        wrong = (Stage.PRODUCED, Stage.DONE) if stage == Stage.REJECTED else (Stage.PRODUCED,)
        if stamp is not None and stamp.stage in wrong:
            self._memory.put(stamp.with_(stage=stage), self._journal.changes)

    def _tell(self, i: int, state: int) -> None:
        verdict = _VERDICTS.get(state)
        guard = self._graph.nodes[i].guard
        if verdict is None or guard is None:
            return
        if state == State.FAILED:
            self.rejected.append(i)
        elif state == State.WARNED:
            self.warned += 1
        elif state == State.SUCCEEDED:
            self.passed += 1
        if self._journal.begun:  # a build that executes nothing is not a run
            name = self._graph.nodes[i].id
            self._journal.emit(
                "gate_finished", name, verdict=verdict, type=guard.type, blocking=guard.blocking, guards=list(guard.guards),
                message=guard.message if verdict == "failed" else "", seconds=self._seconds(name, verdict),
            )  # fmt: skip

    def _seconds(self, name: str, verdict: str) -> float:
        stamp = self._memory.stamps.get(name)
        return round(stamp.seconds, 6) if stamp is not None and verdict == "passed" else 0.0
