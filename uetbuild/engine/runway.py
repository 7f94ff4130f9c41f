"""The runway: jobs that are prepared while all places are taken, so that a worker that is done need not wait for us.

It pays where commands take milliseconds; others are prepared when their place is free. Only for nodes whose preparation changes nothing
that would be missed if the build stopped and they never ran. Knows nothing of how nodes are started and ended.
"""

from __future__ import annotations

from math import ceil

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node
    from uetbuild.engine.request import Request

SEEN = 8  # recipes that must have ended before their mean says anything
SHORT = 0.05  # seconds; where recipes take longer, our few milliseconds between them are not felt
LEAD = 0.03  # seconds of work for each worker that lie ready
MOST = 16  # jobs for each worker
PAUSE = 0.01  # seconds, at most, in which endings are gathered, so that one transaction holds several of them
JUDGED = (8, 64)  # nodes judged in a turn while all places are taken: so few that an ending is noticed soon; where jobs lie ready, more
NEWEST = 0.1  # weight of the newest duration in the mean


class Runway:
    """What waits for a place though it is prepared: `waiting`, by index of the node."""

    __slots__ = ("waiting", "_before", "_ended", "_graph", "_is_free", "_jobs", "_length", "_mean", "_request")

    def __init__(self, graph: Graph, request: Request, is_free: Callable[[int], bool]) -> None:
        """`is_free(i)`: whether nothing stands where the outputs of a node will be."""
        self.waiting: set[int] = set()
        self._graph = graph
        self._request = request
        self._is_free = is_free
        self._jobs = request.jobs
        self._before = 0  # how many waited when a turn had ended
        self._ended = 0
        self._mean = 0.0
        self._length = -1  # to be found

    def ended(self, seconds: float) -> None:
        """A recipe took so long."""
        self._ended += 1
        self._mean += (seconds - self._mean) * max(NEWEST, 1 / self._ended)
        self._length = -1

    @property
    def length(self) -> int:
        """How many jobs may wait. They come to be so many turn by turn: to prepare all of them takes as long as some short recipes."""
        if self._length < 0:
            is_short = self._ended >= SEEN and self._mean <= SHORT
            wanted = self._jobs * min(MOST, ceil(LEAD / max(self._mean, 0.001)))
            self._length = min(wanted, 2 * (self._before + self._jobs)) if is_short else 0
        return self._length

    def launched(self) -> None:
        """A turn has ended."""
        self._before = len(self.waiting)
        self._length = -1

    @property
    def judged(self) -> int:
        """How many nodes may be judged before somebody who ended is heard."""
        return JUDGED[bool(self.length)]

    @property
    def pause(self) -> float:
        """Seconds in which nobody runs out of work, so that what ends meanwhile can be dealt with at once."""
        spare = len(self.waiting) - self._jobs
        return min(PAUSE, spare * self._mean / self._jobs / 2) if spare > 0 else 0.0

    def takes(self, i: int) -> bool:
        """Whether a stale node may be prepared before its place is free: its recipe is nothing but commands, nobody need be asked, nothing
        is counted or shared, and nothing stands where its outputs will be.
        """
        node = self._graph.nodes[i]
        if self._request.strict_waves or i in self._request.follow or i in self._request.arguments or self._request.focus is not None:
            return False
        return _is_plain(node) and self._is_free(i)


def _is_plain(node: Node) -> bool:
    special = (
        node.edits, node.agent, node.guard, node.gates, node.resources, node.mutex, node.exclusive, node.interactive, node.retry,
        node.budget, node.confirm, node.skip_if, node.keep, node.forbid, node.isolation == "sandbox",
    )  # fmt: skip
    return not any(special)
