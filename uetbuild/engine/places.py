"""Numbered places in pools, so that a recipe knows which of the GPUs (ports, licences) of a pool is its own."""

from __future__ import annotations

from heapq import heapify, heappop, heappush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.nodes import Node


class Places:
    """Free places of each pool, numbered from 0; the lowest is given first. Whether there is room is decided elsewhere (core/ready.py)."""

    __slots__ = ("_free", "_held")

    def __init__(self, pools: Iterable[tuple[str, int]]) -> None:
        self._free = {name: list(range(size)) for name, size in pools}
        for free in self._free.values():
            heapify(free)
        self._held: dict[str, list[tuple[str, list[int]]]] = {}

    def take(self, node: Node) -> list[tuple[str, str]]:
        """(pool, its numbers separated by blanks) for what the node holds from now on."""
        if not node.resources:
            return []
        held = []
        for pool, amount in node.resources:
            free = self._free.get(pool, [])
            held.append((pool, [heappop(free) for _ in range(min(amount, len(free)))]))
        self._held[node.id] = held
        return [(pool, " ".join(map(str, numbers))) for pool, numbers in held]

    def give_back(self, node: Node) -> None:
        """The node has ended."""
        for pool, numbers in self._held.pop(node.id, ()):
            for number in numbers:
                heappush(self._free[pool], number)
