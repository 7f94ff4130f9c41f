"""What git says has changed, and what lists of files hold: on real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from uetbuild.cli.narrowing import changes, expanded
from uetbuild.errors import UetError
from uetbuild.executors.ask import AskShell
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk

WHO = {f"GIT_{role}_{key}": "ann@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
ENVIRON = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"} | WHO


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.folder, env=ENVIRON, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, name: str, text: str = "x\n") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "more")
        return self.git("rev-parse", "HEAD")

    def changes(self, revision: str, below: str = "") -> set[str]:
        return set(changes(revision, str(self.folder / below), AskShell(ENVIRON)))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


def test_what_was_committed_staged_written_or_is_not_tracked_has_changed(repository: Repository) -> None:
    repository.write(".gitignore", "ignored\n")
    base = repository.commit(same="1", committed="1", staged="1", written="1", gone="1", moved="a line\n" * 9)
    repository.commit(committed="2")
    repository.write("staged", "2")
    repository.git("mv", "moved", "there")
    repository.git("rm", "-q", "gone")
    repository.git("add", "staged")
    for name in ("written", "ignored", "new", "folder/new too"):
        repository.write(name, "2")
    assert repository.changes(base) == {"committed", "staged", "written", "gone", "moved", "there", "new", "folder/new too"}
    assert repository.changes("HEAD") == {"staged", "written", "gone", "moved", "there", "new", "folder/new too"}


def test_what_others_did_since_the_merge_base_has_not_changed_here(repository: Repository) -> None:
    repository.commit(mine="1", theirs="1")
    repository.git("checkout", "-q", "-b", "feature")
    repository.commit(mine="2")
    repository.git("checkout", "-q", "main")
    repository.commit(theirs="2")
    repository.git("checkout", "-q", "feature")
    assert repository.changes("main") == {"mine"}


def test_a_project_in_a_folder_of_the_repository_sees_its_own_names(repository: Repository) -> None:
    base = repository.commit(**{"shop/a.c": "1", "lib.h": "1"})
    repository.write("shop/a.c", "2")
    repository.write("shop/new.c", "2")
    repository.write("lib.h", "2")
    assert repository.changes(base, "shop") == {"a.c", "new.c", str(repository.folder / "lib.h")}


@pytest.mark.parametrize("name", ["with space", "ünï", "tab\tand\nnewline", '"quoted"', "-n", "*"])
def test_odd_names_come_as_they_are(repository: Repository, name: str) -> None:
    base = repository.commit(one="1")
    repository.write(name)
    assert repository.changes(base) == {name}
    repository.commit()
    assert repository.changes(base) == {name}


def test_nothing_of_the_repository_is_started_or_written(repository: Repository, tmp_path: Path) -> None:
    base = repository.commit(one="1")
    canary = tmp_path / "canary"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {canary}\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager"):
        repository.git("config", key, str(script))
    repository.write("one", "2")
    index = (repository.folder / ".git/index").stat()
    assert repository.changes(base) == {"one"}
    assert not canary.exists()
    assert (repository.folder / ".git/index").stat().st_mtime_ns == index.st_mtime_ns


@pytest.mark.parametrize(
    ("revision", "message", "hint"),
    [
        ("nosuch", "git knows no revision `nosuch`", "git fetch"),
        ("--output=x", "git knows no revision `--output=x`", "git fetch"),
        ("", "git knows no revision ``", ""),
        ("other", "`other` and HEAD have no commit in common", "--unshallow"),
    ],
)
def test_what_git_cannot_answer_is_said(repository: Repository, revision: str, message: str, hint: str) -> None:
    repository.commit(one="1")
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit(one="2")
    repository.git("checkout", "-q", "main")
    with pytest.raises(UetError) as caught:
        repository.changes(revision)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert not (repository.folder / "x").exists()


def test_outside_a_work_tree_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(UetError, match="there is no git work tree here"):
        changes("HEAD", str(tmp_path), AskShell(ENVIRON | {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}))


def test_a_folder_stands_for_the_files_below_it(tmp_path: Path) -> None:
    for name in ("a", "d/b", "d/e/c", "d/.git/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    disk = RealDisk(str(tmp_path), Digests(), {})
    assert expanded(["a", "d", "gone", "/usr"], disk) == ["a", "d", "gone", "/usr", "d/b", "d/e", "d/e/c"]
