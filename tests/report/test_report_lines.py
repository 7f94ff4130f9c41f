"""Transcripts of builds, golden, from hand-made events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from uetbuild.core.events import Event
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Source
from uetbuild.report.amounts import moment
from uetbuild.report.lines import Lines, closing
from uetbuild.report.modes import followed, output_mode
from uetbuild.report.stream import Stream
from uetbuild.report.tail import size_of


class Paper(Stream):
    """A stream that keeps what was written; several may share one sheet, as stdout and stderr share a terminal."""

    def __init__(self, sheet: list[str], mark: str = "") -> None:
        super().__init__(-1)
        self.sheet = sheet
        self.mark = mark

    def put(self, data: bytes) -> None:
        text = data.decode()
        self.sheet.append("".join(self.mark + line for line in text.splitlines(keepends=True)) if self.mark else text)


class Build:
    """Tells a view of a build, event by event; what goes to stderr is marked with `!`."""

    def __init__(self, folder: Path, mode: str = "auto", **options: Any) -> None:
        self.sheet: list[str] = []
        self.folder = folder
        self.view = Lines(Paper(self.sheet), Paper(self.sheet, "!"), mode, here=str(folder), **options)
        self.seq = 0

    def tell(self, event: str, node: str = "", **data: Any) -> None:
        self.view.on([self.made(event, node, **data)])

    def made(self, event: str, node: str = "", **data: Any) -> Event:
        """An event that happens now."""
        self.seq += 1
        return Event(seq=self.seq, time=1.5, run="r1", event=event, node=node, data=data)

    def log(self, node: str) -> str:
        return str(self.folder / f"{node}.log")

    def start(self, node: str, title: str = "", command: str = "cc x.c", attempt: int = 1) -> None:
        self.tell("node_started", node, attempt=attempt, command=command, log=self.log(node), title=title)

    def write(self, node: str, text: str, follow: bool = False) -> None:
        with open(self.log(node), "ab") as log:
            log.write(text.encode("utf-8", "surrogateescape"))
        if follow:
            self.view.output(node, self.log(node))

    def finish(
        self, node: str, outcome: str = "succeeded", seconds: float = 0.3, code: int = 0, message: str = "", command: str = ""
    ) -> None:
        log = self.log(node)
        self.tell("node_finished", node, outcome=outcome, seconds=seconds, code=code, message=message, log=log, command=command)

    def end(self, **data: Any) -> str:
        whole = {
            "state": "succeeded",
            "ran": 1,
            "total": 12,
            "up_to_date": 0,
            "failed": 0,
            "blocked": 0,
            "skipped": 0,
            "seconds": 4.1,
            "usd": 0.0,
        }
        self.tell("run_finished", **whole | data)
        return "".join(self.sheet)


def test_a_successful_build_says_one_line_a_node_and_a_closing_line(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.tell("run_started", targets=["all"], jobs=4, nodes=12, up_to_date=9)
    build.start("ws-00", "Generate the parser")
    build.start("ws-01", command="cc -c a.c\ncc -c b.c")
    build.write("ws-00", "noise\n")
    build.finish("ws-00", seconds=62)
    build.finish("ws-01")
    build.finish("ws-02", "up_to_date")
    assert build.end(ran=3, up_to_date=9, usd=0.12) == (
        "ws-00  Generate the parser  1m 02s\nws-01  cc -c a.c …  0.3s\nran 3 of 12 in 4.1s (9 up to date, $0.12)\n"
    )


def test_what_a_turn_says_is_as_few_writes_as_keep_its_order(tmp_path: Path) -> None:
    build = Build(tmp_path)
    ended: dict[str, Any] = {"outcome": "succeeded", "seconds": 0.3, "code": 0, "message": "", "log": "", "command": ""}
    turn = [build.made("run_started", targets=["all"], jobs=4, nodes=12)]
    turn += [build.made("node_started", name, attempt=1, command="cc x.c", title="", log="") for name in "abcd"]
    turn += [build.made("node_finished", name, **ended) for name in "ab"]
    turn.append(build.made("node_finished", "c", **ended | {"outcome": "failed", "code": 2}))
    turn.append(build.made("node_finished", "d", **ended))
    build.view.on(turn)
    assert build.sheet == ["a  cc x.c  0.3s\nb  cc x.c  0.3s\n", "!error: `c` failed: exit 2\n!  $ cc x.c\n", "d  cc x.c  0.3s\n"]
    build.view.warn("said at once")
    assert build.sheet[-1] == "!warning: said at once\n"


def test_a_failure_shows_command_and_last_lines_and_is_listed_again(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.tell("run_started", targets=[], jobs=4, nodes=12, up_to_date=0)
    build.start("a", command="make\nx")
    build.write("a", "".join(f"line {i}\n" for i in range(22)) + "end \x1b]0;t\x07")
    build.finish("a", "failed", code=2)
    build.start("b")
    build.finish("b", "timed_out", seconds=10)
    build.finish("c", "blocked")
    wanted = "!error: `a` failed: exit 2\n!  $ make\n!  $ x\n!  | …\n"
    wanted += "".join(f"!  | line {i}\n" for i in range(3, 22)) + "!  | end ^[]0;t^G\n!  log: a.log\n"
    wanted += "!error: `b` failed: timed out after 10.0s\n!  $ cc x.c\n!  log: b.log\n"
    wanted += "!failed:\n!  `a`: exit 2, log: a.log\n!  `b`: timed out after 10.0s, log: b.log\n"
    wanted += "ran 2 of 12 in 4.1s (2 failed, 1 blocked)\n"
    assert build.end(state="failed", ran=2, failed=2, blocked=1) == wanted


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"outcome": "failed", "code": -9}, "killed by SIGKILL"),
        ({"outcome": "failed", "code": -200}, "killed by signal 200"),
        ({"outcome": "failed", "code": 1, "message": "output limit"}, "output limit"),
        ({"outcome": "lost"}, "its worker was lost"),
    ],
)
def test_a_failure_says_how_it_came(tmp_path: Path, data: dict[str, Any], why: str) -> None:
    build = Build(tmp_path)
    build.finish("x", **data)
    assert "".join(build.sheet).startswith(f"!error: `x` failed: {why}\n")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"outcome": "failed", "code": 75, "reason": "rate_limit"}, "exit 75"),
        ({"outcome": "timed_out", "message": "timed out after 5s", "reason": "timeout"}, "timed out after 5s"),
        ({"outcome": "failed", "code": 0, "message": "did not create `x`", "reason": "exit"}, "did not create `x`"),
        ({"reason": "resumed"}, "waits since an earlier build"),
    ],
)
def test_a_failure_that_is_not_the_last_word_is_one_line(tmp_path: Path, data: dict[str, Any], why: str) -> None:
    build = Build(tmp_path)
    build.start("a")
    build.write("a", "noise\n")
    build.tell("retry_scheduled", "a", attempt=2, attempts=3, delay=0.52, **data)
    build.start("a", attempt=2)
    build.finish("a")
    assert "".join(build.sheet) == f"a  {why}, tried again in 0.5s (attempt 2 of 3)\na  cc x.c  0.3s\n"


@pytest.mark.parametrize("mode", ["auto", "group"])
def test_the_output_of_each_attempt_is_shown_once(tmp_path: Path, mode: str) -> None:
    build = Build(tmp_path, mode)
    for attempt in (1, 2):
        build.start("a", attempt=attempt)
        build.write("a", f"try {attempt}\n", follow=mode == "auto")
        build.write("a", "no newline")
        if attempt == 1:
            build.tell("retry_scheduled", "a", attempt=2, attempts=2, delay=0.0, reason="exit", outcome="failed", code=1)
    build.finish("a")
    shown = "".join(build.sheet)
    said = "a  exit 1, tried again in 0.0s (attempt 2 of 2)\n"
    if mode == "auto":
        assert shown == f"try 1\nno newline\n{said}try 2\nno newline\na  cc x.c  0.3s\n"
    else:
        assert shown == f"try 1\nno newline\n{said}a  cc x.c  0.3s\ntry 2\nno newline\n"


def test_of_a_new_run_no_log_is_looked_for_before_somebody_may_have_written_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr("uetbuild.report.running.size_of", lambda log: looked.append(log) or size_of(log))
    build = Build(tmp_path)
    build.tell("run_started", targets=["all"], jobs=4, nodes=2)
    for node in "ab":
        build.start(node)
        build.write(node, "first\n")
        build.finish(node)
    assert looked == []
    build.start("a")  # once more, as after a gate that failed: from where it is on
    build.write("a", "second\n")
    build.finish("a", "failed", code=1)
    assert looked == [build.log("a")]
    assert "  | second" in "".join(build.sheet) and "first" not in "".join(build.sheet)


def test_of_a_node_that_is_given_up_while_it_waits_the_latest_attempt_is_shown(tmp_path: Path) -> None:
    build = Build(tmp_path)
    for attempt in (1, 2):
        build.start("a", attempt=attempt)
        build.write("a", f"try {attempt}\n")
        build.tell("retry_scheduled", "a", attempt=attempt + 1, attempts=3, delay=9.0, reason="exit", outcome="failed", code=1)
    build.sheet.clear()
    build.finish("a", "failed", code=1)
    assert "try 1" not in "".join(build.sheet)
    assert "".join(build.sheet).count("try 2") == 1


def test_one_streamed_node_shows_its_output_as_it_comes_and_only_once(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.seq = 7  # the run is an earlier one that goes on
    build.tell("run_started", targets=["test"], jobs=4, nodes=1, up_to_date=0)
    build.write("test", "of an earlier attempt\n")
    build.start("test", "Tests")
    build.write("test", "..", follow=True)
    build.write("test", ".\nF", follow=True)
    assert "".join(build.sheet) == "...\nF"
    build.write("test", "F")
    build.finish("test", "failed", code=1)
    assert "".join(build.sheet) == "...\nFF\n!error: `test` failed: exit 1\n!  $ cc x.c\n!  log: test.log\n"


def test_several_streamed_nodes_are_told_apart_by_their_ids(tmp_path: Path) -> None:
    build = Build(tmp_path, "stream")
    build.view.several = True
    build.tell("run_started", targets=["all"], jobs=2, nodes=2, up_to_date=0)
    build.start("a")
    build.start("b")
    build.write("a", "one\ntw", follow=True)
    build.write("b", "\x1b[31mred\x1b[0m\n", follow=True)
    build.write("a", "o\n", follow=True)
    build.finish("a")
    build.write("b", "rest")
    build.finish("b")
    assert "".join(build.sheet) == "a | one\nb | red\na | two\na  cc x.c  0.3s\nb | rest\nb  cc x.c  0.3s\n"


def test_two_that_stream_at_once_are_told_apart_from_then_on(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.tell("run_started", targets=["all"], jobs=2, nodes=2, up_to_date=0)
    build.start("a")
    build.start("b")
    build.write("a", "unfin", follow=True)
    build.write("b", "x\n", follow=True)
    build.write("a", "ished\n", follow=True)
    assert "".join(build.sheet) == "unfin\nb | x\na | ished\n"


def test_one_that_streams_has_the_words_for_itself_however_many_were_typed(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.tell("run_started", targets=["test", "src/a.c"], jobs=2, nodes=5, up_to_date=0)
    build.start("test")
    build.write("test", "one\n", follow=True)
    assert "".join(build.sheet) == "one\n"


def test_of_the_output_of_a_failure_nothing_is_shown_twice_nor_empty_lines_around_it(tmp_path: Path) -> None:
    build = Build(tmp_path)
    for name, text in (("a", "cp: command not found\n"), ("b", "\n\nno\n\nway\n\n \n")):
        build.start(name)
        build.write(name, text)
        build.finish(name, "failed", message="cp: command not found" if name == "a" else "")
    said = "".join(build.sheet)
    assert said.count("cp: command not found") == 1
    assert "!  $ cc x.c\n!  | no\n!  | \n!  | way\n!  log: " in said


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("group", "a  T  0.3s\nout\nx\n"),
        ("github", "a  T  0.3s\n::group::a\nout\nx\n::endgroup::\n"),
        ("failed", "a  T  0.3s\n"),
        ("auto", "a  T  0.3s\n"),
    ],
)
def test_the_output_of_a_node_that_ended_is_shown_as_the_mode_says(tmp_path: Path, mode: str, wanted: str) -> None:
    build = Build(tmp_path, mode)
    build.start("a", "T")
    build.write("a", "out\nx")
    build.finish("a")
    build.start("silent", "S")
    build.finish("silent")
    assert "".join(build.sheet) == wanted + "silent  S  0.3s\n"


def test_a_grouped_failure_shows_its_output_once(tmp_path: Path) -> None:
    build = Build(tmp_path, "github")
    build.start("a", "T")
    build.write("a", "out\n")
    build.finish("a", "failed", code=1, command="step 2")
    assert "".join(build.sheet) == "::group::a\nout\n::endgroup::\n!error: `a` failed: exit 1\n!  $ step 2\n!  log: a.log\n"


def test_quiet_says_only_what_went_wrong(tmp_path: Path) -> None:
    build = Build(tmp_path, quiet=True)
    build.start("a")
    build.finish("a")
    build.finish("b", "failed", code=1)
    text = build.end(failed=1)
    assert text == "!error: `b` failed: exit 1\n!  log: b.log\n!failed:\n!  `b`: exit 1, log: b.log\n"
    build.view.up_to_date(3)
    assert "".join(build.sheet) == text


def test_verbose_shows_commands_and_what_was_not_run(tmp_path: Path) -> None:
    build = Build(tmp_path, verbose=True)
    build.start("a", "T", "one\ntwo")
    build.finish("a")
    build.finish("b", "up_to_date")
    build.finish("c", "skipped")
    build.tell("worker_lost", "d")
    assert "".join(build.sheet) == "a $ one\na $ two\na  T  0.3s\nb  up to date\nc  skipped\n!a worker was lost while `d` ran\n"


def test_explain_prints_the_reasons_as_a_node_starts(tmp_path: Path) -> None:
    build = Build(tmp_path, explain=True)
    reasons = [{"code": "input_changed", "detail": "core/a.py"}, {"code": "forced"}]
    build.tell("node_judged", "a", verdict="stale", reasons=reasons)
    assert build.sheet == []
    build.start("a")
    assert "".join(build.sheet) == "a: input `core/a.py` changed\na: forced\n"


def test_json_puts_one_event_a_line_on_stdout_and_text_on_stderr(tmp_path: Path) -> None:
    build = Build(tmp_path, json=True)
    build.start("ü\udcff", "Titel")
    build.finish("ü\udcff")
    build.end()
    lines = "".join(build.sheet).splitlines()
    events = [json.loads(line) for line in lines if not line.startswith("!")]
    assert [event["event"] for event in events] == ["node_started", "node_finished", "run_finished"]
    assert list(events[0])[:5] == ["seq", "time", "run", "event", "node"]
    assert events[0]["node"] == "ü\udcff"
    assert [line for line in lines if line.startswith("!")] == ["!ü\\xff  Titel  0.3s", "!ran 1 of 12 in 4.1s"]


def test_signals_attempts_and_waiting_are_said(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.view.waits_for(17, "", 0.0, True)
    build.view.waits_for(17, "R", 1e9, False)
    build.view.waits_for(0, "", 0.0, True)
    build.view.warn("assumed `x`")
    build.start("b", attempt=1)
    build.tell("interrupted", signal=2)
    build.tell("interrupted", signal=15)
    build.start("a", attempt=2)
    build.finish("a", "cancelled")
    build.finish("c", "cancelled", message="waits for a person: Sure? (answer with `--yes`)")
    build.tell("recovered")
    assert build.end(state="cancelled", cancelled=2) == (
        "!waiting for another build of this project (process 17) to end\n"
        f"!waiting for what is left of a killed build of this project (process 17, run `R`, since {moment(1e9)}) to end\n"
        "!waiting for another build of this project to end\n"
        "!warning: assumed `x`\n"
        "!interrupted (SIGINT): nothing new starts, what runs is to end; again kills it\n"
        "!interrupted (SIGTERM): nothing new starts, what runs is to end\n"
        "a  runs again (attempt 2)\n"
        "a  cc x.c  cancelled\n"
        "!`c`: waits for a person: Sure? (answer with `--yes`)\n"
        "ran 1 of 12 in 4.1s (2 cancelled)\n"
    )


def test_what_a_hand_had_changed_is_said_with_its_copy(tmp_path: Path) -> None:
    build = Build(tmp_path, explain=True)
    reason = {"code": "output_modified", "detail": "gen.c"}
    build.tell("node_judged", "a", verdict="stale", reasons=[reason])
    build.tell("node_judged", "a", verdict="stale", reasons=[reason], saved=f"{tmp_path}/.uet/kept/r1/gen.c")
    build.start("a")
    assert "".join(build.sheet) == "!warning: `gen.c` was changed by hand: kept as `.uet/kept/r1/gen.c`\na: output `gen.c` was modified\n"


def test_the_hint_of_a_fault_has_a_line_of_its_own(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.tell("node_finished", "a", outcome="failed", message="refusing to replace `x`\nhint: narrow `outputs`", log="", command="")
    assert build.end(ran=0, failed=1) == (
        "!error: `a` failed: refusing to replace `x`\n!hint: narrow `outputs`\n!failed:\n!  `a`: refusing to replace `x`\n"
        "ran 0 of 12 in 4.1s (1 failed)\n"
    )


def test_names_and_titles_cannot_drive_the_terminal(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.tell("node_started", "a", title="t\x1b[2J\nx", command="", log="")
    build.tell("node_finished", "a", outcome="succeeded", seconds=0.0)
    assert "".join(build.sheet) == "a  t^[[2J …  0.0s\n"


def test_colours_mark_names_where_they_are_wanted(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.view._out.colours = True
    build.start("a", "T")
    build.finish("a")
    assert "".join(build.sheet) == "\x1b[32ma\x1b[0m  T  \x1b[2m0.3s\x1b[0m\n"
    assert build.end().endswith("\x1b[1mran 1 of 12 in 4.1s\x1b[0m\n")
    assert build.end(state="failed", failed=1).endswith("\x1b[1;31mran 1 of 12 in 4.1s (1 failed)\x1b[0m\n")


def test_nothing_to_do_is_one_line(tmp_path: Path) -> None:
    build = Build(tmp_path)
    build.view.up_to_date(12)
    build.view.up_to_date(1)
    assert "".join(build.sheet) == "up to date (12 workstreams)\nup to date (1 workstream)\n"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"ran": 3, "total": 12, "up_to_date": 9, "seconds": 4.1, "usd": 0.12}, "ran 3 of 12 in 4.1s (9 up to date, $0.12)"),
        ({"ran": 12, "total": 12, "seconds": 3700, "usd": 0.0}, "ran 12 of 12 in 1h 01m"),
        ({"ran": 1, "total": 1, "seconds": 0, "usd": 0.0012}, "ran 1 of 1 in 0.0s ($0.0012)"),
        ({"ran": 0, "total": 2, "up_to_date": 2, "seconds": 1}, "up to date (2 workstreams)"),
        ({"ran": 1, "total": 4, "up_to_date": 1, "failed": 1, "blocked": 1}, "ran 1 of 4 in 0.0s (1 up to date, 1 failed, 1 blocked)"),
        ({"ran": 1, "total": 2, "skipped": 1}, "ran 1 of 2 in 0.0s (1 skipped)"),
    ],
)  # fmt: skip
def test_the_closing_line(data: dict[str, Any], line: str) -> None:
    assert closing(data) == line


def node(name: str, creates: str = "", group: bool = False) -> Node:
    outputs = (Source(pattern=creates),) if creates else ()
    return Node(id=name, workstream=name, outputs=outputs, kind=Node.GROUP if group else Node.WORKSTREAM)


def test_whose_output_is_followed() -> None:
    graph = Graph([node("all", group=True), node("gen", "x"), node("test"), node("lint")])
    assert followed("auto", graph, [1, 2, 3], {2}) == {2}
    assert followed("auto", graph, [1, 2, 3], {1}) == frozenset()
    assert followed("auto", graph, [0, 1], {0}) == {1}
    assert followed("stream", graph, [0, 1, 2], ()) == {1, 2}
    assert followed("group", graph, [1], {1}) == frozenset()


@pytest.mark.parametrize(
    ("choice", "environ", "mode"),
    [
        ("auto", {}, "auto"),
        ("auto", {"CI": "true"}, "group"),
        ("auto", {"CI": "false"}, "auto"),
        ("auto", {"CI": "1", "GITHUB_ACTIONS": "true"}, "github"),
        ("stream", {"CI": "1"}, "stream"),
    ],
)
def test_auto_output_looks_where_it_runs(choice: str, environ: dict[str, str], mode: str) -> None:
    assert output_mode(choice, environ) == mode
