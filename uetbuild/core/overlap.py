"""Whether two lists of sources can mean one path: decided on the patterns, not on today's files.

The patterns are followed part by part at the same time (core/trails.py); what single names can do is decided letter by letter
(core/letters.py). Exclusions count; patterns too entangled to decide are taken to meet.
"""

from __future__ import annotations

from uetbuild.core.barred import barred
from uetbuild.core.letters import Effort, TooHard, outcomes
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.patterns import Route
from uetbuild.core.terms import Term, terms
from uetbuild.core.trails import source_routes, trail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from uetbuild.core.barred import Barred
    from uetbuild.core.letters import Parts
    from uetbuild.core.trails import Spot

    Spots: TypeAlias = "frozenset[Spot]"
    State: TypeAlias = "tuple[Spot, Spot, tuple[Spots, ...]]"
    Tree: TypeAlias = "int | tuple[tuple[bool, Tree], ...]"


def overlap(a: Sources, b: Sources, exclude: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The positive patterns of `a`, sorted, none twice, that can meet a path of `b`; empty where the two are disjoint.

    A literal path stands for itself and everything below. `exclude` are names that wildcards and folders never enter.
    """
    bars = barred(exclude)
    others = list(terms(b))
    return tuple(sorted({term.shown() for term in terms(a) if any(_meet(term, other, bars) for other in others)}))


class OverlapIndex:
    """Lists of sources under keys, asked which of them meet another list. Near-linear for literal paths: patterns are found by the folder
    of their fixed part, and equal ones are one."""

    __slots__ = ("_bars", "_below", "_keys", "_met", "_terms")

    def __init__(self, exclude: tuple[str, ...] = ()) -> None:
        self._bars = barred(exclude)
        self._keys: dict[object, list[int]] = {}
        self._terms: dict[str, list[tuple[object, Term]]] = {}
        self._below: dict[str, list[str]] = {"": []}
        self._met: dict[object, list[object]] = {}

    def add(self, key: int, sources: Sources) -> None:
        """Remember `sources` under `key`; a key may have several lists."""
        for term in terms(sources):
            identity = term.identity()
            keys = self._keys.get(identity)
            if keys is None:
                self._keys[identity] = [key]
                self._met.clear()
                for folder in _folders(term.source):
                    self._enter(folder)
                    self._terms.setdefault(folder, []).append((identity, term))
            elif keys[-1] != key:
                keys.append(key)

    def meets(self, sources: Sources) -> list[int]:
        """The keys whose sources can mean a path of these, ascending, none twice."""
        found: set[int] = set()
        for term in terms(sources):
            identity = term.identity()
            met = self._met.get(identity)
            if met is None:
                near = dict(self._near(term.source))
                met = self._met[identity] = [other for other, against in near.items() if _meet(term, against, self._bars)]
            for other in met:
                found.update(self._keys[other])
        return sorted(found)

    def _enter(self, folder: str) -> None:
        """Make a folder known to those above it."""
        if folder in self._below:
            return
        self._below[folder] = []
        while True:
            above = folder.rpartition("/")[0]
            if above in self._below:
                self._below[above].append(folder)
                return
            self._below[above] = [folder]
            folder = above

    def _near(self, source: Source) -> Iterator[tuple[object, Term]]:
        """Terms whose fixed parts lie above or below those of the source: all others cannot meet it."""
        for start in _folders(source):
            cut = start.rfind("/")
            while cut > 0:
                yield from self._terms.get(start[:cut], ())
                cut = start.rfind("/", 0, cut)
            if start:
                yield from self._terms.get("", ())
            todo = [start]
            while todo:
                folder = todo.pop()
                yield from self._terms.get(folder, ())
                todo += self._below.get(folder, ())


def _folders(source: Source) -> Iterable[str]:
    if source.kind == Source.PATH:
        return (source.pattern,)
    return dict.fromkeys([route.folder for route in source_routes(source)])


END = trail(Route(()), Source(pattern=""))[0]  # of a PATH: itself, and all below

# --- two terms -----------------------------------------------------------------------------------------------------------------


def _meet(a: Term, b: Term, bars: Barred) -> bool:
    """Whether a path can be of both."""
    if a.source.kind == Source.PATH and b.source.kind == Source.PATH and not a.minus and not b.minus:
        return _literals_meet(a.source.pattern, b.source.pattern, bars)
    if a.source.kind != Source.PATH:
        a, b = b, a
    effort = Effort()
    try:
        if a.source.kind == Source.PATH:
            return _literal_meets(a, b, bars, effort)
        if not _search([(*pair, ()) for pair in _pairs(a.source, b.source)], Exclusions(), bars.parts, effort):
            return False
        exclusions = Exclusions()
        for negative in dict.fromkeys((*a.minus, *b.minus)):
            if _concerns(negative, a.source, effort) and _concerns(negative, b.source, effort):
                exclusions.add(negative)
        if not exclusions.leaves:
            return True
        leaves = tuple(exclusions.leaves)
        return _search([(*pair, leaves) for pair in _pairs(a.source, b.source)], exclusions, bars.parts, effort)
    except TooHard:
        return True


def _literal_meets(literal: Term, other: Term, bars: Barred, effort: Effort) -> bool:
    """The same where one is a PATH: the search starts at its end, which is reached by name."""
    names = literal.source.pattern.split("/") if literal.source.pattern else []
    there = _along(_starts(other.source), names, bars)
    if not there:
        return False
    exclusions = Exclusions()
    for negative in (*literal.minus, *other.minus):
        exclusions.add(negative)
    leaves = tuple([_along(leaf, names, None) for leaf in exclusions.leaves])
    return _search([(END, spot, leaves) for spot in there], exclusions, bars.parts, effort)


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
    return _search([(*pair, ()) for pair in _pairs(negative, positive)], Exclusions(), (), effort)


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


def _pairs(a: Source, b: Source) -> list[tuple[Spot, Spot]]:
    theirs = _starts(b)
    return [(mine, yours) for mine in _starts(a) for yours in theirs]


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
