"""What the verdicts of gates do: to the stamps of what they guard, to the words about them, to the exit code.

A gate is a node like any other until it has ended. Knows nothing of how nodes start, run and are checked.
"""

from __future__ import annotations

from uetbuild.core.stamps import Stage
from uetbuild.engine.states import GOOD, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.memory import Memory
    from uetbuild.engine.states import States

_VERDICTS = {State.SUCCEEDED: "passed", State.UP_TO_DATE: "up_to_date", State.FAILED: "failed", State.WARNED: "failed"}


class Gates:
    """The gates of one build."""

    __slots__ = ("_graph", "_journal", "_memory", "_states")

    def __init__(self, graph: Graph, states: States, memory: Memory, journal: Journal) -> None:
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
        verdict = _VERDICTS.get(state)
        if verdict is not None:
            self.tell(i, verdict)
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

    def reject(self, i: int) -> None:
        """Put on record, as of this run, that gates said no to what a node made."""
        self._mark(self._graph.nodes[i].id, Stage.REJECTED)

    def _settle(self, i: int) -> None:
        """Complete the stamp of a node all of whose gates are good."""
        if all(self._states.of[gate] in GOOD for gate in self._graph.held(i)):
            self._mark(self._graph.nodes[i].id, Stage.DONE)

    def _mark(self, name: str, stage: int) -> None:
        stamp = self._memory.stamps.get(name)
        wrong = (Stage.PRODUCED, Stage.DONE) if stage == Stage.REJECTED else (Stage.PRODUCED,)
        if stamp is not None and stamp.stage in wrong:
            run = self._journal.run if stage == Stage.REJECTED else stamp.run  # where it can be read why
            self._memory.put(stamp.with_(stage=stage, run=run, attempt=0, not_before=0.0), self._journal.changes)

    def tell(self, i: int, verdict: str, again: bool = False) -> None:
        """Say a verdict; `again`: it is not the last one, what the gate guards is tried again."""
        node = self._graph.nodes[i]
        guard = node.guard
        if guard is None or not self._journal.begun:  # a build that executes nothing is not a run
            return
        more = {"again": True} if again else {}
        said = guard.message if verdict == "failed" and i not in self._graph.approvals else ""
        self._journal.emit(
            "gate_finished", node.id, verdict=verdict, type=guard.type, blocking=guard.blocking, guards=list(guard.guards),
            message=said, seconds=self._seconds(node.id, verdict), **more,
        )  # fmt: skip

    def _seconds(self, name: str, verdict: str) -> float:
        stamp = self._memory.stamps.get(name)
        return round(stamp.seconds, 6) if stamp is not None and verdict == "passed" else 0.0


def checks_of(node: Node) -> Callable[[str], bool] | None:
    """Whether a path is one that a gate checks; None where it checks them all, and for other nodes."""
    if node.guard is None or not node.guard.only:
        return None
    from uetbuild.core.globs import matcher  # of some gates

    matches = [matcher(pattern) for pattern in node.guard.only]
    return lambda path: any(match(path.rpartition("/")[2]) for match in matches)
