"""What must be there when a build begins."""

from __future__ import annotations

import pytest

from uetbuild.core.needs import Makers, needs
from uetbuild.core.nodes import Node, Source


def paths(*patterns: str, **fields: object) -> tuple[Source, ...]:
    return tuple([Source(pattern=pattern, kind=Source.GLOB if "*" in pattern else Source.PATH, **fields) for pattern in patterns])


def node(name: str, *inputs: str, **fields: object) -> Node:
    return Node(id=name, workstream=name, inputs=paths(*inputs), **fields)


def test_plain_inputs_are_needed_and_patterns_optional_ones_and_exclusions_are_not() -> None:
    more = (*paths("x", "*.c"), *paths("may", optional=True), *paths("not", negative=True), *paths("y"))
    assert needs([node("a").with_(inputs=more)]) == {0: (("x", "y"), False)}


def test_nothing_has_to_be_looked_at_of_what_is_skipped_or_reads_nothing() -> None:
    assert needs([node("a", "x", skipped=True), node("b"), node("c", "*.c")]) == {}


@pytest.mark.parametrize("field", ["require_env", "require_files", "programs"])
def test_what_a_node_requires_has_to_be_looked_at_without_any_input(field: str) -> None:
    assert needs([node("a"), node("b", **{field: ("x",)})]) == {1: ((), True)}


@pytest.mark.parametrize(
    ("path", "maker"),
    [
        ("made", {"outputs": paths("made")}),
        ("out/deep/made", {"outputs": paths("out")}),
        ("out", {"outputs": paths("out/made")}),
        ("made.d", {"depfile": "made.d"}),
    ],
)
def test_what_is_certain_to_be_made_is_not_needed(path: str, maker: dict[str, object]) -> None:
    nodes = [node("a", "other", path), node("b", **maker)]
    assert needs(nodes) == {0: (("other",), False)}
    makers = Makers(nodes)
    assert [makers.make("other"), makers.make(path)] == [False, True]


@pytest.mark.parametrize(("path", "maker"), [("out/made.o", {"outputs": paths("out/*.o")}), ("gen/new", {"edits": paths("gen/**")})])
def test_what_may_be_made_is_needed_until_somebody_is_asked(path: str, maker: dict[str, object]) -> None:
    nodes = [node("a", path), node("b", **maker)]
    assert needs(nodes) == {0: ((path,), False)}
    assert Makers(nodes).make(path)
