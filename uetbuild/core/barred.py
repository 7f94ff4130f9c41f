"""The names that wildcards and folders never enter: `.git`, `.uet` and what `settings.exclude` names."""

from __future__ import annotations

from uetbuild.core.globs import name_predicate
from uetbuild.core.patterns import is_literal, routes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from uetbuild.core.globs import Predicate
    from uetbuild.core.patterns import Part

ALWAYS = (".git", ".uet")


class Barred:
    """A set of names; those of `exclude` may have wildcards. A path that wants to be inside must name them before its first wildcard."""

    __slots__ = ("_names", "_wild", "parts")

    parts: tuple[Part, ...]
    """The same as parts of patterns."""

    def __init__(self, exclude: tuple[str, ...]) -> None:
        found = [route.parts for name in (*ALWAYS, *exclude) for route in routes(name.rstrip("/"))]
        self.parts = tuple(dict.fromkeys([parts[0] for parts in found if len(parts) == 1]))
        self._names = frozenset([str(part[0]) for part in self.parts if is_literal(part)])
        self._wild: tuple[Predicate, ...] = tuple([name_predicate(part) for part in self.parts if not is_literal(part)])

    def __contains__(self, name: object) -> bool:
        return name in self._names or any(matches(str(name)) for matches in self._wild)

    def names(self) -> Container[str]:
        """The same to ask for many single names: a frozenset if it can be, which answers several times faster."""
        return self if self._wild else self._names

    def any(self, names: Iterable[str]) -> bool:
        """Whether one of the names is barred."""
        if not self._wild:
            return not self._names.isdisjoint(names)
        return any(name in self for name in names)


_KNOWN: dict[tuple[str, ...], Barred] = {}


def barred(exclude: tuple[str, ...]) -> Barred:
    """The one `Barred` of these settings."""
    known = _KNOWN.get(exclude)
    if known is None:
        if len(_KNOWN) >= 100:  # a memo, not a leak
            _KNOWN.clear()
        known = _KNOWN[exclude] = Barred(exclude)
    return known
