"""Order, cycles and ancestry of directed graphs over 0 … n-1, given as `before[i]` = what comes before `i`.

Every function is iterative and linear in nodes plus edges. Knows nothing of nodes, files and manifests.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Edges = Sequence[Sequence[int]]


def reverse(before: Edges) -> list[tuple[int, ...]]:
    """For each node those that have it in their `before`, in ascending order."""
    found: list[list[int]] = [[] for _ in before]
    for node, earlier in enumerate(before):
        for other in earlier:
            found[other].append(node)
    return [tuple(later) for later in found]


def topological(before: Edges, after: Edges | None = None) -> list[int]:
    """Every node after all of its `before` (Kahn); nodes on a cycle and behind one are left out. `after`: `reverse(before)`, if at hand."""
    later = reverse(before) if after is None else after
    missing = [len(earlier) for earlier in before]
    order = [node for node, count in enumerate(missing) if not count]
    for node in order:
        for other in later[node]:
            missing[other] -= 1
            if not missing[other]:
                order.append(other)
    return order


def find_cycle(before: Edges) -> list[int] | None:
    """A cycle as [a, b, …], or None: each has the next in its `before`, and the last the first; the smallest stands first."""
    left = set(range(len(before))).difference(topological(before))
    if not left:
        return None
    node = min(left)
    walked: set[int] = set()
    while node not in walked:  # each node left has one left before it, so the walk ends in a cycle
        walked.add(node)
        node = next(other for other in before[node] if other in left)
    cycle = _way_round(before, left, node)
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]


def _way_round(before: Edges, left: set[int], start: int) -> list[int]:
    """The shortest cycle through `start`, which is known to lie on one: people are to read it."""
    came: dict[int, int] = {}
    front = [start]
    for node in front:
        for other in before[node]:
            if other == start:
                path = [node]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return path[::-1]
            if other in left and other not in came:
                came[other] = node
                front.append(other)
    raise AssertionError(f"{start} is on no cycle")


class Ancestry:
    """Answers "does `a` come before `b`", through any number of edges, for those `a` that were named when it was made.

    One integer a node serves as a set of bits, one bit a named node: 20,000 nodes with all of them named take at most 50 MB.
    """

    __slots__ = ("_bits", "_sets")

    def __init__(self, before: Edges, order: Iterable[int], named: Iterable[int]) -> None:
        """`order`: from `topological(before)`; nodes that are not in it come after nothing."""
        bits = {node: 1 << place for place, node in enumerate(named)}
        sets = [0] * len(before)
        if bits:
            for node in order:
                found = 0
                for other in before[node]:
                    found |= sets[other] | bits.get(other, 0)
                sets[node] = found
        self._bits = bits
        self._sets = sets

    def before(self, a: int, b: int) -> bool:
        """Whether `a` (a named node) comes before `b`."""
        return bool(self._sets[b] & self._bits[a])
