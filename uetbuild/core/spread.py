"""p50 and p90 of amounts that were seen, of the next one, and of sums. Numbers only."""

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


def expected(ordered: Sequence[float], part: float, most: float = 0.0) -> float:
    """The amount below which the next one lies with probability `part`, after those in `ordered` (sorted); `most` (0 = none) bounds it.

    Of n + 1 amounts each rank is as likely for the next as any other (plotting positions after Weibull: k / (n + 1)). So few amounts leave
    much room: the next is above all of them with probability 1 / (n + 1), and as often below. How far is a convention: evenly up to half
    as much again, and down to half as little. Without any amount all up to `most` is as likely.
    """
    if not ordered:
        return most * part
    if most:
        ordered = [min(amount, most) for amount in ordered]
    place = part * (len(ordered) + 1)
    rank = int(place)
    first, last = ordered[0], ordered[-1]
    room = last / 2 if not most else min(last / 2, most - last)
    if rank == 0:
        return first - min(first / 2, room) * (1 - place)
    if rank >= len(ordered):
        return last + room * (place - len(ordered))
    return ordered[rank - 1] + (ordered[rank] - ordered[rank - 1]) * (place - rank)


def together(spreads: Iterable[Spread]) -> Spread:
    """p50 and p90 of the sum of independent amounts: not all of them are dear at once, so the distances add up as squares do."""
    middle, distance = 0.0, 0.0
    for p50, p90 in spreads:
        middle += p50
        distance += (p90 - p50) ** 2
    return middle, middle + distance**0.5
