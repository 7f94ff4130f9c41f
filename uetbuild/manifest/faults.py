"""What is wrong with a manifest, collected so that all of it can be said in one go. Knows nothing of what is checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from uetbuild.errors import Location, UetError, UetErrors
from uetbuild.manifest.tree import SourceFile

MAX_FAULTS = 5000  # at most 20 are shown, and each takes its time


class Faults:
    """Errors by place: of several at one place the first is kept, so that a hundred nodes of one `matrix` do not repeat one mistake.

    More than `MAX_FAULTS` are not collected: who adds one gets all of them raised, as `UetErrors`.
    """

    __slots__ = ("_found", "_places")

    def __init__(self) -> None:
        self._found: list[UetError] = []
        self._places: set[tuple[str, int, int]] = set()

    def add(self, error: UetError) -> None:
        """Keep an error (of `UetErrors` each one). Raises UetErrors where there are too many already."""
        if len(self._found) >= MAX_FAULTS:
            self.check({})
        if isinstance(error, UetErrors):
            for each in error.errors:
                self.add(each)
            return
        if error.location is not None:
            place = error.location.order()
            if place in self._places:
                return
            self._places.add(place)
        self._found.append(error)

    def add_all(self, errors: Iterable[UetError]) -> None:
        for error in errors:
            self.add(error)

    def __bool__(self) -> bool:
        return bool(self._found)

    def check(self, sources: Mapping[str, SourceFile]) -> None:
        """Raise what was found, if anything, as `UetErrors`; places that core gave without their line get it from `sources` (by file)."""
        if not self._found:
            return
        for error in self._found:
            for place in (error.location, *[other for _, other in error.others]):
                if place is not None:
                    _with_line(place, sources)
        raise UetErrors(self._found)


def _with_line(place: Location, sources: Mapping[str, SourceFile]) -> None:
    source = sources.get(place.file)
    if not place.source and source is not None and place.line:
        full = source.location(place.line, place.column, place.length)
        place.source, place.length = full.source, full.length
