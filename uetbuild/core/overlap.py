"""Whether two lists of sources can mean one path: decided on the patterns (core/sharing.py), not on today's files."""

from __future__ import annotations

from uetbuild.core.barred import barred
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.sharing import share_a_path
from uetbuild.core.terms import Term, terms
from uetbuild.core.trails import source_routes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def overlap(a: Sources, b: Sources, exclude: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The positive patterns of `a`, sorted, none twice, that can meet a path of `b`; empty where the two are disjoint.

    A literal path stands for itself and everything below. `exclude` are names that wildcards and folders never enter.
    """
    bars = barred(exclude)
    others = terms(b)
    return tuple(sorted({term.shown() for term in terms(a) if any(share_a_path(term, other, bars) for other in others)}))


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
                near = self._near(term.source)
                met = self._met[identity] = [other for other, against in near.items() if share_a_path(term, against, self._bars)]
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

    def _near(self, source: Source) -> dict[object, Term]:
        """Terms whose fixed parts lie above or below those of the source: all others cannot meet it."""
        terms, below = self._terms, self._below
        near: dict[object, Term] = {}
        for start in _folders(source):
            above = start
            while above:
                above = above.rpartition("/")[0]
                if above in terms:
                    near.update(terms[above])
            todo = [start]
            for folder in todo:  # grows while it is walked
                if folder in terms:
                    near.update(terms[folder])
                if folder in below:
                    todo += below[folder]
        return near


def _folders(source: Source) -> Iterable[str]:
    if source.kind == Source.PATH:
        return (source.pattern,)
    return dict.fromkeys([route.folder for route in source_routes(source)])
