"""Order, cycles and ancestry, with networkx as the oracle."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.topology import Ancestry, find_cycle, reverse, topological


@st.composite
def dags(draw: st.DrawFn) -> list[list[int]]:
    size = draw(st.integers(0, 12))
    names = draw(st.permutations(range(size)))
    before: list[list[int]] = [[] for _ in range(size)]
    for late in range(size):
        for early in range(late):
            if draw(st.booleans()):
                before[names[late]].append(names[early])
    return [sorted(edges) for edges in before]


@st.composite
def digraphs(draw: st.DrawFn) -> list[list[int]]:
    size = draw(st.integers(1, 9))
    return [sorted(draw(st.sets(st.integers(0, size - 1), max_size=2))) for _ in range(size)]


def as_networkx(before: list[list[int]]) -> networkx.DiGraph[int]:
    graph: networkx.DiGraph[int] = networkx.DiGraph()
    graph.add_nodes_from(range(len(before)))
    graph.add_edges_from((early, late) for late, edges in enumerate(before) for early in edges)
    return graph


@given(dags())
def test_each_node_stands_after_all_that_come_before_it(before: list[list[int]]) -> None:
    order = topological(before)
    assert sorted(order) == list(range(len(before)))
    place = {node: at for at, node in enumerate(order)}
    assert all(place[early] < place[late] for late, edges in enumerate(before) for early in edges)
    assert find_cycle(before) is None


@given(digraphs())
def test_a_cycle_is_found_exactly_when_networkx_finds_one(before: list[list[int]]) -> None:
    graph = as_networkx(before)
    cycle = find_cycle(before)
    if networkx.is_directed_acyclic_graph(graph):
        assert cycle is None
        return
    assert cycle is not None
    assert len(set(cycle)) == len(cycle)
    assert cycle[0] == min(cycle)
    for node, then in zip(cycle, cycle[1:] + cycle[:1], strict=True):
        assert then in before[node]


@given(dags(), st.data())
def test_ancestry_agrees_with_networkx_for_named_nodes(before: list[list[int]], data: st.DataObject) -> None:
    named = data.draw(st.sets(st.integers(0, len(before) - 1))) if before else set()
    graph = as_networkx(before)
    ancestry = Ancestry(before, topological(before), sorted(named))
    for a in named:
        later = networkx.descendants(graph, a)
        for b in range(len(before)):
            assert ancestry.before(a, b) == (b in later)


def test_a_cycle_is_told_by_its_shortest_way_round() -> None:
    long = [[1], [2, 0], [3], [4], [0]]
    assert find_cycle(long) == [0, 1]


def test_a_node_that_comes_before_itself_is_a_cycle() -> None:
    assert find_cycle([[], [1]]) == [1]


def test_reversed_edges_are_sorted() -> None:
    assert reverse([[], [0], [0, 1]]) == [(1, 2), (2,), ()]


@pytest.mark.parametrize("size", [20_000])
def test_a_long_chain_and_a_long_cycle_need_no_recursion(size: int) -> None:
    chain = [[node - 1] if node else [] for node in range(size)]
    assert topological(chain) == list(range(size))
    chain[0] = [size - 1]
    cycle = find_cycle(chain)
    assert cycle is not None
    assert len(cycle) == size
