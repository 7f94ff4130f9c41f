"""What waits for what while building: the count of each node's predecessors that are not final, and what an end frees or blocks.

A node outside a cell (engine/cells.py) waits for the whole cell instead of its members. Knows nothing of jobs and stamps.
"""

from __future__ import annotations

from uetbuild.engine.states import FINAL, GOOD, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.core.graph import Graph
    from uetbuild.engine.recorded import RecordedOrder
    from uetbuild.engine.states import States


class Cell:
    """Nodes that are tried again together. `open`: a gate may still send them back, so nothing that follows starts; `held`: gates that
    failed, of which is not decided yet what becomes of it, with what `node_finished` would say.
    """

    __slots__ = ("held", "nodes", "open")

    def __init__(self, nodes: frozenset[int]) -> None:
        self.nodes = nodes
        self.open = True
        self.held: dict[int, dict[str, object]] = {}


class Order:
    """The order of one build. `behind[i]`: the members that come after `i`, by manifest or record."""

    __slots__ = ("behind", "_before", "_cells", "_deps", "_missing", "_states")

    def __init__(self, graph: Graph, recorded: RecordedOrder, states: States, members: Sequence[int]) -> None:
        self._deps = graph.deps
        self._states = states
        self._cells: Mapping[int, Cell] = {}
        self._missing: dict[int, int] = {}
        inside = frozenset(members)
        self._before = {i: {j for j in (*graph.before[i], *recorded.before.get(i, ())) if j in inside} for i in members}
        self.behind: dict[int, list[int]] = {i: [] for i in members}
        for i, before in self._before.items():
            for j in before:
                self.behind[j].append(i)

    def begin(self, cells: Mapping[int, Cell]) -> list[int]:
        """Count; returns the nodes that wait for nothing. `cells`: by the nodes in them."""
        self._cells = cells
        return self.recount(self._before)

    def recount(self, nodes: Iterable[int]) -> list[int]:
        """Count what these wait for now; returns those that wait for nothing."""
        cells, states = self._cells, self._states.of
        for i in nodes:
            if not cells:
                self._missing[i] = len([j for j in self._before[i] if states[j] not in FINAL])
                continue
            mine = cells.get(i)
            single = [j for j in self._before[i] if cells.get(j) in (None, mine)]
            whole = {cells[j] for j in self._before[i] if cells.get(j) not in (None, mine)}
            self._missing[i] = len([j for j in single if states[j] not in FINAL]) + len([cell for cell in whole if cell.open])
        return [i for i in nodes if not self._missing[i]]

    def ended(self, i: int) -> tuple[list[int], list[tuple[int, int]]]:
        """A node is final. Returns those that wait for nothing from now on, and (node, the one that blocks it) of those that will not run,
        whose state is set: `WAITS` behind what waits for a person, else `BLOCKED`.
        """
        freed: list[int] = []
        blocked: list[tuple[int, int]] = []
        states, cells = self._states, self._cells
        todo = [i]
        while todo:
            j = todo.pop()
            good, cell = states.of[j] in GOOD, cells.get(j)
            for k in self.behind[j]:
                if states.of[k] != State.WAITING:
                    continue
                if not good and j in self._deps[k]:
                    states.set(k, State.WAITS if states.of[j] == State.WAITS else State.BLOCKED)
                    blocked.append((k, j))
                    todo.append(k)
                elif cell is None or cells.get(k) is cell:
                    self._missing[k] -= 1
                    if not self._missing[k]:
                        freed.append(k)
        return freed, blocked

    def closed(self, cell: Cell) -> list[int]:
        """A cell is decided; returns what waits for nothing from now on."""
        freed: list[int] = []
        for k in sorted({k for j in cell.nodes for k in self.behind[j] if k not in cell.nodes}):
            self._missing[k] -= 1
            if not self._missing[k] and self._states.of[k] == State.WAITING:
                freed.append(k)
        return freed
