"""Paths as seen from a folder."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.relative import seen_from


@pytest.mark.parametrize(
    ("folder", "path", "seen"),
    [
        ("", "a/b.c", "a/b.c"),
        ("", "", "."),
        ("app", "app/src/a.c", "src/a.c"),
        ("app", "lib/a.c", "../lib/a.c"),
        ("app", "application/a.c", "../application/a.c"),
        ("app/sub", "app/a.c", "../a.c"),
        ("app", "app", "."),
        ("app/sub", "app", ".."),
        ("app", "", ".."),
        ("app", "/usr/include/x.h", "/usr/include/x.h"),
        ("app", "lib/**/*.c", "../lib/**/*.c"),
    ],
)
def test_a_path_is_written_as_seen_from_the_folder(folder: str, path: str, seen: str) -> None:
    assert seen_from(folder, path) == seen


parts = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=4).map("/".join)


@given(parts, parts)
def test_going_there_from_the_folder_leads_to_the_path(folder: str, path: str) -> None:
    assert posixpath.normpath(posixpath.join("/", folder, seen_from(folder, path))) == posixpath.normpath("/" + path)
