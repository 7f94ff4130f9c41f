"""From words to text and exit code, over a small session in place of the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from uetbuild import __version__
from uetbuild.cli import menu, pages
from uetbuild.cli.app import guarded
from uetbuild.cli.face import Face
from uetbuild.cli.options import Options
from uetbuild.core.events import Event
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Project, Settings, Source
from uetbuild.core.plan import Plan, make_plan
from uetbuild.core.record import Record
from uetbuild.core.verdicts import Judged, Reason, Verdict
from uetbuild.errors import ExitCode, Location, UetError, UetErrors
from uetbuild.report.lines import Lines
from uetbuild.report.stream import Stream

STALE = Judged(verdict=Verdict.STALE, reasons=(Reason(code="never_run"),))
FRESH = Judged(verdict=Verdict.UP_TO_DATE)


class Paper(Stream):
    def __init__(self) -> None:
        super().__init__(-1)
        self.text = ""

    def put(self, data: bytes) -> None:
        self.text += data.decode()


class PastRun(Record):
    __slots__ = ("id", "state", "started", "finished", "summary")

    id: str
    state: str
    started: float
    finished: float
    summary: dict[str, Any]


class SmallHistory:
    """Two runs; the older one ran `a` and `b`, the newer one only `b`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states = ["running", "succeeded"]
        for name, text in {"r1-a": "old \x1b[2J\n", "r1-b": "b1\n", "r2-b": "b2\n"}.items():
            (folder / name).write_text(text)

    def runs(self) -> list[PastRun]:
        done = {"ran": 1, "total": 2, "up_to_date": 1, "seconds": 1.0}
        return [PastRun(id=name, state="succeeded", started=5.0, finished=6.0, summary=done) for name in ("r2", "r1")]

    def run(self, reference: str = "last") -> PastRun:
        found = self.runs()[reference == "r1"]
        return found.with_(state=self.states.pop(0)) if reference == "r2" else found.with_(state="running")

    def events(self, run: str, after: int = 0) -> list[Event]:
        known = [
            Event(seq=1, time=1.0, run=run, event="node_started", node="b"),
            Event(seq=2, time=2.0, run=run, event="node_finished", node="b", data={"outcome": "succeeded", "seconds": 1.0}),
        ]
        return [event for event in known if event.seq > after][:1]

    def log(self, run: str, node: str) -> str:
        path = self.folder / f"{run}-{node}"
        if not path.exists():
            raise UetError(f"there is no log of `{node}` in run `{run}`")
        return str(path)


class SmallSession:
    """Two workstreams and a group; records what it was asked to do."""

    def __init__(self, folder: Path, ids: Sequence[str] = ("a", "b")) -> None:
        nodes = [Node(id=name, workstream=name, title=f"Make {name}", outputs=(Source(pattern=name),)) for name in ids]
        nodes.append(Node(id="all", workstream="all", depends_on=tuple(ids), kind=Node.GROUP))
        self.project = Project(nodes=tuple(nodes), settings=Settings(project="p"), warnings=("mind the gap",))
        self.graph = Graph(nodes, {})
        self.root = "/nowhere"
        self.history = SmallHistory(folder)
        self.judged: Mapping[str, Judged] = {ids[0]: STALE}
        self.done: list[Any] = []
        self.failure: BaseException | None = None

    def is_id(self, word: str) -> bool:
        return word in self.graph.index

    def targets(self, words: Sequence[str]) -> list[int]:
        for word in words:
            if word not in self.graph.index:
                raise UetError(f"unknown target `{word}`")
        return [self.graph.index[word] for word in words] or [len(self.graph.nodes) - 1]

    def asked(self, options: Options) -> tuple[list[int], None]:
        return self.targets(options.targets), None

    def narrowed(self, options: Options) -> tuple[list[str], None]:
        return options.targets, None

    def members(self, options: Options) -> Sequence[int]:
        return self.graph.closure(self.targets(options.targets))

    def plan(self, options: Options) -> Plan:
        members = self.graph.closure(self.targets(options.targets))
        judged = {i: self.judged.get(self.graph.nodes[i].id, FRESH) for i in members}
        return make_plan(self.graph, members, judged, {}, 2, (), options.targets, ("assumed `x`",))

    def build(self, options: Options, view: Lines) -> int:
        self.done.append(("build", options))
        if self.failure is not None:
            raise self.failure
        view.up_to_date(2)
        return 0

    def accept(self, ids: Sequence[str], wait: bool, view: Lines) -> None:
        self.done.append(("accept", list(ids)))

    def clean(self, words: Sequence[str], orphans: bool, wait: bool, view: Lines) -> list[str]:
        self.done.append(("clean", list(words), orphans))
        return ["z", "a"]


class Program:
    """Runs command lines over a small session."""

    def __init__(self, folder: Path) -> None:
        self.session = SmallSession(folder)
        self.opens: Callable[[Options], SmallSession] = lambda options: self.session
        self.environ: dict[str, str] = {}

    def __call__(self, line: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        out, err = Paper(), Paper()
        code = guarded(Face(out, err, self.environ, self.opens), line.split())
        return code, out.text, err.text

    def json(self, line: str) -> Any:
        _, out, _ = self(line + " --json")
        assert out.count("\n") == 1
        return json.loads(out)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


# --- which command -------------------------------------------------------------------------------------------------------------


def test_without_a_command_it_builds(program: Program) -> None:
    assert program("a -k -- x") == (0, "up to date (2 workstreams)\n", "")
    ((what, options),) = program.session.done
    assert (what, options.targets, options.keep_going, options.args) == ("build", ["a"], True, ["x"])


def test_build_is_the_same(program: Program) -> None:
    assert program("build a")[0] == 0
    assert program.session.done[0][1].targets == ["a"]


def test_an_id_wins_over_the_command_of_its_name_and_c_wins_over_both(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.session = SmallSession(tmp_path, ("status", "build", "report"))
    for word in ("status", "build", "report"):
        assert program(word)[0] == 0
        assert program.session.done.pop()[1].targets == [word]
    assert program("-c status")[0] == ExitCode.FAILED
    assert program("-c report")[2].startswith("error: `uetbuild report` is not yet supported\n")
    assert program.session.done == []


def test_a_command_word_is_the_command_where_no_project_can_be_opened(program: Program) -> None:
    def fails(options: Options) -> SmallSession:
        raise UetError("no `Uetfile.yaml` here or above")

    program.opens = fails
    assert program("check") == (2, "", "error: no `Uetfile.yaml` here or above\n")
    code, out, _ = program("schema")
    assert (code, json.loads(out)["title"]) == (0, "Uetfile.yaml")


def test_version_and_help_need_no_project(program: Program) -> None:
    program.opens = lambda options: pytest.fail("opened")
    assert program("--version") == (0, f"uetbuild {__version__}\n", "")
    told = [program(line) for line in ("-h", "status --help", "-c logs -h")]
    assert all((code, err) == (0, "") for code, _, err in told)
    shown = "".join(out for _, out, _ in told)
    assert "Usage: uetbuild [OPTIONS] [TARGET]... [NAME=VALUE]... [-- ARGS]..." in shown
    assert "--keep-going" in shown
    assert "Usage: uetbuild status [OPTIONS] [TARGET]..." in shown
    assert "Usage: uetbuild logs [OPTIONS] [RUN] ID" in shown
    for later in ("--watch", "--trace", "monitor", "rollback"):
        assert later not in shown


def test_help_is_what_typer_prints_for_that_width() -> None:
    for width in pages.WIDTHS:
        assert Path(pages.path_of(width)).read_text(encoding="utf-8") == menu.pages(width), "run `python -m uetbuild.cli.menu`"
    assert pages.page("", 80) == pages.page("", 99) == menu.help_of("", 80)
    assert pages.page("list", 500) == menu.help_of("list", 100) == menu.help_of("list", 500)
    assert pages.page("list", 79) is None


@pytest.mark.parametrize(("said", "columns"), [("", 90), ("60", 60), ("0", 90), ("wide", 90), ("9" * 30, 90)])
def test_how_wide_help_may_be_is_said_by_columns_or_else_by_the_terminal(said: str, columns: int) -> None:
    assert pages.columns_of({"COLUMNS": said}, 90) == columns


def test_help_in_a_narrow_terminal_is_as_wide_as_that(program: Program) -> None:
    program.environ["COLUMNS"] = "60"
    code, out, err = program("list --help")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 58


def test_the_folder_is_changed_once(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    seen: list[tuple[str, str]] = []

    def opens(options: Options) -> SmallSession:
        seen.append((os.getcwd(), options.directory))
        return program.session

    program.opens = opens
    assert program("-C sub check")[0] == 0
    assert seen == [(str(tmp_path / "sub"), "")]
    assert program("-C none a") == (2, "", "error: cannot change to `none`: no such file or directory\n")


# --- what commands say ---------------------------------------------------------------------------------------------------------


def test_status_says_what_is_stale_and_exits_with_1(program: Program) -> None:
    assert program("status") == (1, "1 of 2 workstreams is stale\n  a  never run\n", "warning: assumed `x`\n")
    assert program("status b") == (0, "up to date (1 workstream)\n", "warning: assumed `x`\n")
    assert program("status b -q")[1] == ""
    found = program.json("status")
    assert (found["schema"], found["stale"], [node["id"] for node in found["nodes"]]) == ("uetbuild.status/1", 1, ["a", "b"])


def test_plan_and_dry_run_are_the_same(program: Program) -> None:
    assert program("plan a") == program("-n a") == program("build -n a")
    assert program.json("-n") == program.session.plan(Options()).as_json()
    assert program.session.done == []


def test_the_graph_alone_or_with_the_plan(program: Program) -> None:
    graph = program("graph")[1]
    assert graph == program("--graph")[1]
    assert graph == "level 0: 2 workstreams\n  a, b\n\ngroups:\n  all <- a, b\n"
    assert program("-n --graph")[1] == graph + "\n" + program("-n")[1]
    assert program.json("graph") == json.loads(program("--graph json")[1])
    assert program.json("-n --graph")["graph"] == program.json("graph")
    assert program.session.done == []


@pytest.mark.parametrize(("form", "beginning"), [("svg", "<svg "), ("dot", "digraph "), ("mermaid", "flowchart LR\n")])
def test_a_picture_of_the_graph_has_stdout_to_itself(program: Program, form: str, beginning: str) -> None:
    code, drawn, said = program(f"graph --graph {form}")
    assert (code, drawn[: len(beginning)], said) == (0, beginning, "warning: assumed `x`\n")
    assert program(f"--graph {form}") == (0, drawn, said)
    assert program(f"-n --graph={form}") == (0, drawn, said + program("-n")[1])
    assert program.json(f"graph --graph {form}") == program.json("graph")
    assert program.json(f"-n --graph {form}")["graph"] == program.json("graph")
    assert program.session.done == []


def test_list_names_the_targets(program: Program) -> None:
    assert program("list") == (0, "a    Make a\nall  group of 2 nodes\nb    Make b\n", "warning: mind the gap\n")
    assert program("list b")[1] == "b  Make b\n"
    found = program.json("list")
    assert (found["schema"], found["workstreams"], found["groups"]) == ("uetbuild.list/1", 2, ["all"])
    assert [(node["id"], node["verdict"], node["title"]) for node in found["nodes"]] == [
        ("a", "stale", "Make a"),
        ("b", "up_to_date", "Make b"),
    ]


def test_explain_gives_reasons(program: Program) -> None:
    assert program("explain a")[1] == "a: stale\n  never run\n"
    assert [node["id"] for node in program.json("explain b")["nodes"]] == ["b"]
    assert len(program.json("explain all")["nodes"]) == 2


def test_check_says_that_the_manifest_is_valid(program: Program) -> None:
    assert program("check") == (0, "the manifest is valid (2 workstreams)\n", "warning: mind the gap\n")
    assert program.json("check") == {"schema": "uetbuild.check/1", "valid": True, "workstreams": 2, "warnings": ["mind the gap"]}


def test_clean_and_accept_say_what_they_did(program: Program) -> None:
    assert program("clean a --orphans -v")[1] == "removed a\nremoved z\nremoved 2 paths\n"
    assert program("accept a b")[1] == "accepted a\naccepted b\n"
    assert program.session.done == [("clean", ["a"], True), ("accept", ["a", "b"])]
    assert program.json("clean")["removed"] == ["a", "z"]
    assert program.json("accept a")["accepted"] == ["a"]


def test_history_is_shown(program: Program) -> None:
    assert [line.split()[0] for line in program("runs")[1].splitlines()] == ["r2", "r1"]
    assert program.json("runs")["runs"][1] == {
        "id": "r1", "state": "succeeded", "started": 5.0, "finished": 6.0, "ran": 1, "total": 2, "up_to_date": 1, "seconds": 1.0,
    }  # fmt: skip
    assert program("show r1")[1].splitlines()[1] == "ran 1 of 2 in 1.0s (1 up to date)"
    assert program.json("show r1")["nodes"] == [{"id": "b", "outcome": "running"}]


def test_logs_are_those_of_the_newest_run_that_has_them(program: Program) -> None:
    assert program("logs a")[1] == "old ^[[2J\n"
    assert program("logs b")[1] == "b2\n"
    assert program("logs r1 b")[1] == "b1\n"
    assert program("logs gone")[::2] == (2, "error: there is no log of `gone` in run `r1`\n")
    assert program.json("logs b")["logs"][0]["text"] == "b2\n"


def test_events_are_followed_until_the_run_ends(program: Program) -> None:
    out = program("events --follow")[1]
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [1, 2]
    assert len(program("events")[1].splitlines()) == 1


# --- what goes wrong -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failure", "code", "err"),
    [
        (UetError("held", code=ExitCode.LOCKED), 7, "error: held\n"),
        (UetErrors([UetError("x", Location("f", 1)), UetError("y")]), 2, "error: y\n\nerror: x\n --> f:1:1\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (BrokenPipeError(), 0, ""),
        (OSError(28, "No space left on device", "x/y"), 2, "error: cannot read or write `x/y`: no space left on device\n"),
        (
            OSError(24, "Too many open files"),
            2,
            "error: the system refuses to go on: too many open files\nhint: `ulimit -n` shows how many files may be open at once\n",
        ),
        (
            ValueError("odd\nmore"),
            8,
            "error: internal error: ValueError: odd\nhint: this is a fault of uetbuild; `UETBUILD_DEBUG=1` shows where\n",
        ),
    ],
)
def test_whatever_is_raised_becomes_text_and_a_code(program: Program, failure: BaseException, code: int, err: str) -> None:
    program.session.failure = failure
    assert program("a") == (code, "", err)


def test_a_traceback_only_with_the_debug_variable(program: Program) -> None:
    program.session.failure = ValueError("odd")
    assert "Traceback" not in program("a")[2]
    program.environ["UETBUILD_DEBUG"] = "1"
    assert "Traceback (most recent call last)" in program("a")[2]


def test_with_json_an_error_is_a_document_on_stdout(program: Program) -> None:
    code, out, err = program("--jbos --json")
    found = json.loads(out)
    assert (code, err, found["exit_code"], found["errors"][0]["hint"]) == (2, "", 2, "did you mean `--jobs`?")
    assert program("--jbos -- --json")[1] == ""


# --- the process ---------------------------------------------------------------------------------------------------------------


def run(*argv: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *argv], cwd=cwd, capture_output=True, text=True, **options)


def test_a_module_in_the_current_folder_never_stands_in_for_ours(tmp_path: Path) -> None:
    for name in ("json", "typer", "inspect", "difflib"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('planted')\n")
    done = run("-m", "uetbuild", "schema", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)


def test_a_closed_stdout_gets_no_text_into_other_files(tmp_path: Path) -> None:
    code = (
        "import os, sys, uetbuild.__main__ as door, uetbuild.cli.app as app\n"
        "os.close(1)\n"
        "app.main = lambda *words: os.open('ours', os.O_CREAT | os.O_RDWR)\n"
        "sys.exit(door.main())\n"
    )
    assert run("-c", code, cwd=tmp_path).returncode > 2


def test_the_way_to_a_build_imports_nothing_that_costs(tmp_path: Path) -> None:
    code = "import sys; from uetbuild.cli.commands import build; print(*sorted(sys.modules))"
    loaded = run(
        "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r}); {code}", cwd=tmp_path
    ).stdout.split()
    for costly in ("typer", "argparse", "re", "json", "enum", "dataclasses", "typing", "pathlib", "subprocess", "signal", "contextlib"):
        assert costly not in loaded
    assert "uetbuild.report.lines" in loaded
