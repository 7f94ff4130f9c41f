"""How long nodes took in their last runs: a row for each, with the mean of all and the last ones. Only estimates rest on it."""

from __future__ import annotations

from math import exp, log

from uetbuild.core.stamps import Stage
from uetbuild.state.sealed import sealed_rows, seed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from uetbuild.core.stamps import Stamp

START = seed("durations")
NEWEST = 0.3  # weight of the newest duration in the mean of logarithms: a single slow run does not outweigh the rest
REMEMBERED = 10  # durations of a node that are kept

Past = tuple[float, ...]  # of a node: the mean, then those of its last runs, the newest last


class Durations:
    """`load` gives what is known of nodes, by id; called when that is first asked for."""

    __slots__ = ("learnt", "_known", "_load")

    def __init__(self, load: Callable[[], dict[str, Past]]) -> None:
        self.learnt: dict[str, Past] = {}  # since it was last written
        self._known: dict[str, Past] | None = None
        self._load = load

    def all(self) -> dict[str, Past]:
        """What is known, by node id."""
        if self._known is None:
            self._known = self._load() | self.learnt
        return self._known

    def forget(self) -> None:
        """Ask again for what is known: it may be of other nodes."""
        self._known = None

    def loaded(self) -> dict[str, Past]:
        """What was asked for or learnt here; nothing is read for it."""
        return self._known or {}

    def learn(self, stamps: Mapping[str, Stamp]) -> None:
        """What nodes took that finished now."""
        for node, stamp in stamps.items():
            if stamp.stage == Stage.DONE and stamp.seconds > 0.0:
                known = self.all()
                mean, *last = known.get(node) or (0.0,)
                mean = exp((1 - NEWEST) * log(mean) + NEWEST * log(stamp.seconds)) if mean > 0.0 else stamp.seconds
                known[node] = self.learnt[node] = (mean, *last[1 - REMEMBERED :], stamp.seconds)

    def pending(self) -> list[tuple[bytes, bytes]]:
        """(key, sealed row) of what was learnt; kept until `written`. In the order of the keys, in which a table takes them fastest."""
        return sorted(sealed_rows(self.learnt, START))

    def written(self) -> None:
        """What was pending is durable."""
        self.learnt.clear()


def past_of(row: Any) -> Past:
    """What a row holds."""
    return (row,) if isinstance(row, float) else tuple(row)  # a mean alone is what earlier versions wrote
