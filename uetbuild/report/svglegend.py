"""The legend of the SVG: what occurs in the picture, each with a sample, in lines that are as wide as the picture."""

from __future__ import annotations

from uetbuild.report.drawing import VERDICTS
from uetbuild.report.svgstyle import number, outline, sign, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.report.drawing import Drawing

_SHAPES = {"gate": "gate", "advisory": "gate that only warns", "group": "group"}
_KINDS = {"declared": "depends on", "inferred": "by files", "order": "order only"}
_SAMPLE, _LETTER, _GAP, _LINE = 44.0, 6.1, 22.0, 36.0  # pixels


def legend(drawing: Drawing, notes: Sequence[str], top: float, right: float, left: float = 24.0) -> tuple[str, float]:
    """The elements, and where the picture ends below them. `notes` are said after the samples."""
    x, y = left, top + 14
    found = []
    for text, kind, name in [*_entries(drawing), *((note, "", "") for note in notes)]:
        sample = _SAMPLE + 8 if kind else 0.0
        wide = sample + len(text) * _LETTER
        if x > left and x + wide > right:
            x, y = left, y + _LINE
        found.append(_sample(kind, name, x, y) + written(text, x + sample, y + 4, "sans soft small") + "\n")
        x += wide + _GAP
    return "".join(found), y + 36


def _entries(drawing: Drawing) -> list[tuple[str, str, str]]:
    """(text, what the sample is of, its name) of what occurs."""
    verdicts = {figure.verdict for figure in drawing.figures}
    shapes = {figure.shape for figure in drawing.figures}
    kinds = {edge.kind for edge in drawing.edges}
    found = [(text, "verdict", name) for name, text in VERDICTS.items() if name in verdicts]
    found += [(text, "shape", name) for name, text in _SHAPES.items() if name in shapes]
    found += [(text, "line", name) for name, text in _KINDS.items() if name in kinds]
    if any(figure.critical for figure in drawing.figures):
        found.append(("critical path", "line", "critical"))
    return found


def _sample(kind: str, name: str, x: float, y: float) -> str:
    if kind == "verdict":
        return outline("workstream", name, False, x, y, _SAMPLE) + sign(name, x + _SAMPLE / 2, y)
    if kind == "shape":
        return outline(name, "", False, x, y, _SAMPLE)
    if kind == "line":
        head = "bold" if name == "critical" else "head"
        return f'<path class="line {name}" d="M{number(x)} {number(y)}h{number(_SAMPLE)}" marker-end="url(#{head})"/>'
    return ""
