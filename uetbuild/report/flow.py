"""Laying out short texts for a given number of columns: flowing lists and two-column rows. Works on plain text without colours."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDEST_NAME = 40  # columns after which the second column of rows does not move further right


def flow(items: Iterable[str], width: int, *, first: str = "", indent: int = 2, separator: str = ", ") -> list[str]:
    """Lines that hold the items one after another, none of them broken; `first` begins the first line, `indent` the others."""
    lines: list[str] = []
    line, bare = first, True
    ends = separator.rstrip()
    for item in items:
        if bare:
            line, bare = line + item, False
        elif len(line) + len(separator) + len(item) + len(ends) > width:
            lines.append(line + ends)
            line = " " * indent + item
        else:
            line += separator + item
    return [*lines, line] if not bare or first else lines


def rows(pairs: Sequence[tuple[str, str]], indent: int = 2) -> list[str]:
    """Two columns: `  name   text`."""
    widest = min(WIDEST_NAME, max((len(name) for name, _ in pairs), default=0))
    return [f"{' ' * indent}{name:<{widest}}  {text}".rstrip() for name, text in pairs]
