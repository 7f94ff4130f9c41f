"""Which edges of a graph need not be drawn, since others say the same: its transitive reduction. Knows nothing of pictures."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from uetbuild.core.topology import Edges


def thinned(
    deps: Edges, after: Edges, order: Iterable[int], kept: AbstractSet[tuple[int, int]] = frozenset()
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """`deps` and `after` without the edges that follow from others; `order` is topological over both, `kept` are (earlier, later) pairs
    that stay.

    A dependency follows only from dependencies, mere order from both: `a` before `b`, if both run, says less than `b` needs `a`.
    """
    order = list(order)
    fewer = _essential(deps, deps, order, kept)
    if not any(after):
        return fewer, [()] * len(deps)
    both = [(*first, *second) for first, second in zip(deps, after, strict=True)]
    return fewer, _essential(after, both, order, kept)


def _essential(edges: Edges, implying: Edges, order: Sequence[int], kept: AbstractSet[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Those of `edges` that no path of two or more of `implying` replaces. One integer a node serves as its set of ancestors."""
    found: list[tuple[int, ...]] = [()] * len(edges)
    ancestors = [0] * len(edges)
    for node in order:
        beyond = direct = 0
        for other in implying[node]:
            beyond |= ancestors[other]
            direct |= 1 << other
        ancestors[node] = beyond | direct
        if edges[node]:
            found[node] = tuple([other for other in edges[node] if not beyond >> other & 1 or (other, node) in kept])
    return found
