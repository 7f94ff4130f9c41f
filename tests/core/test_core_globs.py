"""uetbuild.core.patterns and globs: what a pattern says and matches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pathspec
import pytest
from glob_oracle import matches as slow_matches
from hypothesis import assume, example, given
from hypothesis import strategies as st

from uetbuild.core import patterns
from uetbuild.core.globs import fault, matcher, route_matcher
from uetbuild.core.paths import resolve
from uetbuild.core.patterns import routes

ROOT = Path(__file__).parents[2]
TOKENS = ["a", "b", "ab", ".", "*", "?", "[ab]", "[!a]", "[a-b]", "{a,b}", "{,b}", "{*,.a}"]
PARTS = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3).map("".join).filter(lambda part: "**" not in part)
PATTERNS = (
    st.lists(PARTS | st.just("**"), min_size=1, max_size=4)
    .map("/".join)
    .filter(lambda text: resolve("", text) == text and fault(text) is None)
)
NAMES = st.text("ab.c", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", "a b.c", ".a a/b"),
        ("*.c", "a.c a.b.c", "a.h .c .c.c a/b.c"),
        ("a*", "a ab a.c", "b .a a/"),
        ("a*b*c", "abc axbxc abbcc", "ab acb xabc bbc axx"),
        ("*a*b", "ab xaxb", ".ab ba"),
        ("a?c", "abc a.c", "ac abbc a/c"),
        ("?a", "aa", ".a a"),
        ("[ab]x", "ax bx", "cx .x x"),
        ("[!a]x", "bx -x", "ax .x /x"),
        ("[^a]x", "bx", "ax"),
        ("[a-c]", "a b c", "d -"),
        ("[a-]", "a -", "b"),
        ("[]a]", "] a", "b"),
        ("[!]]", "a", "]"),
        ("x[+-9]y", "x+y x0y x-y", "x/y"),
        ("[[]id].ts", "[id].ts", "i.ts id.ts"),
        ("[*]", "*", "a"),
        ("[.]x", "", ".x"),
        ("a[.]x", "a.x", "abx"),
        ("{a,b}.c", "a.c b.c", "c.c {a,b}.c"),
        ("{a,b{c,d}}", "a bc bd", "b bcd"),
        ("{a/b,c}/d", "a/b/d c/d", "a/d a/b/c/d"),
        ("a{,.bak}", "a a.bak", "abak"),
        ("{a}", "a", "{a}"),
        ("a},b]", "a},b]", "a"),
        ("{[,],b}", ", b", "[,] a"),
        (".*", ".a", "a"),
        ("**", "a a/b a/b/c", ".a a/.b .a/b"),
        ("**/*.c", "a.c x/a.c x/y/a.c", ".x/a.c x/.a.c x/.y/a.c a.h"),
        ("src/**", "src/a src/a/b", "src src/.a srcs/a"),
        ("src/**/*.c", "src/a.c src/x/a.c", "a.c src/.x/a.c src/x/.y/a.c src/.c srca.c"),
        ("a/**/b", "a/b a/x/b a/x/y/b", "a b ab a/.x/b"),
        ("a/**/**/b", "a/b a/x/b", "a/.x/b"),
        ("**/a/**/b", "a/b x/a/y/b a/a/b", "b a x/a"),
        ("**/.git/x", ".git/x a/.git/x", "git/x"),
        ("a/b", "a/b", "a a/b/c"),
        ("*/*", "a/b", "a a/b/c a/.b"),
        ("{src,tests}/**/*.py", "src/a.py tests/x/a.py", "lib/a.py src/a.c"),
    ],
)  # fmt: skip
def test_a_pattern_matches(pattern: str, yes: str, no: str) -> None:
    assert fault(pattern) is None
    match = matcher(pattern)
    assert [path for path in yes.split(" ") if path and not match(path)] == []
    assert [path for path in no.split(" ") if match(path)] == []


def test_the_root_is_matched_by_the_empty_pattern_only() -> None:
    assert matcher("")("")
    assert not matcher("")("a")
    assert not matcher("**")("")
    assert not matcher("*")("")
    assert not matcher("**/*.c")("")


@pytest.mark.parametrize("name", ["a\nb.c", "\udc80.c", "ä.c", " .c", "a\\.c", "(+|.c", "a\u2028.c"])
@pytest.mark.parametrize("pattern", ["*.c", "**/*.c", "?*.c", "[!x]*.c", "{*,x}.c", "*[.]c"])
def test_names_may_hold_any_characters(pattern: str, name: str) -> None:
    assert matcher(pattern)(name)


def test_characters_with_a_meaning_for_regular_expressions_have_none_here() -> None:
    for letter in "\n^$.|+()-&~#\udc80!@":
        assert matcher(f"?{letter}[!0]")(f"x{letter}z")
        assert not matcher(f"?{letter}[!0]")("xyz")
        assert matcher(f"x[q{letter}]")(f"x{letter}")
        assert not matcher(f"x[q{letter}]")("xy")


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a**", "`**` that is not a whole part"),
        ("***", "`**` that is not a whole part"),
        ("**.c", "`**` that is not a whole part"),
        ("{a,**}b", "`**` that is not a whole part"),
        ("[a", "`[` without"),
        ("[]", "`[` without"),
        ("[!]", "`[` without"),
        ("[a/b]", "`[` without"),
        ("{a,b", "`{` without"),
        ("{a,{b}", "`{` without"),
        ("*//b", "empty part"),
        ("a//b", "empty part"),
        ("/a", "empty part"),
        ("a/{,b}/c", "empty part"),
        ("a\\b", "backslash"),
        ("a\0b", "NUL"),
        ("*/../a", "`..` after a wildcard"),
        ("*/./a", "`.` after a wildcard"),
        ("[[:alpha:]]", "named class"),
        ("[z-a]", "the range `z-a`"),
        ("{a,b}" * 12, "more than 1000 choices"),
        ("{" + "a," * 1200 + "}", "more than 1000 choices"),
        ("{" * 30 + "a" + "}" * 30, "nested more than 20 deep"),
    ],
)
def test_a_malformed_pattern_is_told(pattern: str, words: str) -> None:
    assert words in (fault(pattern) or "")


@pytest.mark.parametrize("pattern", ["../lib/*.c", "./*", "//src/**", "docs/", "*/", "a]b}", "", "..", "{**/x,y}", "**/**", "a{*,b}*"])
def test_what_is_well_formed_has_no_fault(pattern: str) -> None:
    assert fault(pattern) is None


@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=20))
@example("a*b*ab", ["aab", "abab", "abbab"])
def test_patterns_match_what_a_slow_reading_of_them_matches(pattern: str, paths: list[str]) -> None:
    match = matcher(pattern)
    assert [path for path in paths if match(path)] == [path for path in paths if slow_matches(pattern, path)]


@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=20))
def test_a_pattern_matches_what_one_of_its_routes_matches(pattern: str, paths: list[str]) -> None:
    match, each = matcher(pattern), [route_matcher(route) for route in routes(pattern)]
    assert [match(path) for path in paths] == [any(one(path) for one in each) for path in paths]


@given(PATTERNS, st.lists(PATHS, min_size=1, max_size=20))
def test_git_agrees_where_the_dialects_do(pattern: str, paths: list[str]) -> None:
    """git has no braces, gives dots no meaning and ignores what is below a match; pathspec lets `[!a]` match a `/`."""
    assume("{" not in pattern and "." not in pattern and "!" not in pattern)
    spec = pathspec.GitIgnoreSpec.from_lines(["/" + pattern])
    match = matcher(pattern)
    plain = [path for path in paths if "." not in path]
    above = {path: ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 2)] for path in plain}
    assert [path for path in plain if spec.match_file(path)] == [path for path in plain if any(match(part) for part in above[path])]


def test_many_stars_cost_no_more_than_the_length_of_the_name() -> None:
    assert not matcher("*a" * 50 + "[b]c")("a" * 200)
    assert not matcher("*a" * 50 + "b")("a" * 200)


def test_common_patterns_do_without_regular_expressions() -> None:
    code = (
        "import sys; from uetbuild.core.globs import matcher\n"
        "assert all([matcher(p)('src/x/a.c') for p in ('src/**/*.c', 'src/**', 'src/x/*.c', '**/a*c', 'src/x/a.c')])\n"
        "assert 're' not in sys.modules and 'typing' not in sys.modules"
    )
    subprocess.run([sys.executable, "-S", "-c", code], check=True, cwd=ROOT)


def test_what_was_read_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_READ", {str(number): () for number in range(10_000)})
    assert routes("*.c") is routes("*.c")
    assert len(patterns._READ) == 1


def test_a_pattern_or_path_of_absurd_length_is_malformed() -> None:
    assert fault("a/" * 8191) is None
    assert fault("a/" * 8193) == "has 16,386 letters; 16,384 are the most"
