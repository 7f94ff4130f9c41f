"""The declared targets as text. Knows no verdicts."""

from __future__ import annotations

from uetbuild.report.amounts import counted
from uetbuild.report.escapes import safe_name
from uetbuild.report.flow import rows
from uetbuild.report.stream import GREEN, brush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.nodes import Node

_WIDEST = 80


def list_text(nodes: Iterable[Node], colours: bool = False) -> str:
    """One line a workstream: its id and its title, or what it runs; ends with a newline unless there is nothing."""
    workstreams: dict[str, list[Node]] = {}
    for node in nodes:
        workstreams.setdefault(node.workstream, []).append(node)
    pairs = [(safe_name(name), _about(members)) for name, members in sorted(workstreams.items())]
    return "".join(line + "\n" for line in rows(pairs, indent=0, tint=brush(GREEN, colours)))


def _about(nodes: list[Node]) -> str:
    first = nodes[0]
    if first.title and all(node.title == first.title for node in nodes):
        text = first.title
    elif first.is_group:
        text = f"group of {counted(len(first.depends_on), 'node')}"
    else:
        text = first.steps[0].shown.strip().partition("\n")[0] if first.steps else ""
    notes = []
    if len(nodes) > 1:
        notes.append(f"{len(nodes)} nodes")
    if first.guard is not None:
        notes.append("gate")
    if first.manual:
        notes.append("manual")
    text = safe_name(text if len(text) <= _WIDEST else text[:_WIDEST] + "…")
    return f"{text} ({', '.join(notes)})".strip() if notes else text
