"""Only colours reach the terminal."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.report.escapes import safe_json, safe_name, safe_output, unfinished
from uetbuild.report.stream import Stream, release, wants_colours
from uetbuild.report.tail import Tail, last_lines


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ünïcode\tx\n", "plain ünïcode\tx\n"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("\x1b[1;38;5;196mx", "\x1b[1;38;5;196mx\x1b[0m"),
        ("\x1b]52;c;aGk=\x07", "^[]52;c;aGk=^G"),
        ("\x1b[2J\x1b[H", "^[[2J^[[H"),
        ("\x1b", "^["),
        ("\x1b[", "^[["),
        ("\x1b[31", "^[[31"),
        ("\x1b[>4;2m", "^[[>4;2m"),
        ("\x9b31m\x7f\x00", "\\x9b31m^?^@"),
        ("10%\r20%\r\n", "10%\n20%\n"),
        ("bad \udcff byte", "bad \\xff byte"),
        ("\x1b[" + "1;" * 60 + "m", "^[[" + "1;" * 60 + "m"),
    ],
)
def test_only_colours_pass(raw: str, shown: str) -> None:
    assert safe_output(raw, True) == shown


def test_colours_that_are_not_wanted_vanish_and_nothing_else_does() -> None:
    assert safe_output("\x1b[31mred\x1b[0m \x1b[2J", False) == "red ^[[2J"


def test_a_name_is_one_line_of_printable_text() -> None:
    assert safe_name("a\nb\rc\td\x1b[31m") == "a^Jb^Mc^Id^[[31m"
    assert safe_name("obj[src/\u202etxt.c]") == "obj[src/\\u202etxt.c]"


@given(st.text(alphabet=st.sampled_from("\x1b[]0;m12Ja\n\r\x07\x9b\udc80é")), st.booleans())
def test_whatever_comes_out_holds_no_escape_but_colours(raw: str, colours: bool) -> None:
    shown = safe_output(raw, colours)
    for part in shown.split("\x1b")[1:]:
        assert colours
        assert part[0] == "[" and set(part[1 : part.index("m")]) <= set("0123456789;:")
    assert not any((ord(c) < 32 and c not in "\n\t\x1b") or 0x7F <= ord(c) < 0xA0 or 0xDC80 <= ord(c) <= 0xDCFF for c in shown)
    assert safe_name(raw).isprintable()


@given(
    st.lists(st.sampled_from(["ab\n", "\x1b[3", "1m", "é".encode().decode(), "\r", "\n", "\x1b", "[0m", "日本\n"])),
    st.lists(st.integers(0, 9)),
)
def test_following_a_log_in_pieces_shows_what_the_whole_would_show(parts: list[str], cuts: list[int]) -> None:
    folder = tempfile.TemporaryDirectory()
    path = Path(folder.name) / "log"
    raw = "".join(parts).encode()
    path.write_bytes(b"before\n")
    tail = Tail(str(path))
    shown, start = "", 0
    with path.open("ab", buffering=0) as log:
        for cut in cuts:
            log.write(raw[start : start + cut])
            start += cut
            shown += tail.read().replace("\r\n", "\n").replace("\r", "\n")
        log.write(raw[start:])
    shown += "".join(tail.rest()).replace("\r\n", "\n").replace("\r", "\n")
    folder.cleanup()
    assert shown == "".join(parts).replace("\r\n", "\n").replace("\r", "\n")


def test_whole_lines_are_held_back_until_they_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tail = Tail(str(log))
    assert tail.read() == ""
    log.write_text("one\ntw")
    assert tail.read(whole_lines=True) == "one\n"
    log.write_text("one\ntwo\nthree")
    assert tail.read(whole_lines=True) == "two\n"
    assert list(tail.rest(whole_lines=True)) == ["three"]


def test_a_flood_is_read_in_chunks_until_it_is_all(tmp_path: Path) -> None:
    log = tmp_path / "log"
    tail = Tail(str(log))
    log.write_text("é" * 200_000)
    assert "".join(tail.rest(whole_lines=True)) == "é" * 200_000


def test_the_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {i}\n" for i in range(30)))
    assert last_lines(str(log), 20) == ([f"line {i}" for i in range(10, 30)], True)
    log.write_bytes(b"10%\r99%\rdone\r\n" + b"x" * 5000)
    lines, more = last_lines(str(log), 20)
    assert (lines[0], lines[1][-1], len(lines[1]), more) == ("done", "…", 1001, False)
    log.write_text("")
    assert last_lines(str(log), 20) == ([], False)
    assert last_lines(str(tmp_path / "none"), 20) == ([], False)


def test_an_escape_that_may_go_on_is_held_back() -> None:
    assert [unfinished(text) for text in ("a", "a\x1b", "a\x1b[3", "\x1b[31m", "\x1b]5", "x\r")] == [0, 1, 3, 0, 0, 1]


def test_a_closed_reader_ends_the_printing_and_nothing_else() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    stream = Stream(writer)
    stream.write("x" * 100)
    assert stream.closed
    stream.write("more")
    os.close(writer)
    assert not Stream(writer).is_terminal()
    gone = Stream(writer)
    gone.line("x")
    assert gone.closed


def pair() -> tuple[int, Stream, Stream]:
    """Two streams to one pipe, one of which holds what is written, and the end from which that is read."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    out, err = Stream(writer), Stream(writer)
    out.beside, err.beside = err, out
    out.holds = err.holds = True
    return reader, out, err


def waiting(reader: int) -> str:
    try:
        return os.read(reader, 1 << 20).decode()
    except BlockingIOError:
        return ""


def test_texts_that_are_held_are_written_in_one_piece_and_in_order_over_both_streams() -> None:
    reader, out, err = pair()
    out.line("a")
    out.write("b")
    assert waiting(reader) == ""
    assert not out.at_start
    out.release()
    out.release()
    assert waiting(reader) == "a\nb"
    out.line("c")
    err.line("d")
    assert waiting(reader) == "\nc\n"
    out.line("e")
    assert waiting(reader) == "d\n"
    release(out, err)
    assert waiting(reader) == "e\n"
    out.line("f")
    assert waiting(reader) == "f\n", "nothing is held any more"


def test_a_long_text_is_not_held_nor_one_that_somebody_else_writes() -> None:
    reader, out, _ = pair()
    out.line("a")
    out.write("x" * 5000)
    assert waiting(reader) == "a\n" + "x" * 5000
    relayed: list[bytes] = []
    out.line("b")
    out.relay = relayed.append
    out.line("c")
    assert (waiting(reader), relayed) == ("\nb\n", [b"c\n"])


def test_a_reader_that_goes_away_while_something_is_held_ends_the_printing_and_nothing_else() -> None:
    reader, out, _ = pair()
    out.line("a")
    os.close(reader)
    out.release()
    assert out.closed
    out.line("b")
    release(out)


def test_a_slow_reader_that_made_the_descriptor_non_blocking_gets_everything() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        total = 0
        while data := os.read(reader, 1 << 16):
            total += len(data)
        os._exit(0 if total == 1_000_000 else 1)
    os.close(reader)
    Stream(writer).write("x" * 1_000_000)
    os.close(writer)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize(
    ("choice", "environ", "terminal", "wanted"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, False, False),
    ],
)
def test_when_there_are_colours(choice: str, environ: dict[str, str], terminal: bool, wanted: bool) -> None:
    assert wants_colours(choice, environ, terminal) is wanted


@given(st.text())
def test_json_says_the_same_and_drives_no_terminal(text: str) -> None:
    shown = safe_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(shown) == text
    assert not any(letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u202e\u2066" for letter in shown)
