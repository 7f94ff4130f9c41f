"""What words on the command line name, and what a bare `uetbuild` builds."""

from __future__ import annotations

import pytest

from uetbuild.cli.targets import Targets
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Project, Settings, Source
from uetbuild.errors import UetError

DECLARED = "declared: `gen`, `test`, `docs`, `fmt`, `serve`, `hello`, `ci`, `inner`"


def node(name: str, inputs=(), outputs=(), edits=(), **more) -> Node:
    kinds = {True: Source.GLOB, False: Source.PATH}

    def sources(patterns):
        return tuple(Source(pattern=text.rstrip("/"), kind=kinds["*" in text], folder=text.endswith("/")) for text in patterns)

    return Node(
        id=name, workstream=name.partition("[")[0], inputs=sources(inputs), outputs=sources(outputs), edits=sources(edits), **more
    )  # fmt: skip


def group(name: str, *members: str) -> Node:
    return Node(id=name, workstream=name, kind=Node.GROUP, depends_on=members)


NODES = (
    node("gen", ["grammar.g"], ["gen/parser.py"], tags=("fast",), phase="first"),
    node("test[py=3.11]", ["gen/**"], tags=("fast", "slow")),
    node("test[py=3.12]", ["gen/**"]),
    node("docs", [], ["site/", "out/*.pdf"], phase="last"),
    node("fmt", edits=["src/a.py"], manual=True, tags=("fast",)),
    node("serve", always=True, inputs=["x"]),
    node("hello"),
    group("ci", "gen", "inner"),
    group("inner", "docs"),
)


def targets(nodes=NODES, here="", cwd="", namespaces=(), default=None) -> Targets:
    project = Project(nodes=tuple(nodes), default=default, namespaces=tuple(namespaces), settings=Settings())
    return Targets(project, Graph(nodes, {}), here, cwd)


def named(*words: str, nodes=NODES, **more) -> list[str]:
    return [nodes[i].id for i in targets(nodes, **more).named(words)]


def default(nodes=NODES, **more) -> list[str]:
    return [nodes[i].id for i in targets(nodes, **more).default()]


# --- one word ------------------------------------------------------------------------------------------------------------------------


def test_an_id_means_all_nodes_of_the_workstream_and_a_node_id_one():
    assert named("test") == ["test[py=3.11]", "test[py=3.12]"]
    assert named("test[py=3.12]") == ["test[py=3.12]"]
    assert named("test[py=3.12]", "gen") == ["gen", "test[py=3.12]"]


def test_tags_and_phases_select_what_is_not_manual():
    assert named("tag:fast") == ["gen", "test[py=3.11]"]
    assert named("phase:last") == ["docs"]


@pytest.mark.parametrize(
    ("word", "message", "hint"),
    [
        ("tag:fats", "no workstream has the tag `fats`", "declared: `fast`, `slow`"),
        ("phase:x", "no workstream has the phase `x`", "declared: `first`, `last`"),
        ("gne", "unknown target `gne`", "did you mean `gen`?"),
        ("zzz", "unknown target `zzz`", DECLARED),
        ("z*", "unknown target `z*`", DECLARED),
        ("../out", "unknown target `../out`", DECLARED),
    ],
)
def test_a_word_that_names_nothing_is_an_error_with_what_there_is(word, message, hint):
    with pytest.raises(UetError) as caught:
        targets().one(word)
    assert (caught.value.message, caught.value.hint, caught.value.code) == (message, hint, 2)


def test_many_declared_names_are_cut_and_none_are_said_to_be_none():
    with pytest.raises(UetError, match="zzz") as caught:
        targets([node(f"n{i}", ["x"]) for i in range(20)]).one("zzz")
    assert caught.value.hint.endswith("`n11` …")
    with pytest.raises(UetError) as caught:
        targets([]).one("zzz")
    assert caught.value.hint == "the manifest declares no workstream"
    with pytest.raises(UetError) as caught:
        targets([node("a")]).one("tag:x")
    assert caught.value.hint == "no tag is declared"


def test_a_pattern_means_ids_and_passes_over_manual_ones():
    assert named("*e*") == ["gen", "test[py=3.11]", "test[py=3.12]", "serve", "hello", "inner"]
    assert named("test[py=3.1?]") == ["test[py=3.11]", "test[py=3.12]"]
    assert named("f*", "hello", nodes=(*NODES, node("fly"))) == ["hello", "fly"]


@pytest.mark.parametrize(
    ("word", "maker"),
    [
        ("gen/parser.py", "gen"),
        ("gen", "gen"),
        ("site/index.html", "docs"),
        ("site", "docs"),
        ("out/a.pdf", "docs"),
        ("./gen/parser.py", "gen"),
    ],
)
def test_a_path_means_who_creates_it(word, maker):
    assert named(word) == [maker]


def test_a_path_is_seen_from_the_current_folder():
    assert named("parser.py", cwd="gen") == ["gen"]
    assert named("../site", cwd="gen") == ["docs"]


def test_a_path_that_is_only_read_or_edited_names_no_node():
    for path in ("grammar.g", "src/a.py"):
        with pytest.raises(UetError, match=f"nobody creates `{path}`"):
            targets().one(path)


def test_but_it_may_limit_a_build():
    def parted(*words: str, **more: str) -> tuple[list[str], list[str]]:
        return targets(**more).parted(words, {"grammar.g", "src/a.py", "gen/x"}.__contains__)

    assert parted("grammar.g", "test", "tag:fast", "gen/parser.py") == (["test", "tag:fast", "gen/parser.py"], ["grammar.g"])
    assert parted("a.py", "../grammar.g", cwd="src") == ([], ["src/a.py", "grammar.g"])
    assert parted("nonsense", "../out") == (["nonsense", "../out"], [])
    assert parted("gen/x", "gen") == (["gen"], ["gen/x"])


def test_a_gate_that_is_not_there_is_an_error():
    with pytest.raises(UetError, match="no gate is `x`"):
        targets().one("gate:x")


def test_is_id_asks_for_ids_only():
    found = targets()
    assert found.is_id("test") and found.is_id("test[py=3.12]") and not found.is_id("tag:fast") and not found.is_id("site")


# --- the default ---------------------------------------------------------------------------------------------------------------------


def test_a_bare_call_builds_the_declared_default():
    assert default(default=("docs", "test*")) == ["test[py=3.11]", "test[py=3.12]", "docs"]


def test_else_all():
    nodes = (*NODES, group("all", "gen"))
    assert default(nodes) == ["all"]


def test_else_every_workstream_with_files_that_is_neither_manual_nor_always():
    assert default() == ["gen", "test[py=3.11]", "test[py=3.12]", "docs"]
    assert named("all") == default()


def test_where_nothing_is_left_to_build_the_declared_targets_are_said():
    with pytest.raises(UetError, match="nothing to build") as caught:
        default((node("hello"), node("x:inner")))
    assert (caught.value.code, caught.value.hint) == (2, "declared: `hello`; name one, as in `uetbuild hello`, or set `default`")


def test_members_stand_for_groups_through_and_through():
    found = targets()
    assert found.members(found.one("ci")) == {0, 3}
    assert found.members([0, 1]) == {0, 1}


def test_where_a_foreach_found_nothing_that_is_said():
    nothing = Project(nodes=(), default=None, namespaces=(), settings=Settings(), warnings=("`foreach` of `a` matches no file: src/*.c",))
    for ask in (Targets(nothing, Graph((), {}), "", "").default, lambda: Targets(nothing, Graph((), {}), "", "").one("a")):
        with pytest.raises(UetError) as caught:
            ask()
        assert caught.value.hint == "`foreach` of `a` matches no file: src/*.c"


@pytest.mark.parametrize(
    ("word", "cwd", "hint"),
    [
        ("gne", "", "did you mean `gen`?"),
        ("statsu", "", "did you mean `uetbuild status`?"),
        ("png", "", "pictures of the graph are `dot`, `mermaid` and `svg`; other programs make others of them"),
        ("help", "", "did you mean `uetbuild --help`?"),
        ("why", "", "did you mean `uetbuild explain`?"),
        ("gen/parser.py", "src/deep", "paths are as seen from the current folder: `../../gen/parser.py`"),
        ("src/a.py", "src", "paths are as seen from the current folder: `a.py`"),
        ("zzzz", "src", DECLARED),
    ],
)
def test_who_types_something_else_is_told_what_may_be_meant(word, cwd, hint):
    with pytest.raises(UetError, match="unknown target") as caught:
        named(word, cwd=cwd)
    assert caught.value.hint == hint


# --- namespaces ----------------------------------------------------------------------------------------------------------------------

INCLUDED = (node("gen", ["a"]), node("api:gen", ["b"]), node("api:test", ["c"]))
SPACES = (("", "", None), ("libs/api", "api", ("test",)))


def test_below_an_included_manifest_a_name_is_its_own_first_and_then_the_root_s():
    assert named("gen", nodes=INCLUDED, namespaces=SPACES, here="libs/api") == ["api:gen"]
    assert named(":gen", nodes=INCLUDED, namespaces=SPACES, here="libs/api") == ["gen"]
    assert named("gen", nodes=INCLUDED, namespaces=SPACES) == ["gen"]
    assert named("te*", nodes=INCLUDED, namespaces=SPACES, here="libs/api") == ["api:test"]


def test_the_default_is_that_of_the_nearest_manifest():
    assert default(INCLUDED, namespaces=SPACES, here="libs/api", default=("gen",)) == ["api:test"]
    assert default(INCLUDED, namespaces=SPACES, default=("gen",)) == ["gen"]
    assert default(INCLUDED, namespaces=SPACES[:1], here="elsewhere", default=("gen",)) == ["gen"]


def test_where_the_nearest_manifest_declares_no_default_it_is_its_all_or_else_its_workstreams_with_files():
    spaces = (("", "", None), ("libs/api", "api", None), ("libs/ui", "ui", None))
    nodes = (*INCLUDED, node("all", kind=Node.GROUP), node("ui:all", kind=Node.GROUP), node("ui:x", ["d"]), node("api:sub:y", ["e"]))
    assert default(nodes, namespaces=spaces, here="libs/api", default=("gen",)) == ["api:gen", "api:test", "api:sub:y"]
    assert default(nodes, namespaces=spaces, here="libs/ui", default=("gen",)) == ["ui:all"]
    assert default(nodes, namespaces=spaces) == ["all"]
    by_hand = (node("gen", ["a"]), node("api:deploy", ["b"], manual=True))
    with pytest.raises(UetError, match="nothing to build") as caught:
        default(by_hand, namespaces=spaces, here="libs/api", default=("gen",))
    assert "`api:deploy`" in caught.value.hint and "`gen`" not in caught.value.hint
