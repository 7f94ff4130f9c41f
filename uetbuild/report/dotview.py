"""The graph for graphviz: a cluster for each phase, verdicts as colours, lines as in the SVG."""

from __future__ import annotations

from uetbuild.report.svgstyle import DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.report.drawing import Drawing, Edge, Figure

_SHAPES = {
    "workstream": ("box", "rounded,filled"), "group": ("oval", "filled"),
    "gate": ("hexagon", "filled"), "advisory": ("hexagon", "filled,dashed"),
}  # fmt: skip
_LINES = {"declared": "", "inferred": "penwidth=0.6", "order": "style=dashed"}


def graph_dot(drawing: Drawing) -> str:
    """A `digraph`; ends with a newline."""
    phases: dict[str, list[Figure]] = {}
    for figure in drawing.figures:
        phases.setdefault(figure.phase, []).append(figure)
    lines = [
        f"digraph {quoted(drawing.project or 'graph')} {{",
        f"  graph [rankdir=LR, fontname=sans, label={quoted(drawing.headline)}, labelloc=t];",
        "  node [fontname=monospace, fontsize=11, height=0.3];",
        f"  edge [color={quoted(DAY.line)}, arrowsize=0.7];",
        *[f"  {_node(figure)}" for figure in phases.pop("", [])],
    ]
    for number, (phase, figures) in enumerate(phases.items()):
        lines += [f"  subgraph cluster_{number} {{", f"    label={quoted(phase)}; color={quoted(DAY.soft)};"]
        lines += [*[f"    {_node(figure)}" for figure in figures], "  }"]
    names = [quoted(figure.name) for figure in drawing.figures]
    lines += [f"  {names[edge.start]} -> {names[edge.end]}{_line(edge)};" for edge in drawing.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _node(figure: Figure) -> str:
    shape, style = _SHAPES[figure.shape]
    fill, outline = DAY.verdicts[figure.verdict]
    name = quoted(figure.name)
    wide = ", penwidth=2.5" if figure.critical else ""
    return (
        f"{name} [label={name}, shape={shape}, style={quoted(style)}, fillcolor={quoted(fill)}, "
        f"color={quoted(DAY.ink if figure.critical else outline)}{wide}, tooltip={quoted(', '.join([figure.name, *figure.about]))}];"
    )


def _line(edge: Edge) -> str:
    said = [_LINES[edge.kind], f"penwidth=2.5, color={quoted(DAY.ink)}" if edge.critical else ""]
    attributes = ", ".join([each for each in said if each and not (edge.critical and each.startswith("penwidth=0"))])
    return f" [{attributes}]" if attributes else ""


def quoted(text: str) -> str:
    """A text as graphviz reads it; a backslash stands for itself."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
