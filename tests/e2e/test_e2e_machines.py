"""What machines read: the plan, the objects of `list`, `status` and `explain`, the events of a build, the history."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from transcript import Folder

DATA = Path(__file__).parent.parent / "data"
PLAN_KEYS = [
    "schema", "dry_run", "targets", "workstreams", "stale", "waves", "critical_path", "max_parallelism", "sequential_seconds",
    "parallel_seconds", "estimated_speedup", "estimated_usd", "conflicts", "bottlenecks", "nodes", "warnings", "estimated_seconds",
]  # fmt: skip
NODE_KEYS = ["id", "kind", "level", "wave", "verdict", "reasons", "depends_on", "estimate"]


@pytest.fixture
def thirty_six(folder: Folder) -> Folder:
    shutil.copy(DATA / "thirty-six.yaml", folder.root / "Uetfile.yaml")
    return folder


@pytest.fixture
def small(folder: Folder) -> Folder:
    folder.manifest("""
default: [all]
workstreams:
  a: {outputs: [a], run: "echo hi; touch a"}
  b: {inputs: [a], outputs: [b], run: [touch b, "true"]}
  c: {inputs: [b], run: "false"}
  d: {depends_on: [c], run: touch d}
  off: {when: "false", run: touch off}
  all: {depends_on: [a, b, c, d, off]}
""")
    return folder


def plan(folder: Folder, line: str = "") -> dict[str, Any]:
    said = folder(f"--dry-run --json {line}")
    assert (said.code, said.err) == (0, "")
    document: dict[str, Any] = json.loads(said.out)
    return document


# --- the thirty-six ------------------------------------------------------------------------------------------------------------


def test_the_plan_of_the_thirty_six_has_the_figures_of_the_issue(thirty_six: Folder) -> None:
    found = plan(thirty_six, "-j4")
    assert list(found) == PLAN_KEYS
    assert (found["schema"], found["dry_run"], found["targets"]) == ("uetbuild.plan/1", True, [])
    assert (found["workstreams"], found["stale"], len(found["nodes"])) == (36, 36, 36)
    assert (found["sequential_seconds"], found["parallel_seconds"], found["estimated_speedup"]) == (36.0, 9.0, 4.0)
    assert (found["max_parallelism"], len(found["critical_path"]), len(found["conflicts"])) == (12, 8, 23)
    assert max(node["level"] for node in found["nodes"]) == 7
    assert [list(node) for node in found["nodes"]] == [NODE_KEYS] * 36
    assert sorted(name for wave in found["waves"] for name in wave) == sorted(node["id"] for node in found["nodes"])
    assert all(len(wave) <= 4 for wave in found["waves"])


@pytest.mark.parametrize(("jobs", "seconds"), [(1, 36.0), (2, 18.0), (8, 8.0)])
def test_the_thirty_six_with_other_numbers_of_workers(thirty_six: Folder, jobs: int, seconds: float) -> None:
    assert plan(thirty_six, f"-j{jobs}")["parallel_seconds"] == seconds


def test_the_plan_does_not_depend_on_the_order_of_hashes(thirty_six: Folder) -> None:
    texts = {thirty_six.real("-n", "-j4", "--json", environ={"PYTHONHASHSEED": seed}).out for seed in ("0", "1", "4242")}
    assert len(texts) == 1
    assert texts == {thirty_six("plan -j4 --json").out}


def test_building_the_thirty_six_builds_them_all_and_then_nothing(thirty_six: Folder) -> None:
    said = thirty_six("-j4")
    assert (said.code, said.err) == (0, "")
    assert thirty_six.plain(said.out.splitlines()[-1]) == "ran 36 of 36 in [TIME]"
    assert len(said.out.splitlines()) == 37
    assert thirty_six("-j4").text == "up to date (36 workstreams)\n"


# --- objects -------------------------------------------------------------------------------------------------------------------


def test_list_status_and_explain_give_the_node_objects_of_the_plan(small: Folder) -> None:
    nodes = {node["id"]: node for node in plan(small)["nodes"]}
    assert nodes["a"] == {
        "id": "a", "kind": "workstream", "level": 0, "wave": 0, "verdict": "stale", "reasons": [{"code": "never_run", "detail": ""}],
        "depends_on": [], "estimate": {"seconds": 1.0, "usd": 0.0},
    }  # fmt: skip
    assert nodes["off"]["verdict"] == "skipped"
    status = json.loads(small("status --json").out)
    assert status["schema"] == "uetbuild.status/1"
    assert {node["id"]: node for node in status["nodes"]} == nodes
    explain = json.loads(small("explain b --json").out)
    assert explain["schema"] == "uetbuild.explain/1"
    assert [node["id"] for node in explain["nodes"]] == ["b"]
    listed = json.loads(small("list --json").out)
    assert listed["schema"] == "uetbuild.list/1"
    assert {node["id"]: {key: node[key] for key in NODE_KEYS} for node in listed["nodes"]} == nodes


def test_what_waits_for_something_stale_depends(small: Folder) -> None:
    assert small("b -j1").code == 0
    (small.root / "a").unlink()
    nodes = {node["id"]: node for node in plan(small, "b")["nodes"]}
    assert [(name, nodes[name]["verdict"], nodes[name]["reasons"]) for name in nodes] == [
        ("a", "stale", [{"code": "output_missing", "detail": "a"}]),
        ("b", "depends", []),
    ]
    assert plan(small, "b")["stale"] == 1


def test_graph_as_json(small: Folder) -> None:
    graph = json.loads(small("graph b --json").out)
    assert graph["edges"] == [["a", "b"]]
    assert json.loads(small("-n --graph --json b").out)["graph"] == graph


# --- events --------------------------------------------------------------------------------------------------------------------


def told(text: str) -> list[tuple[str, ...]]:
    """(event, node, outcome) of each line, what tells of workers left out."""
    events = [json.loads(line) for line in text.splitlines()]
    return [
        (event["event"], event.get("node", ""), event.get("outcome", ""))
        for event in events
        if not event["event"].startswith("worker_")
    ]  # fmt: skip


def test_a_build_with_json_tells_one_event_a_line(small: Folder) -> None:
    said = small("-j1 --json")
    assert said.code == 1
    assert "`c` failed: exit 1" in said.err
    events = [json.loads(line) for line in said.out.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["run"] for event in events}) == 1
    assert all(list(event)[:4] == ["seq", "time", "run", "event"] for event in events)
    assert told(said.out) == [
        ("run_started", "", ""),
        ("wave_started", "", ""),
        ("node_judged", "a", ""),
        ("node_started", "a", ""),
        ("node_finished", "a", "succeeded"),
        ("wave_finished", "", ""),
        ("wave_started", "", ""),
        ("node_judged", "b", ""),
        ("node_started", "b", ""),
        ("step_finished", "b", ""),
        ("step_finished", "b", ""),
        ("node_finished", "b", "succeeded"),
        ("wave_finished", "", ""),
        ("wave_started", "", ""),
        ("node_judged", "c", ""),
        ("node_started", "c", ""),
        ("node_finished", "c", "failed"),
        ("wave_finished", "", ""),
        ("node_finished", "d", "blocked"),
        ("run_finished", "", ""),
    ]
    assert {key: events[-1][key] for key in ("state", "ran", "total", "failed", "blocked", "skipped", "code")} == {
        "state": "failed", "ran": 3, "total": 5, "failed": 1, "blocked": 1, "skipped": 1, "code": 1,
    }  # fmt: skip


def test_the_journal_holds_what_was_told(small: Folder) -> None:
    said = small("-j1 --json")
    assert small("events").out == said.out
    run = json.loads(said.out.splitlines()[0])["run"]
    for reference in ("last", run, run[:-2]):
        assert small(f"events {reference}").out == said.out
    assert small("events --follow").out == said.out


def test_a_build_that_executes_nothing_is_no_run(small: Folder) -> None:
    small("b -j1")
    before = small("runs").out
    assert small("b --json").out == ""
    assert small("runs").out == before
    assert len(before.splitlines()) == 1


def test_history(small: Folder) -> None:
    small("b -j1")
    small("-j1")
    runs = json.loads(small("runs --json").out)["runs"]
    assert [run["state"] for run in runs] == ["failed", "succeeded"]
    assert sorted((run["id"] for run in runs), reverse=True) == [run["id"] for run in runs]
    shown = json.loads(small(f"show {runs[1]['id']} --json").out)
    assert [(node["id"], node["outcome"]) for node in shown["nodes"]] == [("a", "succeeded"), ("b", "succeeded")]
    assert small.plain(small("show").out) == (
        "run [RUN]: failed, started [WHEN]\nran 1 of 5 in [TIME] (2 up to date, 1 failed, 1 blocked, 1 skipped)\n"
        "  c  failed (exit 1), [TIME]\n  d  blocked\n"
    )
    assert small("logs a").out == "hi\n"
    assert small(f"logs {runs[1]['id']} a").out == "hi\n"
    for line, message in {
        "show 1999": "error: unknown run `1999`",
        "logs nobody": "error: ",
        "logs": "error: `uetbuild logs` needs [RUN] ID",
        "events x": "error: unknown run `x`",
    }.items():
        said = small(line)
        assert said.code == 2, line
        assert said.err.startswith(message), said.err


def test_only_the_last_runs_are_kept(folder: Folder) -> None:
    folder.manifest("settings: {keep_runs: 2}\nworkstreams: {a: {run: echo hi}}")
    for _ in range(4):
        folder("a")
    assert len(folder("runs").out.splitlines()) == 2
    assert len(list((folder.root / ".uet/runs").iterdir())) == 2


def test_errors_are_json_with_json(folder: Folder) -> None:
    for line in ("--json", "list --json", "nonsense --json", "--nonsense --json", "-j0 --json"):
        said = folder(line)
        document = json.loads(said.out)
        assert (said.code, said.err, document["schema"], document["exit_code"]) == (2, "", "uetbuild.errors/1", 2)


def test_text_for_people_goes_to_stderr_with_json(small: Folder) -> None:
    said = small("b -j1 --json")
    assert small.plain(said.err) == "a  echo hi; touch a  [TIME]\nb  touch b  [TIME]\nran 2 of 2 in [TIME]\n"
