"""Waves while building: the barrier of `--strict-waves`, and the events of levels that begin and end."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.graph import Graph
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.request import Request


class Waves:
    """Levels of the whole manifest, seen from the members of one build."""

    __slots__ = ("_held", "_journal", "_left", "_level", "_members", "_open", "_strict")

    def __init__(self, graph: Graph, request: Request, journal: Journal) -> None:
        self._level = graph.level
        self._journal = journal
        self._strict = request.strict_waves
        self._members = frozenset(graph.workstreams(request.members))
        self._left: dict[int, int] = {}
        for level in map(self._level.__getitem__, self._members):
            self._left[level] = self._left.get(level, 0) + 1
        self._held: dict[int, list[int]] = {}
        self._open: set[int] = set()

    def holds(self, i: int) -> bool:
        """Whether a stale node has to wait for an earlier wave; it is given back by `ended`."""
        if not self._strict or not self._left or self._level[i] <= min(self._left):
            return False
        self._held.setdefault(self._level[i], []).append(i)
        return True

    def started(self, i: int) -> None:
        """A node of this wave is about to run."""
        level = self._level[i]
        if i in self._members and level not in self._open:
            self._open.add(level)
            self._journal.emit("wave_started", wave=level)

    def again(self, i: int) -> None:
        """A node that was final is not."""
        if i in self._members:
            self._left[self._level[i]] = self._left.get(self._level[i], 0) + 1

    def ended(self, i: int) -> list[int]:
        """A node is final; returns what was held and may start now."""
        if i not in self._members:
            return []
        level = self._level[i]
        self._left[level] -= 1
        if self._left[level]:
            return []
        del self._left[level]
        if level in self._open:
            self._journal.emit("wave_finished", wave=level)
        if not self._held or not self._left:
            return []
        return self._held.pop(min(self._left), [])
