"""How a build is expected to go in time: longest remaining paths, the order of preference, a simulated run, waves.

Costs are seconds by node number, 0.0 for groups and for what is not part of the build. Knows nothing of verdicts and of where
estimates come from.
"""

from __future__ import annotations

from _heapq import heappop, heappush
from _operator import neg
from itertools import filterfalse, repeat

from uetbuild.core.nodes import Node
from uetbuild.core.ready import ReadyList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from uetbuild.core.graph import Graph
    from uetbuild.core.ready import Admission

    Rank = tuple[float, int, str]

UNKNOWN = 1.0  # seconds of a node that never ran (interface section 4)


def costs(graph: Graph, members: Iterable[int], seconds: Mapping[str, float]) -> list[float]:
    """Seconds of each of `members` by history (`seconds`, by node id), by number."""
    counted = list(filterfalse((graph.groups | graph.approvals).__contains__, members))  # a person's time is not forecast
    cost = [0.0] * len(graph.nodes)
    _put(cost, counted, map(seconds.get, map(graph.ids.__getitem__, counted), repeat(UNKNOWN)))
    return cost


def remaining(graph: Graph, members: Collection[int], cost: Sequence[float]) -> list[float]:
    """Seconds of the longest path from the start of each member to the end of the build, by number; 0.0 for the others."""
    left = [0.0] * len(graph.nodes)
    _put(left, members, map(cost.__getitem__, members))
    behind, inside = graph.behind, frozenset(members)
    for number in filter(inside.__contains__, filter(behind.__getitem__, reversed(graph.order))):
        left[number] += max(map(left.__getitem__, behind[number]))
    return left


def _put(values: list[float], places: Iterable[int], new: Iterable[float]) -> None:
    """Set the values at these places, one by one but not in Python: `__setitem__` gives None, so `any` goes on to the end."""
    any(map(values.__setitem__, places, new))


def ranks(graph: Graph, left: Sequence[float]) -> list[Rank]:
    """Sort keys of who starts first, by number: longest remaining path (`left`), then higher `priority`, then id."""
    return list(zip(map(neg, left), map(neg, graph.priority), graph.ids, strict=True))


def critical_path(graph: Graph, members: Collection[int], left: Sequence[float], shown: Collection[int]) -> list[int]:
    """A longest path through the members, in order, as far as it leads through `shown`; equals are decided by `ranks`.

    `left`: from `remaining`. Empty when nothing is shown.
    """
    rank = ranks(graph, left)
    inside = frozenset(members)
    path: list[int] = []
    ways = [number for number in inside if inside.isdisjoint(graph.before[number])] if shown else []
    while ways:
        number = min(ways, key=rank.__getitem__)
        if number in shown:
            path.append(number)
        ways = [other for other in graph.behind[number] if other in inside]
    return path


def simulate(
    graph: Graph, members: Collection[int], busy: Collection[int], cost: Sequence[float], rank: Sequence[Rank], admission: Admission
) -> float:
    """Seconds that the members take when those in `busy` run one after another as admitted and the rest passes at once."""
    inside = frozenset(members)
    missing = {number: len(inside.intersection(graph.before[number])) for number in inside}
    ready = ReadyList(rank, admission)
    running: list[tuple[float, int]] = []
    free = [number for number in inside if not missing[number]]
    now = 0.0
    while True:
        while free:
            number = free.pop()
            if number in busy:
                ready.push(number)
            else:
                free += _freed(graph, number, missing)
        while (taken := ready.take()) is not None:
            heappush(running, (now + cost[taken], taken))
        if not running:
            return now
        now = running[0][0]
        while running and running[0][0] == now:
            number = heappop(running)[1]
            ready.release(number)
            free += _freed(graph, number, missing)


def _freed(graph: Graph, number: int, missing: dict[int, int]) -> list[int]:
    """Those of the nodes in `missing` that waited for nothing else than for `number`, which is done."""
    found = []
    for other in graph.behind[number]:
        if other in missing:
            missing[other] -= 1
            if not missing[other]:
                found.append(other)
    return found


def waves(graph: Graph, members: Iterable[int], rank: Sequence[Rank], admission: Admission) -> list[list[int]]:
    """The members level by level, each level split into what may run at once; sorted by id within a wave, without groups and gates.

    `admission` must be empty and is so again afterwards.
    """
    levels: dict[int, list[int]] = {}
    for number in members:
        if graph.nodes[number].kind not in (Node.GROUP, Node.GATE):
            levels.setdefault(graph.level[number], []).append(number)
    found: list[list[int]] = []
    for level in sorted(levels):
        ready = ReadyList(rank, admission)
        for number in levels[level]:
            ready.push(number)
        while ready:
            wave: list[int] = []
            while (taken := ready.take()) is not None:
                wave.append(taken)
            for number in wave:
                ready.release(number)
            found.append(sorted(wave, key=lambda number: graph.nodes[number].id))
    return found
