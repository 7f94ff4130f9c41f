"""Whether two patterns, each less its exclusions, can mean one path.

The patterns are followed part by part at the same time (core/trails.py); what single names can do is decided letter by letter
(core/letters.py). Patterns too entangled to decide in about half a second are taken to meet.

A literal path may be a file or a folder, and no one knows before it is there. With `/` at its end it is a folder. Without, it is taken for
one where the other pattern writes its last name as a part that goes on (`dist` and `**/dist/*.js`) or anything at all below it would
match (`dist` and `*/**`); but `build/app` does not meet `build/**/*.o` only because it could be a folder with an `x.o`.
"""

from __future__ import annotations

from uetbuild.core.letters import Effort, TooHard, outcomes
from uetbuild.core.nodes import Source
from uetbuild.core.patterns import Route
from uetbuild.core.trails import Spot, source_routes, trail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from uetbuild.core.barred import Barred
    from uetbuild.core.letters import Parts
    from uetbuild.core.terms import Term

    Spots: TypeAlias = "frozenset[Spot]"
    State: TypeAlias = "tuple[Spot, Spot, tuple[Spots, ...]]"
    """Where both patterns are, and each pattern of the exclusions."""
    Tree: TypeAlias = "int | tuple[tuple[bool, Tree], ...]"

INSIDE = Spot(False, trail(Route(()), Source(pattern=""))[0].edges)  # of a folder: all below, not itself
NOBODY = "\1"  # a name that no pattern writes


def share_a_path(a: Term, b: Term, bars: Barred) -> bool:
    """Whether a path can be of both terms; `bars` are the names that wildcards and folders never enter."""
    if a.source.kind == Source.PATH and b.source.kind == Source.PATH and not a.minus and not b.minus:
        return _literals_meet(a.source.pattern, b.source.pattern, bars)
    effort = Effort()
    try:
        if a.source.kind == b.source.kind == Source.GLOB:
            return _globs_meet(a, b, bars, effort)
        if a.source.kind == Source.GLOB or (b.source.kind == Source.PATH and _says_more(b.source, a.source)):
            a, b = b, a
        return _literal_meets(a, b, bars, effort)
    except TooHard:
        return True


def _says_more(a: Source, b: Source) -> bool:
    """Of two literal paths, whether `a` is the deeper one, or the same one and known to be a folder."""
    return (len(a.pattern), a.folder) > (len(b.pattern), b.folder)


def _globs_meet(a: Term, b: Term, bars: Barred, effort: Effort) -> bool:
    if not _search(_together(a.source, b.source, (), effort), Exclusions(), bars.parts, effort):
        return False
    exclusions = Exclusions()
    for negative in dict.fromkeys((*a.minus, *b.minus)):
        if _concerns(negative, a.source, effort) and _concerns(negative, b.source, effort):
            exclusions.add(negative)
    if not exclusions.leaves:
        return True
    return _search(_together(a.source, b.source, tuple(exclusions.leaves), effort), exclusions, bars.parts, effort)


def _literal_meets(literal: Term, other: Term, bars: Barred, effort: Effort) -> bool:
    """Where one is a PATH, the deeper one if both are: the search starts at its end, which is reached by name."""
    names = literal.source.pattern.split("/") if literal.source.pattern else []
    above = _along(_starts(other.source), names[:-1], bars)
    there = _along(above, names[-1:], bars)
    if not there:
        return False
    exclusions = Exclusions()
    for negative in (*literal.minus, *other.minus):
        exclusions.add(negative)
    leaves = tuple([_along(leaf, names, None) for leaf in exclusions.leaves])
    if literal.source.folder or not names:
        return _search([(INSIDE, spot, leaves) for spot in there], exclusions, bars.parts, effort)
    if _probed(there, leaves, exclusions, bars):
        return True
    named = _along_names(above, names[-1])
    return _search([(INSIDE, spot, leaves) for spot in named], exclusions, bars.parts, effort)


def _probed(there: Spots, leaves: tuple[Spots, ...], exclusions: Exclusions, bars: Barred) -> bool:
    """Whether a path itself, else something below it whose name nothing is known of, is of the pattern and not excluded."""
    seen = set()
    while there and there not in seen:
        if any(spot.ends for spot in there):
            return not exclusions.hold([any(spot.ends for spot in among) for among in leaves])
        seen.add(there)
        there = _along(there, [NOBODY], bars)
        leaves = tuple([_along(leaf, [NOBODY], None) for leaf in leaves])
    return False


def _along_names(spots: Spots, name: str) -> Spots:
    """Where a name leads that the pattern itself writes, to go on behind it."""
    return frozenset([target for spot in spots for part, _, target in spot.edges if part == (name,) and not target.ends])


def _along(spots: Iterable[Spot], names: list[str], bars: Barred | None) -> Spots:
    """Where a path of these names leads."""
    now = frozenset(spots)
    for name in names:
        open_ = bars is None or name not in bars
        now = frozenset([target for spot in now if open_ or spot.free for _, matches, target in spot.edges if matches(name)])
    return now


def _concerns(negative: Source, positive: Source, effort: Effort) -> bool:
    """Whether an exclusion can matter for a pattern; those that cannot would only make the search longer."""
    if negative.kind in (Source.GROUP, Source.CREATED):
        return negative.kind == Source.GROUP
    return _search(_together(negative, positive, (), effort), Exclusions(), (), effort)


def _literals_meet(a: str, b: str, bars: Barred) -> bool:
    if len(a) > len(b):
        a, b = b, a
    if a == b:
        return True
    start = a + "/" if a else ""
    return b.startswith(start) and not bars.any(b[len(start) :].split("/"))


_STARTS: dict[tuple[int, str, bool], list[Spot]] = {}


def _starts(source: Source) -> list[Spot]:
    """Where the paths of a PATH or GLOB start."""
    key = (source.kind, source.pattern, source.folder)
    found = _STARTS.get(key)
    if found is None:
        if len(_STARTS) >= 10_000:  # a memo, not a leak
            _STARTS.clear()
        found = _STARTS[key] = [trail(route, source)[0] for route in source_routes(source)]
    return found


def _together(a: Source, b: Source, leaves: tuple[Spots, ...], effort: Effort) -> list[State]:
    """The starts of both, each with each."""
    theirs = _starts(b)
    effort.spend(len(_starts(a)) * len(theirs))
    return [(mine, yours, leaves) for mine in _starts(a) for yours in theirs]


class Exclusions:
    """Negative sources: `leaves` are their patterns, `hold` says whether a path is excluded, given which of the leaves match it."""

    __slots__ = ("_trees", "leaves")

    def __init__(self) -> None:
        self.leaves: list[Spots] = []
        self._trees: list[Tree] = []

    def add(self, negative: Source) -> None:
        """One more source that excludes what it matches."""
        self._trees.append(self._plant(negative))

    def hold(self, truths: list[bool]) -> bool:
        return any(_value(tree, truths) for tree in self._trees)

    def _plant(self, source: Source) -> Tree:
        if source.kind == Source.GROUP:
            return tuple([(not item.negative, self._plant(item)) for item in reversed(source.items)])
        if source.kind == Source.CREATED:
            return ()
        self.leaves.append(frozenset(_starts(source)))
        return len(self.leaves) - 1


def _value(tree: Tree, truths: list[bool]) -> bool:
    """A leaf's truth; of a list the last entry that matches decides (they stand in reverse)."""
    if isinstance(tree, int):
        return truths[tree]
    return next((positive for positive, inner in tree if _value(inner, truths)), False)


def _search(starts: list[State], exclusions: Exclusions, barred_parts: Parts, effort: Effort) -> bool:
    """Whether a path leads from one of the starts to an end of both patterns, and none of the exclusions holds for it. Raises TooHard."""
    seen: set[State] = set()
    branches: list[Iterator[State]] = [iter(starts)]
    while branches:  # depth first and lazily: where the patterns meet, the first name tried mostly shows it
        state = next(branches[-1], None)
        if state is None:
            branches.pop()
        elif state not in seen:
            seen.add(state)
            mine, yours, spots = state
            if mine.ends and yours.ends and not exclusions.hold([any(spot.ends for spot in among) for among in spots]):
                return True
            branches.append(_steps(state, barred_parts, effort))
    return False


def _steps(state: State, barred_parts: Parts, effort: Effort) -> Iterator[State]:
    """Where one more name can lead to."""
    mine, yours, leaves = state
    refused = () if mine.free and yours.free else barred_parts
    observed = tuple(dict.fromkeys([part for among in leaves for spot in among for part, _, _ in spot.edges]))
    for my_part, _, my_next in mine.edges:
        for your_part, _, your_next in yours.edges:
            for truths in outcomes((my_part, your_part), observed, refused, effort):
                effort.spend(1 + len(observed))
                matching = {part for part, true in zip(observed, truths, strict=True) if true}
                after = [frozenset([target for spot in among for part, _, target in spot.edges if part in matching]) for among in leaves]
                yield my_next, your_next, tuple(after)
