"""The order of the vertices in the columns of a drawing, so that few lines cross: barycentres, to and fro, the best order seen is kept."""

from __future__ import annotations

from bisect import bisect_right, insort

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.columns import Columns

ROUNDS = 24
PATIENCE = 4  # rounds without improvement, after which no further one is tried
MAX_STEPS = 1_500_000  # lines looked at in all rounds


def uncross(columns: Columns) -> None:
    """Reorder `columns.rows`. Time is bounded by `MAX_STEPS`, the result depends on nothing but the columns."""
    lines = sum([len(joined) for joined in columns.left])
    rounds = min(ROUNDS, MAX_STEPS // (lines + len(columns.column) + 1))
    best, fewest, failed = [list(row) for row in columns.rows], crossings(columns), 0
    for turn in range(rounds):
        _sweep(columns, range(1, len(columns.rows)), columns.left)
        _sweep(columns, range(len(columns.rows) - 2, -1, -1), columns.right)
        found = crossings(columns)
        failed = 0 if found < fewest else failed + 1
        if found < fewest or (found == fewest and not turn):  # each near what it is joined to, rather than as they came
            best, fewest = [list(row) for row in columns.rows], found
        if not fewest or failed == PATIENCE:
            break
    columns.rows = best


def crossings(columns: Columns) -> int:
    """How often lines between neighbouring columns cross, heavy ones counted as often as they weigh."""
    place = _places(columns)
    found = 0
    for row in columns.rows:
        ends: list[float] = []
        for vertex in row:
            here = sorted([place[other] for other in columns.left[vertex]])
            found += sum([len(ends) - bisect_right(ends, end) for end in here])
            for end in here:
                insort(ends, end)
    return found


def _sweep(columns: Columns, order: Iterable[int], joined: list[list[int]]) -> None:
    """Each column sorted by the mean place of what its vertices are joined to on one side; one without stays about where it is."""
    place = _places(columns)
    for number in order:
        row = columns.rows[number]
        wanted = {vertex: _mean([place[other] for other in joined[vertex]], place[vertex]) for vertex in row}
        row.sort(key=lambda vertex, wanted=wanted: wanted[vertex])  # type: ignore[misc]
        for index, vertex in enumerate(row):
            place[vertex] = (index + 0.5) / len(row)


def _places(columns: Columns) -> list[float]:
    """Where each vertex stands in its column, between 0 and 1."""
    place = [0.0] * len(columns.column)
    for row in columns.rows:
        for index, vertex in enumerate(row):
            place[vertex] = (index + 0.5) / len(row)
    return place


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
