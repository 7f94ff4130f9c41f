"""A source's pattern as a little automaton over the parts of a path: what the walk over the disk and the overlap of scopes both follow."""

from __future__ import annotations

from uetbuild.core.globs import name_predicate
from uetbuild.core.nodes import Source
from uetbuild.core.patterns import DEEP, EVERY, SHOWN, Route, routes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from uetbuild.core.globs import Predicate
    from uetbuild.core.patterns import Part

    Edges: TypeAlias = "tuple[tuple[Part, Predicate, Spot], ...]"


ANY_NAME = name_predicate(EVERY)
SHOWN_NAME = name_predicate(SHOWN)


class Spot:
    """How far a path has come along a pattern.

    `ends`: it may be over here. `edges`: (part, the part as a predicate, the spot to which a name that matches leads). `free`: the pattern
    itself names what leads on from here, before its first wildcard, so that nothing is barred.
    """

    __slots__ = ("edges", "ends", "free")

    def __init__(self, ends: bool, edges: Edges = (), *, free: bool = False) -> None:
        self.ends = ends
        self.edges = edges
        self.free = free


def source_routes(source: Source) -> tuple[Route, ...]:
    """The routes of a PATH (whose text is no pattern, whatever it holds) or GLOB."""
    if source.kind == Source.GLOB:
        return routes(source.pattern)
    return (Route(tuple([(name,) for name in source.pattern.split("/")] if source.pattern else ())),)


def trail(route: Route, source: Source) -> list[Spot]:
    """The spots along a route of the source: the first is the root, the one at `route.fixed` is where its first wildcard begins.

    A PATH is over at its end and anywhere below, a GLOB at its end, a GLOB with `/` at its end anywhere below.
    """
    if source.kind == Source.PATH:
        spot = Spot(True)
        spot.edges = ((EVERY, ANY_NAME, spot),)
    elif source.folder:
        below = Spot(True)
        below.edges = ((EVERY, ANY_NAME, below),)
        spot = Spot(False, below.edges)
    else:
        spot = Spot(True)
    spots = [spot]
    for place in range(len(route.parts) - 1, -1, -1):
        if route.parts[place] == DEEP:
            deep = Spot(False)
            deep.edges = (*spot.edges, (SHOWN, SHOWN_NAME, deep))
            spot = deep
        else:
            part = route.parts[place]
            spot = Spot(False, ((part, name_predicate(part), spot),), free=place < route.fixed)
        spots.append(spot)
    spots.reverse()
    return spots
