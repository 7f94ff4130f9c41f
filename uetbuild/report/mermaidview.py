"""The graph for Mermaid, as GitHub and GitLab show it in Markdown."""

from __future__ import annotations

from uetbuild.errors import UetError
from uetbuild.report.svgstyle import DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.report.drawing import Drawing

MAX_EDGES, MAX_LETTERS = 500, 50_000  # what Mermaid draws unless it is configured otherwise
_SHAPES = {"workstream": ("[", "]"), "group": ("([", "])"), "gate": ("{{", "}}"), "advisory": ("{{", "}}")}
_ARROWS = {"declared": "-->", "inferred": "-->", "order": "-.->"}


def graph_mermaid(drawing: Drawing) -> str:
    """A `flowchart`; ends with a newline. Raises UetError where it is larger than Mermaid draws."""
    hint = "name a target to draw what it needs, or use `--graph svg`"
    if len(drawing.edges) > MAX_EDGES:
        raise UetError(f"{len(drawing.edges)} edges are too many for Mermaid, which draws {MAX_EDGES}", hint=hint)
    text = "\n".join(["flowchart LR", *_nodes(drawing), *_edges(drawing), *_classes(drawing)]) + "\n"
    if len(text) > MAX_LETTERS:
        raise UetError(f"a text of {len(text)} characters is too long for Mermaid, which reads {MAX_LETTERS}", hint=hint)
    return text


def _nodes(drawing: Drawing) -> list[str]:
    found = []
    for number, figure in enumerate(drawing.figures):
        opening, closing = _SHAPES[figure.shape]
        found.append(f"  n{number}{opening}{quoted(figure.name)}{closing}:::{figure.verdict or 'plain'}")
    return found


def _edges(drawing: Drawing) -> list[str]:
    lines = [f"  n{edge.start} {'==>' if edge.critical else _ARROWS[edge.kind]} n{edge.end}" for edge in drawing.edges]
    thin = ",".join([str(number) for number, edge in enumerate(drawing.edges) if edge.kind == "inferred" and not edge.critical])
    return [*lines, f"  linkStyle {thin} stroke-width:1px"] if thin else lines


def _classes(drawing: Drawing) -> list[str]:
    """Colours of the verdicts that occur; what is marked comes last, so that it wins."""
    present = {figure.verdict for figure in drawing.figures}
    found = [
        f"  classDef {verdict or 'plain'} fill:{fill},stroke:{outline},color:{DAY.ink}"
        for verdict, (fill, outline) in DAY.verdicts.items()
        if verdict in present
    ]
    for name, style, numbers in (
        ("advisory", "stroke-dasharray:4 3", [n for n, figure in enumerate(drawing.figures) if figure.shape == "advisory"]),
        ("critical", f"stroke:{DAY.ink},stroke-width:3px", [n for n, figure in enumerate(drawing.figures) if figure.critical]),
    ):
        if numbers:
            found += [f"  classDef {name} {style}", f"  class {','.join(f'n{n}' for n in numbers)} {name}"]
    return found


def quoted(text: str) -> str:
    """A label that means what it says: no Markdown, no HTML, no entity."""
    shown = "".join([f"#{ord(letter)};" if letter in '#"<>&`;\\*' else letter for letter in text])
    return f'"{shown.replace("__", "#95;#95;")}"'
