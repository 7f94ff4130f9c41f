"""Which part of a graph a change concerns: those that saw it, all that comes after them, and what their verdicts look at besides.

Everything is a number of the graph; knows nothing of files and of why something changed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence, Set


def reached(touched: Iterable[int], behind: Sequence[Sequence[int]]) -> set[int]:
    """The touched nodes and all that comes after them: whose verdict may be another one."""
    found = set(touched)
    todo = list(found)
    while todo:
        for i in behind[todo.pop()]:
            if i not in found:
                found.add(i)
                todo.append(i)
    return found


def excerpt(reached: Set[int], before: Sequence[Sequence[int]], groups: Container[int]) -> tuple[list[int], list[int]]:
    """(members, all) sorted: those of the reached nodes that have a verdict, and with them all whose names, stamps and files these go by.

    A group has no verdict of its own: it is drawn in where something that comes after it is, and then with all its members.
    """
    members = {i for i in reached if i not in groups}
    needed: set[int] = set()
    todo = list(members)
    while todo:
        for i in before[todo.pop()]:
            if i not in needed:
                needed.add(i)
                if i in groups:
                    todo.append(i)
    members |= reached & needed
    return sorted(members), sorted(members | needed)
