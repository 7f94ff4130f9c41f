"""Finding on the disk what patterns match: each folder is listed once for all patterns that start at the same place, and none that cannot
match. Knows of negatives only which folders they take away as a whole."""

from __future__ import annotations

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source
from uetbuild.core.patterns import is_literal
from uetbuild.core.trails import source_routes, trail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeAlias

    from uetbuild.core.barred import Barred
    from uetbuild.core.globs import Predicate
    from uetbuild.core.ports import Disk
    from uetbuild.core.trails import Spot

    Spots: TypeAlias = "tuple[tuple[int, Spot], ...]"
    """Where the walk is along which sources (their numbers)."""
    Orders: TypeAlias = "tuple[list[tuple[int, Predicate]], list[tuple[Predicate, tuple[int, Spot]]], tuple[str, ...]]"
    """What to do in a folder: files that match are found by a source; folders that match lead to a spot; the only names that can match,
    none where wildcards may match any."""


def walk(sources: Sequence[Source], disk: Disk, barred: Barred, closed: Callable[[str], bool]) -> list[list[str]]:
    """For each PATH or GLOB its files and links on disk, without order, perhaps twice; folders for which `closed` holds are left out."""
    walker = _Walker(len(sources), disk, barred, closed)
    starts: dict[str, dict[tuple[int, Spot], None]] = {}
    for number, source in enumerate(sources):
        for route in source_routes(source):
            spot = trail(route, source)[route.fixed]
            kind = disk.kind(route.folder) if spot.ends else Kind.FOLDER
            if kind in (Kind.FILE, Kind.LINK):
                walker.found[number].append(route.folder)
            if spot.edges and kind in (Kind.FOLDER, Kind.LINK):  # a link is entered where the pattern names it
                starts.setdefault(route.folder, {})[number, spot] = None
    for folder, spots in starts.items():
        walker.below(folder, tuple(spots))
    return walker.found


class _Walker:
    """Collects in `found`, one list a source."""

    __slots__ = ("_barred", "_closed", "_disk", "_orders", "found")

    def __init__(self, count: int, disk: Disk, barred: Barred, closed: Callable[[str], bool]) -> None:
        self.found: list[list[str]] = [[] for _ in range(count)]
        self._disk = disk
        self._barred = barred.names()
        self._closed = closed
        self._orders: dict[Spots, Orders] = {}

    def below(self, start: str, spots: Spots) -> None:
        """Everything in a folder that the patterns name: it may be barred, a link or a repository of its own, those below may not."""
        todo = [(start, spots)]
        while todo:
            folder, spots = todo.pop()
            files, folders, names = self._orders.get(spots) or self._ordered(spots)
            entries = self._named(folder, names) if names else self._disk.entries(folder)
            if folder != start and any(name == ".git" for name, _ in entries):
                continue
            barred = self._barred
            head = folder + "/" if folder else ""
            if files:
                there = [name for name, kind in entries if (kind == "f" or kind == "l") and name not in barred]
                for number, matches in files:
                    self.found[number] += [head + name for name in there if matches(name)]
            if folders:
                for name, kind in entries:
                    if kind == "d" and name not in barred and not self._closed(head + name):
                        on = tuple(dict.fromkeys([spot for matches, spot in folders if matches(name)]))
                        if on:
                            todo.append((head + name, on))

    def _named(self, folder: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
        """As `entries`, of these names and `.git` alone: what else comes and goes in the folder is not looked at, so it need not be judged
        again when that changes."""
        head = folder + "/" if folder else ""
        return [(name, kind) for name in (".git", *names) if (kind := self._disk.kind(head + name))]

    def _ordered(self, spots: Spots) -> Orders:
        files = []
        folders = []
        names: set[str] = set()
        wild = False
        for number, spot in spots:
            for part, matches, target in spot.edges:
                wild = wild or not is_literal(part)
                names.add(str(part[0]))
                if target.ends:
                    files.append((number, matches))
                if target.edges:
                    folders.append((matches, (number, target)))
        orders = self._orders[spots] = (files, folders, () if wild else tuple(sorted(names)))
        return orders
