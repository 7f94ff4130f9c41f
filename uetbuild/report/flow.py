"""Laying out short texts for a given number of columns: flowing lists and two-column rows. Works on plain text without colours."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WIDEST_NAME = 40  # columns after which the second column of rows does not move further right


def flow(items: Iterable[str], width: int, *, first: str = "", indent: int = 2, separator: str = ", ") -> list[str]:
    """Lines that hold the items one after another, none of them broken; `first` begins the first line (and is one of its own where the
    first item does not fit behind it), `indent` the others."""
    lines: list[str] = []
    line, bare = first, True
    ends = separator.rstrip()
    for item in items:
        if bare and first.strip() and len(first) + len(item) + len(ends) > width:
            lines.append(first.rstrip())
            line, bare = " " * indent + item, False
        elif bare:
            line, bare = line + item, False
        elif len(line) + len(separator) + len(item) + len(ends) > width:
            lines.append(line + ends)
            line = " " * indent + item
        else:
            line += separator + item
    return [*lines, line] if not bare or first else lines


def rows(pairs: Sequence[tuple[str, str]], indent: int = 2, width: int = 1 << 30) -> list[str]:
    """Two columns, `  name   text`; a text that is too long goes on below itself."""
    widest = min(WIDEST_NAME, max((len(name) for name, _ in pairs), default=0))
    lines: list[str] = []
    for name, text in pairs:
        start = f"{' ' * indent}{name:<{widest}}  "
        lines += [(start + text).rstrip()] if len(start) + len(text) <= width else _hanging(start, text, width, indent + widest + 2)
    return lines


def _hanging(start: str, text: str, width: int, indent: int) -> list[str]:
    head, *rest = flow(text.split(" "), max(width - indent, 20), separator=" ", indent=0)
    return [start + head, *(" " * indent + line for line in rest)]
