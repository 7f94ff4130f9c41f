"""What only a command can tell: asked once, remembered, and assumed where nothing may be run."""

from __future__ import annotations

import pytest
from world import FakeShell, World, node

from uetbuild.core.nodes import Hole, Project, Settings, ShVar, Step
from uetbuild.engine.answers import Answers
from uetbuild.errors import UetError


def step(command: str, **more) -> Step:
    return Step(words=tuple((word,) for word in command.split()), shown=command, **more)


REV = ShVar(name="rev", step=step("git-rev"))


class Recorder(FakeShell):
    """Also notes where and with which environment."""

    def ask(self, argv, cwd, env, clear_env):
        self.where = (cwd, env, clear_env)
        return super().ask(argv, cwd, env, clear_env)


def answers(shell=None, remembered=None, environ=None, *variables: ShVar) -> Answers:
    project = Project(nodes=(), settings=Settings(), sh_vars=variables or (REV,))
    return Answers(project, World.root, environ or {}, remembered or {}, None, shell)


def test_a_command_is_asked_once_in_a_build():
    shell = FakeShell({"git-rev": (0, "abc")})
    asked = answers(shell)
    assert [asked.variable("rev"), asked.variable("rev")] == ["abc", "abc"]
    assert shell.asked == ["git-rev"] and asked.warnings == []


def test_what_was_asked_is_assumed_next_time_where_nothing_may_run_and_a_warning_names_it():
    asked = answers(FakeShell({"git-rev": (0, "abc"), "probe": (0, "gcc 9"), "test": (0, "")}))
    one = node("b", skip_if=step("test"), probes=(step("probe"),))
    assert (asked.variable("rev"), asked.probe(one, one.probes[0]), asked.skip(one)) == ("abc", "gcc 9", True)
    later = answers(None, asked.learnt)
    assert (later.variable("rev"), later.probe(one, one.probes[0]), later.skip(one)) == ("abc", "gcc 9", True)
    assert later.warnings == [
        "assumed that variable `rev` says what it said last time: git-rev",
        "assumed that a probe of `b` says what it said last time: probe",
        "assumed that `skip_if` of `b` says what it said last time: test",
    ]
    assert later.learnt == {}


def test_what_was_never_asked_is_assumed_to_be_empty_and_not_skipped():
    asked = answers()
    one = node("b", skip_if=step("test"), probes=(step("probe"),))
    assert (asked.variable("rev"), asked.probe(one, one.probes[0]), asked.skip(one)) == ("", "", False)


@pytest.mark.parametrize("of", ["variable", "probe"])
def test_a_command_that_fails_is_an_error_with_what_it_said(of):
    asked = answers(FakeShell({"git-rev": (3, "no repository\n")}))
    one = node("b", probes=(step("git-rev"),))
    with pytest.raises(UetError, match=r"`(rev|b)` failed with exit code 3: git-rev") as caught:
        asked.variable("rev") if of == "variable" else asked.probe(one, one.probes[0])
    assert caught.value.hint == "no repository"


def test_a_node_without_skip_if_is_never_skipped():
    assert answers(FakeShell({})).skip(node("b")) is False


def test_a_variable_may_use_another_one():
    tag = ShVar(name="tag", step=Step(words=(("tag-of",), (Hole(name="var", key="rev"),)), shown="tag-of"))
    asked = answers(FakeShell({"git-rev": (0, "abc"), "tag-of abc": (0, "v1")}), None, None, REV, tag)
    assert asked.variable("tag") == "v1"


def test_a_command_runs_in_its_folder_with_its_environment():
    shell = Recorder({"git-rev": (0, "")})
    answers(
        shell, None, {"A": "1"}, ShVar(name="rev", step=step("git-rev", cwd="sub", env=(("B", ("2",)),)), env=(("C", ("3",)),))
    ).variable("rev")
    assert shell.where == ("/project/sub", {"B": "2", "C": "3"}, False)


def test_probes_of_a_strict_node_see_only_what_it_lets_through():
    shell = Recorder({"probe": (0, "")})
    one = node("b", env_mode="strict", pass_env=("CC",), secrets=("KEY",), env=(("X", ("1",)),), probes=(step("probe"),))
    answers(shell, None, {"CC": "gcc", "KEY": "k", "PATH": "/bin", "OTHER": "no"}).probe(one, one.probes[0])
    assert shell.where == ("/project", {"CC": "gcc", "KEY": "k", "PATH": "/bin", "X": "1"}, True)


def test_the_same_command_in_another_environment_is_another_question():
    shell = FakeShell({"probe": (0, "x")})
    asked = answers(shell)
    for one in (node("a"), node("b"), node("c", env=(("X", ("1",)),)), node("d", env_mode="strict")):
        asked.probe(one, step("probe"))
    assert shell.asked == ["probe"] * 3
