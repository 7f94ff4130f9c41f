"""Which nodes exclude each other because of their files."""

from __future__ import annotations

import pytest

from uetbuild.core.conflicts import Conflicts, shared_scopes
from uetbuild.core.graph import Graph
from uetbuild.core.meetings import meeting, unordered
from uetbuild.core.nodes import Node, Source, Sources


def sources(*texts: str) -> Sources:
    return tuple(
        Source(pattern=text.strip("!/"), folder=text[-1] == "/", kind=Source.GLOB if "*" in text else Source.PATH, negative=text[0] == "!")
        for text in texts
    )


def node(name: str, **fields: object) -> Node:
    return Node(id=name, workstream=name, **fields)


def exclude(a: Node, b: Node) -> bool:
    conflicts = Conflicts([a, b])
    assert conflicts(0, 1) == conflicts(1, 0)
    return conflicts(0, 1)


def test_editors_of_one_file_exclude_each_other() -> None:
    assert exclude(node("a", edits=sources("src/")), node("b", edits=sources("src/x")))
    assert not exclude(node("a", edits=sources("src/", "!src/x")), node("b", edits=sources("src/x")))


def test_creators_whose_wildcards_meet_exclude_each_other() -> None:
    assert exclude(node("a", outputs=sources("out/*.x")), node("b", outputs=sources("out/a*", "b")))
    assert not exclude(node("a", outputs=sources("out/*.x")), node("b", outputs=sources("out/*.y")))


def test_an_editor_and_a_reader_exclude_each_other() -> None:
    assert exclude(node("a", edits=sources("src/*")), node("b", inputs=sources("src/x")))
    assert not exclude(node("a", edits=sources("src/*")), node("b", inputs=sources("doc")))


def test_readers_do_not_exclude_each_other() -> None:
    assert not exclude(node("a", inputs=sources("x")), node("b", inputs=sources("x")))


def test_scopes_written_alike_are_numbered() -> None:
    core = Source(pattern="core", kind=Source.GROUP, items=sources("core/*", "!core/x"))
    nodes = [
        node("a", edits=sources("x", "y", "x")), node("b", edits=sources("y", "z")), node("c", edits=sources("z", "!z/1")),
        node("d", edits=(core,)), node("e", edits=(core,), outputs=sources("out/*", "lit")), node("f", outputs=sources("out/*", "lit2")),
        node("g", inputs=sources("x")),
    ]  # fmt: skip
    shared = shared_scopes(nodes)
    assert set(shared) == {0, 1, 3, 4, 5}
    assert shared[0] == shared[1]
    assert set(shared[3]) < set(shared[4])
    assert set(shared[5]) < set(shared[4])


def test_only_pairs_that_no_dependency_orders_are_conflicts() -> None:
    src = sources("src/")
    nodes = [
        node("a", edits=src), node("b", edits=src, depends_on=("a",)), node("c", edits=sources("src/x")),
        node("d", edits=src, after=("c",)), node("e", outputs=sources("lit")),
    ]  # fmt: skip
    graph = Graph(nodes, {})
    assert unordered(graph, [0, 1, 2, 3, 4], 10) == [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert unordered(graph, [0, 1, 2, 3, 4], 2) == [(0, 2), (0, 3)]
    assert unordered(graph, [1, 2], 10) == [(1, 2)]


@pytest.mark.parametrize(
    ("one", "two", "paths"),
    [
        (("docs/",), ("docs/a", "docs/b"), ["docs/a", "docs/b"]),
        (("src/*.py",), ("src/x.py",), ["src/x.py"]),
        (("src/*.py",), ("src/x*",), ["src/*.py", "src/x*"]),
        (("src", "doc"), ("src", "lib"), ["src"]),
        (("src/x/y",), ("src/x", "src"), ["src/x/y"]),
        (("src/", "*.md"), ("src", "*.md"), ["*.md", "src"]),
    ],
)
def test_a_conflict_names_the_narrower_paths(one: tuple[str, ...], two: tuple[str, ...], paths: list[str]) -> None:
    assert meeting(node("a", edits=sources(*one)), node("b", edits=sources(*two))) == paths
    assert meeting(node("b", edits=sources(*two)), node("a", edits=sources(*one))) == paths


def test_the_whole_root_meets_everything_in_it() -> None:
    assert meeting(node("a", edits=(Source(pattern=""),)), node("b", edits=sources("x"))) == ["x"]
