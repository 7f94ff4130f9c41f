"""Workstreams that are tried again when a gate says no: who is sent back, and what the next attempt is told.

A blocking gate's failure is held back until everything in its cell has ended; then either the cell begins again or the gate has failed.
Knows nothing of how nodes start, run and are checked.
"""

from __future__ import annotations

from uetbuild.core.retry import Cause
from uetbuild.core.rounds import together, undone, waits
from uetbuild.engine.order import Cell
from uetbuild.engine.states import FINAL, GOOD, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from uetbuild.core.feedback import Verdict
    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node
    from uetbuild.engine.gates import Gates
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.order import Order
    from uetbuild.engine.recipe import Kitchen
    from uetbuild.engine.states import States
    from uetbuild.engine.waiting import Waiting


class Cells:
    """The cells of one build. `of`: by their nodes; `touched`: those in which something ended since `ripe` looked."""

    __slots__ = (
        "of", "touched", "_gates", "_graph", "_journal", "_kitchen", "_logs", "_order", "_said", "_states", "_tried", "_waiting",
    )  # fmt: skip

    def __init__(
        self, graph: Graph, states: States, order: Order, gates: Gates, journal: Journal, waiting: Waiting, kitchen: Kitchen
    ) -> None:  # fmt: skip
        self.of: dict[int, Cell] = {}
        self.touched: dict[Cell, None] = {}
        self._graph = graph
        self._states = states
        self._order = order
        self._gates = gates
        self._journal = journal
        self._waiting = waiting
        self._kitchen = kitchen
        self._said: dict[int, dict[str, Any]] = {}  # of gates that failed: what `node_finished` says
        self._tried: dict[int, int] = {}  # the number of the attempt for which a workstream was sent back last
        self._logs: dict[int, int] = {}  # how much of a gate's log was told
        if not graph.gated:
            return
        inside = frozenset(order.members)
        sent_back = [i for i in order.members if is_sent_back(graph.nodes[i])]
        pairs = [(gate, i) for i in sent_back for gate in self._guarding(i) if gate in inside]
        for nodes in together({i: [j for j in order.behind[i] if j in inside] for i in order.members}, pairs):
            cell = Cell(nodes)
            self.of.update(dict.fromkeys(nodes, cell))

    # --- verdicts ---------------------------------------------------------------------------------------------------------------

    def holds(self, i: int, words: dict[str, Any]) -> bool:
        """Whether the failure of a gate is not its last word yet, since what it guards may be tried again. `words`: what `node_finished`
        says of it, here or from `concede`.
        """
        cell = self.of.get(i)
        if cell is None:
            return False
        self._said[i] = words
        guard = self._graph.nodes[i].guard
        if not cell.open or guard is None or not guard.blocking or guard.at != "workstream":
            return False
        if not any(is_sent_back(self._graph.nodes[self._graph.index[name]]) for name in guard.guards):
            return False
        cell.held[i] = words
        return True

    def ended(self, i: int) -> None:
        """A node is final, or its verdict held back."""
        cell = self.of.get(i)
        if cell is not None and cell.open:
            self.touched[cell] = None

    def ripe(self) -> Iterator[Cell]:
        """The cells in which nothing is to come before something is decided: verdicts are `held`, or all is final (then `open` no more)."""
        while self.touched:
            cell = next(iter(self.touched))
            del self.touched[cell]
            final = {i for i in cell.nodes if self._states.of[i] in FINAL}
            if cell.held:
                if not waits(cell.nodes, self._order.behind, cell.held, final):
                    yield cell
            elif all(i in final for i in cell.nodes if self._is_needed(i)):
                cell.open = False
                yield cell

    def concede(self, cell: Cell) -> Iterator[int]:
        """The gates that have failed for good, since nobody whom they guard can be tried again; it is said."""
        again = self._again(cell)
        yield from self._give_up(cell, [gate for gate in sorted(cell.held) if again.isdisjoint(self._guarded(gate))])

    # --- another round ----------------------------------------------------------------------------------------------------------

    def begin_again(self, cell: Cell) -> tuple[list[int], list[int]]:
        """Send back whom the held verdicts allow, with stamps, files and words. Returns (those that start again, all else in the cell that
        has to wait for them once more).
        """
        behind = self._order.behind
        starting = sorted(self._again(cell))
        after = undone(cell.nodes, behind, [j for i in starting for j in behind[i]])
        for gate in sorted(cell.held):
            self._gates.tell(gate, "failed", again=True)
        verdicts = self._verdicts(cell)
        for i in starting:
            self._send_back(i, verdicts, wait=i not in after)
        cell.held.clear()
        later = sorted([i for i in after.difference(starting) if self._states.of[i] not in (State.FAILED, State.BLOCKED, State.CANCELLED)])
        for i in later:
            self._said.pop(i, None)
        return starting, later

    def abandon(self) -> Iterator[int]:
        """The build ends while verdicts are held back: these gates have failed, and the next build goes on where this one stopped."""
        for cell in dict.fromkeys(self.of.values()):
            starting = sorted(self._again(cell)) if cell.held else []
            verdicts = self._verdicts(cell) if starting else {}
            for i in starting:
                self._send_back(i, verdicts, stopping=True)
            yield from self._give_up(cell, sorted(cell.held))

    def _give_up(self, cell: Cell, gates: list[int]) -> Iterator[int]:
        for gate in gates:
            self._journal.emit("node_finished", self._graph.nodes[gate].id, **cell.held.pop(gate))
            yield gate

    def _again(self, cell: Cell) -> set[int]:
        """Who is tried again now: its recipe did its work, each of its gates may still say yes, and it has attempts left."""
        found = set()
        of = self._states.of
        for i in {i for gate in cell.held for i in self._guarded(gate)}:
            node = self._graph.nodes[i]
            if of[i] not in (State.SUCCEEDED, State.UP_TO_DATE) or node.retry is None or not is_sent_back(node):
                continue
            number = self._waiting.number(i, node)
            hopeful = all(of[gate] in GOOD or of[gate] == State.WAITS or gate in cell.held for gate in self._graph.held(i))
            if hopeful and number < node.retry.attempts and self._tried.get(i) != number:  # it ran since it was sent back last
                found.add(i)
        return found

    def _send_back(self, i: int, verdicts: Mapping[int, Verdict], wait: bool = True, stopping: bool = False) -> None:
        from uetbuild.core.feedback import feedback, how  # only where a gate failed

        node = self._graph.nodes[i]
        assert node.retry is not None
        number = self._tried[i] = self._waiting.number(i, node)
        self._gates.reject(i)
        said = [verdicts[gate] for gate in self._guarding(i) if gate in verdicts]
        self._kitchen.keep_feedback(node, feedback(number, node.retry.attempts, said))
        words = ", ".join([f"gate `{one.gate}` failed: {how(one.outcome, one.code, one.reason)}" for one in said if one.blocking])
        self._waiting.reject(i, node, number, words, wait, stopping)

    def _verdicts(self, cell: Cell) -> dict[int, Verdict]:
        """What the gates of a cell said that failed in this round, the advisory ones too."""
        from uetbuild.core.feedback import BYTES, Verdict  # only where a gate failed

        found: dict[int, Verdict] = {}
        for gate in cell.nodes:
            node = self._graph.nodes[gate]
            if node.guard is None:
                continue
            output, self._logs[gate] = self._kitchen.feedback.tail(self._journal.run, node.id, self._logs.get(gate, 0), BYTES + 1)
            words = cell.held.get(gate) or (self._said.get(gate) if self._states.of[gate] == State.WARNED else None)
            if words is not None:
                found[gate] = Verdict(
                    gate=node.id, type=node.guard.type, blocking=node.guard.blocking, message=node.guard.message,
                    outcome=words["outcome"], code=words["code"], reason=words["message"], command=words["command"], output=output,
                )  # fmt: skip
        return found

    # --- who guards whom --------------------------------------------------------------------------------------------------------

    def _guarding(self, i: int) -> list[int]:
        """The gates of a workstream that stand at it."""
        gates = [self._graph.index[name] for name in self._graph.nodes[i].gates]
        return [gate for gate in gates if (guard := self._graph.nodes[gate].guard) and guard.at == "workstream"]

    def _guarded(self, gate: int) -> list[int]:
        guard = self._graph.nodes[gate].guard
        return [] if guard is None else [self._graph.index[name] for name in guard.guards]

    def _is_needed(self, i: int) -> bool:
        """Whether what follows a cell waits for this node of it."""
        guard = self._graph.nodes[i].guard
        return guard is None or guard.blocking


def is_sent_back(node: Node) -> bool:
    """Whether a gate that says no may start the node again."""
    return node.retry is not None and Cause.GATE in node.retry.on and node.retry.attempts > 1
