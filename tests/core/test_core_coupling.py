"""Files are the only coupling: inferred edges, and declarations that contradict each other."""

from __future__ import annotations

import pytest

from uetbuild.core.coupling import couple, only_after, why
from uetbuild.core.created import literal_part, wild_part
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Source, Sources
from uetbuild.errors import UetError


def source(text: str, line: int = 0) -> Source:
    """`!x` negative, `x/` a folder, `outputs:ID`, `*` a wildcard, else a literal path."""
    pattern = text.removeprefix("!")
    kind = Source.CREATED if pattern.startswith("outputs:") else Source.GLOB if "*" in pattern else Source.PATH
    return Source(
        pattern=pattern.removeprefix("outputs:").rstrip("/"), kind=kind, negative=text.startswith("!"), folder=pattern.endswith("/"),
        line=line, column=5 if line else 0,
    )  # fmt: skip


def sources(texts: tuple[str, ...], line: int = 0) -> Sources:
    return tuple(source(text, line) for text in texts)


def scope(*texts: str, negative: bool = False) -> Source:
    return Source(pattern="scope", kind=Source.GROUP, items=sources(texts), negative=negative)


def node(
    name: str, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), edits: tuple[str, ...] = (), line: int = 0, **fields: object
) -> Node:
    return Node(
        id=name, workstream=name.partition("[")[0], file="Uetfile.yaml" if line else "", line=line, column=3 if line else 0,
        inputs=sources(inputs, line + 1 if line else 0), outputs=sources(outputs, line + 2 if line else 0),
        edits=sources(edits, line + 3 if line else 0), **fields,
    )  # fmt: skip


def edges(*nodes: Node) -> dict[str, tuple[str, ...]]:
    inferred, errors = couple(nodes)
    assert errors == []
    return inferred


def fault(*nodes: Node) -> UetError:
    errors = couple(nodes)[1]
    assert len(errors) == 1, [error.message for error in errors]
    return errors[0]


# --- edges ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "reads"),
    [("x", "x"), ("gen/", "gen/x.c"), ("gen/x.c", "gen/"), ("gen/x.c", "gen/*.c"), ("gen/*.c", "gen/x.c"), ("gen/*.c", "**/*.c")],
)
def test_a_reader_of_what_another_creates_comes_after_it(output: str, reads: str) -> None:
    assert edges(node("b", inputs=(reads,)), node("a", outputs=(output,))) == {"b": ("a",)}


def test_what_is_taken_away_from_the_inputs_is_not_read() -> None:
    made = node("a", outputs=("gen/x.c",))
    assert edges(made, node("b", inputs=("gen/*.c", "!gen/x.c"))) == {}
    assert edges(made, node("b").with_(inputs=(scope("gen/*.c", "!gen/x.c"),))) == {}
    assert edges(made, node("b").with_(inputs=(scope("gen/*.c"),))) == {"b": ("a",)}


def test_a_dependency_file_counts_as_created() -> None:
    assert edges(node("a", depfile="build/a.d"), node("b", inputs=("build/*.d",))) == {"b": ("a",)}


def test_outputs_of_a_workstream_mean_all_its_nodes() -> None:
    nodes = [node("obj[a]", outputs=("a.o",)), node("obj[b]", outputs=("b.o",)), node("app", inputs=("outputs:obj",))]
    assert edges(*nodes) == {"app": ("obj[a]", "obj[b]")}


def test_outputs_of_a_workstream_may_stand_in_a_scope_and_be_taken_away() -> None:
    nodes = [node("gen", outputs=("src/gen.c",)), node("other", outputs=("src/other.c",))]
    taken = Source(pattern="gen", kind=Source.CREATED, negative=True)
    reader = node("lint").with_(inputs=(source("src/*.c"), taken))
    assert edges(*nodes, reader) == {"lint": ("other",)}
    within = Source(pattern="s", kind=Source.GROUP, items=(Source(pattern="gen", kind=Source.CREATED),))
    assert edges(*nodes, node("lint").with_(inputs=(within,))) == {"lint": ("gen",)}


def test_an_id_that_no_workstream_has_is_passed_over() -> None:
    assert edges(node("app", inputs=("outputs:nobody",), depends_on=("nobody",))) == {}


def test_own_outputs_are_no_inputs() -> None:
    assert edges(node("a", inputs=("**/*.txt",), outputs=("build/*.txt",))) == {}
    both = [node("a", inputs=("**",), outputs=("build/*",)), node("b", inputs=("**",), outputs=("build/*",))]
    assert edges(*both) == {}


def test_a_node_of_a_foreach_may_read_what_its_sibling_creates() -> None:
    assert edges(node("step[1]", outputs=("1.out",)), node("step[2]", inputs=("1.out",), outputs=("2.out",))) == {"step[2]": ("step[1]",)}


def test_a_reader_comes_after_the_editor() -> None:
    assert edges(node("test", inputs=("src/*.py",)), node("fmt", edits=("src/",))) == {"test": ("fmt",)}


@pytest.mark.parametrize("key", ["depends_on", "after"])
def test_an_explicit_order_puts_the_reader_first(key: str) -> None:
    reader, editor = node("test", inputs=("src/*.py",)), node("fmt", edits=("src/",))
    assert edges(reader, editor.with_(**{key: ("test",)})) == {}
    between = node("all").with_(kind=Node.GROUP, depends_on=("test",))
    assert edges(editor.with_(**{key: ("all",)}), between, reader) == {}


def test_an_order_that_only_files_show_does_not_put_the_reader_first() -> None:
    reader = node("a", inputs=("x",), outputs=("y",))
    editor = node("b", inputs=("y",), edits=("x",))
    inferred = edges(reader, editor)
    assert inferred == {"a": ("b",), "b": ("a",)}
    with pytest.raises(UetError, match="dependency cycle") as caught:
        Graph([reader, editor], inferred)
    assert caught.value.hint == (
        "`a` reads `x` that `b` edits (`after: [a]` in `b` would put the reader first); `b` reads `y` that `a` creates"
    )
    assert edges(reader, editor.with_(after=("a",))) == {"b": ("a",)}


def test_editors_of_one_file_are_not_ordered() -> None:
    assert edges(node("a", edits=("src/",)), node("b", edits=("src/x",))) == {}


def test_a_file_in_inputs_and_edits_is_an_edit() -> None:
    assert edges(node("a", inputs=("src/",), edits=("src/",)), node("b", inputs=("src/",), edits=("src/",))) == {}
    assert edges(node("a", inputs=("src/", "doc"), edits=("src/",)), node("b", edits=("src/", "doc"))) == {"a": ("b",)}


def test_wildcard_outputs_that_meet_are_no_error() -> None:
    assert edges(node("a", outputs=("out/*.x",)), node("b", outputs=("out/a*",))) == {}


def test_wildcards_do_not_enter_what_the_settings_exclude() -> None:
    nodes = [node("npm", outputs=("web/node_modules/",)), node("fmt", edits=("**/*.js",)), node("lint", inputs=("web/",))]
    assert couple(nodes, ("node_modules",)) == ({"lint": ("fmt",)}, [])
    inferred, errors = couple(nodes)
    assert len(errors) == 1
    assert inferred == {"lint": ("fmt", "npm")}


def test_why_names_what_couples_two_nodes() -> None:
    reader = node("b", inputs=("outputs:a",))
    assert why(reader, node("a", outputs=("x",))) == "`b` reads `x` that `a` creates"
    assert why(reader, node("a")) == "`b` reads `outputs:a` that `a` creates"


# --- contradictions ------------------------------------------------------------------------------------------------------------


def test_a_path_in_inputs_and_outputs_of_one_workstream_is_an_error() -> None:
    error = fault(node("a", inputs=("x",), outputs=("x",), line=4))
    assert error.message == "`x` is in both `inputs` and `outputs` of `a`"
    assert "`edits`" in error.hint
    assert error.location is not None
    assert (error.location.file, error.location.line, error.location.column, error.location.length) == ("Uetfile.yaml", 5, 5, 1)
    assert [place.line for _, place in error.others] == [6]


def test_an_input_below_an_own_literal_output_is_an_error_but_a_folder_around_it_is_not() -> None:
    assert "in both `inputs` and `outputs`" in fault(node("a", inputs=("gen/x",), outputs=("gen/",))).message
    assert edges(node("a", inputs=("gen/",), outputs=("gen/x",))) == {}


def test_a_path_in_edits_and_outputs_of_one_workstream_is_an_error() -> None:
    assert fault(node("a", edits=("x",), outputs=("x",))).message == "`x` is in both `edits` and `outputs` of `a`"
    assert edges(node("a", edits=("src/", "y*"), outputs=("src/new", "y1"))) == {}


def test_nodes_of_one_workstream_repeat_an_error_once() -> None:
    fault(*[node(f"a[{at}]", inputs=("x",), outputs=(f"out{at}", "in"), line=4, edits=("in",)) for at in range(1)])
    twice = [node(f"a[{at}]", inputs=("x",), outputs=("x",), line=4) for at in range(3)]
    assert [error.message for error in couple(twice)[1]] == [
        "`x` is in both `inputs` and `outputs` of `a[0]`",
        "both `a[0]` and `a[1]` create `x`",
    ]


def test_two_creators_of_one_path_are_an_error_with_both_places() -> None:
    error = fault(node("a", outputs=("build/x",), line=4), node("b", outputs=("build/x",), line=14))
    assert error.message == "both `a` and `b` create `build/x`"
    assert error.location is not None
    assert (error.location.line, error.location.length) == (16, 7)
    assert [(text, place.line) for text, place in error.others] == [("`a` creates it here", 6)]
    assert "let one of them create it" in error.hint


@pytest.mark.parametrize(("first", "second"), [("gen/", "gen/x"), ("gen/x", "gen/")])
def test_a_folder_and_a_path_in_it_are_one_path_with_two_creators(first: str, second: str) -> None:
    error = fault(node("a", outputs=(first,)), node("b", outputs=(second,)))
    assert error.message == f"`b` creates `{second}`, which meets `{first}` that `a` creates"
    assert error.location is None
    assert error.others == ()


@pytest.mark.parametrize(("first", "second"), [("gen/*", "gen/x"), ("gen/x", "gen/*")])
def test_a_literal_output_that_a_wildcard_of_another_covers_is_an_error(first: str, second: str) -> None:
    error = fault(node("a", outputs=(first,)), node("b", outputs=("y", second)))
    assert f"`b` creates `{second}`" in error.message
    assert error.hint == 'narrow the pattern: ["gen/*", "!gen/x"]'
    assert edges(node("a", outputs=("gen/*", "!gen/x")), node("b", outputs=("gen/x",))) == {}


def test_the_path_that_a_pattern_leaves_out_is_not_named_as_the_clash() -> None:
    error = fault(node("a", outputs=("gen/x", "gen/y")), node("b", outputs=("gen/*", "!gen/x")))
    assert error.message == "`b` creates `gen/*`, which meets `gen/y` that `a` creates"
    inner = node("b").with_(outputs=(scope("gen/*", "lib"),))
    assert "`gen/y`" in fault(node("a", outputs=("gen/y",)), inner).message


def test_two_nodes_of_one_workstream_with_one_output_get_the_hint_to_tell_them_apart() -> None:
    error = fault(node("t[1]", outputs=("x",), line=4), node("t[2]", outputs=("x",), line=4), node("t[3]", outputs=("x",), line=4))
    assert "`matrix`" in error.hint
    assert error.others == ()


def test_two_dependency_files_at_one_path_are_an_error() -> None:
    error = fault(node("a", depfile="x.d", line=4), node("b", depfile="x.d", line=9))
    assert error.message == "both `a` and `b` create `x.d`"
    assert error.location is not None
    assert error.location.line == 9


def test_each_further_creator_of_one_path_is_reported_once() -> None:
    nodes = [node(f"n{at}", outputs=("x",)) for at in range(1000)]
    assert len(couple(nodes)[1]) == 999


@pytest.mark.parametrize(
    ("output", "edited", "hint"),
    [
        ("src/x", "src/x", "read it as an input"),
        ("src/x", "src/", '"!src/x"'),
        ("src/x", "src/*", '"!src/x"'),
        ("src/*", "src/*.c", '"!src/*"'),
    ],
)
def test_one_creating_what_another_edits_is_an_error(output: str, edited: str, hint: str) -> None:
    error = fault(node("a", outputs=(output,), line=4), node("b", edits=(edited,), line=9))
    assert error.message == f"`b` edits `{output}`, which `a` creates"
    assert error.location is not None
    assert error.location.line == 12
    assert [place.line for _, place in error.others] == [6]
    assert hint in error.hint


def test_what_edits_leave_out_may_be_created() -> None:
    core = scope("core/*.py", "!core/gen.py")
    assert edges(node("a", outputs=("core/gen.py",)), node("b").with_(edits=(core,))) == {}


def test_edits_of_the_outputs_of_another_are_an_error() -> None:
    assert "edits `x`, which `a` creates" in fault(node("a", outputs=("x",)), node("b", edits=("outputs:a",))).message


def test_carets_of_an_included_manifest_stand_under_the_path_as_written() -> None:
    nodes = [node(name, outputs=("libs/x/y",), line=line, folder="libs") for name, line in (("a", 4), ("b", 14))]
    location = fault(*nodes).location
    assert location is not None
    assert location.length == len("x/y")


def test_literal_and_wild_part_take_sources_apart() -> None:
    listed = (source("!z"), source("a"), source("b*"), source("!c"), scope("d", "e*"), scope("f*"))
    assert [item.pattern for item in literal_part(listed)] == ["a", "c", "scope"]
    assert [item.pattern for item in wild_part(listed)] == ["b*", "c", "scope", "scope"]
    assert literal_part(sources(("a*",))) == wild_part(sources(("a",))) == ()


# --- needs and mere order ------------------------------------------------------------------------------------------------------


def test_a_reader_comes_after_a_manual_editor_without_needing_it() -> None:
    nodes = [node("fmt", edits=("src/*.c",), manual=True), node("lint", edits=("src/*.c",)), node("app", inputs=("src/a.c",))]
    inferred = edges(*nodes)
    assert inferred["app"] == ("fmt", "lint")
    assert only_after(nodes, inferred) == {"app": ("fmt",)}


@pytest.mark.parametrize("reads", ["gen.c", "outputs:both"])
def test_what_a_manual_node_creates_is_needed_even_if_it_edits_too(reads: str) -> None:
    nodes = [node("both", outputs=("gen.c",), edits=("src/a.c",), manual=True), node("app", inputs=("src/a.c", reads))]
    assert only_after(nodes, edges(*nodes)) == {}


def test_without_manual_editors_every_inferred_edge_is_a_need() -> None:
    nodes = [node("fmt", edits=("a.c",)), node("gen", outputs=("b.c",), manual=True), node("app", inputs=("a.c", "b.c"))]
    assert only_after(nodes, edges(*nodes)) == {}
