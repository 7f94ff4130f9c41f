"""What `doctor` found, and the failpoints that it lists, as text."""

from __future__ import annotations

from uetbuild.report.escapes import safe_name
from uetbuild.report.flow import rows
from uetbuild.report.stream import GREEN, RED, YELLOW, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MARKS = {"ok": ("ok", GREEN), "warning": ("warning", YELLOW), "problem": ("PROBLEM", RED)}
_NAME = 10  # cells of the longest name


def health_text(checks: Iterable[tuple[str, str, str, str]], width: int, colours: bool = False) -> str:
    """A line for each (name, state, found, hint), its hint below it; ends with a newline."""
    pairs = []
    for name, state, found, hint in checks:
        pairs.append((f"{name:<{_NAME}} {MARKS[state][0]:<7}", safe_name(found)))
        if hint:
            pairs.append(("", f"hint: {safe_name(hint)}"))
    return "".join(line + "\n" for line in rows(pairs, indent=0, width=width, tint=lambda name: _marked(name, colours)))


def _marked(name: str, colours: bool) -> str:
    """The name of a check, and its state in the colour of that."""
    state = name[_NAME:].strip()
    return name[:_NAME] + next(
        (name[_NAME:].replace(word, paint(word, code, colours)) for word, code in MARKS.values() if word == state), ""
    )


def failpoints_text(points: Iterable[tuple[str, str, str, str]], width: int) -> str:
    """The (name, module, kind, words) of every failpoint, a block a module; ends with a newline."""
    blocks: dict[str, list[tuple[str, str]]] = {}
    for name, module, kind, words in points:
        blocks.setdefault(module, []).append((f"{name:<22} {kind:<6}", words))
    return "\n".join("".join(line + "\n" for line in [f"{module}:", *rows(pairs, width=width)]) for module, pairs in blocks.items())
