"""uetbuild.core.paths: names of files inside the root."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.paths import NAME_LIMIT, Inside, encode_name, fixed_part, is_glob, resolve


@pytest.mark.parametrize(
    ("folder", "text", "path"),
    [
        ("", "a/b", "a/b"),
        ("", "./a//b/", "a/b"),
        ("", "", ""),
        ("", ".", ""),
        ("lib", "", "lib"),
        ("lib", "a", "lib/a"),
        ("lib/x", "../a", "lib/a"),
        ("lib/x", "../..", ""),
        ("lib", "//a", "a"),
        ("lib", "//", ""),
        ("", "a/../b", "b"),
        ("", "...", "..."),
        ("", "a\n/\udc80", "a\n/\udc80"),
    ],
)
def test_a_path_is_made_canonical_from_the_folder_it_is_written_in(folder: str, text: str, path: str) -> None:
    assert resolve(folder, text) == path


@pytest.mark.parametrize(("folder", "text"), [("", ".."), ("lib", "../.."), ("lib", "//../a"), ("", "/etc/passwd"), ("", "a/../../b")])
def test_a_path_that_leaves_the_root_is_none(folder: str, text: str) -> None:
    assert resolve(folder, text) is None


def test_a_parent_after_a_wildcard_stays_for_the_check_of_patterns() -> None:
    assert resolve("lib", "../*/../b") == "*/../b"


@pytest.mark.parametrize(("text", "expected"), [("a*", True), ("?", True), ("[x", True), ("{a", True), ("a]}-!", False), ("", False)])
def test_a_glob_is_told_by_its_wildcards(text: str, expected: bool) -> None:
    assert is_glob(text) is expected


@pytest.mark.parametrize(
    ("pattern", "fixed"),
    [("src/**/*.c", "src"), ("*.c", ""), ("a/b{c/d,e}/f", "a"), ("a/b", "a/b"), ("", ""), ("a/[b]/c", "a"), ("a/b/?", "a/b")],
)
def test_the_fixed_part_is_the_folder_before_the_first_wildcard(pattern: str, fixed: str) -> None:
    assert fixed_part(pattern) == fixed


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("test", "test"),
        ("obj[src/a.c]", "obj%5Bsrc%2Fa.c%5D"),
        ("api:x", "api%3Ax"),
        ("100%", "100%25"),
        ("", "%"),
        (".", "%2E"),
        (".a", "%2Ea"),
    ],
)
def test_an_id_is_percent_encoded(name: str, encoded: str) -> None:
    assert encode_name(name) == encoded


@given(
    st.lists(
        st.text(st.characters(exclude_categories=()), max_size=300) | st.text("ab%", max_size=400), min_size=2, max_size=2, unique=True
    )
)
def test_two_ids_never_share_a_file_name(pair: list[str]) -> None:
    one, two = (encode_name(name) for name in pair)
    assert one != two
    assert 0 < len(one.encode("ascii")) <= NAME_LIMIT
    assert "/" not in one


def test_long_ids_that_start_alike_have_different_file_names() -> None:
    one, two = encode_name("x" * 300 + "1"), encode_name("x" * 300 + "2")
    assert one != two
    assert len(one) == len(two) == NAME_LIMIT
    assert one.startswith("x" * 100)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("a.h", "lib/a.h"),
        ("../a.h", "a.h"),
        ("../../usr/a.h", "/project/lib/../../usr/a.h"),
        ("/usr/a.h", "/usr/a.h"),
        ("/project/lib/./a.h", "lib/a.h"),
        ("/project/../a.h", "/project/../a.h"),
    ],
)
def test_a_path_that_a_recipe_wrote_is_ours_inside_the_root_and_else_absolute(written, path):
    assert Inside("/project", "lib")(written) == path
