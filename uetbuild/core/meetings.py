"""For the plan: pairs of nodes that write the same files without an order between them, and where these files meet."""

from __future__ import annotations

from uetbuild.core.conflicts import may_conflict, writes
from uetbuild.core.nodes import Source
from uetbuild.core.overlap import OverlapIndex, overlap
from uetbuild.core.paths import is_glob
from uetbuild.core.topology import Ancestry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node


def unordered(graph: Graph, members: Sequence[int], limit: int, exclude: tuple[str, ...] = ()) -> list[tuple[int, int]]:
    """At most `limit` pairs that both write some file and that no dependency orders; `members` and each pair in topological order."""
    index = OverlapIndex(exclude)
    place = {number: at for at, number in enumerate(members)}
    written = {number: writes(graph.nodes[number]) for number in members if may_conflict(graph.nodes[number])}
    for number, sources in written.items():
        index.add(number, sources)
    ancestry: Ancestry | None = None
    found: list[tuple[int, int]] = []
    for number, sources in written.items():
        later = sorted([place[other] for other in index.meets(sources) if place[other] > place[number]])
        for other in [members[at] for at in later]:
            ancestry = ancestry or Ancestry(graph.before, graph.order, written)
            if not ancestry.before(number, other):
                if len(found) == limit:
                    return found
                found.append((number, other))
    return found


def meeting(a: Node, b: Node, exclude: tuple[str, ...] = ()) -> list[str]:
    """Where the files that two nodes write meet: the narrower of each two patterns, sorted."""
    one, two = writes(a), writes(b)
    ours, theirs = overlap(one, two, exclude), overlap(two, one, exclude)
    found = {_path(pattern): pattern for pattern in sorted([*_narrower(theirs, ours), *_narrower(ours, theirs)], reverse=True)}
    return sorted(found.values())


def _narrower(patterns: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    """Those of `patterns` that none of `others` is a part of."""
    return [pattern for pattern in patterns if not any(_within(other, pattern) for other in others)]


def _within(part: str, whole: str) -> bool:
    """Whether `part` is the literal path of something strictly inside `whole`, a literal path or wildcard."""
    inner, outer = _path(part), _path(whole)
    if inner == outer or is_glob(inner):
        return False
    if is_glob(outer):
        return bool(overlap((Source(pattern=inner),), (Source(pattern=outer, kind=Source.GLOB),)))
    return not outer or inner.startswith(outer + "/")


def _path(pattern: str) -> str:
    """A pattern as `overlap` shows it, the way a source holds it."""
    return "" if pattern in (".", "./") else pattern.rstrip("/")
