"""Where the nodes of a graph stand in a drawing, in layers from left to right (after Sugiyama), and which way its lines take.

Pure and deterministic. About 10,000 lines through columns are laid out in a second; beyond `columns.MAX_STAND_INS` lines go their way
without being led around what lies between. Knows nothing of letters, colours and pixels.
"""

from __future__ import annotations

from uetbuild.core.columns import Columns
from uetbuild.core.crossings import uncross
from uetbuild.core.placement import heights
from uetbuild.core.topology import reverse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from uetbuild.core.topology import Edges

TALLEST = 28  # rows of a column before its layer goes on in another one; more in a large graph


class Layout:
    """`column[v]` and `middle[v]`, in rows, of each vertex: nodes, then places where lines pass a column; `layers[c]`: what was told
    as the layer of column `c`; `rows`: the whole height; `simple`: too large for lines that are led around nodes; `alone`: the nodes
    without any line, whose column is -1.
    """

    __slots__ = ("_columns", "alone", "column", "layers", "middle", "rows", "simple")

    def __init__(self, before: Edges, layer: Sequence[tuple[int, ...]], heavy: AbstractSet[tuple[int, int]] = frozenset()) -> None:
        """`layer[i]`: greater than those of all its `before`; `heavy`: (earlier, later) pairs of `before` that are to be straight."""
        after = reverse(before)
        places = _columns(_walk(before, after), layer, len(before))
        self._columns = columns = Columns(before, places, heavy)
        uncross(columns)
        self.middle = heights(columns)
        self.layers = [layer[nodes[0]] for nodes in places]
        self.rows = max([self.middle[row[-1]] for row in columns.rows], default=-0.5) + 0.5
        self.simple = columns.direct
        self.alone = [node for node, earlier in enumerate(before) if not earlier and not after[node]]
        self.column = columns.column
        for node in self.alone:
            self.column[node] = -1

    def route(self, earlier: int, later: int) -> list[int]:
        """The vertices of the line between two nodes, from left to right; lines share those that they have in common."""
        return self._columns.route(earlier, later)


def _walk(before: Edges, after: Edges) -> list[int]:
    """All nodes that are joined to others, neighbours near each other, each part of the graph by itself, the largest part first."""
    parts: list[list[int]] = []
    seen = [False] * len(before)
    for start in range(len(before)):
        if seen[start] or not (before[start] or after[start]):
            continue
        seen[start] = True
        part, rest = [], [start]
        while rest:
            node = rest.pop()
            part.append(node)
            for other in (*reversed(before[node]), *reversed(after[node])):
                if not seen[other]:
                    seen[other] = True
                    rest.append(other)
        parts.append(part)
    parts.sort(key=len, reverse=True)
    return [node for part in parts for node in part]


def _columns(walk: Sequence[int], layer: Sequence[tuple[int, ...]], count: int) -> list[list[int]]:
    """The nodes of each column: a layer each, or several where it is too tall."""
    layers: dict[tuple[int, ...], list[int]] = {}
    for node in walk:
        layers.setdefault(layer[node], []).append(node)
    tallest = max(TALLEST, round(2 * count**0.5))
    found = []
    for _, nodes in sorted(layers.items()):
        pieces = -(-len(nodes) // tallest)
        size = -(-len(nodes) // pieces)
        found += [nodes[start : start + size] for start in range(0, len(nodes), size)]
    return found
