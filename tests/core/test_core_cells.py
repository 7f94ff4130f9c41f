"""Cells: what depends on a workstream depends on its blocking gates too."""

from uetbuild.core.cells import hold_dependents, hold_followers
from uetbuild.core.coupling import why
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.policies import Guard


def node(name, *depends, gates=(), kind=Node.WORKSTREAM, **more):
    return Node(id=name, workstream=name, kind=kind, depends_on=tuple(depends), gates=tuple(gates), **more)


def gate(name, *guards, blocking=True, at="workstream", depends=None, **more):
    guard = Guard(guards=tuple(guards), blocking=blocking, at=at)
    return node(name, *(guards if depends is None else depends), kind=Node.GATE, guard=guard, **more)


def test_what_depends_on_a_workstream_depends_on_its_blocking_gates():
    nodes = [node("a", gates=["g", "h"]), gate("g", "a"), gate("h", "a", blocking=False), node("b", "a"), node("c")]
    assert hold_dependents(nodes, {"c": ("a",)}) == {"b": ("g",), "c": ("a", "g")}


def test_a_group_waits_for_the_gates_of_its_members():
    nodes = [node("a", gates=["g"]), gate("g", "a"), node("all", "a", kind=Node.GROUP)]
    assert hold_dependents(nodes, {}) == {"all": ("g",)}


def test_who_names_the_gate_already_needs_no_further_edge():
    nodes = [node("a", gates=["g"]), gate("g", "a"), node("b", "a", "g")]
    assert hold_dependents(nodes, {}) == {}


def test_without_gates_nothing_is_added():
    assert hold_dependents([node("a"), node("b", "a")], {"b": ["a"]}) == {"b": ("a",)}


def test_a_shared_gate_does_not_hold_what_it_waits_for():
    nodes = [node("a", gates=["g"]), node("b", "a", gates=["g"]), gate("g", "a", "b"), node("c", "b")]
    found = hold_dependents(nodes, {})
    assert found == {"c": ("g",)}
    Graph(nodes, found)


def test_gates_wait_for_no_other_gate():
    nodes = [node("a", gates=["g"]), gate("g", "a"), gate("h", "a"), gate("of-b", "b", depends=("a", "b")), node("b")]
    assert hold_dependents(nodes, {}) == {}


def test_gates_that_would_hold_each_others_workstreams_make_no_cycle():
    nodes = [
        node("a", gates=["g"]), node("b", gates=["h"]), node("x", "a"), node("y", "b"),
        gate("g", "a", depends=("a", "y")), gate("h", "b", depends=("b", "x")),
    ]  # fmt: skip
    Graph(nodes, hold_dependents(nodes, {}))


def test_a_gate_comes_along_with_what_it_guards_and_nothing_else_that_it_guards():
    nodes = [node("a", gates=["g"]), node("b", gates=["g"]), node("tool"), gate("g", "a", "b", depends=("a", "b", "tool")), node("c", "a")]
    graph = Graph(nodes, hold_dependents(nodes, {}))
    names = lambda *targets: [graph.nodes[i].id for i in graph.closure([graph.index[name] for name in targets])]  # noqa: E731
    assert set(names("c")) == {"a", "tool", "g", "c"}
    assert set(names("tool")) == {"tool"}
    assert set(names("g")) == {"a", "b", "tool", "g"}


def test_who_declares_to_depend_on_a_gate_needs_what_it_guards():
    nodes = [node("a", gates=["g"]), node("b", gates=["g"]), gate("g", "a", "b"), node("c", "g")]
    graph = Graph(nodes, hold_dependents(nodes, {}))
    assert len(graph.closure([graph.index["c"]])) == 4


def test_an_edge_to_a_gate_that_guards_nothing_of_the_build_is_passed_over():
    nodes = [node("a", gates=["g"]), gate("g", "a"), node("b")]
    graph = Graph(nodes, {"b": ("g",)})
    assert [graph.nodes[i].id for i in graph.closure([2])] == ["b"]


def test_gates_add_no_level():
    nodes = [node("a", gates=["g"]), gate("g", "a"), node("b", "a")]
    assert Graph(nodes, hold_dependents(nodes, {})).level == [0, 0, 1]


def test_only_blocking_gates_at_workstreams_hold_a_stamp():
    nodes = [node("a", gates=["g", "h", "run"]), gate("g", "a"), gate("h", "a", blocking=False), gate("run", "a", at="run")]
    graph = Graph(nodes)
    assert graph.held(0) == [1] and graph.with_gates([0]) == {0, 1, 2, 3}


def test_what_only_comes_after_a_workstream_comes_after_its_blocking_gates():
    nodes = [node("a", gates=["g", "h"]), gate("g", "a"), gate("h", "a", blocking=False), node("b", after=("a",)), node("c")]
    assert hold_followers(nodes, {}) == {"b": ("g",)}
    assert hold_followers([node("a"), node("b", after=("a",))], {}) == {}


def test_what_a_gate_waits_for_or_what_waits_for_it_anyway_follows_no_gate():
    nodes = [node("a", gates=["g"]), gate("g", "a", depends=("a", "b")), node("b", after=("a",)), node("c", "g", after=("a",))]
    assert hold_followers(nodes, {}) == {}


def test_followers_of_gates_that_wait_for_each_others_followers_make_no_cycle():
    nodes = [
        node("a", gates=["g"]), node("b", gates=["h"]), node("x", after=("a",)), node("y", after=("b",)),
        gate("g", "a", depends=("a", "y")), gate("h", "b", depends=("b", "x")),
    ]  # fmt: skip
    held = hold_followers(nodes, {})
    assert held == {"x": ("g",)}
    Graph([one.with_(after=(*one.after, *held.get(one.id, ()))) for one in nodes])


def test_an_edge_between_a_gate_and_others_is_told_as_what_it_is():
    a, g, b = node("a", gates=["g"]), gate("g", "a"), node("b", "a")
    assert why(g, a) == "`g` guards `a`" and why(b, g) == "`b` waits for what `g` guards"
