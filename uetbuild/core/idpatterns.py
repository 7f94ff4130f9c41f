"""Patterns over ids of workstreams and nodes: only `*` and `?` are wildcards (interface, Ids).

In front of the first `[` (the workstream's id) neither wildcard crosses a `:`, so that `*` means what a manifest itself declares and
`*:test` the tests of all that it includes; inside the brackets of a node's id they stand for anything. Knows nothing of namespaces.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def is_pattern(text: str) -> bool:
    """Whether `text` has a wildcard."""
    return "*" in text or "?" in text


def fixed_start(pattern: str) -> str:
    """What every id that the pattern matches begins with."""
    for place, letter in enumerate(pattern):
        if letter in "*?":
            return pattern[:place]
    return pattern


def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether an id matches as a whole; case-sensitive."""
    head, bracket, tail = pattern.partition("[")
    if not bracket and head.count("*") == 1 and head.endswith("*") and "?" not in head:
        start = head[:-1]
        return lambda name: name.startswith(start) and ":" not in name[len(start) :] and "[" not in name[len(start) :]
    import re  # 5 ms; most builds hold no pattern that is more than a prefix

    source = _translate(re.escape, head, "[^:[]") + (re.escape(bracket) + _translate(re.escape, tail, ".") if bracket else "")
    match = re.compile(source + r"\Z", re.DOTALL).match
    return lambda name: match(name) is not None


def _translate(escape: Callable[[str], str], text: str, any_letter: str) -> str:
    return "".join([any_letter + "*" if letter == "*" else any_letter if letter == "?" else escape(letter) for letter in text])
