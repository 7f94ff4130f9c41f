"""What a text of YAML becomes, and what is said where it is none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from uetbuild.errors import UetError, UetErrors
from uetbuild.manifest.tree import Map, Seq, SourceFile, Text, Tree, find, merge, plain, typed
from uetbuild.manifest.yamltext import MAX_BYTES, decode, parse


def tree(text: str, *, data: bool = False) -> Tree:
    return parse(SourceFile("Uetfile.yaml", text), data=data)


def errors(text: str) -> tuple[UetError, ...]:
    with pytest.raises(UetErrors) as caught:
        tree(text)
    return caught.value.errors


def only(text: str) -> tuple[str, int, int, int, str]:
    (error,) = errors(text)
    place = error.location
    assert place is not None
    assert place.source == text.splitlines()[place.line - 1]
    return error.message, place.line, place.column, place.length, error.hint


# --- newcomers' traps ---


@pytest.mark.parametrize(
    ("text", "line", "column", "carets", "meant"),
    [
        ("inputs: [*.c]", 1, 10, "*.c", '"*.c"'),
        ("a: 1\ninputs: [ **/*.py ]", 2, 11, "**/*.py", '"**/*.py"'),
        ("inputs: [*src/**]", 1, 10, "*src/**", '"*src/**"'),
        ("inputs: [*src]", 1, 10, "*src", '"*src"'),
        ("inputs: [a, *.{c,h}, b]", 1, 13, "*.{c,h}", '"*.{c,h}"'),
        ("inputs:\n  - *.c", 2, 5, "*.c", '"*.c"'),
        ("inputs: [!x]", 1, 10, "!x", '"!x"'),
        ("inputs: [a, !core/*.py, b]", 1, 13, "!core/*.py", '"!core/*.py"'),
        ("inputs:\n  - a\n  - !x/**", 3, 5, "!x/**", '"!x/**"'),
        ("run: !foo bar", 1, 6, "!foo bar", '"!foo bar"'),
        ("run: {{ x }} foo", 1, 6, "{{ x }} foo", '"{{ x }} foo"'),
        ("a:\n  run: {{ x }} > {{ y }}  # why", 2, 8, "{{ x }} > {{ y }}", '"{{ x }} > {{ y }}"'),
        ("run: {{ vars['x'] }}", 1, 6, "{{ vars['x'] }}", "\"{{ vars['x'] }}\""),
        ('run: {{ f("a") }}', 1, 6, '{{ f("a") }}', "'{{ f(\"a\") }}'"),
        ("a: {cmd: {{ x }}}", 1, 10, "{{ x }}", '"{{ x }}"'),
        ("inputs: [{{ x[0] }}.c, b]", 1, 10, "{{ x[0] }}.c", '"{{ x[0] }}.c"'),
        ("- {{ x }}", 1, 3, "{{ x }}", '"{{ x }}"'),
        ("run: echo a: b", 1, 6, "echo a: b", '"echo a: b"'),
        ("run: echo 'a: b'", 1, 6, "echo 'a: b'", "\"echo 'a: b'\""),
        ('run: echo "a: b"', 1, 6, 'echo "a: b"', "'echo \"a: b\"'"),
        ("{run: echo a: b}", 1, 7, "echo a: b", '"echo a: b"'),
        ("run: %foo", 1, 6, "%foo", '"%foo"'),
        ("- @x", 1, 3, "@x", '"@x"'),
        ("[a, @x, b]", 1, 5, "@x", '"@x"'),
        ("run: `date`", 1, 6, "`date`", '"`date`"'),
        ("run: & foo", 1, 6, "& foo", '"& foo"'),
        ("run: | grep x", 1, 6, "| grep x", '"| grep x"'),
        ("run: >out foo", 1, 6, ">out foo", '">out foo"'),
        ('run: "{{ x }}" foo', 1, 6, '"{{ x }}" foo', "'\"{{ x }}\" foo'"),
        ("run: 'it's'", 1, 6, "'it's'", '"it\'s"'),
        ('run: "cd "$HOME" && ls"', 1, 6, '"cd "$HOME" && ls"', "'cd \"$HOME\" && ls'"),
        ('run: "say \\"x\\" "$HOME" y"', 1, 6, '"say \\"x\\" "$HOME" y"', '\'say "x" "$HOME" y\''),
        ('run: "my prog" "my arg"', 1, 6, '"my prog" "my arg"', '\'"my prog" "my arg"\''),
        ("run: [ -f x ] && y", 1, 6, "[ -f x ] && y", '"[ -f x ] && y"'),
        ("é😀: [*.c]", 1, 6, "*.c", '"*.c"'),
    ],
)
def test_a_newcomers_trap_is_told_with_the_text_to_quote(text: str, line: int, column: int, carets: str, meant: str) -> None:
    message, *place, hint = only(text)
    assert place == [line, column, len(carets)]
    assert text.splitlines()[line - 1][column - 1 :].startswith(carets)
    assert hint == f"quote it: {meant}"
    assert "expected" not in message


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a:\n\tb: 1", "a tab indents this line", 2, 1),
        ("a:\n  b: 1\n\tc: 2", "a tab indents this line", 3, 1),
        ("a:\n  - x\n\t- y", "a tab indents this line", 3, 1),
        ("foo:bar\nbaz: x", "a blank is missing behind the `:`", 1, 4),
        ("a: 1\n b: 2", "this key stands inside the text of line 1", 2, 2),
        ("a:\n  b: 1\n c: 2", "this line is aligned with nothing above it", 3, 2),
        ("a: b\n- c", "a list item stands among keys", 2, 1),
        ("- a\nb: c", "this line is no item of the list above it", 2, 1),
        ("a:\n  b\nc", "this line has no `:`", 3, 1),
        ("a: - b", "a list cannot start behind its key", 1, 4),
        ("a: [b, c\nd: e", "this `[` is never closed", 1, 4),
        ("a: {b: 1", "this `{` is never closed", 1, 4),
        ("a: [b 'c' d]\nb: ['c' d]", "a `,` or `]` is missing before this", 2, 9),
        ("a: 'b\nc: d", "this `'` is never closed", 1, 4),
        ('a: "\\d"', "`\\d` means nothing inside double quotes", 1, 5),
        ("a: [b,, c]", "a value is missing before `,`", 1, 7),
        ("a: [b:]", "a value is missing behind this `:`", 1, 6),
        ("a: b\n\x01: c", "a character that cannot be shown (U+0001)", 2, 1),
        ("%YAML 1.1\n---\na: b", "manifests are YAML 1.2, not `%YAML 1.1`", 1, 1),
        ("# c\n%TAG ! x\n---\na: b", "`%TAG ! x` is a directive of YAML, and none is needed", 2, 1),
        ("a: b\n---\nc: d", "a second document starts here", 2, 1),
        ("a: b\n...\nc: d", "something stands behind the end of the manifest", 3, 1),
        ("[a]: b", "a key must be text", 1, 1),
        ("a: &x [*x]", "`*x` stands inside what it refers to", 1, 8),
        ("a: {<<: b}", "`<<` takes a map or a list of maps", 1, 5),
    ],
)
def test_what_is_no_yaml_is_told_in_our_words(text: str, message: str, line: int, column: int) -> None:
    found = only(text)
    assert found[:3] == (message, line, column)


def test_several_traps_are_told_at_once_by_position() -> None:
    found = errors("run: {{ x }} > {{ y }}\nb: [*.c, !d]\nc: echo a: b\nc: 1\n")
    assert [(error.location.line, error.location.column) for error in found if error.location] == [(1, 6), (2, 5), (2, 10), (3, 4), (4, 1)]


def test_at_most_twenty_errors_are_told() -> None:
    assert len(errors("".join(f"k{number}: *.c\n" for number in range(40)))) == 20


def test_with_a_list_for_errors_the_rest_of_the_tree_is_given() -> None:
    found: list[UetError] = []
    node = parse(SourceFile("U", "a: *.c\nb: d\n"), errors=found)
    assert isinstance(node, Map)
    assert plain(node.entries["b"]) == "d"
    assert [error.message for error in found] == ["`*.c` starts with `*`, which refers to an anchor of YAML"]


def test_a_key_given_twice_is_told_with_both_places() -> None:
    (error,) = errors("a: 1\nb: 2\na: 3\n")
    assert error.message == "`a` is given twice"
    assert error.location is not None
    assert (error.location.line, error.location.column) == (3, 1)
    ((word, first),) = error.others
    assert (word, first.line, first.column) == ("`a` stands here first", 1, 1)


# --- what is YAML ---


@pytest.mark.parametrize("text", ["a: 3.10", "a: no", "a: 0755", "a: null", "a: ~", "a: 1e3", "a: 2024-01-01", "a: 1:30", "a: '3'"])
def test_a_scalar_is_the_text_as_it_stands(text: str) -> None:
    assert plain(tree(text)) == {"a": text[3:].strip("'")}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None), ("12", 12), ("0755", 755), ("0o17", 15), ("0x1F", 31),
        ("-1.5", -1.5), ("1e3", 1000.0), (".5", 0.5), (".inf", float("inf")), ("-.INF", float("-inf")), ("no", "no"), ("yes", "yes"),
        ("'true'", "true"), ('"12"', "12"), ("1_000", "1_000"), ("1:30", "1:30"), ("!!str 12", "12"),
        ("[1, a]", [1, "a"]), ("{a: 1}", {"a": 1}),
    ],
)  # fmt: skip
def test_in_vars_unquoted_scalars_have_the_type_of_the_core_schema(written: str, value: object) -> None:
    found = typed(tree(f"a: {written}"))
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


def test_a_number_of_absurd_length_stays_text() -> None:
    assert typed(tree("9" * 10_000)) == "9" * 10_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[scope:core, outputs:obj]", ["scope:core", "outputs:obj"]),
        ("[:id, a::b, http://x/y]", [":id", "a::b", "http://x/y"]),
        ("[src/??.c, a?b, Upload?]", ["src/??.c", "a?b", "Upload?"]),
        ("{a: b?, c: d:e}", {"a": "b?", "c": "d:e"}),
        ('{"a":1, "b":[c]}', {"a": "1", "b": ["c"]}),
        ("? a\n: b", {"a": "b"}),
        ("a: x\u2028y", {"a": "x\u2028y"}),
        ("a: x\x85y", {"a": "x\x85y"}),
        ("a: |\n  b: c?d\n  ? e\n", {"a": "b: c?d\n? e\n"}),
        ("%YAML 1.2\n---\na: b", {"a": "b"}),
        ("\ufeffa: b", {"a": "b"}),
        ("a: \U0010fff0:b", {"a": "\U0010fff0:b"}),
    ],
)
def test_the_grammar_is_that_of_yaml_1_2(text: str, value: object) -> None:
    assert plain(tree(text)) == value


def test_anchors_merge_keys_and_x_keys() -> None:
    text = "x-a: &a {p: 1, q: 2, x-b: 3}\nx-c: &c {q: 5, r: 6}\nd: {<<: [*a, *c], p: 4, x-e: 1}\nf: &f 7\ng: [*f]\n"
    assert plain(tree(text)) == {"d": {"p": "4", "q": "2", "r": "6"}, "f": "7", "g": ["7"]}
    assert "x-a" in tree(text, data=True).entries  # type: ignore[union-attr]


def test_a_quoted_merge_key_is_a_key() -> None:
    assert plain(tree("a: {'<<': b}")) == {"a": {"<<": "b"}}


_ALPHABET = st.sampled_from(["a", "b", ":", "?", ",", "[", "]", "{", "}", "-", " ", " ", "\n", "\n  ", '"', "'", "#", "a: ", "- ", "x"])


@given(st.lists(_ALPHABET, max_size=14).map("".join))
def test_what_both_can_read_reads_as_with_a_parser_of_yaml_1_2(text: str) -> None:
    try:
        ours = typed(tree(text, data=True))
        theirs = YAML(typ="safe", pure=True).load(text)
    except (UetErrors, YAMLError, ValueError, TypeError, NotImplementedError):
        return
    if "None" not in repr(theirs):  # as a key it is text for us
        assert ours == _texts(theirs)


def _texts(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _texts(item) for key, item in value.items()}
    return [_texts(item) for item in value] if isinstance(value, list) else value


@given(st.text(st.sampled_from("ab:?,[]{}-*&!%@`|>'\"\\#~\t\n \x00é\u2028"), max_size=30))
def test_every_text_is_read_or_told_with_a_place(text: str) -> None:
    try:
        tree(text)
    except UetErrors as caught:
        for error in caught.errors:
            place = error.location
            assert place is not None
            assert 1 <= place.column <= len(place.source) + 1
            assert "<" not in error.message.replace(text, "") or "`" in error.message


# --- bounds ---


@pytest.mark.parametrize(
    "text",
    [  # made when it is its turn: every process that a test forks takes all along that stands here
        lambda: "a: " + "[" * 100_000,
        lambda: "{a: " * 50_000,
        lambda: "- " * 100_000,
        lambda: "[" * 10_000_000,
        lambda: "a: &a0 [x, x, x]\n" + "".join(f"b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(40)),
        lambda: "x-a: &a [" + "a, " * 1000 + "]\nb: [" + "*a, " * 100_000 + "]",
        lambda: "%TAG !a! x\n" * 200_000 + "---\na: b",
        lambda: "a: 1\n" * 200_000,
        lambda: "k: *.c\n" * 200_000,
        lambda: "\x00" * 5_000_000,
        lambda: "!" * 5_000_000,
    ],
    ids=["flow", "maps", "items", "10 MB", "bomb", "copies", "directives", "duplicates", "traps", "zeros", "tags"],
)
@pytest.mark.timeout(20)  # each takes less than half a second; without the bounds it is minutes
def test_a_hostile_text_is_an_error_in_no_time(text: Callable[[], str]) -> None:
    with pytest.raises(UetError) as caught:
        parse(decode("Uetfile.yaml", text().encode()))
    first = caught.value.errors[0] if isinstance(caught.value, UetErrors) else caught.value
    assert first.location is not None


def test_a_file_too_large_or_not_utf8_is_told() -> None:
    with pytest.raises(UetError, match="too large"):
        decode("U", b"a" * (MAX_BYTES + 1))
    with pytest.raises(UetError) as caught:
        decode("U", b"a: b\nc: d\xe9f\n")
    assert caught.value.message == "byte 0xe9 is not UTF-8"
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.location.column, caught.value.location.source) == (2, 5, "c: d\ufffdf")
    with pytest.raises(UetError) as caught:
        decode("U", "a: b".encode("utf-16"))
    assert "UTF-16" in caught.value.hint


# --- places ---


def _scalars(node: Tree) -> list[Text]:
    if isinstance(node, Text):
        return [node]
    items = node.items if isinstance(node, Seq) else node.entries.values()
    return [text for item in items for text in _scalars(item)]


def test_every_character_of_a_scalar_has_its_place() -> None:
    text = (
        "a: |\n  foo\n   bar\n\n  baz {{ x }}\nb: >-\n   one\n   two\n\n   three\nc: plain\n  text goes\n\n  on\nd: 'it''s\n  x'\n"
        "e: \"a\\tb\\u0041c \\\n   d\n   e\n\n   f\"\nf: [ab cd, 'x y']\ng: |2\n   x\n  y\nh: &a !!str foo\ni: é😀 x\n"
    )
    for scalar in _scalars(tree(text)):
        for offset, char in enumerate(scalar.text):
            place = scalar.locate(offset, 1)
            shown = place.source[place.column - 1 : place.column]
            assert shown == char or (shown == "" and char in " \n") or shown == "\\", (scalar, offset)


def test_a_place_inside_a_block_scalar_has_line_column_and_length() -> None:
    node = tree("run: |\n  echo a\n  echo {{ x }} b\n")
    assert isinstance(node, Map)
    scalar = node.entries["run"]
    assert isinstance(scalar, Text)
    place = scalar.locate(scalar.text.index("{{"), len("{{ x }}"))
    assert (place.line, place.column, place.length, place.source) == (3, 8, 7, "  echo {{ x }} b")


def test_a_place_of_a_text_is_cut_at_the_end_of_its_line() -> None:
    node = tree("a: b c\n  d\n")
    assert isinstance(node, Map)
    scalar = node.entries["a"]
    assert isinstance(scalar, Text)
    assert (scalar.location().length, scalar.locate().length, scalar.locate(4).line) == (3, 3, 2)


def test_find_gives_the_place_of_a_key_or_of_what_is_nearest() -> None:
    node = tree("a:\n  b: [c, d]\n")
    assert (find(node, ("a", "b")).line, find(node, ("a", "b")).column) == (2, 3)
    assert (find(node, ("a", "b", 1)).line, find(node, ("a", "b", 1)).column) == (2, 10)
    assert (find(node, ("a", "z")).line, find(node, ("a", "z")).column) == (1, 1)


# --- profiles ---


def test_merge_lays_maps_over_maps_and_null_deletes() -> None:
    base = tree("a: {b: 1, c: [1, 2]}\nd: x\ne: y\nf: z\n")
    over = tree("a: {b: 2, c: [3]}\nd: null\ne: ~\nf:\ng: {h: 1, i: null}\nj: 'null'\n")
    assert plain(merge(base, over)) == {"a": {"b": "2", "c": ["3"]}, "g": {"h": "1"}, "j": "null"}
    assert plain(base) == {"a": {"b": "1", "c": ["1", "2"]}, "d": "x", "e": "y", "f": "z"}


def test_ten_thousand_workstreams_are_one_tree(tmp_path: Path) -> None:
    text = "workstreams:\n" + "".join(f"  ws-{n}:\n    inputs: [a/{n}.c, b]\n    run: echo {n}\n" for n in range(10_000))
    node = tree(text)
    assert isinstance(node, Map)
    assert len(node.entries["workstreams"]) == 10_000
