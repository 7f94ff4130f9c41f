"""Which files a list of sources means: asked of one path (`Scope`), or of the disk and of what others declare (`files`).

`outputs:ID` means nothing here: the engine knows what a node made.
"""

from __future__ import annotations

from _bisect import bisect_left

from uetbuild.core.barred import barred
from uetbuild.core.globs import matcher, route_matcher
from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.paths import fixed_part
from uetbuild.core.patterns import SHOWN, hides_dots
from uetbuild.core.terms import terms
from uetbuild.core.trails import source_routes
from uetbuild.core.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Set

    from uetbuild.core.barred import Barred
    from uetbuild.core.globs import Predicate
    from uetbuild.core.patterns import Route
    from uetbuild.core.ports import Disk
    from uetbuild.core.terms import Term


class Scope:
    """A list of sources, asked by path: of those that match the last decides. `exclude` are names that wildcards never enter."""

    __slots__ = ("_sources", "matches")

    matches: Callable[[str], bool]
    """Whether a canonical path belongs to it."""

    def __init__(self, sources: Sources, exclude: tuple[str, ...] = ()) -> None:
        self._sources = sources
        self.matches = _list_predicate(sources, barred(exclude))

    def names(self) -> tuple[str, ...]:
        """The names of its sources where the manifest has a map, in its order, none twice."""
        return tuple(dict.fromkeys([source.name for source in self._sources if source.name]))


class PathIndex:
    """A set of paths that knows what is below a folder."""

    __slots__ = ("_paths", "_set")

    def __init__(self, paths: Iterable[str]) -> None:
        self._set = frozenset(paths)
        self._paths = sorted(self._set)

    def __contains__(self, path: str) -> bool:
        return path in self._set

    def __len__(self) -> int:
        return len(self._paths)

    def below(self, folder: str) -> list[str]:
        """The paths below a folder, sorted; "" is the root, which all are below."""
        if not folder:
            return list(self._paths)
        return self._paths[bisect_left(self._paths, folder + "/") : bisect_left(self._paths, folder + "0")]  # `0` comes right after `/`


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
    bars = barred(exclude)
    parts = terms(sources)
    found = walk([term.source for term in parts], disk, bars, _closed(parts))
    result: dict[tuple[str, str], None] = {}
    for term, paths in zip(parts, found, strict=True):
        paths += _declared(term.source, declared, bars)
        for takes in [_predicate(negative, None) for negative in term.minus]:
            paths = [path for path in paths if not takes(path)]
        result.update(dict.fromkeys([(term.name, path) for path in sorted(set(paths).difference(own, gone))]))
    return list(result)


def single(sources: Sources) -> list[str] | None:
    """The paths where each source is one path, be it of a file or not; None for all other lists."""
    if any(source.kind != Source.PATH or source.negative for source in sources):
        return None
    return [source.pattern for source in sources]


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


# --- sources as predicates -----------------------------------------------------------------------------------------------------


def _list_predicate(sources: Sources, bars: Barred | None) -> Predicate:
    """Of the sources of one name that match a path the last decides. Without `bars` nothing is barred: an exclusion need not enter what it
    excludes.
    """
    names = dict.fromkeys([source.name for source in sources if not source.negative])
    lists = [tuple([source for source in sources if source.name == name or (source.negative and not source.name)]) for name in names]
    if len(lists) > 1:
        predicates = [_list_predicate(each, bars) for each in lists]
        return lambda path: any(holds(path) for holds in predicates)
    sources = lists[0] if lists else ()
    ordered = [(_predicate(source, None if source.negative else bars), not source.negative) for source in reversed(sources)]
    if len(ordered) == 1:
        return ordered[0][0]

    def matches(path: str) -> bool:
        return next((positive for holds, positive in ordered if holds(path)), False)

    return matches


def _never(path: str) -> bool:
    return False


def _predicate(source: Source, bars: Barred | None) -> Predicate:
    """Whether a path belongs to one source, whatever its sign."""
    if source.kind == Source.GROUP:
        return _list_predicate(source.items, bars)
    if source.kind == Source.CREATED:
        return _never
    if source.kind == Source.PATH:
        return _path_predicate(source.pattern, bars)
    free = _below_predicate(matcher(source.pattern)) if source.folder else matcher(source.pattern)
    return free if bars is None else _barred_predicate(source, free, bars)


def _path_predicate(pattern: str, bars: Barred | None) -> Predicate:
    start = pattern + "/" if pattern else ""
    size = len(start)

    def matches(path: str) -> bool:
        if path == pattern:
            return True
        return path.startswith(start) and (bars is None or not bars.any(path[size:].split("/")))

    return matches


def _below_predicate(above: Predicate) -> Predicate:
    """Whether a folder of the path matches."""

    def matches(path: str) -> bool:
        cut = path.find("/")
        while cut >= 0:
            if above(path[:cut]):
                return True
            cut = path.find("/", cut + 1)
        return False

    return matches


def _barred_predicate(source: Source, free: Predicate, bars: Barred) -> Predicate:
    """`free`, but for what has a barred name behind the fixed part of each route that it matches."""
    careful = [_route_predicate(route, source.folder, bars) for route in source_routes(source)]

    def matches(path: str) -> bool:
        return free(path) and (not bars.any(path.split("/")) or any(holds(path) for holds in careful))

    return matches


def _route_predicate(route: Route, folder: bool, bars: Barred) -> Predicate:
    holds = _below_predicate(route_matcher(route)) if folder else route_matcher(route)
    return lambda path: holds(path) and not bars.any(path.split("/")[route.fixed :])


# --- what files() asks ---------------------------------------------------------------------------------------------------------


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


def _declared(source: Source, declared: PathIndex, bars: Barred) -> list[str]:
    """Declared paths that match; only below the pattern's fixed part is looked."""
    if not len(declared):
        return []
    holds = _predicate(source, bars)
    paths = []
    for folder in dict.fromkeys([route.folder for route in source_routes(source)]):
        if folder in declared:
            paths.append(folder)
        paths += declared.below(folder)
    return [path for path in paths if holds(path)]


def _closed(parts: list[Term]) -> Callable[[str], bool]:
    """Whether a folder need not be entered because exclusions take everything below it away from all terms."""
    shared: set[str] | None = None
    for term in parts:
        source = term.source
        shown = source.kind == Source.GLOB and not source.folder and _shows_no_dots(source)
        folders = {folder for negative in term.minus if (folder := _taken_folder(negative, shown)) is not None}
        shared = folders if shared is None else shared & folders
    return frozenset(shared or ()).__contains__


def _shows_no_dots(source: Source) -> bool:
    """Whether no file that is found behind the fixed part can have a leading dot anywhere behind it."""
    return all(
        hides_dots(part) or not str(part[0]).startswith(".") for route in source_routes(source) for part in route.parts[route.fixed :]
    )


def _taken_folder(negative: Source, shown: bool) -> str | None:
    """The folder that an exclusion takes away as a whole; `x/**` spares hidden names, which do not matter where only `shown` are found."""
    if negative.kind == Source.PATH:
        return negative.pattern
    if negative.kind == Source.GLOB and not negative.folder and shown:
        route = source_routes(negative)[0]
        if len(route.parts) == route.fixed + 2 and negative.pattern == route.folder + "/**" and route.parts[-1] == SHOWN:
            return route.folder
    return None
