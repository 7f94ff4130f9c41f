"""Patterns in lists of sources: which paths they match, and which files on the disk. What core/scope.py asks where not all is plain."""

from __future__ import annotations

from uetbuild.core.barred import barred
from uetbuild.core.globs import matcher, route_matcher
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.patterns import SHOWN, hides_dots
from uetbuild.core.terms import terms
from uetbuild.core.trails import source_routes
from uetbuild.core.walk import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from uetbuild.core.barred import Barred
    from uetbuild.core.globs import Predicate
    from uetbuild.core.paths import PathIndex
    from uetbuild.core.patterns import Route
    from uetbuild.core.ports import Disk
    from uetbuild.core.terms import Term


def found(
    sources: Sources, disk: Disk, exclude: tuple[str, ...], declared: PathIndex, own: Set[str], gone: Set[str]
) -> list[tuple[str, str]]:  # fmt: skip
    """See `files` (core/scope.py)."""
    bars = barred(exclude)
    parts = terms(sources)
    walked = walk([term.source for term in parts], disk, bars, _closed(parts))
    result: dict[tuple[str, str], None] = {}
    for term, paths in zip(parts, walked, strict=True):
        paths += _declared(term.source, declared, bars)
        for takes in [_predicate(negative, None) for negative in term.minus]:
            paths = [path for path in paths if not takes(path)]
        result.update(dict.fromkeys([(term.name, path) for path in sorted(set(paths).difference(own, gone))]))
    return list(result)


def predicate(sources: Sources, exclude: tuple[str, ...]) -> Predicate:
    """Whether a path belongs to a list; `exclude` are names that wildcards never enter."""
    return _list_predicate(sources, barred(exclude))


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


# --- what found() asks -------------------------------------------------------------------------------------------------------


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
