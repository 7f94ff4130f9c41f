"""Order that depfiles told."""

from __future__ import annotations

import pytest
from world import node

from uetbuild.core.coupling import couple
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Project, Settings
from uetbuild.core.stamps import Stage, Stamp
from uetbuild.engine.discovered import discovered_edges, with_edges
from uetbuild.errors import UetError

HEADER = node("header", outputs=["config.h"])
OBJECT = node("object", ["a.c"], ["a.o"], depfile="a.d")


def graph(*nodes, **discovered: list[str]):
    """The graph after builds in which these nodes found these files."""
    inferred = couple(nodes)[0]
    project = Project(nodes=tuple(node.with_(inferred=tuple(inferred.get(node.id, ()))) for node in nodes), settings=Settings())
    stamps = {name: Stamp(node=name, stage=Stage.DONE, discovered=dict.fromkeys(paths, "f1")) for name, paths in discovered.items()}
    found = with_edges(Graph(project.nodes), discovered_edges(project, stamps))
    return {node.id: {nodes[j].id for j in found.deps[i]} for i, node in enumerate(nodes)}


def test_who_read_what_another_creates_comes_after_it_from_then_on():
    assert graph(HEADER, OBJECT)["object"] == set()
    assert graph(HEADER, OBJECT, object=["config.h", "/usr/include/stdio.h"])["object"] == {"header"}


def test_what_a_node_that_is_gone_read_orders_nobody():
    assert graph(HEADER, OBJECT, gone=["config.h"]) == graph(HEADER, OBJECT)


def test_what_a_node_makes_itself_or_waits_for_anyway_adds_nothing():
    declared = OBJECT.with_(depends_on=("header",))
    assert graph(HEADER, declared, object=["config.h", "a.o"])["object"] == {"header"}


def test_where_the_manifest_has_changed_so_that_they_contradict_it_the_manifest_rules():
    turned = HEADER.with_(depends_on=("object",))
    assert graph(turned, OBJECT, object=["config.h"]) == {"header": {"object"}, "object": set()}


def test_only_what_contradicts_the_manifest_is_forgotten():
    turned = HEADER.with_(depends_on=("object",))
    other = node("other", ["b.c"], ["b.o"], depfile="b.d")
    assert graph(turned, OBJECT, other, object=["config.h"], other=["config.h"])["other"] == {"header"}


def test_what_contradicts_itself_is_forgotten():
    one, two = node("one", [], ["1"], depfile="1.d"), node("two", [], ["2"], depfile="2.d")
    assert graph(one, two, one=["2"], two=["1"]) == {"one": set(), "two": set()}


def test_a_cycle_of_the_manifest_itself_is_an_error():
    with pytest.raises(UetError, match="cycle"):
        graph(HEADER.with_(depends_on=("object",)), OBJECT.with_(depends_on=("header",)), object=["config.h"])
