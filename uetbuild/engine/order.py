"""What waits for what while building: the count of each node's predecessors that are not final, and what an end frees or blocks.

A node outside a cell (engine/cells.py) waits for the whole cell instead of its members. Knows nothing of jobs and stamps.
"""

from __future__ import annotations

from itertools import filterfalse

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
    """The order of one build. `behind[i]`: what comes after `i`, by manifest or record, also of what is no member: that is CANCELLED from
    the beginning, so nobody waits for it, and nothing frees it.
    """

    __slots__ = ("behind", "members", "_before", "_cells", "_deps", "_missing", "_states")

    def __init__(self, graph: Graph, recorded: RecordedOrder, states: States, members: Sequence[int]) -> None:
        self._deps = graph.deps
        self._states = states
        self._cells: Mapping[int, Cell] = {}
        self._missing: dict[int, int] = {}
        self.members = members
        self._before = _together(graph.before, recorded.before)
        self.behind = _together(graph.behind, recorded.behind)

    def begin(self, cells: Mapping[int, Cell]) -> list[int]:
        """Count; returns the nodes that wait for nothing. `cells`: by the nodes in them."""
        self._cells = cells
        return self.recount(self.members)

    def recount(self, nodes: Sequence[int]) -> list[int]:
        """Count what these wait for now; returns those that wait for nothing."""
        missing, before, cells, states = self._missing, self._before, self._cells, self._states.of
        missing.update(dict.fromkeys(nodes, 0))
        for i in filter(before.__getitem__, nodes):
            single: Iterable[int] = before[i]
            if cells:
                mine = cells.get(i)
                whole = {cell for j in before[i] if (cell := cells.get(j)) not in (None, mine)}
                single = [j for j in before[i] if cells.get(j) not in whole]
                missing[i] = len([cell for cell in whole if cell.open])
            missing[i] += len([j for j in single if states[j] not in FINAL])
        return list(filterfalse(missing.__getitem__, nodes))

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
        for k in sorted({k for j in cell.nodes for k in self.behind[j] if k not in cell.nodes and k in self._missing}):
            self._missing[k] -= 1
            if not self._missing[k] and self._states.of[k] == State.WAITING:
                freed.append(k)
        return freed


def _together(edges: Sequence[Sequence[int]], more: Mapping[int, Sequence[int]]) -> Sequence[Sequence[int]]:
    return [sorted({*those, *more.get(i, ())}) for i, those in enumerate(edges)] if more else edges
