"""The graph as SVG, for graphviz and for Mermaid: what is drawn, how it is marked, and that no name can break out of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core import columns
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.plan import make_plan
from uetbuild.core.policies import Guard
from uetbuild.core.verdicts import Judged, Reason, Verdict
from uetbuild.errors import UetError
from uetbuild.report.dotview import graph_dot
from uetbuild.report.drawing import SHOWN_REASONS, VERDICTS, Drawing, drawing
from uetbuild.report.mermaidview import MAX_EDGES, graph_mermaid
from uetbuild.report.svgstyle import DAY, NIGHT, SIGNS
from uetbuild.report.svgview import LONGEST, graph_svg, shortened

SVG = "{http://www.w3.org/2000/svg}"
STALE = Judged(verdict=Verdict.STALE, reasons=(Reason(code="input_changed", detail="a<b>.c"),))
DEPENDS, FRESH, SKIPPED = Judged(verdict=Verdict.DEPENDS), Judged(verdict=Verdict.UP_TO_DATE), Judged(verdict=Verdict.SKIPPED)


def node(name: str, *deps: str, **fields: Any) -> Node:
    return Node(id=name, workstream=name, depends_on=deps, **fields)


def drawn(
    nodes: list[Node], verdicts: dict[str, Judged] | None = None, seconds: dict[str, float] | None = None, project: str = "shop"
) -> Drawing:
    graph = Graph(nodes)
    members = list(graph.order)
    judged = {number: (verdicts or {}).get(graph.nodes[number].id, STALE) for number in members}
    plan = make_plan(graph, members, judged, seconds or {}, 4, (), durations=None).as_json()
    return drawing(graph, members, plan, project)


def example() -> Drawing:
    nodes = [
        node("lexer", title="Words & signs", phase="make"),
        node("parser", phase="make"),
        node("lint", "lexer", kind=Node.GATE, guard=Guard(type="lint", blocking=False, guards=("lexer",))),
        node("app", "lexer", inferred=("parser",)),
        node("smoke", "app", kind=Node.GATE, guard=Guard(guards=("app",))),
        node("docs", "app", "lexer", "smoke", phase="ship"),
        node("notes", after=("docs",)),
        node("all", "app", "docs", "notes", kind=Node.GROUP),
    ]
    judged = {"lexer": STALE, "parser": FRESH, "notes": SKIPPED}
    return drawn(nodes, {name: judged.get(name, DEPENDS) for name in ("parser", "lint", "app", "smoke", "docs", "notes")})


def tooltips(svg: str) -> dict[str, str]:
    """What is told of each node, by its id."""
    texts = [element.text or "" for element in ElementTree.fromstring(svg).iterfind(f"{SVG}g/{SVG}title")]
    return {text.partition("\n")[0]: text for text in texts}


# --- what is drawn -------------------------------------------------------------------------------------------------------------


def test_edges_say_where_they_are_from_and_those_that_follow_from_others_are_left_out() -> None:
    found = example()
    names = [figure.name for figure in found.figures]
    assert {(names[edge.start], names[edge.end]): edge.kind for edge in found.edges} == {
        ("lexer", "lint"): "declared", ("lexer", "app"): "declared", ("parser", "app"): "inferred", ("app", "smoke"): "declared",
        ("smoke", "docs"): "declared", ("docs", "notes"): "order", ("docs", "all"): "declared", ("notes", "all"): "declared",
    }  # fmt: skip
    assert found.implied == 3


def test_figures_have_a_shape_a_verdict_and_a_level() -> None:
    found = {figure.name: (figure.shape, figure.verdict, figure.level, figure.depth) for figure in example().figures}
    assert found == {
        "lexer": ("workstream", "stale", 0, 0), "parser": ("workstream", "up_to_date", 0, 0), "lint": ("advisory", "depends", 0, 1),
        "app": ("workstream", "depends", 1, 0), "smoke": ("gate", "depends", 1, 1), "docs": ("workstream", "depends", 2, 0),
        "notes": ("workstream", "skipped", 3, 0), "all": ("group", "", 3, 1),
    }  # fmt: skip


def test_the_critical_path_is_marked_also_through_groups() -> None:
    nodes = [node("a"), node("b"), node("both", "a", "b", kind=Node.GROUP), node("outer", "both", kind=Node.GROUP), node("c", "outer")]
    found = drawn(nodes, seconds={"b": 9.0})
    names = [figure.name for figure in found.figures]
    assert [(names[edge.start], names[edge.end]) for edge in found.edges if edge.critical] == [
        ("b", "both"),
        ("both", "outer"),
        ("outer", "c"),
    ]
    assert [figure.name for figure in found.figures if not figure.critical] == ["a"]
    assert found.headline == "3 of 3 workstreams stale, critical path of 2: 10.0s"


def test_an_edge_of_the_critical_path_is_drawn_though_it_follows_from_others() -> None:
    found = drawn([node("a"), node("b", "a"), node("c", "a", "b")], {"b": FRESH})
    assert [(edge.start, edge.end) for edge in found.edges if edge.critical] == [(0, 2)]


def test_where_nothing_is_stale_there_is_no_path() -> None:
    found = drawn([node("a")], {"a": FRESH})
    assert (found.headline, found.figures[0].critical) == ("up to date (1 workstream)", False)


def test_only_so_many_reasons_are_told() -> None:
    reasons = tuple(Reason(code="input_changed", detail=str(number)) for number in range(9))
    about = drawn([node("a")], {"a": Judged(verdict=Verdict.STALE, reasons=reasons)}).figures[0].about
    assert about[-2:] == (f"input `{SHOWN_REASONS - 1}` changed", "and 4 reasons more")


# --- SVG -----------------------------------------------------------------------------------------------------------------------


def test_the_svg_is_one_file_that_asks_for_nothing_else() -> None:
    svg = graph_svg(example())
    assert svg.isascii()
    assert not re.search(r"<script|<image|@import|@font-face|https?://(?!www\.w3\.org/2000/svg)", svg)
    assert not [name for name in re.findall(r'(?:href="|url\()([^")]*)', svg) if not name.startswith("#")]
    ids = set(re.findall(r' id="([^"]*)"', svg))
    assert set(re.findall(r"(?:href=\"|url\()#([^\")]*)", svg)) <= ids


def test_every_node_has_a_tooltip_with_its_reasons_a_sign_and_a_colour_by_day_and_by_night() -> None:
    svg = graph_svg(example())
    assert tooltips(svg)["lexer"] == "lexer\nWords & signs\nphase make\nstale, about 1.0s\ninput `a<b>.c` changed"
    assert tooltips(svg)["lint"].splitlines()[1] == "advisory gate, lint"
    assert len(tooltips(svg)) == 8
    assert set(SIGNS) == set(VERDICTS) == set(DAY.verdicts) - {""} == set(NIGHT.verdicts) - {""}
    assert svg.count('<use href="#sign-depends"') == 5  # four nodes, and the legend
    assert "@media (prefers-color-scheme:dark)" in svg


def test_shapes_and_lines_say_what_they_are() -> None:
    root = ElementTree.fromstring(graph_svg(example()))
    shapes = {
        group[0].text.partition("\n")[0]: (group[1].tag.removeprefix(SVG), group[1].get("class")) for group in root.iterfind(f"{SVG}g")
    }  # type: ignore[union-attr]
    assert shapes["lint"] == ("path", "node depends advisory")
    assert shapes["smoke"] == ("path", "node depends critical")
    assert shapes["all"] == ("rect", "node plain")
    lines = [element.get("class") or "" for element in root.iterfind(f"{SVG}path") if "marker-end" in element.attrib]
    assert lines.count("line inferred") == lines.count("line order") == 2  # each once in the graph and once in the legend
    assert lines[-1] == "line critical"


def test_the_legend_has_what_occurs_and_no_more() -> None:
    def words(found: Drawing) -> list[str]:
        return [element.text or "" for element in ElementTree.fromstring(graph_svg(found)).iterfind(f"{SVG}text")]

    assert {"stale", "skipped", "gate", "gate that only warns", "group", "by files", "order only", "critical path"} <= set(words(example()))
    assert "3 edges that follow from others: not drawn" in words(example())
    assert words(drawn([node("a")], {"a": FRESH})) == ["on their own", "shop", "up to date (1 workstream)", "up to date"]


def test_what_is_shared_is_drawn_once() -> None:
    nodes = [*[node(f"n{number}") for number in range(9)], node("x", "n0"), node("y", "x"), node("z", "y", *[f"n{n}" for n in range(9)])]
    root = ElementTree.fromstring(graph_svg(drawn(nodes)))
    into_z = [element for element in root.iterfind(f"{SVG}path") if element.get("class") == "line declared"]
    assert len([element for element in into_z if "marker-end" not in element.attrib]) == 7  # eight join, and go on as one


def test_a_large_graph_says_that_its_lines_are_simple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MAX_STAND_INS", 0)
    assert "too large for lines that avoid nodes" in graph_svg(
        drawn([node("a"), node("b", "a"), node("c", "b", "a"), node("d", "c"), node("e", "d", "f"), node("f")])
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("short", "short"),
        ("x" * LONGEST, "x" * LONGEST),
        ("ws-03-refactor-the-whole-meta-section", "ws-03-refactor-…e-meta-section"),
        ("日本" * 20, "日本日本日本日…本日本日本日本"),
    ],
)
def test_a_long_id_loses_its_middle(name: str, shown: str) -> None:
    assert shortened(name) == shown


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True))
def test_no_name_breaks_the_xml(names: list[str]) -> None:
    found = drawn([node(name, title=name, phase=name) for name in names], project=names[0])
    assert len(list(ElementTree.fromstring(graph_svg(found)).iterfind(f"{SVG}g"))) == len(names)


# --- dot and Mermaid -----------------------------------------------------------------------------------------------------------


def test_dot_has_a_cluster_for_each_phase() -> None:
    dot = graph_dot(example())
    assert re.findall(r"subgraph cluster_\d \{\n    label=(\S+);", dot) == ['"make"', '"ship"']
    assert '  "parser" -> "app" [penwidth=0.6];\n' in dot
    assert '  "docs" -> "notes" [style=dashed];\n' in dot
    assert '  "lexer" -> "app" [penwidth=2.5, color="#1b2430"];\n' in dot
    assert '"lint" [label="lint", shape=hexagon, style="filled,dashed"' in dot


ODD = ['a"b', "a\\", "a\\n", "\\", 'x"];', "<b>&amp;", "日本", "end", "#35;", "`x`", "__init__", "{x}", "a\nb"]


@pytest.mark.skipif(not shutil.which("dot"), reason="no graphviz")
def test_graphviz_reads_every_name_as_it_is() -> None:
    dot = graph_dot(drawn([node(name, phase=name) for name in ODD]))
    said = subprocess.run(["dot", "-Tplain"], input=dot.encode(), capture_output=True, check=False)
    assert (said.returncode, said.stderr.decode()) == (0, "")
    assert len(re.findall(r"^node ", said.stdout.decode(), re.M)) == len(ODD)


def test_mermaid_has_quoted_labels_and_the_shapes_and_arrows_of_its_own() -> None:
    text = graph_mermaid(example())
    assert text.startswith('flowchart LR\n  n0["lexer"]:::stale\n')
    assert '{{"smoke"}}:::depends\n' in text
    assert '(["all"]):::plain\n' in text
    assert len(re.findall(r"^  n\d+ (?:-->|==>|-\.->) n\d+$", text, re.M)) == 8
    assert "  classDef advisory stroke-dasharray:4 3\n" in text


def test_no_name_ends_a_label_of_mermaid() -> None:
    labels = re.findall(r'^  n\d+\["(.*)"\]:::', graph_mermaid(drawn([node(name) for name in ODD])), re.M)
    assert len(labels) == len(ODD)
    for label in labels:
        assert not re.search(r'["<>`\\]|__|#(?!\d+;)|(?<!\d);', label), label


@pytest.mark.parametrize("wide", [True, False])
def test_mermaid_says_when_a_graph_is_larger_than_it_draws(wide: bool) -> None:
    count = MAX_EDGES + 1 if wide else 400
    nodes = [node("x" * (0 if wide else 120) + str(number)) for number in range(count)]
    with pytest.raises(UetError, match="Mermaid") as found:
        graph_mermaid(drawn([*nodes, node("all", *[each.id for each in nodes])] if wide else nodes))
    assert found.value.hint == "name a target to draw what it needs, or use `--graph svg`"
