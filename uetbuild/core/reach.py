"""What comes after what, transitively: asked rarely, so it is searched for instead of kept."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.graph import Graph


class Reach:
    """Transitive order in a graph (dependencies and `after`)."""

    __slots__ = ("_graph", "_later", "_members")

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._later: dict[int, frozenset[int]] = {}
        self._members: dict[str, list[int]] = {}

    def later(self, i: int) -> frozenset[int]:
        """All nodes ordered after `i`."""
        found = self._later.get(i)
        if found is None:
            reached = {i}
            todo = [i]
            while todo:
                for j in self._graph.behind[todo.pop()]:
                    if j not in reached:
                        reached.add(j)
                        todo.append(j)
            reached.discard(i)
            found = self._later[i] = frozenset(reached)
        return found

    def precedes(self, first: int, second: int) -> bool:
        """Whether `first` is ordered before `second`; searches upwards, no further than the level of `first`."""
        level = self._graph.level
        floor = level[first]
        seen = {second}
        todo = [second]
        while todo:
            for j in self._graph.before[todo.pop()]:
                if j == first:
                    return True
                if j not in seen and level[j] >= floor:
                    seen.add(j)
                    todo.append(j)
        return False

    def members(self, workstream: str) -> list[int]:
        """The nodes of a workstream, in the order of the manifest."""
        if not self._members:
            for i, node in enumerate(self._graph.nodes):
                self._members.setdefault(node.workstream, []).append(i)
        return self._members.get(workstream, [])
