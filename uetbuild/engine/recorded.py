"""Order that only the record knows: editors of one file go in the order in which they last ran (interface, Edits).

So one that changed runs before those whose work it undoes, and the next build does nothing. It is an order of this build only; the
plan's levels do not know it.
"""

from __future__ import annotations

from _heapq import heapify, heappop, heappush
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uetbuild.core.graph import Graph
    from uetbuild.core.stamps import Chain, Stamp


class RecordedOrder:
    """`before[i]`: indices that come before `i` where both are editors of a file; `behind`: the same seen from the other end.

    Recorded orders can contradict each other (on different files) or the manifest; what is kept agrees with one order that respects
    the manifest, so no cycle can arise. `by_level`: one that respects waves as well.
    """

    __slots__ = ("before", "behind")

    def __init__(self, graph: Graph, chains: Mapping[str, Chain], stamps: Mapping[str, Stamp], by_level: bool) -> None:
        self.before: dict[int, list[int]] = {}
        self.behind: dict[int, list[int]] = {}
        pairs = _pairs(graph, chains, stamps)
        if not pairs:
            return
        place = _order(graph, pairs)
        for first, second in sorted(pairs):
            if place[first] < place[second] and not (by_level and graph.level[first] > graph.level[second]):
                self.before.setdefault(second, []).append(first)
                self.behind.setdefault(first, []).append(second)


def _pairs(graph: Graph, chains: Mapping[str, Chain], stamps: Mapping[str, Stamp]) -> dict[tuple[int, int], bool]:
    """(earlier, later) of neighbours in the chains -> True, and of the last in a chain and those that left it -> False."""
    found: dict[tuple[int, int], bool] = {}
    if not chains:
        return found  # and no stamp is looked at
    index = graph.index
    last: dict[str, int] = {}
    inside: dict[str, set[str]] = {}
    for path, chain in chains.items():
        names = [link.node for link in chain if link.node in index]
        for one, two in pairwise(names):
            found[index[one], index[two]] = True
        if names:
            last[path] = index[names[-1]]
            inside[path] = set(names)
    for stamp in stamps.values():
        if stamp.edits and stamp.node in index:
            for path in stamp.edits:
                if path in last and stamp.node not in inside[path]:
                    found.setdefault((last[path], index[stamp.node]), False)
    return found


def _order(graph: Graph, pairs: Mapping[tuple[int, int], bool]) -> list[int]:
    """Place of each node in a topological order of the graph that follows as many of the pairs as it can, those in chains first."""
    later: dict[int, list[tuple[int, int]]] = {}
    missing = [[len(before), 0, 0] for before in graph.before]  # of the manifest, of chains, of those that left them
    for (first, second), is_chain in pairs.items():
        weight = 1 if is_chain else 2
        later.setdefault(first, []).append((second, weight))
        missing[second][weight] += 1
    ready = [i for i, counts in enumerate(missing) if not any(counts)]
    heapify(ready)
    waiting = {second for _, second in pairs}
    place = [-1] * len(missing)
    count = 0
    while ready or waiting:
        if ready:
            i = heappop(ready)
        else:
            # they contradict each other: go on with the one that breaks the least
            i = min(waiting, key=lambda j: (*missing[j], j))
        waiting.discard(i)
        place[i] = count
        count += 1
        for j, weight in [*((j, 0) for j in graph.behind[i]), *later.get(i, ())]:
            missing[j][weight] -= 1
            if not any(missing[j]) and place[j] < 0:
                heappush(ready, j)
    return place
