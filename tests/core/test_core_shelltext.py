"""Which command lines need a shell, and the words of those that do not."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uetbuild.core.shelltext import HOLE, family, is_plain, split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cc -c a.c -o a.o", ["cc", "-c", "a.c", "-o", "a.o"]),
        ("  cc\t-c \n", ["cc", "-c"]),
        ("cp 'a b' \"c;d\" e'f'\"g\"", ["cp", "a b", "c;d", "efg"]),
        ("make X=1 ''", ["make", "X=1", ""]),
        ("say \"it's\" '\"'", ["say", "it's", '"']),
        ("say 'a\nb'", ["say", "a\nb"]),
        (f"cc {HOLE} -o'{HOLE} x'", ["cc", HOLE, f"-o{HOLE} x"]),
        ("true", ["true"]),
        ("", []),
        (" \n", []),
    ],
)
def test_a_line_without_shell_syntax_is_split_into_words(text: str, words: list[str]) -> None:
    assert split(text) == words


@pytest.mark.parametrize("letter", list("|&;<>()$`\\*?[]{}~#!") + ["\n"])
def test_each_letter_of_shell_syntax_outside_quotes_needs_the_shell(letter: str) -> None:
    assert split(f"cc a{letter}b") is None
    assert split(f"cc 'a{letter}b'") == ["cc", f"a{letter}b"]


@pytest.mark.parametrize("letter", list("$`\\"))
def test_some_letters_need_the_shell_in_double_quotes_too(letter: str) -> None:
    assert split(f'cc "a{letter}b"') is None


@pytest.mark.parametrize(
    "text", ["X=1 cc", "if true", "cd sub", "echo a", "printf a", "'cd' sub", "export X", ". env", ": a", "time cc", "'' a", "'a=b' c"]
)
def test_a_first_word_that_means_something_to_a_shell_needs_it(text: str) -> None:
    assert split(text) is None


@pytest.mark.parametrize("text", ["cc 'a", 'cc "a', "it's"])
def test_an_open_quote_is_left_to_the_scan(text: str) -> None:
    assert split(text) is None


@pytest.mark.parametrize(
    ("shell", "plain"),
    [
        (["bash", "-euo", "pipefail", "-c"], True),
        (["/bin/sh", "-c"], True),
        (["bash", "-e", "-o", "errexit", "-uc"], True),
        (["bash", "-xc"], False),
        (["bash", "-lc"], False),
        (["bash", "-o", "noglob", "-c"], False),
        (["bash", "-o"], False),
        (["python3", "-c"], False),
        (["fish", "-c"], False),
        ([], False),
    ],
)
def test_only_a_shell_that_does_nothing_else_may_be_left_out(shell: list[str], plain: bool) -> None:
    assert is_plain(shell) is plain


def test_the_family_is_the_name_of_the_program() -> None:
    assert family(["/opt/bin/zsh", "-c"]) == "zsh"
    assert family(["env", "bash", "-c"]) == ""


SAFE = st.sampled_from(["a", "-x", "=", "é", "%", "^", "'b c'", '"d e"', '"\'"', "''", "'$(x)'", '"*;"', "@", ":", ",", "\u00a0", "\r"])
LINES = st.lists(st.lists(SAFE, min_size=1, max_size=4).map("".join), min_size=1, max_size=5).map(" \t".join)


@settings(max_examples=25, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=20))
def test_the_words_are_those_that_bash_sees(lines: list[str]) -> None:
    expected = [split("cc " + line) for line in lines]
    assert None not in expected
    script = "\n".join([f"printf '%s\\0' {line}; printf 'END\\0'" for line in lines])
    shown = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout.decode()
    found: list[list[str]] = [[]]
    for word in shown.split("\0")[:-1]:
        if word == "END":
            found.append([])
        else:
            found[-1].append(word)
    assert [["cc", *words] for words in found[:-1]] == expected
