"""Patterns over ids."""

from __future__ import annotations

import pytest

from uetbuild.core.idpatterns import fixed_start, is_pattern, matcher


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("ws-*", "ws-01", True),
        ("ws-*", "ws-", True),
        ("ws-*", "xws-1", False),
        ("*", "all", True),
        ("*-test", "unit-test", True),
        ("t?st", "test", True),
        ("t?st", "tst", False),
        ("a.c*", "abc1", False),
        ("WS-*", "ws-1", False),
    ],
)
def test_only_star_and_question_mark_are_wildcards(pattern: str, name: str, expected: bool) -> None:
    assert matcher(pattern)(name) is expected


def test_wildcards_stay_within_a_namespace() -> None:
    assert not matcher("*")("api:test")
    assert not matcher("t?t")("t:t")
    assert matcher("*:test")("api:test")
    assert not matcher("*:test")("api:sub:test")
    assert matcher("api:*")("api:test")
    assert not matcher("api:*")("api:sub:test")


def test_a_pattern_with_a_bracket_is_over_nodes_and_its_wildcards_stand_for_anything_in_there() -> None:
    assert not matcher("obj*")("obj[src/a.c]")
    assert not matcher("obj?src*")("obj[src/a.c]")
    assert matcher("obj[src/*]")("obj[src/deep:er/[a].c]")
    assert matcher("*[py=3.1?]")("test[py=3.12]")
    assert not matcher("*[py=3.1?]")("test[py=3.1]")


def test_the_fixed_start_ends_before_the_first_wildcard() -> None:
    assert fixed_start("ws-?x*") == "ws-"
    assert fixed_start("ws") == "ws"
    assert is_pattern("a?") and is_pattern("a*") and not is_pattern("a[b]")
