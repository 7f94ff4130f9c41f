"""Which files git tracks, asked of the real one, few times."""

import os
import subprocess

import pytest

from uetbuild.cli.tracking import Tracked
from uetbuild.executors.ask import AskShell


class Counting(AskShell):
    """`said`: what was asked, without the first words."""

    def __init__(self):
        super().__init__(dict(os.environ))
        self.said = []

    def ask(self, argv, cwd, env, clear_env):
        self.said.append(argv[2:])
        return super().ask(argv, cwd, env, clear_env)


def git(folder, *words):
    subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "repository" / "part"
    folder.mkdir(parents=True)
    for name in ("a", "b", "c *", "d"):
        (folder / name).write_text(name)
    (tmp_path / "repository" / "above").write_text("")
    git(tmp_path / "repository", "init", "-q")
    git(folder, "add", "a", "c *", "../above")
    return folder


def test_what_git_tracks_is_known_by_path_in_the_root(project):
    tracked = Tracked(AskShell(dict(os.environ)), str(project))
    for _ in range(3):
        assert tracked.of(["a", "b", "c *", "above", "nowhere"]) == {"a", "c *"}
        assert tracked.of(["*"]) == set(), "a path is no pattern"


def test_git_is_asked_thrice_however_many_want_to_know(project):
    shell = Counting()
    tracked = Tracked(shell, str(project))
    for _ in range(20):
        assert tracked.of(["a", "b"]) == {"a"}
    assert [words[0] for words in shell.said] == ["ls-files", "rev-parse", "ls-files"]


def test_what_is_added_or_removed_meanwhile_counts(project):
    tracked = Tracked(AskShell(dict(os.environ)), str(project))
    assert tracked.of(["a", "b"]) == tracked.of(["a", "b"]) == {"a"}
    git(project, "add", "b")
    assert tracked.of(["a", "b"]) == {"a", "b"}
    git(project, "rm", "-q", "--cached", "a")
    assert tracked.of(["a", "b"]) == {"b"}


def test_without_a_repository_nothing_is_tracked_and_nobody_is_asked_again(tmp_path):
    shell = Counting()
    tracked = Tracked(shell, str(tmp_path))
    assert [tracked.of(["a"]) for _ in range(5)] == [set()] * 5
    assert len(shell.said) == 2


def test_where_there_is_more_than_a_process_may_say_git_is_asked_about_each_path(project):
    class Short(Counting):
        def ask(self, argv, cwd, env, clear_env):
            found = super().ask(argv, cwd, env, clear_env)
            return (125, "", "") if argv[-1] == "--" else found

    tracked = Tracked(Short(), str(project))
    for _ in range(3):
        assert tracked.of(["a", "b"]) == {"a"}


def test_a_repository_without_an_index_tracks_nothing_yet(tmp_path):
    git(tmp_path, "init", "-q")
    tracked = Tracked(AskShell(dict(os.environ)), str(tmp_path))
    assert tracked.of(["a"]) == tracked.of(["a"]) == set()
    (tmp_path / "a").touch()
    git(tmp_path, "add", "a")
    assert tracked.of(["a"]) == {"a"}
