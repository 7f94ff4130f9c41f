"""How long a build will probably take and what it will cost: p50 and p90 from what its nodes did before. Numbers only.

Time is that of the slowest way through the graph, which no sum of quantiles gives. So the build is simulated many times, each node with a
duration drawn from its own history, as Van Slyke proposed for networks of activities ("Monte Carlo Methods and the PERT Problem",
Operations Research 11, 1963). The draws of a node are stratified (Latin hypercube: McKay, Beckman and Conover, Technometrics 21, 1979)
and come in pairs of opposite luck, so that two hundred of them do, and fewer for many nodes, whose luck evens out. They are the same in
every process. Where even that would take seconds, time is that of the critical path alone, as in PERT itself (Malcolm et al., Operations
Research 7, 1959): somewhat too short, since another way may turn out longer.

Nodes are taken to be independent. Where all are slow together, as on a busy machine, p90 is too low.
"""

from __future__ import annotations

from uetbuild.core.record import Record
from uetbuild.core.spread import expected, spread, together

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from uetbuild.core.spread import Spread

PAIRS = (20, 100)  # of draws: for many nodes, for few
WORK = 10_000  # simulated nodes for which pairs are added: a tenth of a second
MOST = 1_000  # nodes that are simulated


class Past(Record):
    """What a node needed in its last runs, sorted: `amounts`, each at most `most` (0 = nothing bounds it)."""

    __slots__ = ("amounts", "most")
    DEFAULTS = {"amounts": (), "most": 0.0}

    amounts: tuple[float, ...]
    most: float

    @property
    def spread(self) -> Spread:
        """p50 and p90 of the next time."""
        return expected(self.amounts, 0.5, self.most), expected(self.amounts, 0.9, self.most)


class Dice:
    """Numbers that look random and are the same each time: the linear congruential generator of Knuth's MMIX."""

    __slots__ = ("_state",)

    def __init__(self, seed: int = 1) -> None:
        self._state = seed

    def below(self, size: int) -> int:
        """A number from 0 to `size` - 1; `size` is small."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self._state >> 32) % size

    def parts(self, pairs: int) -> list[float]:
        """As many numbers in (0, 1), one in each of as many equal parts, in any order; then those as far from the other end."""
        parts = [(place + 0.5) / pairs for place in range(pairs)]
        for place in range(pairs - 1, 0, -1):
            other = self.below(place + 1)
            parts[place], parts[other] = parts[other], parts[place]
        return [*parts, *[1.0 - part for part in parts]]


def simulated(count: int) -> bool:
    """Whether the time of so many nodes is simulated."""
    return count <= MOST


def seconds(past: Sequence[Past], makespan: Callable[[Sequence[float]], float], critical: Iterable[int]) -> Spread:
    """p50 and p90 of the duration of a build. `past`: of each node, in a fixed order; `makespan`: the duration of the build for a
    duration of each; `critical`: places of the nodes of the critical path.
    """
    if simulated(len(past)):
        return _drawn(past, makespan)
    middle = makespan([each.spread[0] for each in past])
    p50, p90 = together([past[place].spread for place in critical])
    return middle, middle + p90 - p50


def usd(past: Iterable[Past]) -> Spread:
    """p50 and p90 of what a build costs; with more than `MOST` nodes that cost anything from those of the nodes alone."""
    dear = [each for each in past if each.amounts or each.most]
    return _drawn(dear, sum) if simulated(len(dear)) else together([each.spread for each in dear])


def _drawn(past: Sequence[Past], fate: Callable[[Sequence[float]], float]) -> Spread:
    """p50 and p90 of what becomes of draws of all."""
    if not past:
        return 0.0, 0.0
    dice, pairs = Dice(), min(max(WORK // len(past), PAIRS[0]), PAIRS[1])
    columns = [[expected(each.amounts, part, each.most) for part in dice.parts(pairs)] for each in past]
    return spread([fate(draw) for draw in zip(*columns, strict=True)])
