"""What a build left running when all of it was killed at once is ended by the next one."""

import os
import subprocess
import sys

import pytest

from uetbuild.executors import tree
from uetbuild.executors.leftovers import end_leftovers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.fixture
def stubborn():
    """A job that ignores TERM and has a child in a session of its own."""
    script = "trap '' TERM; setsid sleep 60 & echo ready; while :; do sleep 0.05; done"
    process = subprocess.Popen(
        ["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE, env=os.environ | {"UET_RUN_ID": "R", "UET_NODE": "job"}
    )
    assert process.stdout.readline() == b"ready\n"
    yield process
    for pid in tree.descendants([process.pid]):
        tree.send(pid, 9)
    process.kill()
    process.wait()
    process.stdout.close()


def record(process, **other):
    row = {"run": "R", "node": "job", "pid": process.pid, "start": tree.start_time(process.pid), "boot": tree.boot_id()} | other
    return tuple(row.values())


def test_a_recorded_job_and_its_descendants_are_ended(stubborn):
    below = tree.descendants([stubborn.pid])
    assert end_leftovers([record(stubborn)], ["R"], 0.1) == ["job"]
    assert stubborn.wait() == -9 and all(tree.is_dead(pid) for pid in below)


@pytest.mark.parametrize("other", [{"start": 1}, {"boot": "another"}, {"boot": ""}, {"pid": 1}])
def test_a_process_that_is_another_by_now_is_left_alone(stubborn, other):
    assert end_leftovers([record(stubborn, **other)], [], 0.1) == []
    assert stubborn.poll() is None


def test_a_job_that_was_spawned_too_shortly_before_the_kill_to_be_recorded_is_known_by_its_run(stubborn):
    below = tree.descendants([stubborn.pid])
    assert end_leftovers([], ["another"], 0.1) == []
    assert end_leftovers([], ["R"], 0.1) == ["job"]
    assert stubborn.wait() == -9 and all(tree.is_dead(pid) for pid in below)


def test_nothing_recorded_is_nothing_to_end():
    assert end_leftovers([], [], 0.1) == []
