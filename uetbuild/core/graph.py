"""The graph: nodes by number, what each waits for, their order and levels.

Numbers are places in `nodes`. Holds no state of a build and does not know what makes a node stale.
"""

from __future__ import annotations

from uetbuild.core.nodes import Node
from uetbuild.core.places import declared
from uetbuild.core.topology import find_cycle, reverse, topological
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.errors import Location


class Graph:
    """All nodes of a manifest and their edges.

    `deps[i]`: what `i` depends on, declared or inferred from files; `after[i]`: what it only comes after, if both run (nothing that is
    in `deps[i]` too); `before[i]`: both. `dependents`, `followers` and `behind` are the same edges seen from the other end. All are
    sorted tuples of numbers. `order`: topological over `before`, groups included; `position[i]`: where `i` stands in it.
    `level[i]`: length of the longest chain of nodes before it, groups not counted; a group has the level of its deepest member
    (-1 if it has none).
    """

    __slots__ = ("nodes", "index", "deps", "after", "before", "dependents", "followers", "behind", "order", "position", "level")

    def __init__(self, nodes: Sequence[Node], inferred: Mapping[str, Sequence[str]] | None = None) -> None:
        """`inferred` is what `coupling.couple` found; without it each node's own `inferred` counts.

        Raises UetError for a cycle, KeyError for an id that no node has.
        """
        self.nodes = tuple(nodes)
        self.index = index = {node.id: number for number, node in enumerate(self.nodes)}
        self.deps: list[tuple[int, ...]] = []
        self.after: list[tuple[int, ...]] = []
        self.before: list[tuple[int, ...]] = []
        for node in self.nodes:
            deps = _numbers(index, (*node.depends_on, *(node.inferred if inferred is None else inferred.get(node.id, ()))))
            after = tuple([number for number in _numbers(index, node.after) if number not in deps]) if node.after else ()
            self.deps.append(deps)
            self.after.append(after)
            self.before.append(tuple(sorted(deps + after)) if after else deps)
        self.dependents = reverse(self.deps)
        if any(self.after):
            self.followers = reverse(self.after)
            self.behind = reverse(self.before)
        else:
            self.followers = [()] * len(self.nodes)
            self.behind = self.dependents
        self.order = topological(self.before, self.behind)
        if len(self.order) < len(self.nodes):
            raise self._cycle()
        self.position = [0] * len(self.nodes)
        for place, number in enumerate(self.order):
            self.position[number] = place
        self.level = self._levels()

    def closure(self, targets: Iterable[int]) -> list[int]:
        """The targets and all they depend on, in topological order; what they only come `after` is not drawn in."""
        found = set(targets)
        rest = list(found)
        while rest:
            for other in self.deps[rest.pop()]:
                if other not in found:
                    found.add(other)
                    rest.append(other)
        if len(found) == len(self.nodes):
            return list(self.order)
        return sorted(found, key=self.position.__getitem__)

    def _levels(self) -> list[int]:
        level = [-1] * len(self.nodes)
        for number in self.order:
            deepest = -1
            for other in self.before[number]:
                if level[other] > deepest:
                    deepest = level[other]
            level[number] = deepest if self.nodes[number].is_group else deepest + 1
        return level

    def _cycle(self) -> UetError:
        cycle = find_cycle(self.before)
        assert cycle is not None
        around = [self.nodes[number] for number in cycle]
        pairs = list(zip(around, around[1:] + around[:1], strict=True))
        others: dict[tuple[str, int, int], tuple[str, Location]] = {}
        for node, then in pairs:
            place = declared(node)
            if place:  # nodes of one `foreach` stand at one place: it is shown once
                others.setdefault(place.order(), (f"`{node.id}` waits for `{then.id}`", place))
        location = declared(around[0])
        if location:
            del others[location.order()]
        path = " -> ".join(f"`{node.id}`" for node in [*around, around[0]])
        return UetError(f"dependency cycle: {path}", location, _hint(pairs), others=others.values())


def _numbers(index: Mapping[str, int], ids: Sequence[str]) -> tuple[int, ...]:
    if len(ids) < 2:
        return (index[ids[0]],) if ids else ()
    return tuple(sorted({index[name] for name in ids}))


def _hint(pairs: list[tuple[Node, Node]]) -> str:
    """Says which edges of a cycle stand nowhere in the manifest, and what the files say there."""
    from uetbuild.core.coupling import why  # only for this message: a build that has its edges needs no coupling

    return "; ".join(why(node, then) for node, then in pairs if then.id not in node.depends_on and then.id not in node.after)
