from __future__ import annotations

import os

import pytest

from uetbuild.core.jobs import Result, Sandbox


@pytest.fixture
def box(bench):
    """A root with files, and a function that runs a text in a sandbox of it."""
    root = bench.folder / "root"
    (root / "src").mkdir(parents=True)
    (root / "src/a.txt").write_text("a\n")
    (root / "src/hidden.txt").write_text("hidden\n")
    (root / "tool").write_text("#!/bin/sh\necho tool\n")
    (root / "tool").chmod(0o755)
    (root / "link").symlink_to("src/a.txt")

    def run(text, cwd="", **fields):
        plan = {"root": str(root), "folder": str(bench.folder / "boxes/n"), "files": ("src/a.txt", "tool", "link")} | fields
        outcome = bench.run(bench.command(text, cwd=str(root / cwd) if cwd else str(root)), sandbox=Sandbox(**plan))
        assert not (bench.folder / "boxes/n").exists()
        return outcome, bench.log(outcome.key)

    run.root = root
    run.bench = bench
    return run


def test_a_sandbox_holds_only_the_declared_files(box):
    _, log = box("find . -mindepth 1 | sort; cat link; ./tool", folders=("out/deep",))
    assert log.split() == ["./link", "./out", "./out/deep", "./src", "./src/a.txt", "./tool", "a", "tool"]


def test_a_sandbox_is_no_hard_link_of_the_project(box):
    outcome, _ = box("echo changed >> src/a.txt; chmod 600 tool")
    assert outcome.result == Result.SUCCEEDED
    assert (box.root / "src/a.txt").read_text() == "a\n"
    assert (box.root / "tool").stat().st_mode & 0o777 == 0o755


def test_commands_run_in_the_moved_folder(box):
    _, log = box("pwd; ls", cwd="src")
    assert log.split() == [f"{box.bench.folder}/boxes/n/src", "a.txt"]


def test_a_folder_outside_the_root_is_not_moved(box):
    assert box("pwd", cwd="/usr")[1] == "/usr\n"


def test_declared_outputs_come_back_and_nothing_else(box):
    outputs = (("out.txt", False), ("tree/", False), ("gen/**/*.c", True), ("alias", False), ("missing", False))
    text = """echo out > out.txt; chmod 755 out.txt; echo stray > stray
    mkdir -p tree/sub tree/empty gen/x; echo t > tree/sub/t; echo c > gen/x/y.c; echo h > gen/x/y.h
    ln -s nowhere alias; mkfifo tree/pipe"""
    outcome, _ = box(text, outputs=outputs)
    assert (outcome.result, outcome.message) == (Result.SUCCEEDED, "")
    assert (box.root / "out.txt").read_text() == "out\n"
    assert os.access(box.root / "out.txt", os.X_OK)
    assert (box.root / "tree/sub/t").read_text() == "t\n"
    assert (box.root / "tree/empty").is_dir()
    assert sorted(os.listdir(box.root / "gen/x")) == ["y.c"]
    assert os.readlink(box.root / "alias") == "nowhere"
    assert sorted(os.listdir(box.root)) == ["alias", "gen", "link", "out.txt", "src", "tool", "tree"]


def test_an_output_replaces_what_stood_there(box):
    (box.root / "out.txt").write_text("old\n")
    os.link(box.root / "out.txt", box.root / "other")
    box("echo new > out.txt", outputs=(("out.txt", False),))
    assert (box.root / "out.txt").read_text() == "new\n"
    assert (box.root / "other").read_text() == "old\n"


def test_a_failed_job_brings_nothing_back(box):
    outcome, _ = box("echo out > out.txt; exit 1", outputs=(("out.txt", False),))
    assert outcome.result == Result.FAILED
    assert not (box.root / "out.txt").exists()


def test_edits_come_back_as_changed_added_and_deleted(box):
    (box.root / "src/b[1].txt").write_text("b\n")
    (box.root / "src/same.txt").write_text("same\n")
    before = (box.root / "src/same.txt").stat().st_ino
    files = ("src/a.txt", "src/b[1].txt", "src/same.txt", "tool")
    outcome, _ = box(
        "echo more >> src/a.txt; rm 'src/b[1].txt'; echo new > src/new.txt; rm tool", files=files, edits=("src/*.txt", "src/b[1].txt")
    )
    assert outcome.result == Result.SUCCEEDED
    assert (box.root / "src/a.txt").read_text() == "a\nmore\n"
    assert sorted(os.listdir(box.root / "src")) == ["a.txt", "hidden.txt", "new.txt", "same.txt"]
    assert (box.root / "src/same.txt").stat().st_ino == before
    assert (box.root / "tool").exists()  # not among the edits


def test_an_edited_folder_is_all_below_it(box):
    box("rm src/a.txt; echo n > src/n", edits=("src/",))
    assert sorted(os.listdir(box.root / "src")) == ["hidden.txt", "n"]


def test_a_mode_or_a_link_is_an_edit_too(box):
    box("chmod -x tool; ln -sfn tool link", edits=("tool", "link"))
    assert not os.access(box.root / "tool", os.X_OK)
    assert os.readlink(box.root / "link") == "tool"


def test_results_never_leave_the_root_through_a_link(box):
    (box.bench.folder / "outside").mkdir()
    (box.root / "out").symlink_to(box.bench.folder / "outside")
    outcome, _ = box("mkdir out; echo x > out/x", outputs=(("out/x", False),))
    assert (outcome.result, outcome.message) == (Result.FAILED, "`out/x` lies behind a link that leads out of the root")
    assert os.listdir(box.bench.folder / "outside") == []


def test_a_declared_file_that_is_not_there_fails_the_job(box):
    plan = Sandbox(root=str(box.root), folder=str(box.bench.folder / "boxes/n"), files=("nothing",))
    outcome = box.bench.run("true", sandbox=plan)
    assert outcome.result == Result.FAILED
    assert outcome.message.endswith("nothing: No such file or directory")
    assert not (box.bench.folder / "boxes/n").exists()


def test_a_sandbox_with_folders_without_permission_is_removed(box):
    outcome, _ = box("mkdir -p cache/deep; touch cache/deep/file; chmod 500 cache/deep cache")
    assert outcome.result == Result.SUCCEEDED


def test_what_an_earlier_crash_left_in_a_sandbox_is_gone(box):
    (box.bench.folder / "boxes/n").mkdir(parents=True)
    (box.bench.folder / "boxes/n/old").touch()
    assert "old" not in box("ls")[1]


def test_final_commands_run_in_the_sandbox_too(box):
    plan = Sandbox(root=str(box.root), folder=str(box.bench.folder / "boxes/n"), files=("src/a.txt",))
    command = box.bench.command("ls", cwd=str(box.root))
    outcome = box.bench.run(command, sandbox=plan, finally_=(command,))
    assert box.bench.log(outcome.key) == "src\nsrc\n"
