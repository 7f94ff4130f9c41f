"""The columns of a layered drawing: every node in one, and a stand-in for a line in each column that the line passes.

Lines from one node to places further away than the next column share their stand-ins, so that they leave together and part where they
must; all lines to a node with many of them share those of that node, like tributaries. So each hop, drawn once, says all that it stands
for. Knows nothing of what the nodes are, nor of their sizes.
"""

from __future__ import annotations

from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from uetbuild.core.topology import Edges

MAX_STAND_INS = 25_000  # with more of them lines are drawn as they come: time is bounded
MANY = 6  # lines into a node, from which on they join before they arrive
HEAVY = 4  # a line that matters counts as so many: it is kept straight and crossed less


class Columns:
    """Vertices are the nodes 0 … n-1 (`nodes` = n), then the stand-ins. `rows[c]`: the vertices of column `c`, downwards; `column[v]`;
    `left[v]`, `right[v]`: what it is joined to in the columns beside it (or further away where `direct`), a heavy line several times.
    """

    __slots__ = ("_arriving", "_leaving", "column", "direct", "left", "nodes", "right", "rows")

    def __init__(self, before: Edges, places: Sequence[Sequence[int]], heavy: AbstractSet[tuple[int, int]]) -> None:
        """`places`: the nodes of each column, each after all of its `before`; `heavy`: (earlier, later) pairs that matter."""
        self.nodes = len(before)
        self.rows = [list(nodes) for nodes in places]
        self.column = [0] * self.nodes
        for place, nodes in enumerate(places):
            for node in nodes:
                self.column[node] = place
        first, last = self._spans(before)
        needed = sum(
            [max(0, self.column[node] - first[node] - 1) + max(0, last[node] - self.column[node] - 1) for node in range(self.nodes)]
        )
        self.direct = needed > MAX_STAND_INS
        self._leaving: dict[int, dict[int, int]] = {}  # node -> column -> stand-in, for lines that start there
        self._arriving: dict[int, dict[int, int]] = {}  # the same for those that end there
        if not self.direct:
            for node in range(self.nodes):
                self._leaving[node] = self._stand_ins(self.column[node] + 1, last[node])
                self._arriving[node] = self._stand_ins(first[node] + 1, self.column[node])
        self.left: list[list[int]] = [[] for _ in self.column]
        self.right: list[list[int]] = [[] for _ in self.column]
        self._join(before, heavy)

    def route(self, earlier: int, later: int) -> list[int]:
        """The vertices of a line from left to right, its ends included."""
        if self.direct:
            return [earlier, later]
        place = self.column[earlier] + 1
        shared = self._arriving[later] if place in self._arriving[later] else self._leaving[earlier]
        return [earlier, *[shared[column] for column in range(place, self.column[later])], later]

    def _spans(self, before: Edges) -> tuple[list[int], list[int]]:
        """For each node the columns from which and to which the stand-ins of its own lines reach."""
        first, last = list(self.column), list(self.column)
        for node, earlier in enumerate(before):
            if len(earlier) >= MANY:
                first[node] = min([self.column[other] for other in earlier])
                continue
            for other in earlier:
                last[other] = max(last[other], self.column[node])
        return first, last

    def _stand_ins(self, start: int, end: int) -> dict[int, int]:
        """A new one in each of these columns."""
        found = {}
        for place in range(start, end):
            found[place] = len(self.column)
            self.rows[place].append(len(self.column))
            self.column.append(place)
        return found

    def _join(self, before: Edges, heavy: AbstractSet[tuple[int, int]]) -> None:
        joined: set[tuple[int, int]] = set()
        for later, many in enumerate(before):
            for earlier in many:
                for hop in pairwise(self.route(earlier, later)):
                    weight = (hop not in joined) + (HEAVY - 1 if (earlier, later) in heavy else 0)
                    joined.add(hop)
                    self.right[hop[0]] += [hop[1]] * weight
                    self.left[hop[1]] += [hop[0]] * weight
