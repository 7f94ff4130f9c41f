"""Dotenv files."""

from __future__ import annotations

import pytest

from uetbuild.errors import UetError
from uetbuild.manifest.dotenv import parse
from uetbuild.manifest.tree import SourceFile


def read(text: str) -> dict[str, str]:
    return parse(SourceFile(".env", text))


def test_keys_values_comments_and_export() -> None:
    assert read("# top\nA=1\n\nexport B = two words # comment\nC=a#b\nD=\nE=x=y\n  F=1\r\nG=last") == {
        "A": "1", "B": "two words", "C": "a#b", "D": "", "E": "x=y", "F": "1", "G": "last",
    }  # fmt: skip


def test_quotes_may_go_over_lines_and_only_double_ones_have_escapes() -> None:
    assert read("A='a $B \\n # x'\nB=\"a\\nb\\t\\\"q\\\" \\$C \\d\" # c\nC=\"one\ntwo\"\n") == {
        "A": "a $B \\n # x", "B": 'a\nb\t"q" $C \\d', "C": "one\ntwo",
    }  # fmt: skip


def test_values_are_never_templates_and_nothing_is_expanded() -> None:
    assert read("A={{ vars.x }}\nB=$A ${A} `x` $(y)") == {"A": "{{ vars.x }}", "B": "$A ${A} `x` $(y)"}


def test_the_last_of_a_key_wins() -> None:
    assert read("A=1\nA=2") == {"A": "2"}


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("A=1\nnonsense\n", 2, 1, "expected `KEY=VALUE`"),
        ("1A=1", 1, 1, "expected `KEY=VALUE`"),
        ("A=1\nB='x\ny", 2, 3, "the quote `'` is never closed"),
        ("A='x' y", 1, 6, "nothing but a comment may follow a quoted value"),
    ],
)
def test_what_is_no_line_of_a_dotenv_file_is_an_error_with_its_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(UetError) as caught:
        read(text)
    assert caught.value.message == message
    assert caught.value.location is not None
    assert (caught.value.location.line, caught.value.location.column) == (line, column)


def test_an_empty_file_has_no_values() -> None:
    assert read("") == {}
    assert read("\n\n# only a comment") == {}
