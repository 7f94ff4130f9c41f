"""Failpoints: the one table agrees with the code, and words of the environment mean what they say. The sweep is in tests/reliability/."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import uetbuild
from uetbuild import failpoints
from uetbuild.errors import UetError
from uetbuild.failpoints import POINTS, arm, points, reach

PACKAGE = Path(uetbuild.__file__).parent
NAMES = [name for name, *_ in points()]


@pytest.fixture(autouse=True)
def disarmed():
    yield
    arm({})


def armed(text: str) -> None:
    arm({"UET_TESTING": "1", "UET_FAILPOINTS": text})


# --- the table -----------------------------------------------------------------------------------------------------------------


def test_every_module_reaches_exactly_the_failpoints_that_the_table_lists_for_it():
    reached = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        texts = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        found = texts & set(NAMES)
        if found and path.name != "failpoints.py":
            reached[str(path.relative_to(PACKAGE))] = found
    assert reached == {module: set(known) for module, known in POINTS.items()}


def test_no_name_is_given_twice():
    assert len(NAMES) == len(set(NAMES))


def test_a_name_that_is_not_in_the_table_is_an_error_once_anything_is_armed():
    reach("no.such")
    armed("lock.taken=sleep:0")
    with pytest.raises(AssertionError, match=r"`no\.such` is not in the table"):
        reach("no.such")


# --- words ---------------------------------------------------------------------------------------------------------------------


def test_nothing_happens_without_uet_testing():
    arm({"UET_FAILPOINTS": "lock.taken=raise:EIO"})
    assert not failpoints.is_armed()
    reach("lock.taken")


@pytest.mark.parametrize(
    "text", ["lock.taken=raise:EIO", "lock.taken#1=raise:EIO;file.moved=kill", " file.moved=kill , lock.taken=raise:EIO"]
)
def test_the_call_fails_once_at_the_time_that_was_said(text):
    armed(text)
    with pytest.raises(OSError, match="Input/output error") as caught:
        reach("lock.taken")
    assert caught.value.errno == 5
    reach("lock.taken")


def test_another_time_is_counted():
    armed("lock.taken#3=raise:ENOSPC")
    reach("lock.taken")
    reach("lock.taken")
    with pytest.raises(OSError, match="No space left"):
        reach("lock.taken")


def test_in_front_of_a_commit_it_is_the_error_of_the_database():
    armed("done.committing=raise:EIO")
    with pytest.raises(Exception, match="disk I/O error") as caught:
        reach("done.committing")
    assert type(caught.value).__name__ == "OperationalError"
    assert caught.value.sqlite_errorcode == 10


@pytest.mark.parametrize(
    "text",
    ["lock.taken", "lock.taken=die", "lock.taken#0=kill", "lock.taken#x=kill", "lock.taken=raise:EWHAT", "lock.taken=torn:x", "lock.taken=kill:9", "lock.taken=sleep:"],
)  # fmt: skip
def test_words_that_mean_nothing_are_refused(text):
    with pytest.raises(UetError, match="which means nothing"):
        armed(text)


def test_an_unknown_name_is_refused():
    with pytest.raises(UetError, match=r"unknown failpoint `lock\.take`"):
        armed("lock.take=kill")


def in_a_process(text: str, code: str) -> subprocess.CompletedProcess[str]:
    script = f"from uetbuild.failpoints import arm, reach\nimport os\narm(os.environ)\n{code}"
    environ = os.environ | {"UET_TESTING": "1", "UET_FAILPOINTS": text}
    return subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False)


def test_kill_is_sigkill():
    assert in_a_process("lock.taken=kill", "reach('lock.taken')").returncode == -signal.SIGKILL


def test_torn_writes_so_many_bytes_and_kills():
    done = in_a_process("file.writing=torn:3", "reach('file.writing', 1, b'abcdef')")
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "abc")


def test_what_is_reached_can_be_noted(tmp_path):
    done = in_a_process(f"*=note:{tmp_path}/notes", "reach('lock.taken')\nos.chdir('/')\nreach('file.moved')")
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in (tmp_path / "notes").read_text().splitlines()] == ["lock.taken", "file.moved"]
