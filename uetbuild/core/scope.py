"""Which files a list of sources means: asked of one path (`Scope`), or of the disk and of what others declare (`files`).

`outputs:ID` means nothing here: the engine knows what a node made. Plain paths need none of what knows of patterns (core/matching.py): it
is loaded where there is one.
"""

from __future__ import annotations

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.paths import PathIndex, fixed_part

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from uetbuild.core.ports import Disk


class Scope:
    """A list of sources, asked by path: of those that match the last decides. `exclude` are names that wildcards never enter."""

    __slots__ = ("_sources", "matches")

    matches: Callable[[str], bool]
    """Whether a canonical path belongs to it."""

    def __init__(self, sources: Sources, exclude: tuple[str, ...] = ()) -> None:
        from uetbuild.core.matching import predicate  # of most builds nobody asks so

        self._sources = sources
        self.matches = predicate(sources, exclude)

    def names(self) -> tuple[str, ...]:
        """The names of its sources where the manifest has a map, in its order, none twice."""
        return tuple(dict.fromkeys([source.name for source in self._sources if source.name]))


def files(
    sources: Sources,
    disk: Disk,
    exclude: tuple[str, ...],
    declared: PathIndex,
    own: Set[str] = frozenset(),
    gone: Set[str] = frozenset(),
) -> list[tuple[str, str]]:
    """(source's name, path) of files and links that match, on disk or declared by others: in the order of the patterns, by path within one,
    none twice under one name. Those of `own` and `gone` are left out."""
    plain = None if len(declared) else _plain(sources, disk)
    if plain is not None:
        return [found for found in dict.fromkeys(plain) if found[1] not in own and found[1] not in gone]
    from uetbuild.core import matching  # in many projects all is plain

    return matching.found(sources, disk, exclude, declared, own, gone)


def single(sources: Sources) -> list[str] | None:
    """The paths where each source is one path, be it of a file or not; None for all other lists."""
    found = []
    for source in sources:
        if source.kind != Source.PATH or source.negative:
            return None
        found.append(source.pattern)
    return found


def grounds(sources: Sources) -> list[str]:
    """Paths that, with what is below them, hold all files that the sources can mean, none twice; `outputs:ID` adds none."""
    found: dict[str, None] = {}
    for source in sources:
        kind = source.kind
        if kind == Source.GROUP:
            found.update(dict.fromkeys(grounds(source.items)))
        elif kind != Source.CREATED and not source.negative:
            found[source.pattern if kind == Source.PATH else fixed_part(source.pattern)] = None
    return list(found)


def _plain(sources: Sources, disk: Disk) -> list[tuple[str, str]] | None:
    """The files where each source is the path of a file or of nothing, as in most lists; None where more has to be looked at."""
    found = []
    for source in sources:
        if source.kind != Source.PATH or source.negative:
            return None
        kind = disk.kind(source.pattern)
        if kind == Kind.FILE:
            found.append((source.name, source.pattern))
        elif kind != Kind.ABSENT:
            return None
    return found
