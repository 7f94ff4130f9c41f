"""p50 and p90 of amounts that were seen, and of their sums. Numbers only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Spread = tuple[float, float]  # p50 and p90


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of the values lie, interpolated; 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def spread(values: Sequence[float]) -> Spread:
    """p50 and p90."""
    return quantile(values, 0.5), quantile(values, 0.9)


def together(spreads: Iterable[Spread]) -> Spread:
    """p50 and p90 of the sum of independent amounts: not all of them are dear at once, so the distances add up as squares do."""
    middle, distance = 0.0, 0.0
    for p50, p90 in spreads:
        middle += p50
        distance += (p90 - p50) ** 2
    return middle, middle + distance**0.5
