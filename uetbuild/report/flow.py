"""Laying out short texts for a number of columns: flowing lists and two-column rows. Takes plain text; names may come out coloured."""

from __future__ import annotations

from uetbuild.report.cells import padded
from uetbuild.report.cells import width as cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Tint = Callable[[str], str]

WIDEST_NAME = 40  # columns after which the second column of rows does not move further right


def flow(
    items: Iterable[str],
    width: int,
    *,
    first: str = "",
    indent: int = 2,
    separator: str = ", ",
    head: str = "",
    tint: Tint = str,
) -> list[str]:
    """Lines that hold the items one after another, none of them broken; `first` begins the first line (and is one of its own where the
    first item does not fit behind it), `indent` the others. `head` is how `first` is shown, `tint` how an item is.
    """
    lines: list[str] = []
    head = head or first
    line, taken, bare = head, cells(first), True
    ends = separator.rstrip()
    for item in items:
        more = cells(item)
        if bare and first.strip() and taken + more + len(ends) > width:
            lines.append(head.rstrip())
            line, taken, bare = " " * indent + tint(item), indent + more, False
        elif bare:
            line, taken, bare = line + tint(item), taken + more, False
        elif taken + len(separator) + more + len(ends) > width:
            lines.append(line + ends)
            line, taken = " " * indent + tint(item), indent + more
        else:
            line, taken = line + separator + tint(item), taken + len(separator) + more
    return [*lines, line] if not bare or first else lines


def rows(pairs: Sequence[tuple[str, str]], indent: int = 2, width: int = 1 << 30, tint: Tint = str) -> list[str]:
    """Two columns, `  name   text`; a text that is too long goes on below itself. `tint` is how a name is shown."""
    widest = min(WIDEST_NAME, max((cells(name) for name, _ in pairs), default=0))
    lines: list[str] = []
    for name, text in pairs:
        start = f"{' ' * indent}{tint(name)}{padded('', widest - cells(name))}  "
        fits = indent + max(widest, cells(name)) + 2 + cells(text) <= width
        lines += [(start + text).rstrip()] if fits else _hanging(start, text, width, indent + widest + 2)
    return lines


def _hanging(start: str, text: str, width: int, indent: int) -> list[str]:
    head, *rest = flow(text.split(" "), max(width - indent, 20), separator=" ", indent=0)
    return [start + head, *(" " * indent + line for line in rest)]
