"""Reading never writes (promise 10): no project file, stamp, stat row or history is changed, no `.uet` is made, nothing is run."""

from __future__ import annotations

import json
import sqlite3

import pytest
from transcript import Folder

MANIFEST = """
vars:
  rev: {sh: "touch ran-by-variable; echo 1"}
workstreams:
  lib: {inputs: [src], outputs: [lib], probes: ["touch ran-by-probe; echo 1"], skip_if: "touch ran-by-skip-if; false", run: cp src lib}
  app: {inputs: [lib], outputs: [app], run: "echo {{ vars.rev }} > app"}
  edit: {edits: [text], run: "echo more >> text", manual: true}
"""
READING = (
    "list", "list --json", "list app --json", "status", "status app --json", "explain app", "explain app --json", "graph", "graph --json", "plan",
    "plan --json app", "check", "check --json", "-n", "--dry-run --json", "--graph", "--graph json app", "-n --graph", "graph --graph svg", "-n --graph dot", "--graph mermaid", "schema", "runs", "runs --json",
    "--help", "status --help", "--version", "show", "events", "logs app", "nonsense", "clean --help", "-n rev=2 -B",
)  # fmt: skip


@pytest.fixture
def project(folder: Folder) -> Folder:
    folder.manifest(MANIFEST)
    folder.write("src", "x\n")
    folder.write("text", "y\n")
    return folder


@pytest.mark.parametrize("line", READING)
def test_before_the_first_build_nothing_is_made(project: Folder, line: str) -> None:
    before = project.tree()
    assert project(line).code in (0, 1, 2)
    assert project.tree() == before


def test_after_a_build_nothing_is_changed(project: Folder) -> None:
    assert project("app edit -j1").code == 0
    project.write("src", "other\n")
    for name in ("ran-by-variable", "ran-by-probe", "ran-by-skip-if"):
        (project.root / name).unlink()
    before = project.tree()
    for line in READING:
        project(line)
        after = project.tree()
        sidecars = {".uet/state.db-shm", ".uet/state.db-wal"}  # of SQLite itself: the one exception
        assert {path: look for path, look in after.items() if path not in sidecars} == {
            path: look if path != ".uet" else after[path] for path, look in before.items() if path not in sidecars
        }, line


def test_a_folder_that_cannot_be_written_can_be_read(project: Folder) -> None:
    assert project("app -j1").code == 0
    said = project.bash("chmod -R a-w .; uetbuild status; uetbuild list > /dev/null; uetbuild -n app; echo $?; chmod -R u+w .")
    assert "up to date (2 workstreams)\n" in said.text
    assert "Traceback" not in said.text


def test_a_reader_says_what_it_assumed(project: Folder) -> None:
    project("app -j1")
    said = project("status")
    assert said.out == "up to date (2 workstreams)\n"
    assert said.err == (
        "warning: assumed that a probe of `lib` says what it said last time: touch ran-by-probe; echo 1\n"
        "warning: assumed that variable `rev` says what it said last time: touch ran-by-variable; echo 1\n"
    )
    assert json.loads(project("status --json").out)["warnings"] == [line[9:] for line in said.err.splitlines()]


# --- damaged state (promise 9) -------------------------------------------------------------------------------------------------


def truncated(project: Folder) -> None:
    database = project.root / ".uet/state.db"
    database.write_bytes(database.read_bytes()[:5000])


def emptied(project: Folder) -> None:
    (project.root / ".uet/state.db").write_bytes(b"")


def garbled(project: Folder) -> None:
    (project.root / ".uet/state.db").write_bytes(b"no database at all, but long enough to look like one" * 200)


def newer(project: Folder) -> None:
    with sqlite3.connect(project.root / ".uet/state.db") as database:
        database.execute("PRAGMA user_version = 9999")


@pytest.mark.parametrize("damage", [truncated, emptied, garbled, newer])
def test_a_damaged_database_is_set_aside_and_everything_is_built_again(project: Folder, damage: object) -> None:
    assert project("app -j1").code == 0
    for name in ("state.db-wal", "state.db-shm"):
        (project.root / ".uet" / name).unlink(missing_ok=True)
    damage(project)  # type: ignore[operator]
    assert "Traceback" not in project("status").text
    assert project("status").code == 1
    said = project("app -j1")
    assert said.code == 0
    assert "ran 2 of 2" in said.out
    assert project("app -j1").out == "up to date (2 workstreams)\n"


def test_a_state_folder_that_is_a_link_is_refused(project: Folder) -> None:
    (project.root / "elsewhere").mkdir()
    (project.root / ".uet").symlink_to("elsewhere")
    said = project("app")
    assert said.code == 2
    assert "Traceback" not in said.text
    assert not list((project.root / "elsewhere").iterdir())
