"""The graph as SVG: levels from left to right, verdicts as colours and signs, the critical path in bold, reasons as tooltips, a legend."""

from __future__ import annotations

from itertools import pairwise
from unicodedata import east_asian_width

from uetbuild.core.layout import Layout
from uetbuild.report.amounts import counted
from uetbuild.report.svglegend import legend
from uetbuild.report.svgstyle import HEIGHT, escaped, number, outline, sign, styles, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uetbuild.report.drawing import Drawing, Edge, Figure

LONGEST = 30  # cells of an id; a longer one loses its middle
CELL, BESIDE = 7.25, 38.0  # pixels of a letter, and of what stands beside the id in a node
ROW = 38.0  # pixels from node to node
MARGIN, HEADER, LABEL = 24.0, 56.0, 26.0
NARROWEST = 520.0
_STRENGTH = {"declared": 0, "inferred": 1, "order": 2}


def graph_svg(drawing: Drawing) -> str:
    """The whole file, ASCII, the same for the same drawing; ends with a newline."""
    figures = drawing.figures
    before: list[list[int]] = [[] for _ in figures]
    for edge in drawing.edges:
        before[edge.end].append(edge.start)
    heavy = frozenset([(edge.start, edge.end) for edge in drawing.edges if edge.critical])
    layout = Layout(before, [(figure.level, figure.depth) for figure in figures], heavy)
    sheet = _Sheet(drawing, layout)
    bands, nodes, lines = sheet.bands(), sheet.nodes(), sheet.lines()
    width = max(sheet.width + MARGIN, NARROWEST)
    below = (
        [f"{counted(drawing.implied, 'edge')} that follow{'s' if drawing.implied == 1 else ''} from others: not drawn"]
        if drawing.implied
        else []
    )
    below += ["too large for lines that avoid nodes"] if layout.simple else []
    key, height = legend(drawing, below, sheet.bottom + 22, width - MARGIN)
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title">\n',
            f'<title id="title">{escaped(drawing.project or "graph")}: {escaped(drawing.headline)}</title>\n',
            styles(), f'<rect class="page" width="100%" height="100%"/>\n{bands}',
            written(drawing.project or "graph", MARGIN, 36, "sans name"), "\n",
            written(drawing.headline, MARGIN, 56, "sans soft"), "\n",
            lines, nodes, key, "</svg>\n",
        ]
    )  # fmt: skip


class _Sheet:
    """The layout in pixels: `left[c]`, `right[c]` of each column, `width` and `bottom` of it all, and of nodes without lines `alone`."""

    def __init__(self, drawing: Drawing, layout: Layout) -> None:
        self.drawing = drawing
        self.layout = layout
        self.labels = [shortened(figure.name) for figure in drawing.figures]
        self.top = MARGIN + HEADER + LABEL
        self.left: list[float] = []
        self.right: list[float] = []
        self._columns()
        self.width = self.right[-1] + MARGIN if self.right else 0.0
        self.bottom = self.top + layout.rows * ROW + 8 if self.right else MARGIN + HEADER
        self.alone: dict[int, tuple[float, float, float]] = {}
        if layout.alone:
            self._stand_alone()

    def _columns(self) -> None:
        count = len(self.layout.layers)
        widths = [36.0] * count
        lines = [0] * count
        hops: set[tuple[int, int]] = set()
        for node, column in enumerate(self.layout.column[: len(self.labels)]):
            if column >= 0:
                widths[column] = max(widths[column], _wide(self.labels[node]))
        for edge in self.drawing.edges:
            hops.update(pairwise(self.layout.route(edge.start, edge.end)))
        for vertex, _ in hops:
            lines[self.layout.column[vertex]] += 1
        at = MARGIN + 12
        for width, crowd in zip(widths, lines, strict=True):
            self.left.append(at)
            self.right.append(at + width)
            at += width + min(120.0, 46 + 1.6 * crowd)

    def _stand_alone(self) -> None:
        """Nodes without lines in a grid below, about as wide as what is above, or half as high as wide."""
        names = sorted(self.layout.alone, key=lambda node: self.drawing.figures[node].name)
        cell = max([_wide(self.labels[node]) for node in names]) + 16
        wanted = max(self.width - 2 * MARGIN, NARROWEST - 2 * MARGIN, (2.0 * len(names) * cell * ROW) ** 0.5)
        across = max(1, min(len(names), int((wanted + 16) // cell)))
        down = -(-len(names) // across)
        top = self.bottom + LABEL + 14
        for place, node in enumerate(names):
            column, row = divmod(place, down)
            self.alone[node] = (MARGIN + 12 + column * cell, top + (row + 0.5) * ROW, cell - 16)
        self.width = max(self.width, MARGIN + 12 + across * cell)
        self.bottom = top + down * ROW + 8

    def _middle(self, vertex: int) -> float:
        return self.top + self.layout.middle[vertex] * ROW

    def bands(self) -> str:
        """A band behind the columns of each level, with its number."""
        spans: dict[int, list[int]] = {}
        for column, layer in enumerate(self.layout.layers):
            spans.setdefault(layer[0], []).append(column)
        found = []
        height = number(self.layout.rows * ROW + LABEL + 4)
        for level, columns in spans.items():
            left, right = self.left[columns[0]] - 12, self.right[columns[-1]] + 12
            top = number(self.top - LABEL)
            found.append(f'<rect class="band" x="{number(left)}" y="{top}" width="{number(right - left)}" height="{height}" rx="8"/>\n')
            found.append(written(f"level {level}", left + 12, self.top - 9, "sans soft small") + "\n")
        if self.alone:
            first = min([y for _, y, _ in self.alone.values()]) - ROW / 2
            found.append(written("on their own", MARGIN + 12, first - 6, "sans soft small") + "\n")
        return "".join(found)

    def nodes(self) -> str:
        """Each node with its tooltip."""
        found = []
        for node, figure in enumerate(self.drawing.figures):
            column = self.layout.column[node]
            x, y, width = (
                (self.left[column], self._middle(node), self.right[column] - self.left[column]) if column >= 0 else self.alone[node]
            )
            found.append(_node(figure, self.labels[node], x, y, width))
        return "".join(found)

    def lines(self) -> str:
        """The edges, the critical path over the others. Where they share their way each hop is drawn once, by the strongest of them."""
        drawn: set[tuple[int, int]] = set()
        found = []
        for edge in sorted(self.drawing.edges, key=lambda edge: (not edge.critical, _STRENGTH[edge.kind])):
            hops = pairwise(self.layout.route(edge.start, edge.end))
            new = [hop for hop in hops if hop not in drawn]
            drawn.update(new)
            if new:  # what is drawn already is its beginning, its end, or both
                found.append(self._line(edge, new))
        return "".join(reversed(found))

    def _line(self, edge: Edge, hops: Sequence[tuple[int, int]]) -> str:
        """A line from left to right over hops that follow on each other."""
        column = self.layout.column
        steps = []
        for place, (vertex, then) in enumerate(hops):
            x, y, left, to_y = self.right[column[vertex]], self._middle(vertex), self.left[column[then]], self._middle(then)
            steps.append(f"H{number(x)}" if place else f"M{number(x)} {number(y)}")
            steps.append(_curve(x, y, left - (1 if then == edge.end else 0), to_y))
        if hops[-1][1] != edge.end:
            return f'<path class="{_kind(edge)}" d="{"".join(steps)}"/>\n'
        return f'<path class="{_kind(edge)}" d="{"".join(steps)}" marker-end="url(#{"bold" if edge.critical else "head"})"/>\n'


def _kind(edge: Edge) -> str:
    return f"line {edge.kind}" + (" critical" if edge.critical else "")


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    if abs(y - to_y) < 0.5:
        return f"L{number(to_x)} {number(to_y)}"
    middle = number((x + to_x) / 2)
    return f"C{middle} {number(y)} {middle} {number(to_y)} {number(to_x)} {number(to_y)}"


def _node(figure: Figure, label: str, x: float, y: float, width: float) -> str:
    told = escaped("\n".join([figure.name, *figure.about]))
    inner = [outline(figure.shape, figure.verdict, figure.critical, x, y, width), sign(figure.verdict, x + 16, y)]
    inner.append(written(label, x + (28 if figure.verdict else 16), y + 4.2, "soft" if figure.verdict == "skipped" else ""))
    return f"<g><title>{told}</title>{''.join(inner)}</g>\n"


def _wide(label: str) -> float:
    return _cells(label) * CELL + BESIDE


def _cells(text: Iterable[str]) -> int:
    return sum([2 if east_asian_width(letter) in "WF" else 1 for letter in text])


def shortened(name: str, longest: int = LONGEST) -> str:
    """A long id without its middle: beginnings and ends are what tells them apart."""
    if _cells(name) <= longest:
        return name
    front = back = 0
    room = longest - 1
    while room > 0:
        room -= _cells(name[front]) if front <= back else _cells(name[-1 - back])
        if room >= 0:
            front, back = (front + 1, back) if front <= back else (front, back + 1)
    return f"{name[:front]}\u2026{name[len(name) - back :]}"


__all__ = ["HEIGHT", "graph_svg", "shortened"]
