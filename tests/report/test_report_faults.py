"""Error texts, golden."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from uetbuild.errors import Location, UetError, UetErrors
from uetbuild.report.faults import WIDEST, as_json, as_text, source_line, warning


def test_an_error_has_the_shape_of_the_contract() -> None:
    error = UetError(
        "workstream `ws-07` depends on unknown workstream `ws-o1`",
        Location("Uetfile.yaml", 31, 18, 5, "    depends_on: [ws-o1]"),
        "did you mean `ws-01`?",
    )
    assert as_text(error) == (
        "error: workstream `ws-07` depends on unknown workstream `ws-o1`\n"
        "  --> Uetfile.yaml:31:18\n"
        "   |\n"
        "31 |     depends_on: [ws-o1]\n"
        "   |                  ^^^^^\n"
        "hint: did you mean `ws-01`?\n"
    )


def test_an_error_without_place_and_hint_is_one_line() -> None:
    assert as_text(UetError("no manifest here")) == "error: no manifest here\n"


def test_second_places_are_further_blocks_before_the_hint() -> None:
    first, second = Location("a.yaml", 3, 1, 1, "x: 1"), Location("b.yaml", 120, 3, 1, "  x: 2")
    error = UetError("duplicate `x`", second, "remove one", others=[("first declared here", first)])
    assert as_text(error) == (
        "error: duplicate `x`\n"
        "   --> b.yaml:120:3\n"
        "    |\n"
        "120 |   x: 2\n"
        "    |   ^\n"
        "note: first declared here\n"
        " --> a.yaml:3:1\n"
        "  |\n"
        "3 | x: 1\n"
        "  | ^\n"
        "hint: remove one\n"
    )


def test_several_errors_come_by_place_and_say_how_many_are_left_out() -> None:
    several = UetErrors(UetError(f"fault {line}", Location("none.yaml", line)) for line in range(25, 0, -1))
    text = as_text(several)
    assert text.startswith("error: fault 1\n --> none.yaml:1:1\n\nerror: fault 2\n")
    assert text.endswith("error: fault 20\n  --> none.yaml:20:1\n\n… and 5 more\n")
    assert as_text(UetErrors([UetError("a"), UetError("b")])) == "error: a\n\nerror: b\n"


def test_the_source_line_is_read_from_the_file_where_the_error_lacks_it(tmp_path: Path) -> None:
    path = tmp_path / "Uetfile.yaml"
    path.write_text("version: 1\nrun: {{ x }}\n")
    shown = as_text(UetError("bad", Location(str(path), 2, 6, 7)))
    assert "2 | run: {{ x }}\n  |      ^^^^^^^\n" in shown
    assert as_text(UetError("bad", Location(str(path), 9))) == f"error: bad\n --> {path}:9:1\n"
    assert source_line(str(tmp_path / "none"), 1) == ""
    assert source_line("\0", 1) == ""


@pytest.mark.parametrize(
    ("source", "column", "length", "line", "marks"),
    [
        ("\tx: 1", 2, 1, "    x: 1", "    ^"),
        ("äß: [z]", 6, 1, "äß: [z]", "     ^"),
        ("日本: z", 5, 1, "日本: z", "      ^"),
        ("日本: z", 1, 2, "日本: z", "^^^^"),
        ("a: b", 4, 99, "a: b", "   ^"),
        ("a: b", 99, 3, "a: b", "    ^"),
        ("a: b", 0, 0, "a: b", "^"),
        ("a\x1b]52;: b", 1, 1, "a^[]52;: b", "^"),
        ("x: \x1b[31mred", 9, 3, "x: ^[[31mred", "         ^^^"),
    ],
)
def test_carets_stand_below_the_place(source: str, column: int, length: int, line: str, marks: str) -> None:
    assert as_text(UetError("e", Location("f", 1, column, length, source))).splitlines()[3:] == ["1 | " + line, "  | " + marks]


def test_a_very_long_line_is_cut_around_the_place() -> None:
    source = "x" * 500 + "HERE" + "y" * 500
    _, _, _, line, marks = as_text(UetError("e", Location("f", 1, 501, 4, source))).splitlines()
    assert len(line) <= WIDEST + 6
    assert line[marks.index("^") :].startswith("HERE")
    assert marks.count("^") == 4


def test_colours_only_where_they_are_wanted() -> None:
    error = UetError("bad", Location("f", 1, 1, 1, "x"), "do")
    assert "\x1b" not in as_text(error)
    assert as_text(error, True).startswith("\x1b[1;31merror:\x1b[0m \x1b[1mbad\x1b[0m\n")
    assert "\x1b[1;31m^\x1b[0m" in as_text(error, True)


def test_names_in_messages_cannot_drive_the_terminal() -> None:
    assert as_text(UetError("unknown target `\x1b]0;x\x07`", hint="\x9b")) == "error: unknown target `^[]0;x^G`\nhint: \\x9b\n"


def test_the_same_as_json() -> None:
    error = UetError("bad `ü`", Location("f", 1, 2, 3, "abc"), "do", code=2, others=[("first", Location("g", 4))])
    assert as_json(error) == {
        "schema": "uetbuild.errors/1",
        "exit_code": 2,
        "errors": [
            {
                "message": "bad `ü`",
                "file": "f",
                "line": 1,
                "column": 2,
                "length": 3,
                "hint": "do",
                "others": [{"message": "first", "file": "g", "line": 4, "column": 1, "length": 1}],
            }
        ],
        "left_out": 0,
    }
    several = as_json(UetErrors(UetError(str(i)) for i in range(23)))
    assert (len(several["errors"]), several["left_out"]) == (20, 3)
    json.dumps(several)


def test_a_warning_is_a_line() -> None:
    assert warning("assumed `x`\x1b") == "warning: assumed `x`^[\n"
