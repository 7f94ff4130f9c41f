"""Plan, status, explain, graph, list and history as text, golden."""

from __future__ import annotations

import re
from typing import Any

import pytest

from uetbuild.core.events import Event
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Source, Step
from uetbuild.core.plan import make_plan
from uetbuild.core.record import Record
from uetbuild.core.verdicts import REASON_CODES, Judged, Reason, Verdict
from uetbuild.report.amounts import counted, dollars, duration
from uetbuild.report.flow import flow, rows
from uetbuild.report.graphview import graph_json, graph_text
from uetbuild.report.healthview import health_text
from uetbuild.report.history import outcomes, run_json, run_text, runs_text
from uetbuild.report.listview import list_text
from uetbuild.report.planview import explain_text, plan_text, status_text
from uetbuild.report.reasons import WORDS, in_words


def node(name: str, *deps: str, **fields: Any) -> Node:
    return Node(id=name, workstream=fields.pop("workstream", name), depends_on=deps, **fields)


def source(pattern: str) -> tuple[Source, ...]:
    return (Source(pattern=pattern),)


NODES = (
    node("parse", outputs=source("gen/p.py"), title="Generate the parser"),
    node("lex", outputs=source("gen/l.py")),
    node("doc", outputs=source("doc.html"), after=("lex",)),
    node("core", "lex", "parse", edits=source("core/a.py")),
    node("core2", "lex", edits=source("core/a.py")),
    node("all", "core", "core2", "doc", kind=Node.GROUP),
)
GRAPH = Graph(NODES, {})
STALE = Judged(verdict=Verdict.STALE, reasons=(Reason(code="never_run"),))


def plan(**verdicts: Judged) -> dict[str, Any]:
    judged = {i: verdicts.get(each.id, STALE) for i, each in enumerate(NODES)}
    return make_plan(GRAPH, GRAPH.closure([5]), judged, {"lex": 4.0}, 2, (), ("all",), ()).as_json()


FIRST = Judged(verdict=Verdict.STALE, reasons=(Reason(code="input_changed", detail="core/a.py"), Reason(code="always")))
DONE, WAITS = Judged(verdict=Verdict.UP_TO_DATE), Judged(verdict=Verdict.DEPENDS)


def test_the_plan_says_what_runs_when_and_why() -> None:
    assert plan_text(plan(parse=FIRST, doc=DONE, core=WAITS), 80) == (
        "3 of 5 workstreams are stale\n"
        "\n"
        "wave 0: 2 to run\n"
        "  lex    never run\n"
        "  parse  input `core/a.py` changed (+1 more)\n"
        "\n"
        "wave 1: 1 to run, 1 up to date\n"
        "  core  if a dependency comes out different\n"
        "\n"
        "wave 2: 1 to run\n"
        "  core2  never run\n"
        "\n"
        "critical path: 2 workstreams, 5.0s\n"
        "  lex -> core\n"
        "\n"
        "forecast: 6.0s, nine times in ten below 7.6s\n"
        "  one after another 7.0s (1.2 times as long), at most 3 side by side\n"
        "\n"
        "conflicts: 1 pair may touch the same files and never run side by side\n"
        "  core and core2: core/a.py\n"
        "\n"
        "bottlenecks:\n"
        "  lex  2 of 4 wait for it, 2 of them directly; 80% of the critical path's time\n"
    )


def test_a_plan_without_anything_to_do_is_one_line() -> None:
    nothing = plan(**{each.id: DONE for each in NODES})
    assert plan_text(nothing) == status_text(nothing) == "up to date (5 workstreams)\n"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_many_nodes_with_one_reason_share_lines_that_fit(width: int) -> None:
    nodes = [node(f"ws-{i:02d}", inputs=source(f"{i}")) for i in range(36)]
    graph = Graph(nodes, {})
    judged = dict.fromkeys(range(36), STALE)
    text = plan_text(make_plan(graph, graph.closure(range(36)), judged, {}, 8, (), (), ()).as_json(), width)
    lines = [line for line in text.splitlines() if line.startswith(("  never run: ", "    "))]
    assert "  never run: ws-00, ws-01" in text
    assert all(len(line) <= width for line in lines)
    assert all(each.id in text for each in nodes)


def test_status_lists_the_stale_ones_with_their_first_reason() -> None:
    assert status_text(plan(lex=DONE, parse=FIRST, doc=DONE, core=WAITS, core2=DONE)) == (
        "1 of 5 workstreams is stale\n  parse  input `core/a.py` changed (+1 more)\n1 more depends on what is stale\n"
    )


def test_explain_gives_every_reason() -> None:
    found = plan(parse=FIRST, core=WAITS)
    verdicts = {each["id"]: each["verdict"] for each in found["nodes"]}
    nodes = [each for each in found["nodes"] if each["id"] in ("parse", "core")]
    assert explain_text(nodes, verdicts) == (
        "parse: stale\n  input `core/a.py` changed\n  always runs\n"
        "\n"
        "core: depends\n  depends on what is to be done first: lex, parse\n"
    )  # fmt: skip


@pytest.mark.parametrize("width", [30, 80])
def test_colours_add_nothing_but_colours(width: int) -> None:
    found = plan(parse=FIRST, doc=DONE, core=WAITS)
    verdicts = {each["id"]: each["verdict"] for each in found["nodes"]}
    members = GRAPH.closure([5])
    checks = [("python", "ok", "3.11 \x1b", ""), ("git", "warning", "not on PATH", "without it"), ("sh", "problem", "no", "")]
    plain = [
        plan_text(found, width), status_text(found), explain_text(found["nodes"], verdicts), graph_text(GRAPH, members, width),
        list_text(NODES), run_text(RUN, EVENTS), runs_text([RUN]), health_text(checks, width),
    ]  # fmt: skip
    coloured = [
        plan_text(found, width, True), status_text(found, True), explain_text(found["nodes"], verdicts, True),
        graph_text(GRAPH, members, width, True), list_text(NODES, True), run_text(RUN, EVENTS, True), runs_text([RUN], True),
        health_text(checks, width, True),
    ]  # fmt: skip
    assert [re.sub(r"\x1b\[[\d;]*m", "", text) for text in coloured] == plain
    assert all("\x1b" not in text for text in plain) and all("\x1b" in text for text in coloured)
    assert "python     \x1b[32mok\x1b[0m       3.11 ^[\n" in coloured[-1]


def test_every_reason_code_has_words() -> None:
    assert set(WORDS) == set(REASON_CODES)
    for code in REASON_CODES:
        assert "{}" not in in_words(code) + in_words(code, "x")
    assert in_words("new_code", "x\x1b") == "new_code `x^[`"


def test_the_graph_is_shown_level_by_level() -> None:
    assert graph_text(GRAPH, GRAPH.closure([5])) == (
        "level 0: 2 workstreams\n  parse, lex\n"
        "\n"
        "level 1: 3 workstreams\n  doc <- (lex)\n  core <- lex, parse\n  core2 <- lex\n"
        "\n"
        "groups:\n  all <- core, core2, doc\n"
    )  # fmt: skip


def test_the_graph_as_json_holds_the_members_and_their_edges() -> None:
    found = graph_json(GRAPH, GRAPH.closure([3]))
    assert found == {
        "schema": "uetbuild.graph/1",
        "nodes": [
            {"id": "parse", "kind": "workstream", "title": "Generate the parser", "level": 0, "depends_on": [], "after": []},
            {"id": "lex", "kind": "workstream", "title": "", "level": 0, "depends_on": [], "after": []},
            {"id": "core", "kind": "workstream", "title": "", "level": 1, "depends_on": ["lex", "parse"], "after": []},
        ],
        "edges": [["lex", "core"], ["parse", "core"]],
    }


def test_the_list_names_workstreams_with_what_they_are() -> None:
    step = Step(shown="cc -c a.c\ncc -c b.c")
    nodes = [
        node("test[py=3.11]", workstream="test", title="Tests"),
        node("test[py=3.12]", workstream="test", title="Tests"),
        node("obj", steps=(step,), manual=True),
        node("all", "obj", kind=Node.GROUP),
        node("bad", title="x\x1b[2J"),
    ]
    assert list_text(nodes) == "all   group of 1 node\nbad   x^[[2J\nobj   cc -c a.c (manual)\ntest  Tests (2 nodes)\n"


class Run(Record):
    __slots__ = ("id", "state", "started", "finished", "summary")

    id: str
    state: str
    started: float
    finished: float
    summary: dict[str, Any]


RUN = Run(id="r1", state="failed", started=0.0, finished=4.1, summary={"state": "x", "ran": 2, "total": 3, "seconds": 4.1, "failed": 1})


def event(name: str, node: str, **data: Any) -> Event:
    return Event(seq=1, time=0.0, run="r1", event=name, node=node, data=data)


EVENTS = [
    event("node_started", "b"),
    event("node_started", "a"),
    event("node_finished", "a", outcome="succeeded", seconds=1.0, code=0, message=""),
    event("node_finished", "c", outcome="blocked", by="a"),
    event("node_finished", "d", outcome="failed", seconds=0.0, code=3, message=""),
    event("node_finished", "e", outcome="timed_out", seconds=9.0, code=3, message="slow\nhint: x"),
]


def test_a_run_is_told_from_its_summary_and_events() -> None:
    head, *lines = run_text(RUN, EVENTS).splitlines()
    assert head.startswith("run r1: failed, started 19")
    assert lines == [
        "ran 2 of 3 in 4.1s (1 failed)",
        "  b  running",
        "  a  succeeded, 1.0s",
        "  c  blocked",
        "  d  failed (exit 3)",
        "  e  timed out: slow, 9.0s",
    ]
    assert outcomes(EVENTS)[1] == {"id": "a", "outcome": "succeeded", "seconds": 1.0, "code": 0, "message": ""}
    assert run_json(RUN)["state"] == "failed"
    assert runs_text([RUN]).endswith("  failed       ran 2 of 3 in 4.1s (1 failed)\n")
    assert runs_text([RUN], columns=60).endswith("  failed\n    ran 2 of 3 in 4.1s (1 failed)\n")
    assert runs_text([RUN], columns=70) == runs_text([RUN])
    assert runs_text([Run(id="r0", state="interrupted", started=0.0, finished=0.0, summary={})]).endswith("  interrupted\n")


def test_amounts_read_as_people_write_them() -> None:
    assert [duration(s) for s in (0, 4.06, 59.94, 59.96, 185, 3599.6, 7260)] == [
        "0.0s", "4.1s", "59.9s", "1m 00s", "3m 05s", "1h 00m", "2h 01m",
    ]  # fmt: skip
    assert [dollars(usd) for usd in (0, 0.004, 0.12, 12)] == ["$0.00", "$0.004", "$0.12", "$12.00"]
    assert [counted(n, "pair") for n in (0, 1, 2)] == ["0 pairs", "1 pair", "2 pairs"]


def test_flowing_text_never_breaks_an_item() -> None:
    assert flow(["aaa", "bbb", "ccc"], 9, first="x: ", indent=3) == ["x: aaa,", "   bbb,", "   ccc"]
    assert flow(["a" * 20, "b"], 9, first="x: ") == ["x:", "  " + "a" * 20 + ",", "  b"]
    assert flow(["a" * 20], 9, first="  ") == ["  " + "a" * 20]
    assert flow([], 9) == []
    assert flow(["a", "b"], 5, separator=" -> ") == ["a ->", "  b"]
    assert rows([("a", "x"), ("bcd", "")]) == ["  a    x", "  bcd"]
    assert rows([("a", "one two three four five six seven")], width=25) == ["  a  one two three four", "     five six seven"]
