"""What files affect that a build is limited to, and of which changes a recipe is told then."""

from __future__ import annotations

import pytest

from uetbuild.core.focus import Focus, asks_what_changed
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Agent, Hole, Node, Source, Step
from uetbuild.core.stamps import Stage, Stamp
from uetbuild.core.verdicts import Reason

CHANGED = Step(words=(("lint",), (Hole(name="changed"),)), shown="lint {{ changed }}")


def sources(*patterns: str) -> tuple[Source, ...]:
    return tuple(Source(pattern=text, kind=Source.GLOB if "*" in text else Source.PATH) for text in patterns)


def node(name: str, inputs=(), outputs=(), edits=(), **more: object) -> Node:
    return Node(id=name, workstream=name, inputs=sources(*inputs), outputs=sources(*outputs), edits=sources(*edits), **more)


def focus(nodes: list[Node], *paths: str, stamps: dict[str, Stamp] | None = None, **more: object) -> Focus:
    return Focus(Graph(nodes, {}), stamps or {}, paths, ("venv",), **more)


def affected(nodes: list[Node], *paths: str, **more: object) -> set[str]:
    return {nodes[i].id for i in focus(nodes, *paths, **more).affected}


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("src/a.c", {"lib"}),
        ("src/deep/b.c", {"lib"}),
        ("src/a.h", set()),
        ("notes", {"notes"}),
        ("notes/x", {"notes"}),
        ("text.md", {"fmt"}),
        ("build/lib", {"lib"}),
        ("src/venv/a.c", set()),
        ("nothing", set()),
    ],
)
def test_who_reads_edits_or_creates_a_file_is_affected(path: str, ids: set[str]) -> None:
    nodes = [node("lib", ["src/**/*.c"], ["build/lib"]), node("notes", ["notes"]), node("fmt", edits=["*.md"]), node("bare")]
    assert affected(nodes, path) == ids


def test_so_is_all_that_depends_on_it_but_not_what_only_comes_after() -> None:
    nodes = [
        node("gen", ["g"]),
        node("app", depends_on=("gen",)),
        Node(id="all", workstream="all", kind=Node.GROUP, depends_on=("app", "docs")),
        node("docs", ["d"]),
        node("late", after=("app",)),
        node("deploy", depends_on=("all",)),
    ]
    assert affected(nodes, "g") == {"gen", "app", "all", "deploy"}


def test_what_a_node_read_last_time_counts_too() -> None:
    stamp = Stamp(node="obj", stage=Stage.DONE, inputs={"old.c": "1"}, discovered={"/usr/include/x.h": "2"}, edits={"e": "3"})
    nodes = [node("obj", ["a.c"]), node("other")]
    for path in ("old.c", "/usr/include/x.h", "e"):
        assert affected(nodes, path, stamps={"obj": stamp}) == {"obj"}
    assert affected(nodes, "new.c", stamps={"obj": stamp}) == set()


def test_a_changed_manifest_affects_everything() -> None:
    assert affected([node("a"), node("b", ["x"])], "Uetfile.yaml", everything=True) == {"a", "b"}


def test_in_the_focus_is_also_what_the_affected_create() -> None:
    nodes = [node("gen", ["g"], ["gen/*.py"]), node("fmt", ["g"], edits=["e.py"]), node("other", ["o"], ["out"])]
    limited = focus(nodes, "g")
    assert [path for path in ("g", "gen/x.py", "e.py", "out", "o") if path in limited] == ["g", "gen/x.py"]


def test_only_who_asks_what_has_changed_is_told_less() -> None:
    nodes = [node("lint", ["*.py"], steps=(CHANGED,)), node("all", ["*.py"]), node("away", ["*.c"], steps=(CHANGED,))]
    limited = focus(nodes, "a.py")
    assert limited.narrowed == {0}
    out, of_it = Reason(code="input_changed", detail="b.py"), Reason(code="input_changed", detail="a.py")
    assert limited.passes_over(0, [out])
    assert not limited.passes_over(0, [out, of_it])
    assert not limited.passes_over(0, [out, Reason(code="never_run")])
    assert not limited.passes_over(1, [out])
    assert not limited.passes_over(2, [out])


@pytest.mark.parametrize(
    ("more", "asks"),
    [
        ({"steps": (CHANGED,)}, True),
        ({"finally_": (CHANGED,)}, True),
        ({"env": (("X", (Hole(name="changed"),)),)}, True),
        ({"agent": Agent(tool="t", prompt=("look at ", Hole(name="changed")))}, True),
        ({"agent": Agent(tool="t", prompt=("look",))}, False),
        ({"steps": (Step(kind=Step.SHELL, text=('xargs lint < "$UET_CHANGED_FILES"',), shown="lint"),)}, True),
        ({"steps": (Step(words=(("lint",), (Hole(name="inputs"),)), shown="lint {{ inputs }}"),)}, False),
    ],
)
def test_a_recipe_asks_by_the_template_or_by_the_variable(more: dict[str, object], asks: bool) -> None:
    assert asks_what_changed(node("x", **more)) == asks
