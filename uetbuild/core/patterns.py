"""The language of path patterns (interface, Files), read: what a pattern's text says, and what is wrong with it.

`*` and `?` and `[a-z]`, `[!x]` match inside one part, `{a,b}` is either (also over several parts), `**` as a whole part is any number of
parts, at the end at least one. A leading dot is matched only where the pattern writes it. There is no escape but `[*]`.

A pattern is read into routes, one for each choice of its braces; a route is a sequence of parts, a part a sequence of tokens.
Knows nothing of paths that match (core/globs.py), of sources, or of the disk.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Class: TypeAlias = "tuple[bool, tuple[tuple[str, str], ...]]"
    """A set of characters: whether it is negated, and its ranges, both ends included."""
    Token: TypeAlias = "str | Class | None"
    """A literal text, a set of characters, or None for `*`."""
    Part: TypeAlias = "tuple[Token, ...]"

ONE: Class = (True, ())  # `?`
DEEP: Part = (None, None)  # `**`; two stars side by side are one everywhere else
SHOWN: Part = (None,)  # `*`: any name without a leading dot
EVERY: Part = ("", None)  # any name: the literal, though empty, stands at the start

MOST_ROUTES = 1000
MOST_NESTED = 20
MOST_LETTERS = 16_384  # four times the longest path of any system


class Route:
    """One choice of a pattern's braces: `parts`, `fixed` = how many literal parts it starts with, `folder` = these as a path."""

    __slots__ = ("fixed", "folder", "parts")

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts
        names = []
        for part in parts:
            if not is_literal(part):
                break
            names.append(str(part[0]))
        self.fixed = len(names)
        self.folder = "/".join(names)


class Malformed(ValueError):
    """What is wrong with a pattern, as a sentence's end: "the pattern has …"."""


def is_literal(part: Part) -> bool:
    """Whether the part is a name without wildcards."""
    return len(part) == 1 and isinstance(part[0], str)


def hides_dots(part: Part) -> bool:
    """Whether the part cannot match a name with a leading dot because it does not write it."""
    return not isinstance(part[0], str)


_READ: dict[str, tuple[Route, ...]] = {}


def routes(pattern: str) -> tuple[Route, ...]:
    """The routes of a canonical pattern, in the order of its braces, none twice; "" has one without parts. Raises Malformed."""
    known = _READ.get(pattern)
    if known is None:
        found = [_parts(choice) for choice in Reader(pattern).read()] if pattern else [()]
        known = tuple([Route(parts) for parts in dict.fromkeys(found)])
        if len(_READ) >= 10_000:  # a memo, not a leak
            _READ.clear()
        _READ[pattern] = known
    return known


class Reader:
    """Reads one pattern into the token sequences of its choices: `/` and `**` are tokens of their own, literals single characters."""

    __slots__ = ("_at", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def read(self) -> list[list[Token]]:
        return self._sequence(0)

    def _sequence(self, depth: int) -> list[list[Token]]:
        """Up to the end, or to the `,` or `}` that ends a choice."""
        text = self._text
        choices: list[list[Token]] = [[]]
        while self._at < len(text):
            letter = text[self._at]
            if depth and letter in ",}":
                break
            if letter == "{":
                inner = self._braces(depth + 1)
                if len(choices) * len(inner) > MOST_ROUTES:
                    raise Malformed(f"has braces with more than {MOST_ROUTES} choices")
                choices = [[*choice, *more] for choice in choices for more in inner]
                continue
            token = self._token(letter)
            for choice in choices:
                choice.append(token)
        return choices

    def _braces(self, depth: int) -> list[list[Token]]:
        if depth > MOST_NESTED:
            raise Malformed(f"has braces nested more than {MOST_NESTED} deep")
        text = self._text
        found: list[list[Token]] = []
        while True:
            self._at += 1  # the `{` or `,`
            found += self._sequence(depth)
            if len(found) > MOST_ROUTES:
                raise Malformed(f"has braces with more than {MOST_ROUTES} choices")
            if self._at == len(text):
                raise Malformed("has a `{` without its `}`")
            if text[self._at] == "}":
                self._at += 1
                return found

    def _token(self, letter: str) -> Token:
        if letter == "[":
            return self._class()
        self._at += 1
        if letter == "?":
            return ONE
        if letter != "*":
            return letter
        if self._text[self._at : self._at + 1] != "*":
            return None
        self._at += 1
        return "**"

    def _class(self) -> Class | str:
        """A set of characters; one that is only one character is that character, except a dot, which has to be written as such."""
        text = self._text
        start = self._at + 1
        negated = text[start : start + 1] in ("!", "^")
        start += negated
        end = text.find("]", start + 1)  # a `]` right at the start is an element
        inner = text[start:end]
        if end < 0 or "/" in inner:
            raise Malformed("has a `[` without its `]`")
        if inner.startswith("[:"):
            raise Malformed("has a named class such as `[:alpha:]`, which is not supported")
        self._at = end + 1
        ranges = []
        at = 0
        while at < len(inner):
            width = 3 if inner[at + 1 : at + 2] == "-" and at + 2 < len(inner) else 1
            first, last = inner[at], inner[at + width - 1]
            if last < first:
                raise Malformed(f"has the range `{first}-{last}`, whose end is before its start")
            ranges.append((first, last))
            at += width
        single = not negated and len(inner) == 1 and inner != "."
        return inner if single else (negated, tuple(ranges))


def _parts(tokens: list[Token]) -> tuple[Part, ...]:
    """The parts of one choice; `**` at the end becomes `**/*`, and `**/**` one `**`."""
    parts: list[Part] = []
    for raw in _split(tokens):
        if "**" in raw:
            if len(raw) > 1:
                raise Malformed("has `**` that is not a whole part")
            if not parts or parts[-1] != DEEP:
                parts.append(DEEP)
        else:
            parts.append(_part(raw))
    if parts[-1] == DEEP:
        parts.append(SHOWN)
    return tuple(parts)


def _split(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token == "/":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _part(tokens: list[Token]) -> Part:
    merged: list[Token] = []
    for token in tokens:
        last = merged[-1] if merged else ONE
        if isinstance(token, str) and isinstance(last, str):
            merged[-1] = last + token
        elif token is not None or last is not None:
            merged.append(token)
    if not merged:
        raise Malformed("has an empty part")
    if merged in (["."], [".."]):
        raise Malformed(f"has `{merged[0]}` after a wildcard")
    return tuple(merged)
