"""The live region, looked at on a terminal: what `pyte`, an emulator that others wrote, shows of the bytes that go out."""

from __future__ import annotations

from typing import Any

import pytest

from uetbuild.core.events import Event
from uetbuild.report.lines import Lines
from uetbuild.report.live import Live
from uetbuild.report.modes import wants_live
from uetbuild.report.stream import Stream

pyte = pytest.importorskip("pyte")  # of the extra `dev`


class Terminal(Stream):
    """A terminal of so many columns and lines. `writes`: each write of its own; `foreground`: whether we are there."""

    def __init__(self, columns: int = 70, lines: int = 16) -> None:
        super().__init__(-1)
        self.emulated = pyte.HistoryScreen(columns, lines, history=1000)
        self._bytes = pyte.ByteStream(self.emulated)
        self.writes: list[bytes] = []
        self.foreground = True

    def put(self, data: bytes) -> None:
        self.writes.append(data)
        self._bytes.feed(data.replace(b"\n", b"\r\n").replace(b"\r\r\n", b"\r\n"))

    def is_terminal(self) -> bool:
        return True

    def shares(self, other: Stream) -> bool:
        return True

    def is_ours(self) -> bool:
        return self.foreground

    def size(self) -> tuple[int, int]:
        return self.emulated.columns, self.emulated.lines

    def resize(self, columns: int, lines: int) -> None:
        self.emulated.resize(lines, columns)

    def shown(self) -> list[str]:
        """What can be read, with what has scrolled away, without empty lines at the end."""
        columns = self.emulated.columns
        gone = ["".join(row[x].data for x in range(columns)) for row in self.emulated.history.top]
        return "\n".join(line.rstrip() for line in [*gone, *self.emulated.display]).rstrip("\n").split("\n")


class Other(Stream):
    """The other stream of the same terminal."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__(-1)
        self._terminal = terminal

    def put(self, data: bytes) -> None:
        self._terminal.put(data)

    def shares(self, other: Stream) -> bool:
        return True


class Build:
    """A build that a test plays: `at` sets the clock and draws what is due."""

    def __init__(self, terminal: Terminal, mode: str = "auto", nodes: int = 9, borrowers: tuple[str, ...] = (), **options: Any) -> None:
        self.terminal = terminal
        self.now = 100.0
        self.done, self.left = 0, None
        self.lines = Lines(terminal, Other(terminal), mode, live=True, **options)
        self.lines.several = mode == "stream" and nodes > 1
        self.live = Live(self.lines, terminal, self.lines.streams, lambda: self.now, {"slow": 40.0}, self.progress, borrowers)
        self.tell("run_started", nodes=nodes, jobs=4, targets=["a", "b"])

    def progress(self, elapsed: dict[str, float], took: float, expected: float) -> tuple[int, float | None]:
        self.told = (took, expected)
        return self.done, self.left

    def tell(self, event: str, node: str = "", **data: Any) -> None:
        for view in (self.lines, self.live):
            view.on([Event(seq=1, time=1.5, run="r1", event=event, node=node, data=data)])

    def start(self, *nodes: str, log: str = "") -> None:
        for node in nodes:
            self.tell("node_started", node, title=f"Make {node}", command="", log=log, attempt=1)

    def finish(self, node: str, outcome: str = "succeeded", **data: Any) -> None:
        self.done += 1
        self.tell("node_finished", node, **{"outcome": outcome, "seconds": 0.3, "code": 1, "message": "", "log": "", "command": ""} | data)

    def at(self, seconds: float) -> float | None:
        self.now = 100.0 + seconds
        return self.live.frame()

    def end(self) -> list[str]:
        self.tell("run_finished", ran=self.done, total=9, seconds=4.1, usd=0.0)
        return self.terminal.shown()


def test_while_a_build_runs_the_region_stands_below_what_was_said_and_nothing_of_it_stays() -> None:
    build = Build(Terminal())
    build.start("a", "slow")
    build.at(1.0)
    build.finish("a")
    build.left = 50.0
    build.at(12.0)
    assert build.terminal.shown() == [
        "a     Make a  0.3s",
        "",
        "━━━··························  1 of 9, 12s, about 50s left, 1 running",
        "    12s of 40s    slow  Make slow",
    ]
    build.finish("slow")
    assert build.end() == ["a     Make a  0.3s", "slow  Make slow  0.3s", "ran 2 of 9 in 4.1s"]
    assert not build.terminal.emulated.cursor.hidden
    assert (build.terminal.emulated.cursor.x, build.terminal.emulated.cursor.y) == (0, 3)
    assert pyte.modes.DECAWM in build.terminal.emulated.mode
    said = len(build.terminal.writes)
    build.lines.warn("later")
    assert build.terminal.writes[said:] == [b"warning: later\n"]


def test_a_short_build_shows_no_region() -> None:
    build = Build(Terminal())
    build.start("a")
    assert build.at(0.05) == pytest.approx(0.1)
    build.finish("a")
    build.at(0.14)
    build.end()
    assert b"\x1b" not in b"".join(build.terminal.writes)


def test_a_build_that_runs_nothing_draws_nothing_and_wakes_nobody() -> None:
    terminal = Terminal()
    lines = Lines(terminal, Other(terminal), live=True)
    live = Live(lines, terminal, lines.streams, lambda: 1.0, {}, lambda elapsed: (0, None))
    assert live.frame() is None
    live.close()
    assert terminal.writes == []


def test_what_is_said_in_a_tenth_of_a_second_is_one_write() -> None:
    build = Build(Terminal(60, 40))
    build.start("slow")
    build.at(1.0)
    before = len(build.terminal.writes)
    for i in range(30):
        build.now += 0.001
        build.start(f"n{i}")
        build.finish(f"n{i}", outcome="failed" if i % 2 else "succeeded")
        build.live.frame()
    assert len(build.terminal.writes) == before
    build.at(1.11)
    assert len(build.terminal.writes) == before + 1
    said = [text for i in range(0, 30, 2) for text in (f"{f'n{i}':<4}  Make n{i}  0.3s", f"error: `n{i + 1}` failed: exit 1")]
    assert build.terminal.shown()[:-3] == said


def test_what_has_not_changed_is_not_drawn_again() -> None:
    build = Build(Terminal())
    build.start("a")
    build.at(1.0)
    before = len(build.terminal.writes)
    assert build.at(1.2) == pytest.approx(0.05)
    build.at(1.3)
    build.at(1.9)
    assert len(build.terminal.writes) == before
    build.at(2.0 + 0.25)
    assert len(build.terminal.writes) == before + 1


def test_a_late_frame_does_not_hold_text_back() -> None:
    """While the loop judges much and does not wait, no frame is drawn, but what is said is shown."""
    build = Build(Terminal())
    build.start("a")
    build.at(1.0)
    build.now += 5.0
    build.finish("a", "failed")
    assert build.terminal.shown()[0] == "error: `a` failed: exit 1"


@pytest.mark.parametrize("size", [(30, 16), (100, 30), (60, 9), (20, 6), (19, 16), (60, 5)])
def test_after_a_change_of_size_nothing_is_left_of_what_stood_there(size: tuple[int, int]) -> None:
    build = Build(Terminal())
    build.start(*[f"n{i}" for i in range(6)])
    build.at(1.0)
    build.terminal.resize(*size)
    build.at(1.3)
    shown = build.terminal.shown()
    assert len([line for line in shown if "0 of 9" in line]) == (size[0] >= 20 and size[1] >= 6)
    assert len(shown) < size[1]
    build.finish("n0")
    assert build.end() == ["n0  Make n0  0.3s", "ran 1 of 9 in 4.1s"]


def test_many_lines_scroll_and_none_is_lost() -> None:
    build = Build(Terminal(60, 12), nodes=300)
    build.start("slow")
    for i in range(200):
        build.start(f"n{i}")
        build.at(1 + i / 20)
        build.finish(f"n{i}")
        build.at(1 + i / 20 + 0.02)
    assert build.end() == [*[f"{f'n{i}':<4}  Make n{i}  0.3s" for i in range(200)], "ran 200 of 9 in 4.1s"]


def test_who_is_tried_again_is_shown_with_the_time_until_then() -> None:
    build = Build(Terminal())
    build.start("a")
    build.at(1.0)
    build.tell("retry_scheduled", "a", attempt=2, attempts=3, delay=9.5, outcome="failed", code=1)
    build.at(2.0)
    assert build.terminal.shown()[-1] == "  in 8s  a  attempt 2 of 3"
    build.start("a")
    build.at(12.0)
    assert build.terminal.shown()[-1] == "    10s  a  Make a"


def test_a_gate_that_failed_but_is_asked_again_runs_no_more() -> None:
    build = Build(Terminal())
    build.start("a", "lint[a]")
    build.tell("gate_finished", "lint[a]", again=True)
    build.at(1.0)
    assert [line.split()[1] for line in build.terminal.shown()[2:]] == ["a"]
    build.tell("gate_finished", "a", again=False)
    build.at(1.3)
    assert [line.split()[1] for line in build.terminal.shown()[2:]] == ["a"]


def test_an_unfinished_line_is_not_torn_apart(tmp_path: Any) -> None:
    """Output that flows has the end of the terminal for itself."""
    log = tmp_path / "log"
    log.write_bytes(b"")
    build = Build(Terminal(), "stream", nodes=1)
    build.start("a", log=str(log))
    build.at(1.0)
    assert "0 of 1" in build.terminal.shown()[1]
    for i, text in enumerate([b"....", b"..\n", b"F.."]):
        with log.open("ab") as file:
            file.write(text)
        build.lines.output("a", str(log))
        build.at(2.0 + i)
    assert build.terminal.shown() == ["......", "F.."]
    build.finish("a")
    assert build.end() == ["......", "F..", "a  Make a  0.3s", "ran 1 of 9 in 4.1s"]


def test_what_stands_behind_the_names_is_in_line_from_the_first_one_on() -> None:
    build = Build(Terminal())
    for name in ("a", "long-one", "x" * 37):
        build.start(name)
    for name in ("a", "long-one", "x" * 37):
        build.finish(name)
    assert build.end()[:3] == ["a         Make a  0.3s", "long-one  Make long-one  0.3s", "x" * 37 + f"  Make {'x' * 19}…  0.3s"]


def test_a_line_that_would_not_fit_does_without_what_was_done() -> None:
    build = Build(Terminal())
    build.start("x" * 60)
    build.finish("x" * 60)
    assert build.end()[0] == "x" * 60 + "  0.3s"


def test_it_is_told_what_those_took_of_which_it_was_known() -> None:
    build = Build(Terminal())
    for name in ("slow", "new"):
        build.start(name)
        build.finish(name, seconds=70.0)
    build.at(1.0)
    assert build.told == (70.0, 40.0)


def test_lines_of_several_that_stream_pass_above_the_region(tmp_path: Any) -> None:
    logs = {name: tmp_path / name for name in "ab"}
    build = Build(Terminal(), "stream", nodes=2)
    for name, log in logs.items():
        log.write_bytes(b"")
        build.start(name, log=str(log))
        log.write_bytes(b"one\ntw")
        build.lines.output(name, str(log))
    build.at(1.0)
    assert build.terminal.shown()[:4] == ["a | one", "b | one", "", "·" * 30 + "  0 of 2, 1s, 2 running"]


def test_who_gets_the_terminal_gets_all_of_it() -> None:
    build = Build(Terminal(), borrowers=("edit",))
    build.start("a")
    build.at(1.0)
    build.finish("a")
    build.start("edit")
    assert build.terminal.shown() == ["a  Make a  0.3s"]
    before = len(build.terminal.writes)
    build.at(9.0)
    assert len(build.terminal.writes) == before
    build.finish("edit")
    build.start("b")
    build.at(10.0)
    assert build.terminal.shown()[-1] == "     1s  b  Make b"


def test_in_the_background_nothing_is_drawn() -> None:
    build = Build(Terminal())
    build.start("a", "b")
    build.at(1.0)
    build.terminal.foreground = False
    build.finish("a")
    build.at(2.0)
    assert build.terminal.shown() == ["a  Make a  0.3s"]


def test_whoever_asks_finds_the_region_away_and_all_said() -> None:
    build = Build(Terminal())
    build.start("a", "b")
    build.at(1.0)
    build.finish("a")
    build.live.clear()
    assert build.terminal.shown() == ["a  Make a  0.3s"]


def test_after_an_interrupt_it_says_that_it_stops() -> None:
    build = Build(Terminal(100, 16))
    build.start("a")
    build.at(1.0)
    build.tell("interrupted", signal=2)
    build.at(1.3)
    assert build.terminal.shown()[0].startswith("interrupted (SIGINT)")
    assert "0 of 9, stopping" in build.terminal.shown()[2]


def test_failures_are_counted_but_those_of_gates_that_hold_nothing() -> None:
    build = Build(Terminal(100, 40))
    build.start("a", "b", "c", "d")
    build.at(1.0)
    build.finish("a", "failed")
    build.finish("b", "failed", gate="lint", blocking=False)
    build.finish("c", "timed_out")
    build.at(1.3)
    assert ", 2 failed, " in build.terminal.shown()[-2]


def test_names_cannot_drive_the_terminal() -> None:
    build = Build(Terminal())
    build.tell("node_started", "a\x1b[2J", title="t\x07\x1b]0;x\x07", command="", log="")
    build.at(1.0)
    assert build.terminal.shown()[-1] == "     1s  a^[[2J  t^G^[]0;x^G"


@pytest.mark.parametrize(
    ("environ", "declined", "wanted"),
    [
        ({"TERM": "xterm"}, False, True),
        ({"TERM": "xterm", "CI": "false"}, False, True),
        ({"TERM": "xterm", "CI": "true"}, False, False),
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({}, False, False),
    ],
)
def test_a_region_is_wanted_where_somebody_looks(environ: dict[str, str], declined: bool, wanted: bool) -> None:
    assert wants_live(declined, environ) == wanted
    assert not Lines(Stream(-1), Stream(-1), live=True).live
