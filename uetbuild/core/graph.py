"""The graph: nodes by number, what each waits for, their order and levels.

Numbers are places in `nodes`. Holds no state of a build and does not know what makes a node stale.
"""

from __future__ import annotations

from itertools import count, filterfalse

from uetbuild.core.approval import APPROVAL
from uetbuild.core.nodes import Node
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from uetbuild.errors import Location


class Graph:
    """All nodes of a manifest and their edges.

    `deps[i]`: what `i` depends on, declared or inferred from files; `after[i]`: what it only comes after, if both run (nothing that is
    in `deps[i]` too); `before[i]`: both. `dependents`, `followers` and `behind` are the same edges seen from the other end. All are
    sorted tuples of numbers. `order`: topological over `before`, groups included; `position[i]`: where `i` stands in it.
    `level[i]`: length of the longest chain of nodes before it, groups and gates not counted; these have the level of the deepest node
    before them (-1 if there is none). `gated`: whether any node is a gate; `approvals`: those that a person answers.
    `groups`: the nodes that only name others; `budgeted`: those that have a budget; `named`: the nodes of each workstream. `needs`: what
    `needs` (core/needs.py) found, None where nobody has asked yet.
    """

    __slots__ = (
        "nodes", "index", "ids", "priority", "named", "gated", "approvals", "groups", "budgeted", "deps", "after", "before",
        "dependents", "followers", "behind", "order", "position", "level", "needs", "_products", "_uncounted",
    )  # fmt: skip

    def __init__(
        self, nodes: Sequence[Node], inferred: Mapping[str, Sequence[str]] | None = None, known: Graph | None = None
    ) -> None:  # fmt: skip
        """`inferred` is what `coupling.couple` found; without it each node's own `inferred` counts. `known`: a graph of the same nodes.

        Raises UetError for a cycle, KeyError for an id that no node has.
        """
        self.nodes = tuple(nodes)
        self._products: tuple[int, ...] | None = known._products if known else None
        self.needs: dict[int, tuple[tuple[str, ...], bool]] | None = known.needs if known else None
        gates = [(i, node.guard) for i, node in enumerate(self.nodes) if node.guard is not None]
        self.gated = bool(gates)
        self.approvals = frozenset([i for i, guard in gates if guard.type == APPROVAL])
        self.groups = frozenset([i for i, node in enumerate(self.nodes) if node.kind == Node.GROUP])
        self._uncounted = frozenset([i for i, node in enumerate(self.nodes) if node.kind in (Node.GROUP, Node.GATE)])
        self.budgeted = frozenset([i for i, node in enumerate(self.nodes) if node.budget is not None])
        self.ids = [node.id for node in self.nodes]
        self.priority = [node.priority for node in self.nodes]
        self.named: dict[str, list[int]] = {}
        for i, node in enumerate(self.nodes):
            self.named.setdefault(node.workstream, []).append(i)
        self.index = index = dict(zip(self.ids, count(), strict=False))
        self.deps: list[tuple[int, ...]] = []
        self.after: list[tuple[int, ...]] = []
        self.before: list[tuple[int, ...]] = []
        for node in self.nodes:
            found = node.inferred if inferred is None else inferred.get(node.id)
            deps = _numbers(index, (*node.depends_on, *(found or ()))) if found or node.depends_on else ()
            after = tuple([number for number in _numbers(index, node.after) if number not in deps]) if node.after else ()
            self.deps.append(deps)
            self.after.append(after)
            self.before.append(tuple(sorted(deps + after)) if after else deps)
        from uetbuild.core.topology import reverse, topological  # a graph that was kept needs neither

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

    @classmethod
    def from_row(cls, nodes: tuple[Node, ...], row: tuple[Any, ...]) -> Graph:
        """The graph of these nodes that `row` described."""
        self = cls.__new__(cls)
        self.nodes = nodes
        for name, column in zip(ROW, row, strict=True):
            setattr(self, name, column)
        self.index = dict(zip(self.ids, count(), strict=False))
        return self

    def row(self) -> tuple[Any, ...]:
        """All but the nodes, ready for `marshal.dumps`."""
        from uetbuild.core.needs import needs  # only where a manifest is kept

        self._products, self.needs = self.products, needs(self.nodes)
        return tuple([getattr(self, name) for name in ROW])

    @property
    def products(self) -> tuple[int, ...]:
        """The nodes that a build of everything makes."""
        if self._products is None:
            self._products = tuple([i for i, node in enumerate(self.nodes) if node.is_product])
        return self._products

    def closure(self, targets: Iterable[int]) -> list[int]:
        """The targets and all they depend on, with their gates, in topological order; what they only come `after` is not drawn in.

        A gate that is named, or that something declares to depend on, draws in what it guards; one that comes along with what it guards
        leaves out whatever else it guards.
        """
        found = set(targets)
        if len(found) == len(self.nodes):
            return list(self.order)
        rest = list(found)
        asked = set(rest) if self.gated else set()
        while rest:
            number = rest.pop()
            for other in self._drawn(number, asked) if self.gated else self.deps[number]:
                if other not in found:
                    found.add(other)
                    rest.append(other)
        return sorted(found, key=self.position.__getitem__)

    def held(self, number: int) -> list[int]:
        """The gates that hold the stamp of a node: the blocking ones that stand at workstreams."""
        gates = [self.index[name] for name in self.nodes[number].gates]
        return [gate for gate in gates if (guard := self.nodes[gate].guard) and guard.blocking and guard.at == "workstream"]

    def with_gates(self, numbers: Iterable[int]) -> set[int]:
        """These nodes and the gates that guard them; also the approvals that they wait for, which nobody gets around."""
        found = set(numbers)
        asked = [other for number in found for other in self.deps[number] if other in self.approvals] if self.approvals else []
        return found.union(asked, [self.index[name] for number in found for name in self.nodes[number].gates])

    def is_approved(self, number: int) -> bool:
        """Whether an approval guards what a node makes."""
        node = self.nodes[number]
        made = bool(self.approvals and (node.outputs or node.edits))
        return made and any(self.index[name] in self.approvals for name in node.gates)

    def _drawn(self, number: int, asked: set[int]) -> list[int]:
        """What a node draws in where there are gates; adds those gates to `asked` that draw in what they guard."""
        node = self.nodes[number]
        drawn = [self.index[name] for name in node.gates]
        left_out: frozenset[str] = frozenset()
        if node.guard is not None and number not in asked:
            left_out = frozenset(node.guard.guards)
        for other in self.deps[number]:
            then = self.nodes[other]
            if then.id in left_out:
                continue
            if then.kind == Node.GATE:
                if then.id not in node.depends_on:
                    continue  # it comes along with what it guards, or not at all
                asked.add(other)
            drawn.append(other)
        return drawn

    def workstreams(self, members: Iterable[int]) -> list[int]:
        """Those of the members that are counted: groups and gates are not."""
        return list(filterfalse(self._uncounted.__contains__, members))

    def _levels(self) -> list[int]:
        level = [-1] * len(self.nodes)
        for number in self.order:
            deepest = -1
            for other in self.before[number]:
                if level[other] > deepest:
                    deepest = level[other]
            level[number] = deepest if number in self._uncounted else deepest + 1
        return level

    def _cycle(self) -> UetError:
        from uetbuild.core.places import declared  # only for this error
        from uetbuild.core.topology import find_cycle

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


ROW = tuple([name for name in Graph.__slots__ if name not in ("nodes", "index")])


def _numbers(index: Mapping[str, int], ids: Sequence[str]) -> tuple[int, ...]:
    if len(ids) < 2:
        return (index[ids[0]],) if ids else ()
    return tuple(sorted({index[name] for name in ids}))


def _hint(pairs: list[tuple[Node, Node]]) -> str:
    """Says which edges of a cycle stand nowhere in the manifest, and what the files say there."""
    from uetbuild.core.coupling import guards, why  # only for this message: a build that has its edges needs no coupling

    declared = [then.id in (*node.depends_on, *node.after) and not guards(node, then) for node, then in pairs]
    return "; ".join(why(node, then) for (node, then), known in zip(pairs, declared, strict=True) if not known)
