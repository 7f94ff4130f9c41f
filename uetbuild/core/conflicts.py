"""Which nodes must not run beside each other because of their files.

Two that change the same files exclude each other: editors, and creators whose wildcards meet (literal outputs that meet are an
error, core/clashes.py). So do a reader and an editor. Decided on the patterns; knows nothing of pools and of what is running.
"""

from __future__ import annotations

from uetbuild.core.created import wild_part, without_created
from uetbuild.core.nodes import Node, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.nodes import Sources


class Conflicts:
    """Asked for pairs of numbers, answers whether the two exclude each other; each pair is compared once."""

    __slots__ = ("_exclude", "_known", "_nodes", "_writes")

    def __init__(self, nodes: Sequence[Node], exclude: tuple[str, ...] = ()) -> None:
        """`exclude`: names that wildcards and folders never enter (`settings.exclude`)."""
        self._exclude = exclude
        self._nodes = nodes
        self._known: dict[tuple[int, int], bool] = {}
        self._writes: dict[int, Sources] = {}

    def __call__(self, a: int, b: int) -> bool:
        pair = (a, b) if a < b else (b, a)
        known = self._known.get(pair)
        if known is None:
            known = self._known[pair] = self._compare(a, b)
        return known

    def _compare(self, a: int, b: int) -> bool:
        from uetbuild.core.overlap import overlap  # lies between argv and the first spawn, and few builds have nodes to compare

        one, two = self._nodes[a], self._nodes[b]
        return bool(
            overlap(self._written(a), self._written(b), self._exclude)
            or (one.edits and two.inputs and overlap(one.edits, without_created(two.inputs), self._exclude))
            or (two.edits and one.inputs and overlap(two.edits, without_created(one.inputs), self._exclude))
        )

    def _written(self, number: int) -> Sources:
        found = self._writes.get(number)
        if found is None:
            found = self._writes[number] = writes(self._nodes[number])
        return found


def writes(node: Node) -> Sources:
    """The files that a node may change beside another that may change them too: its `edits` and its wildcard outputs."""
    wild = wild_part(node.outputs)
    return (*node.edits, Source(pattern="", kind=Source.GROUP, items=wild)) if wild else node.edits


def may_conflict(node: Node) -> bool:
    """Whether it can exclude another that does not change files in place itself; cheap."""
    for source in node.outputs:  # asked twice for each start: a loop costs half of what a generator does
        if source.kind != Source.PATH:
            return True
    return bool(node.edits)


def shared_scopes(nodes: Sequence[Node]) -> dict[int, tuple[int, ...]]:
    """{node: numbers of the scopes that it writes and that another node writes too, word for word}.

    Two with a number in common exclude each other without their patterns being compared: so thousands that edit one file can
    queue for it as for a mutex. What meets without being written alike is left to `Conflicts`.
    """
    holders: dict[object, list[int]] = {}
    for number, node in enumerate(nodes):
        if may_conflict(node):
            for sources in (node.edits, wild_part(node.outputs)):
                if not any(source.negative for source in sources):
                    for key in dict.fromkeys([_key(source) for source in sources]):
                        holders.setdefault(key, []).append(number)
    found: dict[int, list[int]] = {}
    for scope, numbers in enumerate(holders.values()):
        if len(numbers) > 1:
            for number in numbers:
                found.setdefault(number, []).append(scope)
    return {number: tuple(scopes) for number, scopes in found.items()}


def _key(source: Source) -> object:
    if source.kind == Source.GROUP:
        return tuple([(item.negative, _key(item)) for item in source.items])
    return (source.kind, source.pattern)
