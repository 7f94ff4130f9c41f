"""How high the vertices of a drawing stand: each near what it is joined to, in the order of its column, none over another."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.columns import Columns

NODE, LINE = 1.0, 0.4  # heights, in rows: of a node with the space around it, and of a line that passes
STIFF = 3.0  # a line that passes is kept straight rather than a node in the middle
ROUNDS = 30
MAX_STEPS = 1_000_000


def heights(columns: Columns) -> list[float]:
    """The middle of each vertex in rows, 0.5 or more."""
    middle = [0.0] * len(columns.column)
    for row in columns.rows:
        offsets = _offsets(columns, row)
        for vertex, offset in zip(row, offsets, strict=True):
            middle[vertex] = offset - offsets[-1] / 2
    lines = sum([len(joined) for joined in columns.left])
    both = [left + right for left, right in zip(columns.left, columns.right, strict=True)]
    forth, back = range(len(columns.rows)), range(len(columns.rows) - 1, -1, -1)
    for turn in range(min(ROUNDS, MAX_STEPS // (lines + len(middle) + 1))):
        last = turn >= ROUNDS - 3
        joined = both if last else columns.right if turn % 2 else columns.left
        for number in back if turn % 2 else forth:
            _settle(columns, columns.rows[number], joined, middle)
    top = min([middle[row[0]] for row in columns.rows], default=0.0) - NODE / 2
    return [height - top for height in middle]


def _settle(columns: Columns, row: list[int], joined: list[list[int]], middle: list[float]) -> None:
    """Move the vertices of a column as near to what they are joined to as their order allows (least squares)."""
    offsets = _offsets(columns, row)
    wanted, weights = [], []
    for vertex, offset in zip(row, offsets, strict=True):
        others = joined[vertex]
        wanted.append((sum([middle[other] for other in others]) / len(others) if others else middle[vertex]) - offset)
        weights.append(STIFF if vertex >= columns.nodes else len(others) + 0.1)
    for vertex, offset, height in zip(row, offsets, ascending(wanted, weights), strict=True):
        middle[vertex] = height + offset


def _offsets(columns: Columns, row: Sequence[int]) -> list[float]:
    """Where the vertices of a column stand when there is no space between them, the first at 0."""
    found: list[float] = []
    at = before = 0.0
    for vertex in row:
        height = NODE if vertex < columns.nodes else LINE
        at += (before + height) / 2 if found else 0.0
        found.append(at)
        before = height
    return found


def ascending(wanted: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The values that never fall and are nearest to the wanted ones: neighbours that fall are pooled at their mean."""
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight in zip(wanted, weights, strict=True):
        count = 1
        while pools and pools[-1][0] > value:
            mean, heavier, more = pools.pop()
            value = (value * weight + mean * heavier) / (weight + heavier)
            weight += heavier
            count += more
        pools.append((value, weight, count))
    return [value for value, _, count in pools for _ in range(count)]
