"""Approvals with the real program: two people at once, a killed build, damaged state, a recipe that wants to approve itself."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from nursery import PROGRAM, Program, ran

from uetbuild.state.layout import Layout
from uetbuild.state.store import open_reader

MANIFEST = """
version: 1
gates: {ok: {type: approval}}
workstreams:
  plan: {inputs: [in], outputs: [plan], always: true, run: "cp in plan; echo x >> plans", gates: [ok]}
  apply: {inputs: [plan], outputs: [applied], run: cp plan applied}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Uetfile.yaml").write_text(MANIFEST)
    (tmp_path / "in").write_text("1\n")
    return tmp_path


def told(project: Path, *words: str, **environ: str) -> tuple[int, str]:
    done = ran(*words, cwd=project, env=os.environ | environ)
    return done.returncode, done.stdout + done.stderr


def plans(project: Path) -> int:
    return len((project / "plans").read_text().split())


def test_of_two_who_answer_at_once_one_is_heard_and_the_other_told(project: Path) -> None:
    assert told(project)[0] == 6
    both = [
        Program(["approve", "last", "ok", word], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for word in ("--yes", "--no")
    ]
    said = [one.communicate()[0] for one in both]
    assert sorted(one.returncode for one in both) == [0, 2]
    yes = both[0].returncode == 0
    assert f"was already {'approved' if yes else 'refused'} by" in said[1 if yes else 0]
    assert told(project)[0] == (0 if yes else 3)
    assert (project / "applied").exists() == yes


def test_a_damaged_answer_is_none(project: Path) -> None:
    told(project)
    assert told(project, "approve", "last", "ok", "--yes")[0] == 0
    database = sqlite3.connect(project / ".uet" / "state.db")
    ((key, body),) = database.execute("SELECT key, body FROM approvals").fetchall()
    for place in range(len(body)):
        garbled = bytearray(body)
        garbled[place] ^= 1
        database.execute("UPDATE approvals SET body = ? WHERE key = ?", (bytes(garbled), key))
        database.commit()
        assert not open_reader(Layout(str(project))).approvals()
    database.close()
    code, text = told(project)
    assert code == 6 and not (project / "applied").exists() and plans(project) == 1, text


def test_an_answer_about_something_else_is_none(project: Path) -> None:
    told(project)
    assert told(project, "approve", "last", "ok", "--yes")[0] == 0
    database = sqlite3.connect(project / ".uet" / "state.db")
    database.execute("UPDATE approvals SET key = replace(CAST(key AS TEXT), 'ok', 'no')")
    database.commit()
    database.close()
    assert told(project)[0] == 6


def test_killed_while_the_plan_is_made_the_next_build_makes_it_and_asks(project: Path) -> None:
    (project / "Uetfile.yaml").write_text(MANIFEST.replace("cp in plan;", "cp in plan; test -e go || kill -9 $(cat pid); sleep 0.1;"))
    killed = subprocess.Popen(["sh", "-c", 'echo $$ > pid; exec "$@"', "sh", *PROGRAM], cwd=project, stderr=subprocess.DEVNULL)
    assert killed.wait() == -signal.SIGKILL
    (project / "go").touch()
    code, text = told(project)
    assert code == 6 and "waits for approval" in text and not (project / "applied").exists()
    assert told(project)[0] == 6 and plans(project) == 1


@pytest.mark.parametrize("nth", [2, pytest.param(1, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_killed_between_what_is_durable_and_what_is_told_nothing_is_repeated_that_was_made(project: Path, nth: int) -> None:
    environ = {"UET_TESTING": "1", "UET_FAILPOINTS": f"events.telling#{nth}=kill"}
    told(project, "-j1", **environ)
    made = "approval_requested" in told(project, "events", "last")[1]
    before = plans(project) if (project / "plans").exists() else 0
    code, text = told(project)
    assert code == 6 and not (project / "applied").exists(), text
    assert plans(project) == before + (not made)
    assert told(project, "approve", "last", "ok", "--yes")[0] == 0 and told(project)[0] == 0


def test_a_recipe_cannot_answer(project: Path) -> None:
    told(project)
    code, text = told(project, "approve", "last", "ok", "--yes", UET_NODE="plan")
    assert code == 2 and "an approval is for a person" in text
    assert told(project)[0] == 6


def test_without_a_state_folder_nothing_is_made(project: Path) -> None:
    code, text = told(project, "approve", "last", "ok", "--yes")
    assert code == 2 and "there are no runs yet" in text and not (project / ".uet").exists()


def test_who_does_not_want_to_wait_for_a_build_is_told(project: Path) -> None:
    (project / "Uetfile.yaml").write_text(
        MANIFEST + '  slow: {outputs: [slow], run: "touch began; while test ! -e go; do sleep 0.05; done; touch slow"}\n'
    )
    building = Program(["-j2"], cwd=project, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not ((project / "began").exists() and (project / "plans").exists()):
        assert building.poll() is None
    assert told(project, "approve", "last", "ok", "--yes", "--no-wait")[0] == 7
    (project / "go").touch()
    assert building.wait() == 6
    assert told(project, "approve", "last", "ok", "--yes")[0] == 0 and told(project)[0] == 0
