"""What path patterns match: one name, or a whole path; and what is wrong with a pattern.

The common ones (`src/**/*.c`) are answered without `re`, whose import costs as much as a whole start of uetbuild; the others by one
regular expression each. Knows nothing of sources, of names that wildcards never enter, or of the disk.
"""

from __future__ import annotations

from uetbuild.core.paths import fixed_part, is_glob
from uetbuild.core.patterns import DEEP, EVERY, MOST_LETTERS, SHOWN, Malformed, hides_dots, is_literal, routes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from uetbuild.core.patterns import Class, Part, Route

    Predicate: TypeAlias = "Callable[[str], bool]"


def fault(pattern: str) -> str | None:
    """Why a pattern or literal path, as written or canonical, is malformed; None where it is not.

    `//` at the start, one `/` at the end, and `.` and `..` before the first wildcard are what `paths.resolve` is for, and fine.
    """
    try:
        _check(pattern)
    except Malformed as wrong:
        return str(wrong)
    return None


def _check(pattern: str) -> None:
    if "\\" in pattern:
        raise Malformed("has a backslash")
    if "\0" in pattern:
        raise Malformed("has a NUL character")
    if len(pattern) > MOST_LETTERS:
        raise Malformed(f"has {len(pattern):,} letters; {MOST_LETTERS:,} are the most")
    text = pattern[2:] if pattern.startswith("//") else pattern
    text = text.removesuffix("/")
    if "//" in text or text.startswith("/"):
        raise Malformed("has an empty part")
    if is_glob(text):
        routes(text[len(fixed_part(text)) :].removeprefix("/"))


# --- matching one name ---------------------------------------------------------------------------------------------------------


def name_predicate(part: Part) -> Predicate:
    """Whether a name (never empty, without `/`) matches the part; `**` is not a part in this sense."""
    if is_literal(part):
        return str(part[0]).__eq__
    if part == EVERY:
        return _any_name
    if part == SHOWN:
        return _shown_name
    shown = hides_dots(part)
    if any(isinstance(token, tuple) for token in part):
        full = _compiled(_part_regex(part))
        return lambda name: full(name) is not None
    texts = _between_stars(part)
    if len(texts) == 2:
        return _around_star(texts[0], texts[1], shown)
    return _around_stars(texts, shown)


def _any_name(name: str) -> bool:
    return True


def _shown_name(name: str) -> bool:
    return name[0] != "."


def _between_stars(part: Part) -> list[str]:
    """The literal texts before, between and after the stars of a part that has only these."""
    texts = [""]
    for token in part:
        if isinstance(token, str):
            texts[-1] = token
        else:
            texts.append("")
    return texts


def _around_star(start: str, end: str, shown: bool) -> Predicate:
    least = len(start) + len(end)
    if shown:
        return lambda name: name.endswith(end) and name[0] != "."
    return lambda name: name.startswith(start) and name.endswith(end) and len(name) >= least


def _around_stars(texts: list[str], shown: bool) -> Predicate:
    start, *middle, end = texts

    def matches(name: str) -> bool:
        if not name.startswith(start) or (shown and name[0] == "."):
            return False
        at = len(start)
        for text in middle:  # the first place is as good as any later one
            at = name.find(text, at)
            if at < 0:
                return False
            at += len(text)
        return len(name) - len(end) >= at and name.endswith(end)

    return matches


# --- matching a path -----------------------------------------------------------------------------------------------------------


def matcher(pattern: str) -> Predicate:
    """Whether a canonical path matches the canonical pattern as a whole; a pattern without wildcards matches only itself.

    What a literal path or a `/` at the end stands for beyond that is told by core/scope.py. Raises Malformed.
    """
    found = routes(pattern)
    return _route_matcher(found[0]) or _regex_matcher(found) if len(found) == 1 else _regex_matcher(found)


def route_matcher(route: Route) -> Predicate:
    """The same for one route."""
    return _route_matcher(route) or _regex_matcher((route,))


def _route_matcher(route: Route) -> Predicate | None:
    """Literal paths, `folder/*.c` and `folder/**/*.c`, without the price of `re`; None for all others."""
    wild = route.parts[route.fixed :]
    if not wild:
        return route.folder.__eq__
    if len(wild) > 2 or (len(wild) == 2 and wild[0] != DEEP) or any(isinstance(token, tuple) for token in wild[-1]):
        return None
    start = route.folder + "/" if route.folder else ""
    size = len(start)
    last = name_predicate(wild[-1])
    if len(wild) == 1:
        return lambda path: path.startswith(start) and path.find("/", size) < 0 and len(path) > size and last(path[size:])

    def matches(path: str) -> bool:
        cut = path.rfind("/") + 1
        if cut < size or not path.startswith(start) or len(path) <= size or not last(path[cut:]):
            return False
        return path[size : size + 1] != "." and path.find("/.", size, cut) < 0 if cut > size else True

    return matches


def _regex_matcher(found: tuple[Route, ...]) -> Predicate:
    """One regular expression for all routes, compiled when it is first needed."""
    full: Callable[[str], object] | None = None

    def matches(path: str) -> bool:
        nonlocal full
        if full is None:
            full = _compiled("|".join([_route_regex(route) for route in found]))
        return full(path) is not None

    return matches


def _compiled(regex: str) -> Callable[[str], object]:
    import re  # costs as much as a whole start of uetbuild, and most patterns do without

    return re.compile(regex, re.DOTALL).fullmatch


def _route_regex(route: Route) -> str:
    texts = [r"(?:(?!\.)[^/]+/)*" if part == DEEP else _part_regex(part) + "/" for part in route.parts]
    return "".join(texts)[:-1]  # a route never ends with `**`


def _part_regex(part: Part) -> str:
    """The stars but the last are atomic, so that a name costs no more than its length times the part's."""
    if part == SHOWN:
        return r"(?!\.)[^/]+"
    chunks = [""]
    for token in part:
        if token is None:
            chunks.append("")
        elif isinstance(token, str):
            chunks[-1] += _escaped(token)
        else:
            chunks[-1] += _class_regex(token)
    first, *middle = chunks
    text = first + "".join([f"(?>[^/]*?{chunk})" for chunk in middle[:-1]])
    if middle:
        text += "[^/]*" + middle[-1]
    return r"(?!\.)" + text if hides_dots(part) else text


def _class_regex(token: Class) -> str:
    negated, ranges = token
    if not ranges:
        return "[^/]"
    inner = "".join([f"{_escaped(first)}-{_escaped(last)}" for first, last in ranges])
    return f"(?!/)[{'^' if negated else ''}{inner}]"


def _escaped(text: str) -> str:
    """A literal text as a regular expression, between brackets too."""
    return "".join(["\\" + letter if letter in "\\^$.|?*+()[]{}-&~#" else letter for letter in text])
