"""Steps from command lines, words and Python functions with templates: which need a shell, and how values are quoted in them.

What a place in a shell text means is decided by core/shellscan.py; quoting itself is core/render.py's, for static values too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache

from uetbuild.core.nodes import Hole, Pieces, Place, Step
from uetbuild.core.shellscan import scan
from uetbuild.core.shelltext import HOLE, family, is_plain, split
from uetbuild.manifest.names import Names, TemplateFault
from uetbuild.manifest.resolution import OPEN, Expression, Found, merged, parts_of, pieces, resolve

_QUOTES = ("'", '"')
_ENV_HINT = 'pass the value through `env` and write "$NAME" there'


_is_plain = cache(is_plain)  # there are few shells


def recipe(source: str, names: Names, shell: Sequence[str]) -> Step:
    """A command line as a `DIRECT` or `SHELL` step for this argv of a shell; the literal text alone decides which. Raises TemplateFault."""
    if "\0" in source:
        raise TemplateFault("a command line cannot hold a NUL character", "", source.index("\0"), 1)
    found = [part if isinstance(part, str) else resolve(part, names) for part in parts_of(source)]
    if not any(isinstance(part, Found) and part.raw for part in found) and _is_plain(tuple(shell)):
        words = split("".join([part if isinstance(part, str) else HOLE for part in found]))
        if words is not None:
            if not words:
                raise TemplateFault("the command is empty")
            return Step(kind=Step.DIRECT, words=_direct(words, [part for part in found if isinstance(part, Found)]), shown=source)
    return Step(kind=Step.SHELL, text=_quoted(found, family(shell)), shell=tuple(shell), shown=source)


def _direct(words: list[str], found: list[Found]) -> tuple[Pieces, ...]:
    """Words with their holes filled where the value is known; a list by itself becomes one word an element."""
    if not found:
        return tuple([(word,) for word in words])
    remaining = iter(found)
    result: list[Pieces] = []
    for word in words:
        if word == HOLE:
            result += _alone(next(remaining))
            continue
        built: list[str | Hole] = []
        for at, literal in enumerate(word.split(HOLE)):
            if at:
                part = next(remaining)
                built.append(part.hole or part.placed(Place.PLAIN))
            built.append(literal)
        result.append(merged(built) or ("",))
    return tuple(result)


def _alone(found: Found) -> list[Pieces]:
    """A word that is one template."""
    if found.hole is not None:
        return [(found.hole,)]
    found.placed(Place.PLAIN)  # refuses NUL
    words = found.words()
    return [(words,)] if isinstance(words, str) else [(word,) for word in words]


def _quoted(found: Sequence[str | Found], shell: str) -> Pieces:
    """A text for the shell: source known now is text like any other, values are quoted as their places demand."""
    parts = [part.placed(Place.RAW) if isinstance(part, Found) and part.raw and part.hole is None else part for part in found]
    holes = [part for part in parts if isinstance(part, Found)]
    if not shell:
        for part in holes:
            if not part.raw:
                name = part.expression.source
                raise part.expression.fault(
                    f"`{{{{ {name} }}}}` cannot be quoted for a `shell` that is not sh, dash, bash, zsh or ksh", _ENV_HINT
                )
        return merged([part.hole if isinstance(part, Found) and part.hole else str(part) for part in parts])
    raw = frozenset([index for index, part in enumerate(holes) if part.raw])
    seen = scan("".join([HOLE if isinstance(part, Found) else part for part in parts]), shell, raw)
    # a parenthesis in a text without holes is the shell's business: it may know more about it than the scan does
    if seen.unclosed is not None and (holes or seen.unclosed[1] in _QUOTES):
        offset, length = _origin(seen.unclosed[0], found, parts)
        raise TemplateFault(f"`{seen.unclosed[1]}` is never closed", "close it, or write `\\` before it", offset, length)
    for index, where in sorted(seen.refused.items()):
        expression = holes[index].expression
        raise expression.fault(f"`{{{{ {expression.source} }}}}` cannot stand {where}", _ENV_HINT)
    places = iter(seen.places)
    return merged([part if isinstance(part, str) else _insert(part, next(places)) for part in parts])


def _insert(found: Found, place: int) -> str | Hole:
    return found.placed(place) if found.hole is None else found.hole.with_(place=place)


def _origin(offset: int, found: Sequence[str | Found], parts: Sequence[str | Found]) -> tuple[int, int]:
    """Where in the source the character stands that is at `offset` of the scanned text; for inserted source the template."""
    end = 0
    for original, part in zip(found, parts, strict=True):
        length = len(part) if isinstance(part, str) else 1
        if offset < length:
            if isinstance(original, Found):
                return original.expression.offset, original.expression.length
            return end + offset, 1
        offset -= length
        end = end + length if isinstance(original, str) else original.expression.end
    raise AssertionError("the offset lies in the text")


def argv(words: Sequence[str], names: Names) -> Step:
    """The step of `{argv: […]}`: never read by a shell; an element that is one template giving a list becomes one word an element."""
    result: list[Pieces] = []
    for word in words:
        parts = parts_of(word)
        if len(parts) == 1 and isinstance(parts[0], Expression):
            found = resolve(parts[0], names)
            result += [(found.hole.with_(place=Place.PLAIN),)] if found.hole is not None else _alone(found)
        else:
            result.append(pieces(word, names) or ("",))
    return Step(kind=Step.DIRECT, words=tuple(result), shown=" ".join(words))


def python(function: str, arguments: Mapping[str, object], names: Names) -> Step:
    """The step of `{python: …, args: …}`. Texts in the arguments may hold templates; one that is a single template keeps its type."""
    found: list[str | Hole] = []
    _json(arguments, names, found)
    return Step(kind=Step.PYTHON, words=(pieces(function, names), merged(found)), shown=function)


def _json(argument: object, names: Names, found: list[str | Hole]) -> None:
    """JSON with holes; keys sorted, since their order does not count."""
    if isinstance(argument, Mapping):
        for at, key in enumerate(sorted(argument)):
            found.append(f"{', ' if at else '{'}{json.dumps(str(key))}: ")
            _json(argument[key], names, found)
        found.append("}" if argument else "{}")
    elif isinstance(argument, list | tuple):
        for at, element in enumerate(argument):
            found.append(", " if at else "[")
            _json(element, names, found)
        found.append("]" if argument else "[]")
    elif isinstance(argument, str) and OPEN in argument:
        _json_text(argument, names, found)
    else:
        found.append(json.dumps(argument))


def _json_text(source: str, names: Names, found: list[str | Hole]) -> None:
    parts = parts_of(source)
    if len(parts) == 1 and isinstance(parts[0], Expression):
        resolved = resolve(parts[0], names)
        found.append(json.dumps(resolved.value) if resolved.hole is None else resolved.hole.with_(place=Place.JSON))
        return
    found.append('"')
    for piece in pieces(source, names):
        found.append(json.dumps(piece)[1:-1] if isinstance(piece, str) else piece.with_(place=Place.JSON_TEXT))
    found.append('"')
