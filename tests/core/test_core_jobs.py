"""What workers are told in short."""

from __future__ import annotations

from typing import Any

import pytest

from uetbuild.core.jobs import Command, Job, Outcome, Result, Sandbox, plain, succeeded

COMMAND = Command(argv=("cp", "a", "b"), cwd="/project", env=(("A", "b"),), timeout=60.0, allow_failure=True, name="copy")
JOB = Job(
    key=7, node="n", commands=(COMMAND,), log="/project/log", env=(("C", "d"),), clear_env=True, timeout=90.0, output_limit=5,
    lists=((("UET_INPUTS",), "a\n"),),
)  # fmt: skip


def test_one_command_that_only_writes_to_its_log_is_plain() -> None:
    assert plain(JOB.row()) == (COMMAND.argv, COMMAND.cwd, COMMAND.env, JOB.log, JOB.env, JOB.clear_env, JOB.output_limit, JOB.lists)


@pytest.mark.parametrize(
    "changes",
    [
        {"commands": ()}, {"commands": (COMMAND, COMMAND)}, {"commands": (), "finally_": (COMMAND,)}, {"finally_": (COMMAND,)},
        {"sandbox": Sandbox(root="/project", folder="/box", files=())}, {"masks": ("secret",)}, {"follow": True}, {"interactive": True},
        {"notes": (("/project/note", "text"),)}, {"timeout": 0.5}, {"commands": (COMMAND.with_(timeout=0.5),)},
        {"commands": (COMMAND.with_(stdin="/project/note"),)},
    ],
)  # fmt: skip
def test_whatever_asks_for_more_is_not(changes: dict[str, Any]) -> None:
    assert plain(JOB.with_(**changes).row()) is None


@pytest.mark.parametrize("seconds", [0.0, 1.0, 3600.0])
def test_a_limit_of_time_that_is_far_away_asks_for_nothing(seconds: float) -> None:
    assert plain(JOB.with_(timeout=seconds, commands=(COMMAND.with_(timeout=seconds),)).row())


@pytest.mark.parametrize("logged", [False, True])
def test_the_row_of_a_success_is_that_of_its_outcome(logged: bool) -> None:
    outcome = Outcome(key=7, result=Result.SUCCEEDED, steps=(("copy", 0, 0.5),), started=100.0, seconds=0.5, logged=logged)
    assert succeeded(JOB.row(), 100.0, 0.5, logged) == outcome.row()
