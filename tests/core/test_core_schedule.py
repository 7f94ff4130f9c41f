"""Longest paths, the order of preference, the simulated run and its waves."""

from __future__ import annotations

from itertools import pairwise

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.ready import Admission
from uetbuild.core.schedule import costs, critical_path, ranks, remaining, simulate, waves


def node(name: str, *depends_on: str, **fields: object) -> Node:
    return Node(id=name, workstream=name, depends_on=tuple(sorted(depends_on)), **fields)


@st.composite
def weighted(draw: st.DrawFn) -> tuple[Graph, list[float]]:
    size = draw(st.integers(1, 10))
    nodes = []
    for late in range(size):
        earlier = draw(st.sets(st.integers(0, late - 1), max_size=3)) if late else set()
        nodes.append(node(f"n{late}", *[f"n{early}" for early in earlier]))
    return Graph(nodes, {}), [float(draw(st.integers(0, 5))) for _ in range(size)]


def longest(graph: Graph, cost: list[float], members: set[int]) -> float:
    oracle: networkx.DiGraph[str] = networkx.DiGraph()
    for number in members:
        oracle.add_edge(f"{number} starts", f"{number} ends", weight=cost[number])
        for early in members.intersection(graph.before[number]):
            oracle.add_edge(f"{early} ends", f"{number} starts", weight=0.0)
    return float(networkx.dag_longest_path_length(oracle))


@given(weighted(), st.data())
def test_remaining_and_critical_path_are_longest_paths(drawn: tuple[Graph, list[float]], data: st.DataObject) -> None:
    graph, cost = drawn
    members = data.draw(st.sets(st.integers(0, len(cost) - 1), min_size=1))
    left = remaining(graph, members, cost)
    assert max(left) == longest(graph, cost, members)
    inside: networkx.DiGraph[int] = networkx.DiGraph()
    inside.add_nodes_from(members)
    inside.add_edges_from((early, late) for late in members for early in graph.before[late] if early in members)
    for number in members:
        assert left[number] == longest(graph, cost, networkx.descendants(inside, number) | {number})
    path = critical_path(graph, members, left, members)
    assert sum(cost[number] for number in path) == max(left)
    assert all(early in graph.before[late] for early, late in pairwise(path))


@given(weighted(), st.integers(1, 4))
def test_a_simulated_run_lies_between_the_bounds_of_list_scheduling(drawn: tuple[Graph, list[float]], jobs: int) -> None:
    graph, cost = drawn
    everything = range(len(cost))
    left = remaining(graph, everything, cost)
    took = simulate(graph, everything, set(everything), cost, ranks(graph, left), Admission(graph.nodes, jobs, ()))
    bound = max(max(left), sum(cost) / jobs)
    assert bound <= took <= sum(cost) / jobs + (1 - 1 / jobs) * max(left) + 1e-9
    if jobs == 1:
        assert took == sum(cost)


def test_a_node_that_never_ran_counts_a_second_and_a_group_nothing() -> None:
    graph = Graph([node("a"), node("b"), node("g", "a", kind=Node.GROUP), node("c")], {})
    assert costs(graph, [0, 1, 2], {"b": 2.5}) == [1.0, 2.5, 0.0, 0.0]


def test_longest_remaining_path_then_priority_then_id_decides() -> None:
    graph = Graph([node("c"), node("b"), node("d", priority=1), node("a"), node("e", "a")], {})
    rank = ranks(graph, remaining(graph, range(5), [1.0] * 5))
    assert [graph.nodes[number].id for number in sorted(range(5), key=rank.__getitem__)] == ["a", "d", "b", "c", "e"]


def test_what_is_not_shown_is_passed_over_on_the_critical_path() -> None:
    graph = Graph([node("a"), node("g", "a", kind=Node.GROUP), node("b", "g"), node("other")], {})
    left = remaining(graph, range(4), [1.0, 0.0, 1.0, 1.0])
    assert critical_path(graph, range(4), left, {0, 2, 3}) == [0, 2]
    assert critical_path(graph, range(4), left, {2}) == [2]
    assert critical_path(graph, range(4), left, set()) == []


def test_what_is_up_to_date_takes_neither_time_nor_a_worker() -> None:
    graph = Graph([node("a"), node("b", "a"), node("c", "b"), node("d")], {})
    cost = [0.0, 2.0, 0.0, 1.0]
    rank = ranks(graph, remaining(graph, range(4), cost))
    assert simulate(graph, range(4), {1, 3}, cost, rank, Admission(graph.nodes, 1, ())) == 3.0
    assert simulate(graph, range(4), {1, 3}, cost, rank, Admission(graph.nodes, 2, ())) == 2.0
    assert simulate(graph, range(4), set(), cost, rank, Admission(graph.nodes, 2, ())) == 0.0
    assert simulate(graph, [1], {1}, cost, rank, Admission(graph.nodes, 2, ())) == 2.0


def test_what_ends_at_the_same_time_is_released_before_anything_starts() -> None:
    graph = Graph([node("a"), node("b"), node("late", "b"), node("x"), node("y", "late")], {})
    cost = [1.0, 1.0, 1.0, 1.0, 1.0]
    rank = ranks(graph, remaining(graph, range(5), cost))
    assert simulate(graph, range(5), set(range(5)), cost, rank, Admission(graph.nodes, 2, ())) == 3.0


def named(graph: Graph, found: list[list[int]]) -> list[list[str]]:
    return [[graph.nodes[number].id for number in wave] for wave in found]


@pytest.mark.parametrize(
    ("jobs", "expected"),
    [(9, [["a", "b"], ["m"], ["c"]]), (1, [["a"], ["b"], ["m"], ["c"]])],
)
def test_waves_are_levels_split_by_jobs_and_mutexes(jobs: int, expected: list[list[str]]) -> None:
    graph = Graph([node("m", mutex=("x",)), node("b"), node("a", mutex=("x",)), node("g", "a", kind=Node.GROUP), node("c", "g")], {})
    rank = ranks(graph, [0.0] * 5)
    assert named(graph, waves(graph, range(5), rank, Admission(graph.nodes, jobs, ()))) == expected


def test_waves_keep_the_levels_of_the_whole_manifest() -> None:
    graph = Graph([node("a"), node("b", "a"), node("c")], {})
    assert named(graph, waves(graph, [2, 1], ranks(graph, [0.0] * 3), Admission(graph.nodes, 4, ()))) == [["c"], ["b"]]
