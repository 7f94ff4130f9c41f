"""Order that only the record knows: editors of one file go as they went before."""

from __future__ import annotations

import networkx
from hypothesis import given
from hypothesis import strategies as st
from world import node

from uetbuild.core.graph import Graph
from uetbuild.core.stamps import Link, Stage, Stamp
from uetbuild.engine.recorded import RecordedOrder


def graph(*nodes) -> Graph:
    return Graph(nodes, {})


def chain(*names: str):
    return tuple(Link(node=name, found=str(i), left=str(i + 1)) for i, name in enumerate(names))


def before(made: Graph, chains, stamps=(), by_level=False) -> dict[str, set[str]]:
    found = RecordedOrder(made, chains, {stamp.node: stamp for stamp in stamps}, by_level)
    assert {(j, i) for i, early in found.before.items() for j in early} == {(j, i) for j, late in found.behind.items() for i in late}
    return {made.nodes[i].id: {made.nodes[j].id for j in early} for i, early in found.before.items()}


THREE = (node("a"), node("b"), node("c"))


def test_without_chains_there_is_no_order():
    assert before(graph(*THREE), {}) == {}


def test_editors_of_one_file_go_in_the_order_of_its_chain():
    assert before(graph(*THREE), {"f": chain("c", "a", "b")}) == {"a": {"c"}, "b": {"a"}}


def test_a_node_that_is_gone_leaves_no_gap_in_the_chain():
    assert before(graph(*THREE), {"f": chain("c", "gone", "b")}) == {"b": {"c"}}


def test_an_editor_that_was_overtaken_comes_after_the_last_of_the_chain():
    left = Stamp(node="a", stage=Stage.DONE, edits={"f": "f9"})
    assert before(graph(*THREE), {"f": chain("c", "b")}, [left]) == {"b": {"c"}, "a": {"b"}}


def test_an_editor_whose_links_all_stand_keeps_its_place():
    stands = Stamp(node="a", stage=Stage.DONE, edits={"f": "f1", "alone": "f2"})
    assert before(graph(*THREE), {"f": chain("a", "b")}, [stands]) == {"b": {"a"}}


def test_the_manifest_rules_where_the_record_contradicts_it():
    ordered = (node("a"), node("b", depends_on=("a",)))
    assert before(graph(*ordered), {"f": chain("b", "a")}) == {}


def test_chains_that_contradict_each_other_give_way_to_one_order():
    found = before(graph(*THREE), {"f": chain("a", "b"), "g": chain("b", "a"), "h": chain("b", "c")})
    assert found in ({"b": {"a"}, "c": {"b"}}, {"a": {"b"}, "c": {"b"}})


def test_with_strict_waves_nothing_waits_for_a_later_wave():
    deep = (node("a", depends_on=("x",)), node("b"), node("x"))
    assert before(graph(*deep), {"f": chain("a", "b")}) == {"b": {"a"}}
    assert before(graph(*deep), {"f": chain("a", "b")}, by_level=True) == {}


@st.composite
def worlds(draw: st.DrawFn):
    size = draw(st.integers(2, 7))
    nodes = [node(f"n{i}", depends_on=tuple(f"n{j}" for j in range(i) if draw(st.integers(0, 3)) == 0)) for i in range(size)]
    names = st.sampled_from([made.id for made in nodes])
    chains = draw(st.dictionaries(st.sampled_from("fghi"), st.lists(names, max_size=size, unique=True), max_size=4))
    stamps = [
        Stamp(node=name, stage=Stage.DONE, edits={path: "f1"})
        for name, path in draw(st.sets(st.tuples(names, st.sampled_from("fghi")), max_size=4))
    ]
    return graph(*nodes), {path: chain(*found) for path, found in chains.items() if found}, stamps


@given(worlds(), st.booleans())
def test_recorded_order_never_closes_a_cycle(world, by_level):
    made, chains, stamps = world
    found = RecordedOrder(made, chains, {stamp.node: stamp for stamp in stamps}, by_level)
    everything = networkx.DiGraph([(j, i) for i in range(len(made.nodes)) for j in (*made.before[i], *found.before.get(i, ()))])
    assert networkx.is_directed_acyclic_graph(everything)
