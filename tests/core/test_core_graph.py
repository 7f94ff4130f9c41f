"""The graph: edges, order, levels, closure, cycles."""

from __future__ import annotations

import sys
from collections.abc import Callable
from marshal import dumps, loads
from types import FrameType

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Source
from uetbuild.errors import UetError


def node(name: str, *depends_on: str, after: tuple[str, ...] = (), group: bool = False, line: int = 0, **fields: object) -> Node:
    return Node(
        id=name, workstream=name.partition("[")[0], kind=Node.GROUP if group else Node.WORKSTREAM, depends_on=tuple(sorted(depends_on)),
        after=after, file="Uetfile.yaml" if line else "", line=line, column=3 if line else 0, **fields,
    )  # fmt: skip


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    size = draw(st.integers(0, 10))
    shuffled = draw(st.permutations(range(size)))
    nodes = []
    for late in range(size):
        earlier = [f"n{shuffled[early]}" for early in range(late)]
        depends_on = draw(st.sets(st.sampled_from(earlier))) if earlier else set()
        after = draw(st.sets(st.sampled_from(earlier))) if earlier else set()
        nodes.append(node(f"n{shuffled[late]}", *depends_on, after=tuple(sorted(after)), group=draw(st.integers(0, 3)) == 0))
    return draw(st.permutations(nodes))


def as_networkx(graph: Graph) -> networkx.DiGraph[int]:
    found: networkx.DiGraph[int] = networkx.DiGraph()
    found.add_nodes_from(range(len(graph.nodes)))
    found.add_edges_from((early, late) for late in range(len(graph.nodes)) for early in graph.before[late])
    return found


@given(graphs())
def test_a_graph_is_the_same_when_it_was_kept(nodes: list[Node]) -> None:
    graph = Graph(nodes)
    kept = Graph.from_row(graph.nodes, loads(dumps(graph.row())))
    assert all(getattr(kept, name) == getattr(graph, name) for name in Graph.__slots__)


def test_what_a_build_of_everything_makes_are_workstreams_with_files_that_do_not_run_by_themselves() -> None:
    files = {"outputs": (Source(pattern="x"),)}
    others = [node("none"), node("g", group=True), node("m", manual=True, **files), node("w", always=True, **files)]
    graph = Graph([*others, node("a", **files), node("b", inputs=files["outputs"])])
    assert graph.products == (4, 5)
    assert Graph(graph.nodes, {"b": ["a"]}, graph).products is graph.products


@given(graphs())
def test_without_groups_levels_are_the_topological_generations(nodes: list[Node]) -> None:
    graph = Graph([each.with_(kind=Node.WORKSTREAM) for each in nodes], {})
    for level, generation in enumerate(networkx.topological_generations(as_networkx(graph))):
        assert {graph.level[number] for number in generation} == {level}


@given(graphs())
def test_a_level_counts_the_nodes_but_not_the_groups_before_it(nodes: list[Node]) -> None:
    graph = Graph(nodes, {})
    oracle = as_networkx(graph)
    for early, late in oracle.edges:
        oracle.edges[early, late]["weight"] = 0 if graph.nodes[late].is_group else 1
    for number in range(len(nodes)):
        upstream = oracle.subgraph(networkx.ancestors(oracle, number) | {number})
        starts = [0 if not graph.nodes[start].is_group else -1 for start in upstream]
        longest = max(
            networkx.dag_longest_path_length(oracle.subgraph((networkx.descendants(upstream, start) & set(upstream)) | {start})) + bonus
            for start, bonus in zip(upstream, starts, strict=True)
        )
        assert graph.level[number] == longest


@given(graphs(), st.data())
def test_closure_is_the_targets_and_their_ancestors_in_order(nodes: list[Node], data: st.DataObject) -> None:
    graph = Graph(nodes, {})
    targets = data.draw(st.sets(st.integers(0, len(nodes) - 1))) if nodes else set()
    needed: networkx.DiGraph[int] = networkx.DiGraph()
    needed.add_nodes_from(range(len(nodes)))
    needed.add_edges_from((early, late) for late in range(len(nodes)) for early in graph.deps[late])
    expected = set(targets).union(*[networkx.ancestors(needed, target) for target in targets])
    found = graph.closure(targets)
    assert set(found) == expected
    assert found == sorted(found, key=graph.order.index)


def test_dependencies_are_declared_and_inferred_ones_once_each() -> None:
    graph = Graph([node("a"), node("b"), node("c", "a", after=("a", "b"))], {"c": ("a",), "b": ("a",)})
    assert graph.index == {"a": 0, "b": 1, "c": 2}
    assert graph.deps == [(), (0,), (0,)]
    assert graph.after == [(), (), (1,)]
    assert graph.before == [(), (0,), (0, 1)]
    assert graph.dependents == [(1, 2), (), ()]
    assert graph.followers == [(), (2,), ()]
    assert graph.behind == [(1, 2), (2,), ()]
    assert [graph.order[place] for place in graph.position] == [0, 1, 2]


def test_without_a_mapping_the_nodes_own_inferred_edges_count() -> None:
    assert Graph([node("a"), node("b", inferred=("a",))]).deps == [(), (0,)]
    assert Graph([node("a"), node("b", inferred=("a",))], {}).deps == [(), ()]


def test_what_a_target_only_comes_after_is_not_drawn_in() -> None:
    graph = Graph([node("a"), node("b", after=("a",))], {})
    assert graph.closure([1]) == [1]
    assert graph.level == [0, 1]


def test_a_group_has_the_level_of_its_deepest_member_and_adds_none() -> None:
    graph = Graph([node("a"), node("b", "a"), node("g", "a", "b", group=True), node("c", "g"), node("none", group=True)], {})
    assert graph.level == [0, 1, 1, 2, -1]


def test_a_cycle_is_reported_with_its_path_and_all_places() -> None:
    with pytest.raises(UetError) as caught:
        Graph([node("a", "b", line=4), node("b", "c", line=6), node("c", "a", line=8), node("d", "a", line=10)], {})
    error = caught.value
    assert error.message == "dependency cycle: `a` -> `b` -> `c` -> `a`"
    assert error.location is not None
    assert (error.location.file, error.location.line, error.location.column, error.location.length) == ("Uetfile.yaml", 4, 3, 1)
    assert [(text, place.line) for text, place in error.others] == [("`b` waits for `c`", 6), ("`c` waits for `a`", 8)]
    assert error.hint == ""


def test_a_cycle_of_nodes_without_a_place_has_no_location() -> None:
    with pytest.raises(UetError, match="dependency cycle: `a` -> `a`") as caught:
        Graph([node("a", "a")], {})
    assert caught.value.location is None


def test_a_place_that_several_nodes_of_a_cycle_share_is_shown_once() -> None:
    with pytest.raises(UetError) as caught:
        Graph([node("t[1]", "t[2]", line=4), node("t[2]", "t[1]", line=4)], {})
    assert caught.value.others == ()


def test_a_cycle_says_which_edges_come_from_files() -> None:
    reads = node("b", line=6, inputs=(Source(pattern="x"),))
    with pytest.raises(UetError) as caught:
        Graph([node("a", "b", line=4, outputs=(Source(pattern="x"),)), reads], {"b": ("a",)})
    assert caught.value.message == "dependency cycle: `a` -> `b` -> `a`"
    assert caught.value.hint == "`b` reads `x` that `a` creates"


def steps(action: Callable[[], object]) -> int:
    """Lines of our own code that an action executes."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> object:
        nonlocal count
        if "uetbuild" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", ["chain", "independent"])
def test_work_grows_with_the_number_of_nodes_and_not_faster(shape: str) -> None:
    def build(size: int) -> int:
        nodes = [node(f"n{at}", *([f"n{at - 1}"] if at and shape == "chain" else [])) for at in range(size)]
        return steps(lambda: Graph(nodes, {}).closure([size - 1]))

    assert build(20_000) <= 2.2 * build(10_000)
