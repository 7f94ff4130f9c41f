"""What single names can do: which of several parts of patterns one name can match, and which it then does not.

Decided on the parts, letter by letter, over the few classes of characters that the parts tell apart; never on names that exist.
"""

from __future__ import annotations

from uetbuild.core.globs import name_predicate
from uetbuild.core.patterns import EVERY, hides_dots, is_literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from uetbuild.core.patterns import Part, Token

    Parts: TypeAlias = "tuple[Part, ...]"
    Truths: TypeAlias = "tuple[bool, ...]"

MOST_STEPS = 300_000  # of one automaton by one letter; about as many microseconds

_NO_NAMES: Parts = ((".",), ("..",))  # they match `.?` and `.*` but no file has them
_KNOWN: dict[tuple[Parts, Parts, Parts], list[Truths]] = {}


class TooHard(Exception):
    """The parts are so many and so entangled that deciding would take minutes; nobody writes such patterns by accident."""


class Effort:
    """What one decision may still cost, in steps."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MOST_STEPS

    def spend(self, steps: int) -> None:
        """Raises TooHard when there is nothing left."""
        self._left -= steps
        if self._left < 0:
            raise TooHard


def outcomes(required: Parts, observed: Parts, refused: Parts, effort: Effort) -> Iterator[Truths]:
    """For the names that match all of `required` and none of `refused`: which of `observed` they match, every combination once.

    None where there is no such name. Raises TooHard.
    """
    key = (required, observed, refused)
    found = _KNOWN.get(key)
    if found is None:
        found = []
        for truths in _decided(required, observed, refused, effort):
            found.append(truths)
            if observed:  # as they come, for the first is often all that is asked for
                yield truths
        if len(_KNOWN) >= 10_000:  # a memo, not a leak
            _KNOWN.clear()
        _KNOWN[key] = found
        if observed:
            return
    yield from found


def _decided(required: Parts, observed: Parts, refused: Parts, effort: Effort) -> Iterable[Truths]:
    for part in required:
        if is_literal(part):
            return _of_name(str(part[0]), required, observed, refused)
    wanted = tuple(dict.fromkeys([part for part in required if part != EVERY]))
    if not _ends_agree(wanted):
        return ()
    refused = (*_NO_NAMES, *refused)
    possible = [part for part in refused if not is_literal(part) or _matches_all(str(part[0]), wanted)]
    return _of_letters(wanted, observed, tuple(possible), effort)


def _matches_all(name: str, parts: Parts) -> bool:
    return all(name_predicate(part)(name) for part in parts)


def _of_name(name: str, required: Parts, observed: Parts, refused: Parts) -> list[Truths]:
    if not _matches_all(name, required) or any(name_predicate(part)(name) for part in refused):
        return []
    return [tuple([name_predicate(part)(name) for part in observed])]


def _ends_agree(parts: Parts) -> bool:
    """Whether the literal starts and ends of the parts can belong to one name; answers `*.c` and `*.h` at once."""
    starts = sorted([text for part in parts if isinstance(text := part[0], str)], key=len)
    ends = sorted([text for part in parts if isinstance(text := part[-1], str)], key=len)
    return all(starts[-1].startswith(text) for text in starts) and all(ends[-1].endswith(text) for text in ends)


# --- letter by letter ----------------------------------------------------------------------------------------------------------


def _of_letters(required: Parts, observed: Parts, refused: Parts, effort: Effort) -> Iterator[Truths]:
    """Searches all that names can do, as sets of places in each part: required ones first, then observed, then refused."""
    count = len(required)
    until = count + len(observed)
    readers = [_Reader(part) for part in (*required, *observed, *refused)]
    letters = _letters((*required, *observed, *refused))
    found: set[Truths] = set()
    seen: set[tuple[int, ...]] = set()  # without the start: a name is not empty
    todo = [(tuple([reader.start for reader in readers]), True)]
    while todo:
        state, first = todo.pop()
        effort.spend(len(readers) * len(letters))
        for letter in letters:
            after = tuple([reader.step(places, letter, first) for reader, places in zip(readers, state, strict=True)])
            if after in seen or not all(after[:count]):
                continue
            seen.add(after)
            todo.append((after, False))
            ends = [reader.ends(places) for reader, places in zip(readers, after, strict=True)]
            truths = tuple(ends[count:until])
            if all(ends[:count]) and not any(ends[until:]) and truths not in found:
                found.add(truths)
                yield truths
                if len(found) == 1 << len(observed):
                    return


class _Reader:
    """A part as an automaton over letters; a set of places is the bits of a number."""

    __slots__ = ("_hides", "_items", "start")

    def __init__(self, part: Part) -> None:
        self._items: list[Token] = []
        for token in part:
            self._items += token if isinstance(token, str) else [token]
        self._hides = hides_dots(part)
        self.start = self._closed(1)

    def step(self, places: int, letter: str, first: bool) -> int:
        if first and letter == "." and self._hides:
            return 0
        after = 0
        for place, item in enumerate(self._items):
            if places >> place & 1:
                if item is None:
                    after |= 1 << place
                elif item == letter if isinstance(item, str) else _in_class(letter, item):
                    after |= 2 << place
        return self._closed(after)

    def ends(self, places: int) -> bool:
        return bool(places >> len(self._items) & 1)

    def _closed(self, places: int) -> int:
        """A star may be passed over."""
        for place, item in enumerate(self._items):
            if item is None and places >> place & 1:
                places |= 2 << place
        return places


def _in_class(letter: str, token: tuple[bool, tuple[tuple[str, str], ...]]) -> bool:
    negated, ranges = token
    return negated != any(first <= letter <= last for first, last in ranges)


def _letters(parts: Parts) -> list[str]:
    """One character of each class that the parts tell apart, without NUL and `/`."""
    cuts = {1, ord("."), ord("/"), ord("/") + 1}
    for part in parts:
        for token in part:
            if isinstance(token, str):
                for letter in token:
                    cuts |= {ord(letter), ord(letter) + 1}
            elif token is not None:
                for first, last in token[1]:
                    cuts |= {ord(first), ord(last) + 1}
    return [chr(cut) for cut in sorted(cuts) if cut != ord("/") and cut < 0x110000]
