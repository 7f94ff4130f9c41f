"""How long what is left of a build will take, by what its nodes took in earlier runs. Numbers in, numbers out; knows no clock."""

from __future__ import annotations

from uetbuild.core.schedule import remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from uetbuild.core.graph import Graph

_ENOUGH = 1.0  # seconds that were expected, before something is concluded from what they became
_MOST = 10.0  # times as long, or as short


class Pace:
    """Of one build: `members` are the numbers of its nodes, `seconds` what nodes took before, by id, `jobs` how many run at once.

    A node that never ran will take what others of its workstream took, or else what all took, in the mean.
    """

    __slots__ = ("_cost", "_jobs", "_left", "_strange")

    def __init__(self, graph: Graph, members: Collection[int], seconds: Mapping[str, float], jobs: int) -> None:
        working = [i for i in members if not graph.nodes[i].is_group and i not in graph.approvals]
        past: dict[str, list[float]] = {}
        for i in working:
            node = graph.nodes[i]
            if node.id in seconds:
                past.setdefault(node.workstream, []).append(seconds[node.id])
        every = [took for of_one in past.values() for took in of_one]
        self._cost = [0.0] * len(graph.nodes)
        self._strange = bytearray(len(graph.nodes))  # of which nothing is known
        for i in working:
            node = graph.nodes[i]
            peers = past.get(node.workstream)
            self._cost[i] = seconds[node.id] if node.id in seconds else mean(peers or every)
            self._strange[i] = not peers
        self._left = remaining(graph, members, self._cost)
        self._jobs = jobs

    def left(self, unfinished: Sequence[int], elapsed: Mapping[int, float], slowness: float = 1.0) -> float | None:
        """Seconds until all of `unfinished` is done, where `elapsed` says for how long those that run have been running, and all take
        `slowness` times as long as before; None where of more than half of them nothing is known. What is not judged yet counts as if it
        had to run.
        """
        if 2 * sum([self._strange[i] for i in unfinished]) > len(unfinished):
            return None
        work = longest = 0.0
        for i in unfinished:
            done = min(elapsed.get(i, 0.0) / slowness, self._cost[i])
            work += self._cost[i] - done
            longest = max(longest, self._left[i] - done)
        return max(work / self._jobs, longest) * slowness


def slowness(took: float, expected: float) -> float:
    """How many times as long as expected nodes take today, by those that ended; 1.0 while these are too few to say."""
    return min(max(took / expected, 1 / _MOST), _MOST) if expected >= _ENOUGH else 1.0


def mean(amounts: Sequence[float]) -> float:
    """The mean, 0.0 of nothing."""
    return sum(amounts) / len(amounts) if amounts else 0.0
