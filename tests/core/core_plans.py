"""Plans of graphs, and the 36 workstreams. Loads nothing of the tests: fresh processes use it, too."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from uetbuild.core.coupling import couple
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Source, Sources
from uetbuild.core.plan import Plan, make_plan
from uetbuild.core.verdicts import Judged, Reason, Verdict

DATA = Path(__file__).parent.parent / "data"
STALE = Judged(verdict=Verdict.STALE, reasons=(Reason(code="never_run"),))


def sources(texts: list[str]) -> Sources:
    return tuple(Source(pattern=text.rstrip("/"), kind=Source.GLOB if "*" in text else Source.PATH) for text in texts)


def node(name: str, *depends_on: str, **fields: object) -> Node:
    return Node(id=name, workstream=name, depends_on=tuple(sorted(depends_on)), **fields)


@cache
def workstreams() -> dict[str, dict[str, list[str]]]:
    """The 36 as their manifest declares them."""
    from ruamel.yaml import YAML  # which takes a tenth of a second

    declared = YAML(typ="safe").load(DATA / "thirty-six.yaml")["workstreams"]
    return {name: {key: list(each.get(key, ())) for key in ("depends_on", "edits")} for name, each in declared.items()}


def graph_of(declared: dict[str, dict[str, list[str]]]) -> Graph:
    nodes = [node(name, *each["depends_on"], edits=sources(each["edits"])) for name, each in declared.items()]
    inferred, errors = couple(nodes)
    assert not errors
    return Graph(nodes, inferred)


def plan_of(graph: Graph, jobs: int = 4, judged: dict[str, Judged] | None = None, **options: object) -> Plan:
    """All nodes, all stale unless said."""
    known = judged or {}
    verdicts = {number: known.get(each.id, STALE) for number, each in enumerate(graph.nodes)}
    settings: dict[str, object] = {"seconds": {}, "pools": ()} | options
    return make_plan(graph, graph.order, verdicts, jobs=jobs, **settings)  # type: ignore[arg-type]
