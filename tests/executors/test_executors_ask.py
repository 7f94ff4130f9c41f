from __future__ import annotations

import os
import time

import pytest

from uetbuild.executors import ask, tree
from uetbuild.executors.ask import AskShell


@pytest.fixture
def shell():
    descriptors = len(os.listdir("/proc/self/fd"))
    children = tree.children(os.getpid())
    yield AskShell(dict(os.environ) | {"A": "build"})
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert tree.children(os.getpid()) == children


def bash(shell, text, cwd="/", env=None, clear_env=False):
    return shell.ask(("bash", "-c", text), cwd, env or {}, clear_env)


def test_an_answer_is_code_stdout_without_its_last_newlines_and_stderr(shell):
    assert bash(shell, "echo; echo out; echo; echo err >&2; exit 3") == (3, "\nout", "err\n")


def test_a_question_is_asked_in_its_folder_and_environment(shell, tmp_path):
    here = os.getcwd()
    assert bash(shell, "echo $PWD $A $B; pwd -P", str(tmp_path), {"B": "own"})[1] == f"{tmp_path} build own\n{tmp_path}"
    assert os.getcwd() == here
    assert shell.ask(("env",), "/", {"B": "own", "PATH": os.defpath}, True)[1].split() == ["B=own", f"PATH={os.defpath}", "PWD=/"]


def test_a_question_gets_no_input(shell):
    assert bash(shell, "cat")[:2] == (0, "")


def test_what_cannot_be_asked_is_told_as_a_shell_does(shell):
    assert shell.ask(("no-such-tool",), "/", {}, False) == (127, "", "no-such-tool: command not found")
    assert shell.ask(("true",), "/no/folder", {}, False) == (1, "", "/no/folder: No such file or directory")


def test_long_answers_on_both_pipes_arrive_whole(shell):
    code, out, err = bash(shell, "head -c 300000 /dev/zero | tr '\\0' o; head -c 300000 /dev/zero | tr '\\0' e >&2")
    assert (code, len(out), len(err)) == (0, 300_000, 300_000)


def test_bytes_that_are_no_text_are_kept(shell):
    assert os.fsencode(bash(shell, "printf '\\xff'")[1]) == b"\xff"


def test_a_process_left_behind_neither_delays_the_answer_nor_stays(shell):
    before = time.monotonic()
    code, out, _ = bash(shell, "(setsid bash -c 'trap \"\" TERM; echo $BASHPID; sleep 60; sleep 60' &); echo answer; sleep 0.1")
    assert time.monotonic() - before < 30
    assert code == 0 and "answer" in out
    daemon = int(out.replace("answer", "").strip())
    assert tree.is_dead(daemon)


def test_an_endless_answer_is_none(shell, monkeypatch):
    monkeypatch.setattr(ask, "LIMIT", 1 << 20)
    code, _, err = bash(shell, "yes")
    assert (code, err) == (ask.TOO_MUCH, "said more than 1 MiB")


def test_an_answer_that_takes_too_long_is_none():
    assert AskShell(dict(os.environ), patience=0.1).ask(("sleep", "60"), "/", {}, False) == (ask.TOO_LONG, "", "took too long")


def test_where_the_end_of_a_process_has_no_descriptor_the_end_of_its_pipes_is_waited_for(shell, monkeypatch):
    monkeypatch.setattr(ask, "_end_descriptor", lambda pid: -1)
    assert bash(shell, "echo out; exit 3") == (3, "out", "")
