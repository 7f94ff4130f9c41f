"""The plan: the figures of the 36 workstreams, and the contract of its JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from core_plans import STALE, graph_of, node, plan_of, sources, workstreams

from uetbuild.core import outlook
from uetbuild.core import plan as plan_module
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.outlook import Past
from uetbuild.core.plan import make_plan
from uetbuild.core.verdicts import Judged, Verdict

FRESH = Judged(verdict=Verdict.UP_TO_DATE)
DEPENDS = Judged(verdict=Verdict.DEPENDS)


def thirty_six() -> Graph:
    return graph_of(workstreams())


# --- the 36 --------------------------------------------------------------------------------------------------------------------


def test_the_36_workstreams_have_their_known_figures() -> None:
    plan = plan_of(thirty_six(), jobs=4).as_json()
    assert (plan["workstreams"], plan["stale"], plan["max_parallelism"]) == (36, 36, 12)
    assert (plan["sequential_seconds"], plan["parallel_seconds"], plan["estimated_speedup"]) == (36.0, 9.0, 4.0)
    nodes, path = plan["nodes"], plan["critical_path"]
    assert isinstance(nodes, list)
    assert isinstance(path, list)
    levels = [each["level"] for each in nodes]
    assert [levels.count(level) for level in range(8)] == [12, 8, 4, 3, 2, 2, 3, 2]
    assert sum(len(each["depends_on"]) for each in nodes) == 102
    by_id = {each["id"]: each for each in nodes}
    assert [by_id[name]["level"] for name in path] == list(range(8))
    assert all(early in by_id[late]["depends_on"] for early, late in pairwise(path))


def test_the_36_workstreams_have_23_conflicts_that_no_dependency_orders() -> None:
    plan = plan_of(thirty_six())
    assert len(plan.conflicts) == 23
    assert plan.conflicts[0] == ("ws-01-hardcoded-path-index", "ws-03-refactor-meta-section", ("docs",))
    assert all(a < b and paths for a, b, paths in plan.conflicts)


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 36.0), (2, 18.0), (4, 9.0), (8, 8.0), (36, 8.0)])
def test_the_36_workstreams_take_the_best_possible_time(jobs: int, seconds: float) -> None:
    assert plan_of(thirty_six(), jobs=jobs).parallel_seconds == seconds


@pytest.mark.parametrize("jobs", [1, 4, 36])
def test_waves_obey_jobs_conflicts_and_levels(jobs: int) -> None:
    plan = plan_of(thirty_six(), jobs=jobs)
    level = {each.id: each.level for each in plan.nodes}
    clash = {frozenset((a, b)) for a, b, _ in plan.conflicts}
    assert sorted(name for wave in plan.waves for name in wave) == sorted(level)
    for wave in plan.waves:
        assert len(wave) <= jobs
        assert len({level[name] for name in wave}) == 1
        assert not any(frozenset((a, b)) in clash for a in wave for b in wave)
    assert [level[wave[0]] for wave in plan.waves] == sorted(level[wave[0]] for wave in plan.waves)
    assert all(each.id in plan.waves[each.wave] for each in plan.nodes)


def test_bottlenecks_of_the_36_lie_on_the_critical_path_and_are_few() -> None:
    plan = plan_of(thirty_six())
    assert 1 <= len(plan.bottlenecks) <= 5
    assert {name for name, _ in plan.bottlenecks} <= set(plan.critical_path)


def test_the_json_is_the_same_bytes_under_any_hash_seed() -> None:
    code = "import json, sys, core_plans as t; print(json.dumps(t.plan_of(t.graph_of(json.load(sys.stdin))).as_json()))"
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    given = json.dumps(workstreams()).encode()

    def output(seed: str) -> bytes:
        environ = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": path}
        return subprocess.run([sys.executable, "-c", code], env=environ, input=given, check=True, capture_output=True).stdout

    one, two = output("1"), output("2")
    assert one == two
    assert json.loads(one) == plan_of(thirty_six()).as_json()


# --- the contract --------------------------------------------------------------------------------------------------------------


def test_the_plan_object_has_the_keys_of_the_contract() -> None:
    graph = Graph([node("a"), node("b", "a", outputs=sources(["x"]))], {})
    plan = plan_of(graph, judged={"b": DEPENDS}, seconds={"a": 2.00049}, targets=["b"], warnings=["w"])
    assert plan.as_json() == {
        "schema": "uetbuild.plan/1", "dry_run": True, "targets": ["b"], "workstreams": 2, "stale": 1, "waves": [["a"], ["b"]],
        "critical_path": ["a", "b"], "max_parallelism": 1, "sequential_seconds": 3.0, "parallel_seconds": 3.0, "estimated_speedup": 1.0,
        "estimated_usd": {"p50": 0.0, "p90": 0.0}, "estimated_seconds": {"p50": 3.0, "p90": 3.887, "method": "simulation"}, "conflicts": [],
        "bottlenecks": [{"id": "a", "reason": "1 of 2 wait for it, 1 of them directly; 67% of the critical path's time"}],
        "nodes": [
            {
                "id": "a", "kind": "workstream", "level": 0, "wave": 0, "verdict": "stale",
                "reasons": [{"code": "never_run", "detail": ""}], "depends_on": [], "estimate": {"seconds": 2.0, "usd": 0.0},
            },
            {
                "id": "b", "kind": "workstream", "level": 1, "wave": 1, "verdict": "depends", "reasons": [], "depends_on": ["a"],
                "estimate": {"seconds": 1.0, "usd": 0.0},
            },
        ],
        "warnings": ["w"],
    }  # fmt: skip
    assert list(plan.as_json())[:4] == ["schema", "dry_run", "targets", "workstreams"]


def test_the_forecast_is_of_what_is_due_with_its_own_history() -> None:
    graph = Graph([node("a"), node("b"), node("c", "a", "b"), node("d")], {})
    past = {name: Past(amounts=(float(number),) * 9) for number, name in enumerate("abcd", 1)}
    plan = plan_of(graph, judged={"d": FRESH}, durations=past, costs_usd=past)
    assert plan.seconds == pytest.approx((5.0, 5.5), abs=0.1)
    assert plan.usd == pytest.approx((6.0, 6.5), abs=0.2)
    assert {each.id: each.usd for each in plan.nodes} == {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}
    assert plan_of(graph, durations=None).seconds == (0.0, 0.0)


def test_a_plan_of_many_says_that_its_time_is_not_simulated() -> None:
    graph = Graph([node(f"n{number}") for number in range(outlook.MOST + 1)], {})
    plan = plan_of(graph, jobs=10).as_json()
    assert plan["estimated_seconds"] == {"p50": 101.0, "p90": 101.4, "method": "critical_path"}


def test_conflicts_stand_with_their_paths() -> None:
    graph = Graph([node("b", edits=sources(["docs/"])), node("a", edits=sources(["docs/x", "docs/y"]))], {})
    assert plan_of(graph).as_json()["conflicts"] == [{"a": "a", "b": "b", "paths": ["docs/x", "docs/y"]}]


def test_groups_stand_nowhere_in_the_plan() -> None:
    group = Node.GROUP
    nodes = [
        node("a"),
        node("b"),
        node("in", "b", kind=group),
        node("g", "a", "in", kind=group),
        node("c", "a", "g"),
        node("all", "c", kind=group),
    ]
    plan = plan_of(Graph(nodes, {}))
    assert plan.workstreams == 3
    assert plan.waves == (("a", "b"), ("c",))
    assert plan.critical_path == ("a", "c")
    assert [(each.id, each.depends_on) for each in plan.nodes] == [("a", ()), ("b", ()), ("c", ("a", "b"))]


def test_gates_are_in_the_plan_but_not_counted() -> None:
    plan = plan_of(Graph([node("a"), node("lint", "a", kind=Node.GATE)], {}))
    assert (plan.workstreams, plan.stale) == (1, 1)
    assert [each.kind for each in plan.nodes] == ["workstream", "gate"]
    assert plan.sequential_seconds == 2.0


def test_what_is_up_to_date_costs_nothing_and_is_not_on_the_critical_path() -> None:
    graph = Graph([node("a"), node("b", "a"), node("c", "b"), node("d")], {})
    plan = plan_of(graph, judged={"a": FRESH, "c": DEPENDS, "d": FRESH}, seconds={"a": 50.0, "b": 3.0})
    assert (plan.stale, plan.sequential_seconds, plan.parallel_seconds, plan.critical_path) == (1, 4.0, 4.0, ("b", "c"))
    assert plan.nodes[0].seconds == 50.0
    assert plan.max_parallelism == 2


def test_with_nothing_to_do_the_plan_takes_no_time() -> None:
    plan = plan_of(Graph([node("a"), node("b", "a")], {}), judged={"a": FRESH, "b": FRESH})
    assert (plan.stale, plan.parallel_seconds, plan.estimated_speedup, plan.critical_path, plan.bottlenecks) == (0, 0.0, 1.0, (), ())
    assert plan.waves == (("a",), ("b",))


def test_a_plan_of_nothing_is_empty() -> None:
    plan = make_plan(Graph([], {}), [], {}, {}, 1, ())
    assert (plan.workstreams, plan.waves, plan.max_parallelism) == (0, (), 0)


def test_a_plan_of_some_targets_keeps_the_levels_of_the_whole_manifest() -> None:
    graph = Graph([node("a"), node("b", "a"), node("c")], {})
    plan = make_plan(graph, [2, 1], {1: STALE, 2: STALE}, {}, 4, ())
    assert [(each.id, each.level, each.wave) for each in plan.nodes] == [("c", 0, 0), ("b", 1, 1)]
    assert plan.parallel_seconds == 1.0


def test_a_node_that_holds_up_several_is_a_bottleneck() -> None:
    nodes = [
        node("a"),
        node("b", "a"),
        node("g", "a", kind=Node.GROUP),
        node("h", "g", kind=Node.GROUP),
        node("c", "g", "h"),
        node("d", "b"),
        node("fresh", "a"),
    ]
    plan = plan_of(Graph(nodes, {}), judged={"fresh": FRESH})
    assert plan.bottlenecks == (("a", "3 of 4 wait for it, 2 of them directly; 33% of the critical path's time"),)


def test_a_plan_without_measurable_time_has_no_division_by_zero() -> None:
    plan = plan_of(Graph([node("a"), node("b", "a"), node("c", "a")], {}), seconds={"a": 0.0, "b": 0.0, "c": 0.0})
    assert (plan.parallel_seconds, plan.estimated_speedup) == (0.0, 1.0)
    assert plan.critical_path == ("a", "b")
    assert [name for name, _ in plan.bottlenecks] == ["a"]


def test_pools_hold_nodes_back() -> None:
    graph = Graph([node(name, resources=(("gpu", 1),)) for name in "abcd"], {})
    assert plan_of(graph, pools=(("gpu", 2),)).parallel_seconds == 2.0
    assert plan_of(graph, pools=(("gpu", 2),)).waves == (("a", "b"), ("c", "d"))


def test_very_many_conflicts_are_cut_off_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "MAX_CONFLICTS", 2)
    plan = plan_of(Graph([node(name, edits=sources(["x"])) for name in "abc"], {}))
    assert [(a, b) for a, b, _ in plan.conflicts] == [("a", "b"), ("a", "c")]
    assert plan.warnings == ("more than 2 pairs conflict; the others are not listed",)
