"""`doctor`: what it says of a machine and a project that are in order, and of each thing that is not."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest
from nursery import ran

from uetbuild.cli import health
from uetbuild.failpoints import points

MANIFEST = "version: 1\nworkstreams: {one: {outputs: [out], run: echo hi > out}}\n"


def doctor(folder: Path, *words: str, **environ: str) -> tuple[int, str]:
    done = ran("doctor", *words, cwd=folder, env=os.environ | environ)
    assert done.stderr == ""
    return done.returncode, done.stdout


def checks(folder: Path, **environ: str) -> dict[str, tuple[str, str]]:
    """By name: state and what was found."""
    code, out = doctor(folder, "--json", **environ)
    said = json.loads(out)
    assert said["healthy"] == (code == 0)
    return {check["check"]: (check["state"], check["found"]) for check in said["checks"]}


@pytest.fixture
def built(tmp_path):
    (tmp_path / "Uetfile.yaml").write_text(MANIFEST)
    assert ran("-q", cwd=tmp_path).returncode == 0
    return tmp_path


def test_a_project_that_was_built_is_in_order(built):
    code, out = doctor(built)
    assert code == 0
    assert "PROBLEM" not in out
    found = checks(built)
    assert found["database"] == ("ok", "`.uet/state.db`, 1 stamp, 1 run")
    assert found["lock"] == ("ok", "free")
    assert found["state"][1].startswith("`.uet`, mode 0700")
    assert "1 node" in found["manifest"][1]


def test_it_says_whether_the_accelerator_is_there(monkeypatch):
    made = ModuleType("uetbuild._sweep")
    made.changed_sweeps = lambda sweeps, most: []
    monkeypatch.setitem(sys.modules, made.__name__, made)
    assert health._python().found.endswith(f"({sys.executable}), with the accelerator")
    monkeypatch.setitem(sys.modules, made.__name__, None)
    assert health._python().found.endswith(f"({sys.executable})")


def test_it_only_looks(tmp_path):
    (tmp_path / "Uetfile.yaml").write_text(MANIFEST)
    assert checks(tmp_path)["state"] == ("ok", "`.uet` is made by the first build")
    assert os.listdir(tmp_path) == ["Uetfile.yaml"]


def test_without_a_project_it_looks_at_the_machine(tmp_path):
    found = checks(tmp_path)
    assert found["manifest"][0] == "warning"
    assert found["python"][0] == "ok"
    assert "state" not in found


def test_a_broken_manifest_is_a_problem_and_the_rest_is_still_looked_at(built):
    (built / "Uetfile.yaml").write_text("version: 1\nworkstreams: {one: {runs: x}}\n")
    found = checks(built)
    assert found["manifest"][0] == "problem"
    assert found["database"][0] == "ok"
    assert doctor(built)[0] == 1


def test_a_garbled_database_is_a_problem(built):
    (built / ".uet" / "state.db").write_bytes(b"garbage" * 1000)
    assert checks(built)["database"][0] == "problem"


def test_a_garbled_ledger_is_a_problem(built):
    (built / ".uet" / "ledger.db").write_bytes(b"garbage" * 1000)
    assert checks(built)["ledger"][0] == "problem"


def test_a_state_folder_that_is_a_link_is_a_problem(built):
    os.rename(built / ".uet", built / "moved")
    os.symlink("moved", built / ".uet")
    assert checks(built)["state"] == ("problem", "refusing to use `.uet`: it is a symlink")


def test_a_state_folder_whose_path_is_too_long_for_sqlite_is_a_problem(tmp_path):
    deep = tmp_path.joinpath(*["x" * 100] * 5)
    deep.mkdir(parents=True)
    (deep / "Uetfile.yaml").write_text("version: 1\n")
    state, found = checks(deep)["state"]
    assert state == "problem" and "too long for SQLite, which takes 494 bytes at most" in found


def test_a_state_folder_open_to_others_is_a_warning(built):
    (built / ".uet").chmod(0o755)
    assert checks(built)["state"][0] == "warning"


def test_missing_programs_are_named(built, tmp_path):
    found = checks(built, PATH=str(tmp_path))
    assert found["git"] == ("warning", "not on PATH")
    assert found["sh"] == ("problem", "not on PATH")


def test_it_lists_the_failpoints(tmp_path):
    code, out = doctor(tmp_path, "--failpoints", "--json")
    assert code == 0
    assert [(each["name"], each["where"]) for each in json.loads(out)["failpoints"]] == [(name, module) for name, module, _, _ in points()]
    shown = doctor(tmp_path, "--failpoints")[1]
    assert all(f"  {name} " in shown for name, *_ in points())
