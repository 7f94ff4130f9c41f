"""What the live region says, in lines that fit."""

from __future__ import annotations

import pytest

from uetbuild.report.amounts import whole
from uetbuild.report.cells import cut, cut_inside, padded, width
from uetbuild.report.region import Row, Standing, region


def standing(**more: object) -> Standing:
    return Standing(**{"done": 120, "total": 300, "running": 2, "seconds": 12.4} | more)


ROWS = [
    Row(name="link", text="Link the program", seconds=65.2, expected=70.0),
    Row(name="obj[src/deep/er/parser.c]", text="cc -c src/deep/er/parser.c", seconds=0.4, expected=0.0),
    Row(name="fetch", text="attempt 2 of 3", seconds=9.9, waits=True, expected=0.0),
]


def test_a_wide_terminal_shows_all() -> None:
    assert region(standing(failed=1, left=75.0), ROWS, 100, 9, False) == [
        "",
        "━━━━━━━━━━━━··················  120 of 300, 1 failed, 12s, about 1m 15s left, 2 running",
        " 1m 05s of 1m 10s  link                       Link the program",
        "     0s            obj[src/deep/er/parser.c]  cc -c src/deep/er/parser.c",
        "  in 9s            fetch                      attempt 2 of 3",
    ]


def test_a_narrow_one_leaves_out_what_says_least() -> None:
    assert region(standing(failed=1, left=75.0), ROWS, 55, 9, False)[1:4] == [
        "━━━·····  120 of 300, 1 failed, 12s, about 1m 15s left",
        " 1m 05s of 1m 10s  link",
        "     0s            obj[src/deep/er/parser.c]",
    ]
    assert region(standing(failed=1, left=75.0), ROWS, 30, 9, False)[1:4] == [
        "120 of 300, 1 failed, 12s",
        " 1m 05s  link",
        "     0s  obj[sr…/er/parser.c]",
    ]


def test_of_many_that_run_the_longest_are_shown() -> None:
    rows = [Row(name=f"n{i}", seconds=30.0 - i) for i in range(30)]
    lines = region(standing(running=30), rows, 80, 4, False)
    assert [line.split()[-1] for line in lines[2:]] == ["n0", "n1", "n2", "more"]
    assert lines[-1].strip() == "… and 27 more"
    assert len(region(standing(), rows[:4], 80, 4, False)) == 2 + 4


def test_who_stops_says_so_and_no_longer_when_all_would_be_done() -> None:
    assert region(standing(stopping=True, left=9.0), [], 60, 9, False)[1].endswith("120 of 300, stopping, 12s, 2 running")
    assert "left" not in region(standing(left=0.4), [], 80, 9, False)[1]


@pytest.mark.parametrize("columns", [20, 31, 45, 61, 80, 200])
@pytest.mark.parametrize("name", ["x" * 300, "漢字" * 60, "e\u0301" * 100, "a"])
def test_no_line_is_wider_than_the_terminal(columns: int, name: str) -> None:
    rows = [Row(name=name, text="t" * 300, seconds=1e6, expected=9.0), Row(name="b", text=name, seconds=0.0, waits=True)]
    lines = region(standing(done=99999, total=100000, failed=12, left=1e5), rows, columns, 9, False)
    assert max(width(line) for line in lines) < columns


def test_colours_are_added_where_they_are_wanted_and_take_no_room() -> None:
    plain = region(standing(failed=1), ROWS, 70, 9, False)
    coloured = region(standing(failed=1), ROWS, 70, 9, True)
    assert coloured != plain
    shown = ["".join(part.partition("m")[2] if i else part for i, part in enumerate(line.split("\x1b["))).rstrip() for line in coloured]
    assert shown == plain


@pytest.mark.parametrize(
    ("text", "cells", "head", "inside"),
    [
        ("abcdef", 6, "abcdef", "abcdef"),
        ("abcdefghij", 7, "abcdef…", "ab…ghij"),
        ("漢字漢字漢字", 7, "漢字漢…", "漢…漢字"),
        ("abc", 2, "a…", "a…"),
        ("abc", 0, "", ""),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301", "e\u0301e\u0301"),
    ],
)
def test_a_text_is_cut_where_its_cells_end(text: str, cells: int, head: str, inside: str) -> None:
    assert (cut(text, cells), cut_inside(text, cells)) == (head, inside)
    assert width(padded(cut(text, cells), cells)) == cells


@pytest.mark.parametrize(("seconds", "said"), [(0.99, "0s"), (59.99, "59s"), (60, "1m 00s"), (119.99, "1m 59s"), (3660, "1h 01m")])
def test_whole_seconds(seconds: float, said: str) -> None:
    assert whole(seconds) == said
