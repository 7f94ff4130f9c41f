"""Late values in texts and recipes."""

from __future__ import annotations

import marshal

import pytest

from uetbuild.core.nodes import Hole, Place, Step
from uetbuild.core.render import Values, as_text, as_words, late_of, placed, render_step, render_text
from uetbuild.errors import UetError


class Answering:
    """An evaluator that remembers what it was asked."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.names: dict[str, object] = {}

    def evaluate(self, hole: Hole, names: dict[str, object]) -> object:
        self.names = names
        return self.value


INPUTS = Hole(name="inputs")
VALUES = Values(
    inputs=["a b", "c"], named={"src": ["a b"]}, changed=["c"], args=["-x"], files=["f"], variable=lambda name: f"<{name} x>"
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "place", "text"),
    [
        ("a'b", Place.PLAIN, "a'b"),
        ("a'b", Place.WORD, "'a'\\''b'"),
        ("", Place.WORD, "''"),
        (["a", "b c"], Place.WORD, "'a' 'b c'"),
        ([], Place.WORD, " "),
        (["a", "b"], Place.PART, "'a b'"),
        ([], Place.PART, "''"),
        ("a'b", Place.SINGLE, "a'\\''b"),
        ('a"$b', Place.DOUBLE, '"\'a"$b\'"'),
        (["a", "b"], Place.DOUBLE, "\"'a b'\""),
        (["a"], Place.TARGET, "'a'"),
        ("a b", Place.TARGET, "'a b'"),
        (["a", "b"], Place.RAW, "a b"),
        (["a", "b"], Place.JSON, '["a", "b"]'),
        ('a"b', Place.JSON, '"a\\"b"'),
        (["a", 'b"'], Place.JSON_TEXT, 'a b\\"'),
    ],
)
def test_a_value_is_quoted_as_its_place_demands(value: str | list[str], place: int, text: str) -> None:
    assert placed(value, place) == text


@pytest.mark.parametrize("files", [[], ["a", "b"]])
def test_a_redirection_needs_exactly_one_file(files: list[str]) -> None:
    with pytest.raises(UetError, match=rf"exactly one file, but `\{{\{{ outputs \}}\}}` has {len(files)}"):
        placed(files, Place.TARGET, "outputs")


@pytest.mark.parametrize("place", [Place.PLAIN, Place.WORD, Place.DOUBLE, Place.RAW])
def test_a_nul_character_is_an_error_everywhere(place: int) -> None:
    with pytest.raises(UetError, match="NUL"):
        placed("a\0b", place)
    with pytest.raises(UetError, match="NUL"):
        placed(["a", "\0"], place, "inputs")


def test_a_list_by_itself_becomes_one_word_an_element() -> None:
    step = Step(words=(("cc",), (INPUTS,), (Hole(name="inputs", key="src"), ".o"), (Hole(name="files"),), ("",)))
    assert render_step(step, VALUES) == ("cc", "a b", "c", "a b.o", "f", "")


def test_an_empty_list_is_no_word_and_an_empty_text_an_empty_one() -> None:
    step = Step(words=(("cc",), (INPUTS,), (Hole(name="var", key="v"),), ("-", Hole(name="args"))))
    assert render_step(step, Values(variable=lambda name: "")) == ("cc", "", "-")


def test_words_are_split_off_a_text_only_where_asked() -> None:
    flags = Values(variable=lambda name: " -O2\t-g\n-I\u00a0x ")
    assert render_step(Step(words=(("cc",), (Hole(name="var", key="f", words=True),))), flags) == ("cc", "-O2", "-g", "-I\u00a0x")
    assert render_step(Step(words=(("cc",), (Hole(name="var", key="f"),))), flags) == ("cc", " -O2\t-g\n-I\u00a0x ")
    assert as_words(["a b", 1], words=True) == ["a b", "1"]


def test_a_shell_step_is_its_shell_and_one_text() -> None:
    step = Step(kind=Step.SHELL, text=("cat ", INPUTS.with_(place=Place.WORD), " >x"), shell=("sh", "-c"))
    assert render_step(step, VALUES) == ("sh", "-c", "cat 'a b' 'c' >x")


def test_a_python_step_is_its_function_and_the_json_of_its_arguments() -> None:
    step = Step(kind=Step.PYTHON, words=(("m:f",), ('{"a": ', INPUTS.with_(place=Place.JSON), "}")))
    assert render_step(step, VALUES) == ("m:f", '{"a": ["a b", "c"]}')


@pytest.mark.parametrize(
    ("words", "message"), [(((INPUTS,),), "the command is empty"), ((("",), ("x",)), "the name of the program is empty")]
)
def test_a_command_without_a_program_is_an_error(words: tuple[tuple[str | Hole, ...], ...], message: str) -> None:
    with pytest.raises(UetError, match=message):
        render_step(Step(words=words, shown="{{ inputs }}"), Values())


def test_a_direct_word_cannot_hold_nul() -> None:
    with pytest.raises(UetError, match=r"`\{\{ vars.api:v \}\}` holds a NUL"):
        render_step(Step(words=(("cc",), (Hole(name="var", key="api:v"),))), Values(variable=lambda name: "\0"))
    with pytest.raises(UetError, match=r"`\{\{ inputs.src \}\}` holds a NUL"):
        render_text((Hole(name="inputs", key="src"),), Values(named={"src": ["\0"]}))


def test_a_list_in_a_text_is_joined_by_spaces() -> None:
    assert render_text(("x=", INPUTS, ";", Hole(name="changed"), Hole(name="args")), VALUES) == "x=a b c;c-x"


def test_an_expression_is_told_the_late_values_that_it_uses() -> None:
    evaluator = Answering([True, 1.0])
    values = Values(inputs=["i"], named={"src": ["i"]}, args=["a"], variable=lambda name: name.upper(), evaluator=evaluator)
    hole = Hole(name="expr", source="…", late=("args", "inputs", "var:api:v"))
    assert render_text((hole,), values) == "true 1.0"
    assert evaluator.names == {"inputs": ["i"], "named": {"src": ["i"]}, "args": ["a"], "var:api:v": "API:V"}


def test_what_gates_said_is_one_text_by_itself_and_in_expressions() -> None:
    evaluator = Answering(["told"])
    values = Values(feedback="two\nlines", evaluator=evaluator)
    assert render_text(("> ", Hole(name="feedback"), Hole(name="expr", source="…", late=("feedback",))), values) == "> two\nlinestold"
    assert evaluator.names == {"feedback": "two\nlines"}


def test_without_an_evaluator_or_variables_a_hole_is_an_error() -> None:
    with pytest.raises(UetError, match="cannot be evaluated here"):
        render_text((Hole(name="expr", source="x"),), Values())
    with pytest.raises(UetError, match="variable `v` is not known here"):
        render_text((Hole(name="var", key="v"),), Values())


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (3, "3"), (1.0, "1.0"), (0.1, "0.1"), (float("inf"), ".inf"), (float("nan"), ".nan"), ("é", "é")],
)
def test_a_value_is_shown_as_yaml_writes_it(value: object, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(("value", "kind"), [(None, "null"), ({}, "a map"), ([], "a list"), (object(), "no text")])
def test_what_is_no_text_is_an_error(value: object, kind: str) -> None:
    with pytest.raises(UetError, match=rf"`\{{\{{ x \}}\}}` is {kind}, where a text is needed"):
        as_text(value, "x")
    with pytest.raises(UetError, match=f"a value is {kind}, where"):
        as_text(value)


def test_the_late_names_of_texts_and_steps_are_found() -> None:
    step = Step(words=(("x", INPUTS),), text=(Hole(name="var", key="a:v"),), env=(("N", (Hole(name="args"),)),))
    assert late_of(step) == {"inputs", "var:a:v", "args"}
    assert late_of(("x", Hole(name="expr", late=("var:w", "files"))), ("y",)) == {"var:w", "files"}


def test_a_text_that_is_a_number_sign_and_a_hole_survives_being_stored() -> None:
    step = Step(kind=Step.SHELL, text=("#", Hole(name="expr", context=(("vars", {"a": ("b", None)}),))), env=(("N", ("#", INPUTS)),))
    assert Step.from_row(marshal.loads(marshal.dumps(step.row()))) == step
