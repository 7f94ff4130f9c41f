"""A list of sources taken apart: what each of its patterns adds, less the exclusions that come after it.

The last source that matches a path decides; so a list is the union of its positive patterns, each without what later negatives take away.
Where the manifest has a map of lists, each name's list is one of its own: its negatives take nothing from
another name, those without a name take from all.
"""

from __future__ import annotations

from uetbuild.core.nodes import Source, Sources


class Term:
    """`source` (a positive PATH or GLOB) without the paths of `minus` (negatives of any kind); `name` is that of the list's entry."""

    __slots__ = ("minus", "name", "source")

    def __init__(self, source: Source, name: str, minus: Sources) -> None:
        self.source = source
        self.name = name
        self.minus = minus

    def identity(self) -> object:
        """Equal for terms that mean the same files for the same reason: places, names and `optional` do not count."""
        source = self.source
        minus = tuple([_identity(negative) for negative in self.minus]) if self.minus else ()
        return (source.kind, source.pattern, source.folder, minus)

    def shown(self) -> str:
        """The pattern for people, with `/` at its end where it was written."""
        return (self.source.pattern or ".") + ("/" if self.source.folder else "")


def terms(sources: Sources, name: str | None = None, after: Sources = ()) -> list[Term]:
    """The terms of a list in its order, groups opened; `name` and `after` are for the recursion. `outputs:ID` adds none."""
    if len(sources) == 1 and sources[0].kind <= Source.GLOB and not sources[0].negative:  # most lists
        return [Term(sources[0], sources[0].name if name is None else name, after)]
    found: list[Term] = []
    negatives = [place for place, source in enumerate(sources) if source.negative]
    for place, source in enumerate(sources):
        if source.negative or source.kind == Source.CREATED:
            continue
        mine = [sources[later] for later in negatives if later > place and sources[later].name in ("", source.name)]
        minus = (*mine, *after) if mine else after
        shown = source.name if name is None else name
        if source.kind == Source.GROUP:
            found += terms(source.items, shown, minus)
        else:
            found.append(Term(source, shown, minus))
    return found


def _identity(source: Source) -> object:
    return (source.kind, source.pattern, source.folder, source.negative, tuple([_identity(item) for item in source.items]))
