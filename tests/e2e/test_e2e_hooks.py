"""Builds before a commit: `hook install` with real git, and our hooks for pre-commit with the real program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRE_COMMIT = Path(sys.executable).with_name("pre-commit")
MANIFEST = """
version: 1
default: [lint]
vars: {word: bad}
workstreams:
  lint: {inputs: [text.txt], run: "! grep -H {{ vars.word }} {{ inputs }}"}
  log: {inputs: [text.txt], outputs: [log.txt], run: "cp {{ inputs }} {{ outputs }}"}
"""


@pytest.fixture
def repository(folder):
    who = {"NAME": "Ann", "EMAIL": "ann@example.org"}
    folder.environ |= {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
    folder.manifest(MANIFEST)
    folder.write("text.txt", "good\n")
    folder.write(".gitignore", "log.txt\n")
    assert folder.bash("git init -q -b main . && git add -A && git commit -q -m first").code == 0
    assert folder("lint -q").code == 0  # what the manifest becomes is kept: builds of hooks, which start the long way, have it at hand
    return folder


def commit(folder, text):
    """Try to commit a change of `text.txt`; returns what was said."""
    folder.write("text.txt", text)
    return folder.bash("git add -A && git commit -q -m more")


def commits(folder):
    return int(folder.bash("git rev-list --count HEAD").text)


def test_the_hook_lets_a_commit_through_only_when_the_build_succeeds(repository):
    said = repository("hook install lint log")
    assert said.text == "wrote `.git/hooks/pre-commit`: before each commit it builds `lint`, `log`\n"
    assert commit(repository, "better\n").code == 0
    assert repository.read("log.txt") == "better\n"
    refused = commit(repository, "bad\n")
    assert refused.code == 1 and "text.txt:bad" in refused.text
    assert commits(repository) == 2


def test_without_targets_it_builds_the_default(repository):
    repository("hook install")
    assert commit(repository, "bad\n").code == 1
    assert not repository.exists("log.txt")


def test_what_makes_the_project_what_it_is_goes_into_the_hook(repository):
    repository.write("Other.yaml", "version: 1\nvars: {word: x}\nworkstreams: {ab: {always: true, run: 'true'}}\n")
    assert repository("hook install -f Other.yaml --state '.my state' ab word='it is'").code == 0
    assert commit(repository, "bad\n").code == 0
    assert repository.exists(".my state/state.db")


@pytest.mark.parametrize("foreign", ["#!/bin/sh\nexit 0\n", "", None])
def test_a_foreign_hook_stays(repository, foreign):
    hook = repository.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    if foreign is None:
        hook.symlink_to("nowhere")
    else:
        hook.write_text(foreign)
    said = repository("hook install")
    assert said.code == 2
    assert said.err.endswith("was not made by uetbuild\nhint: add the line `uetbuild` to it, or move it away\n")
    assert hook.is_symlink() if foreign is None else hook.read_text() == foreign
    assert [each.name for each in hook.parent.iterdir() if not each.name.endswith(".sample")] == ["pre-commit"]


def test_our_own_is_made_anew(repository):
    repository("hook install lint")
    assert repository("hook install log").code == 0
    assert commit(repository, "bad\n").code == 0
    assert [each for each in os.listdir(repository.root / ".git/hooks") if not each.endswith(".sample")] == ["pre-commit"]


def test_hooks_path_linked_work_trees_and_sub_folders_count(repository):
    repository.bash("git config core.hooksPath .my-hooks && git worktree add -q ../linked")
    repository.write("sub/Uetfile.yaml", "version: 1\nworkstreams: {here: {always: true, run: pwd}}\n")
    repository.cwd = repository.root / "sub"
    assert repository("hook install here").text.startswith("wrote `../.my-hooks/pre-commit`")
    repository.cwd = repository.root
    said = commit(repository, "fine\n")
    assert said.code == 0 and f"{repository.root}/sub" in said.text


def test_a_linked_work_tree_shares_the_hook_of_its_repository(repository):
    repository.bash("git worktree add -q ../linked")
    repository.cwd = repository.root.parent / "linked"
    assert repository("hook install").code == 0
    assert repository.exists(".git/hooks/pre-commit")
    (repository.cwd / "text.txt").write_text("bad\n")
    assert repository.bash("git commit -q -a -m bad").code == 1


def test_recipes_of_a_hook_that_call_git_mean_the_repository_they_are_in(repository):
    repository.manifest(
        "version: 1\nworkstreams: {probe: {always: true, run: 'env | grep ^GIT_INDEX_FILE && exit 1 || git init -q other'}}\n"
    )
    repository("hook install probe")
    assert commit(repository, "x\n").code == 0
    assert repository.exists("other/.git/HEAD")


def test_a_hook_outlives_the_program_it_was_made_with(repository):
    repository("hook install")
    hook = repository.root / ".git/hooks/pre-commit"
    hook.write_text(hook.read_text().replace(sys.executable, "/nowhere/python").replace("-m uetbuild", ""))
    assert commit(repository, "bad\n").code == 1, "the one on PATH does it"
    repository.environ["PATH"] = "/usr/bin:/bin"
    if not shutil.which("uetbuild", path="/usr/bin:/bin"):
        assert "error: uetbuild is not on PATH" in commit(repository, "bad\n").text


@pytest.mark.parametrize(("words", "message"), [
    ("hook install nonsense", "unknown target `nonsense`"), ("hook remove", "`uetbuild hook` knows `install`, not `remove`"),
    ("hook", "`uetbuild hook` needs install [TARGET]"),
])  # fmt: skip
def test_what_cannot_be_installed_is_refused_and_nothing_written(repository, words, message):
    shutil.rmtree(repository.root / ".uet")
    before = repository.tree()
    said = repository(words)
    assert (said.code, said.err.splitlines()[0]) == (2, f"error: {message}")
    assert repository.tree() == before


def test_a_hook_that_finds_nothing_to_do_goes_through_the_fast_door(repository):
    """So that it costs next to nothing: `-c build TARGET`, as hooks say it, is remembered like `TARGET`."""
    assert repository("-c build log").code == 0
    assert [name for name in os.listdir(repository.root / ".uet") if name.startswith("plan")]


def test_outside_a_repository_there_is_nothing_to_install(folder):
    folder.manifest(MANIFEST)
    assert folder("hook install").err.startswith("error: there is no git work tree here\nhint: ")


# --- pre-commit ----------------------------------------------------------------------------------------------------------------


def pre_commit(folder, line):
    return folder.bash(f"{PRE_COMMIT} {line}")


@pytest.fixture
def with_pre_commit(repository):
    """A repository that names our hooks, as they are here, from a repository on this machine; nothing is fetched or built for them."""
    source = repository.root.parent / "source"
    source.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", source)
    repository.environ["PRE_COMMIT_HOME"] = str(repository.root.parent / "cache")
    git = f"git -C {source}"
    revision = repository.bash(f"{git} init -q && {git} add -A && {git} commit -q -m hooks && {git} rev-parse HEAD").text.strip()
    hooks = [{"id": "uetbuild", "args": ["lint", "log"]}, {"id": "uetbuild-check", "language": "system"}]
    config = {"repos": [{"repo": str(source), "rev": revision, "hooks": hooks}]}
    repository.write(".pre-commit-config.yaml", json.dumps(config))
    repository.bash("git add -A && git commit -q -m config")
    said = pre_commit(repository, "install")
    assert said.code == 0, said.text
    return repository


def test_pre_commit_builds_the_targets_in_args_and_refuses_a_bad_commit(with_pre_commit):
    assert commit(with_pre_commit, "better\n").code == 0
    assert with_pre_commit.read("log.txt") == "better\n"
    said = commit(with_pre_commit, "bad\n")
    assert said.code == 1 and "hook id: uetbuild\n" in said.text and "text.txt:bad" in said.text
    assert commits(with_pre_commit) == 3


@pytest.mark.slow
def test_the_files_of_a_commit_limit_the_build_where_pre_commit_hands_them_on(with_pre_commit):
    config = json.loads(with_pre_commit.read(".pre-commit-config.yaml"))
    config["repos"][0]["hooks"] = [{"id": "uetbuild", "args": ["lint", "log"], "pass_filenames": True}]
    with_pre_commit.write(".pre-commit-config.yaml", json.dumps(config))
    with_pre_commit.write("readme", "of nobody")
    assert commit(with_pre_commit, "better\n").code == 0
    assert with_pre_commit.read("log.txt") == "better\n"
    with_pre_commit.bash("rm log.txt")
    with_pre_commit.write("readme", "still")
    assert with_pre_commit.bash("git commit -q -a -m readme").code == 0
    assert not with_pre_commit.exists("log.txt")


def test_pre_commit_judges_what_is_staged_not_what_is_still_being_written(with_pre_commit):
    with_pre_commit.write("text.txt", "staged\n")
    with_pre_commit.bash("git add text.txt")
    with_pre_commit.write("text.txt", "bad\n")
    assert with_pre_commit.bash("git commit -q -m staged").code == 0
    assert (with_pre_commit.read("log.txt"), with_pre_commit.read("text.txt")) == ("staged\n", "bad\n")


def test_pre_commit_checks_the_manifest_when_it_is_part_of_the_commit(with_pre_commit):
    assert "(no files to check)Skipped" in pre_commit(with_pre_commit, "run uetbuild-check").text
    with_pre_commit.write("Uetfile.yaml", "version: 1\nworkstream: {}\n")
    with_pre_commit.bash("git add -A")
    said = pre_commit(with_pre_commit, "run uetbuild-check")
    assert said.code == 1 and "Uetfile.yaml:2:1" in said.text


def test_our_own_configuration_is_valid():
    for what, name in (("config", ".pre-commit-config.yaml"), ("manifest", ".pre-commit-hooks.yaml")):
        subprocess.run([PRE_COMMIT, f"validate-{what}", name], cwd=ROOT, check=True)
