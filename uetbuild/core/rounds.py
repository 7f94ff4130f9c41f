"""Which nodes are tried again together when a gate says no, and what of them has to wait for it again.

A workstream that is tried again for its gates, these gates, and all that stands between them are one cell; workstreams that share a gate
are in one cell, too. What follows a cell starts only when no gate of it can send it back. Numbers and edges only; knows nothing of nodes
and states.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    Edges = Mapping[int, Sequence[int]] | Sequence[Sequence[int]]


def together(behind: Mapping[int, Sequence[int]], guards: Iterable[tuple[int, int]]) -> list[frozenset[int]]:
    """The cells: `behind[i]` is what comes after `i`; `guards`: (gate, workstream that it may send back), …

    A gate comes after what it guards, so with the way back these two, and all between them, are on a circle: a cell is a strongly
    connected component.
    """
    back: dict[int, list[int]] = {}
    for gate, workstream in guards:
        back.setdefault(gate, []).append(workstream)
    if not back:
        return []
    after = {i: (*later, *back.get(i, ())) for i, later in behind.items()}
    before: dict[int, list[int]] = {i: [] for i in after}
    for i, later in after.items():
        for j in later:
            before[j].append(i)
    found: list[frozenset[int]] = []
    done: set[int] = set()
    for i in reversed(_by_end(after)):
        if i in done:
            continue
        circle = _reached((i,), before, done)
        done |= circle
        if len(circle) > 1:
            found.append(frozenset(circle))
    return found


def undone(cell: frozenset[int], behind: Edges, starting: Iterable[int]) -> set[int]:
    """The nodes of a cell that come after those that are `starting` again, these included."""
    return _reached([i for i in starting if i in cell], {i: [j for j in behind[i] if j in cell] for i in cell}, ())


def waits(cell: frozenset[int], behind: Edges, held: Iterable[int], final: Container[int]) -> bool:
    """Whether something of a cell is still to come before it is decided what becomes of the verdicts that are `held`: a node that is not
    `final` and does not wait for one of these.
    """
    later = undone(cell, behind, held)
    return any(i not in final and i not in later for i in cell)


def _reached(start: Iterable[int], edges: Mapping[int, Sequence[int]], closed: Container[int]) -> set[int]:
    found = set(start)
    todo = list(found)
    while todo:
        for j in edges[todo.pop()]:
            if j not in found and j not in closed:
                found.add(j)
                todo.append(j)
    return found


def _by_end(after: Mapping[int, Sequence[int]]) -> list[int]:
    """All nodes in the order in which a search in depth leaves them."""
    order: list[int] = []
    seen: set[int] = set()
    for root in after:
        todo = [(root, False)]
        while todo:
            i, left = todo.pop()
            if left:
                order.append(i)
            elif i not in seen:
                seen.add(i)
                todo.append((i, True))
                todo += [(j, False) for j in after[i] if j not in seen]
    return order
