"""Gates of waves: who waits for them, and who does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.barriers import hold_next_waves
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.policies import Guard
from uetbuild.errors import UetError


def node(name, *depends, after=(), kind=Node.WORKSTREAM):
    return Node(id=name, workstream=name, kind=kind, depends_on=tuple(sorted(depends)), after=tuple(sorted(after)))


def wave_gate(name, *guards, blocking=True):
    return Node(id=name, workstream=name, kind=Node.GATE, depends_on=guards, guard=Guard(at="wave", guards=guards, blocking=blocking))


def held(nodes, *gates):
    return hold_next_waves(Graph(nodes), gates, {})


def test_the_nodes_of_the_next_wave_wait_for_the_gate_of_a_wave_and_those_of_later_waves_only_through_them():
    nodes = [node("a"), node("b"), node("c", "b"), node("d", "c")]
    assert held(nodes, wave_gate("g", "a")) == {"c": ("g",)}


def test_nobody_waits_for_a_gate_of_a_wave_that_only_warns():
    assert held([node("a"), node("b", "a")], wave_gate("g", "a", blocking=False)) == {}


def test_what_depends_on_a_guarded_node_waits_even_where_only_an_order_makes_its_wave_a_later_one():
    nodes = [node("a"), node("b"), node("c", "b"), node("d", "a", after=["c"])]
    assert held(nodes, wave_gate("g", "a")) == {"c": ("g",), "d": ("g",)}


def test_a_group_makes_no_difference_and_waits_for_nothing_itself():
    nodes = [
        node("a"),
        node("x", "a"),
        node("all", "a", kind=Node.GROUP),
        node("top", "all", kind=Node.GROUP),
        node("b", "top", after=["x"]),
    ]
    assert held(nodes, wave_gate("g", "a")) == {"x": ("g",), "b": ("g",)}


def test_a_gate_at_a_workstream_waits_for_no_gate_of_a_wave():
    assert held([node("a"), node("lint", "a", kind=Node.GATE)], wave_gate("g", "a")) == {}


def test_what_files_say_stays():
    nodes = [node("a"), node("b", "a")]
    assert hold_next_waves(Graph(nodes), [wave_gate("g", "a")], {"b": ["a"], "z": ["y"]}) == {"b": ("a", "g"), "z": ("y",)}


@st.composite
def graphs(draw):
    """Nodes with dependencies and orders among them, and gates of waves over some of each level."""
    size = draw(st.integers(1, 9))
    nodes = []
    for number in range(size):
        earlier = st.lists(st.sampled_from(range(number)), unique=True, max_size=3) if number else st.just([])
        kind = draw(st.sampled_from([Node.WORKSTREAM] * 4 + [Node.GROUP])) if number else Node.WORKSTREAM
        nodes.append(node(f"n{number}", *[f"n{i}" for i in draw(earlier)], after=[f"n{i}" for i in draw(earlier)], kind=kind))
    graph = Graph(nodes)
    gates = []
    for wave in draw(st.sets(st.integers(0, 5))):
        level = [one.id for number, one in enumerate(nodes) if graph.level[number] == wave and not one.is_group]
        if level:
            guards = draw(st.sets(st.sampled_from(level), min_size=1))
            gates.append(wave_gate(f"g[wave={wave}]", *sorted(guards), blocking=draw(st.booleans())))
    return nodes, gates, draw(st.sets(st.sampled_from(range(size)), min_size=1))


@given(graphs())
def test_in_any_graph_a_barrier_is_of_the_next_wave_only_closes_no_cycle_and_lets_no_target_grow(case):
    nodes, gates, targets = case
    plain = Graph(nodes)
    edges = hold_next_waves(plain, gates, {})
    guarded = [one.with_(gates=tuple(sorted(g.id for g in gates if one.id in g.guard.guards))) for one in nodes]
    graph = Graph([*guarded, *gates], edges)  # raises for a cycle
    assert graph.level[: len(nodes)] == plain.level
    for gate in gates:
        number = graph.index[gate.id]
        wave = graph.level[number]
        next_wave = {i for i, one in enumerate(nodes) if plain.level[i] == wave + 1 and one.kind == Node.WORKSTREAM}
        waiting = set(graph.dependents[number])
        assert next_wave <= waiting if gate.guard.blocking else not waiting
        guards = {graph.index[name] for name in gate.guard.guards}
        assert all(guards & _needed(plain, i) for i in waiting - next_wave)
    members = graph.closure(targets)
    assert [i for i in members if i < len(nodes)] == sorted(plain.closure(targets), key=graph.position.__getitem__)
    for i in [i for i in members if i < len(nodes) and nodes[i].kind == Node.WORKSTREAM]:
        needed = _needed(graph, i)
        for gate in gates:  # nothing runs on what a gate of a wave has yet to let pass
            if gate.guard.blocking and not needed.isdisjoint([graph.index[name] for name in gate.guard.guards]):
                assert graph.index[gate.id] in needed


def _needed(graph, number):
    """All that a node depends on, without orders."""
    found = set()
    todo = [number]
    while todo:
        for other in graph.deps[todo.pop()]:
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def test_a_cycle_through_a_gate_is_told_with_what_the_gate_guards():
    gate = Node(id="g", workstream="g", kind=Node.GATE, depends_on=("a",), guard=Guard(at="run", guards=("a",)))
    with pytest.raises(UetError) as caught:
        Graph([node("a", "g"), gate])
    assert caught.value.hint == "`g` guards `a`"
