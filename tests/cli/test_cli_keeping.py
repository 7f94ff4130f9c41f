"""`clean` and `accept`: what they touch, and what not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from uetbuild.cli.app import guarded
from uetbuild.cli.face import Face
from uetbuild.report.stream import Stream

MANIFEST = """
version: 1
workstreams:
  one: {inputs: [a], outputs: [out/one], run: "cp a out/one"}
  docs: {inputs: [a], outputs: [docs/], run: "mkdir -p docs/deep; cp a docs/deep/made"}
  kept: {inputs: [a], outputs: [kept], keep: true, run: "cp a kept"}
"""


class Paper(Stream):
    def __init__(self) -> None:
        super().__init__(-1)
        self.text = ""

    def put(self, data: bytes) -> None:
        self.text += data.decode()


class Project:
    """A folder; calling it runs the program there and gives (exit code, stdout and stderr)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *words: str) -> tuple[int, str]:
        out, err = Paper(), Paper()
        code = guarded(Face(out, err, dict(os.environ)), words)
        return code, out.text + err.text

    def files(self) -> set[str]:
        found = {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file() or path.is_symlink()}
        return {path for path in found if not path.startswith(".uet")} - {"Uetfile.yaml", "a"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Uetfile.yaml").write_text(MANIFEST)
    (tmp_path / "a").write_text("1")
    project = Project(tmp_path)
    assert project("-q")[0] == 0
    return project


def test_clean_removes_what_was_produced_and_the_folders_that_are_empty_then(project):
    assert project.files() == {"out/one", "docs/deep/made", "kept"}
    assert project("clean") == (0, "removed 3 paths\n")
    assert project.files() == {"kept"}
    assert not (project.root / "out").exists() and not (project.root / "docs").exists()
    assert project("clean")[1] == "nothing to remove\n"
    assert project("-q")[0] == 0 and project.files() == {"out/one", "docs/deep/made", "kept"}


def test_clean_of_a_named_target_leaves_the_others_and_takes_what_is_kept(project):
    project("clean", "kept")
    assert project.files() == {"out/one", "docs/deep/made"}


def test_clean_never_removes_files_of_others(project):
    (project.root / "docs" / "mine").write_text("x")
    project("clean")
    assert project.files() == {"docs/mine", "kept"}


def test_clean_copies_what_a_hand_has_changed(project):
    (project.root / "out" / "one").write_text("by hand")
    project("clean", "one")
    copies = [path.read_text() for path in (project.root / ".uet" / "kept").rglob("one")]
    assert copies == ["by hand"] and "out/one" not in project.files()


def test_clean_never_goes_through_a_link(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "one").write_text("1")
    (project.root / "out" / "one").unlink()
    (project.root / "out").rmdir()
    (project.root / "out").symlink_to(elsewhere)
    project("clean", "one")
    assert (elsewhere / "one").read_text() == "1"


def test_clean_leaves_what_another_workstream_makes_now(project):
    (project.root / "Uetfile.yaml").write_text(MANIFEST.replace("  one:", "  other:"))
    assert project("-q", "-B", "other")[0] == 0
    assert project("clean", "--orphans")[0] == 0
    assert project.files() == {"out/one", "docs/deep/made", "kept"}


def test_clean_of_orphans_removes_what_belongs_to_no_workstream_any_more(project):
    (project.root / "Uetfile.yaml").write_text(MANIFEST.replace('  one: {inputs: [a], outputs: [out/one], run: "cp a out/one"}\n', ""))
    assert project("clean", "--orphans") == (0, "removed 1 path\n")
    assert project.files() == {"docs/deep/made", "kept"}


def test_clean_of_what_was_never_built_makes_no_state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Uetfile.yaml").write_text(MANIFEST)
    assert Project(tmp_path)("clean") == (0, "nothing to remove\n")
    assert not (tmp_path / ".uet").exists()


def test_accept_takes_what_lies_there_for_what_would_be_made(project):
    (project.root / "a").write_text("2")
    (project.root / "out" / "one").write_text("by hand")
    assert project("status", "one")[0] == 1
    assert project("accept", "one") == (0, "accepted one\n")
    assert project("status", "one")[0] == 0
    assert (project.root / "out" / "one").read_text() == "by hand"


def test_accept_refuses_where_an_output_is_missing(project):
    (project.root / "out" / "one").unlink()
    code, text = project("accept", "one")
    assert code == 1 and "cannot accept `one`: did not create `out/one`" in text
