"""Transitive order, with networkx as the oracle."""

from __future__ import annotations

import networkx
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.reach import Reach


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    size = draw(st.integers(1, 9))
    nodes = []
    for i in range(size):
        names = [f"n{j}" for j in range(i) if draw(st.booleans())]
        cut = draw(st.integers(0, len(names)))
        nodes.append(Node(id=f"n{i}", workstream=f"w{i % 3}", depends_on=tuple(names[:cut]), after=tuple(names[cut:])))
    return Graph(nodes, {})


@given(graphs())
def test_order_goes_through_dependencies_and_after(graph):
    reach = Reach(graph)
    size = len(graph.nodes)
    oracle = networkx.DiGraph()
    oracle.add_nodes_from(range(size))
    oracle.add_edges_from((j, i) for i in range(size) for j in graph.before[i])
    for i in range(size):
        later = networkx.descendants(oracle, i)
        assert reach.later(i) == later
        assert reach.later(i) is reach.later(i)
        assert {j for j in range(size) if reach.precedes(i, j)} == later


@given(graphs())
def test_the_members_of_a_workstream_are_its_nodes_in_the_order_of_the_manifest(graph):
    reach = Reach(graph)
    for name in ("w0", "w1", "w2"):
        assert reach.members(name) == [i for i, node in enumerate(graph.nodes) if node.workstream == name]
    assert reach.members("nobody") == []
