"""Small pieces of error texts: what stands there, how to quote it, what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from uetbuild.manifest.tree import Map, Text, Tree

MAX_SHOWN = 60
MAX_MEANT = 1000  # letters of a word that may be a slip of the pen; comparing a million takes seconds


def kind_of(node: Tree) -> str:
    """What stands there, for people: `a list`, a text in backticks."""
    if isinstance(node, Text):
        return f"`{shortened(node.text)}`" if node.text else "an empty text"
    kind = "map" if isinstance(node, Map) else "list"
    return f"a {kind}" if len(node) else f"an empty {kind}"


def shortened(text: str) -> str:
    """The first line, at most `MAX_SHOWN` characters."""
    first = text.split("\n", 1)[0]
    return first if len(first) <= MAX_SHOWN and first == text.rstrip("\n") else first[: MAX_SHOWN - 1] + "…"


def quoted(text: str) -> str:
    """`text` as a quoted YAML scalar on one line."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The hint with the known word that is nearest; "" when none is near."""
    if len(wrong) > MAX_MEANT:
        return ""
    from difflib import get_close_matches  # 4 ms, needed only when something is wrong

    folded = {name.casefold().replace("-", "_"): name for name in known}
    near = get_close_matches(wrong.casefold().replace("-", "_"), folded, n=1, cutoff=0.6)
    return f"did you mean `{folded[near[0]]}`?" if near else ""
