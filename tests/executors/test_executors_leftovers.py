"""What a build left running when all of it was killed at once is found, and ended."""

import os
import subprocess
import sys
import time

import pytest

from uetbuild.executors import tree
from uetbuild.executors.leftovers import end_leftovers, find_leftovers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

RUN = f"R{os.getpid()}"  # other tests run at the same time


@pytest.fixture
def stubborn():
    """A job that ignores TERM and has a child in a session of its own."""
    script = "trap '' TERM; setsid sleep 60 & sleep 60 & echo ready; while :; do wait; done"
    process = subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE, env=os.environ | {"UET_RUN_ID": RUN})
    assert process.stdout.readline() == b"ready\n"
    yield process
    below = tree.descendants([process.pid])
    for pid in below:
        tree.send(pid, 9)
    process.kill()
    process.wait()
    process.stdout.close()
    while not all(tree.is_dead(pid) for pid in below):  # they carry the mark of the next test, too, and under load die late
        time.sleep(0.01)


def record(process, **other):
    row = {"run": RUN, "node": "job", "pid": process.pid, "start": tree.start_time(process.pid), "boot": tree.boot_id()} | other
    return tuple(row.values())


def test_a_recorded_job_and_its_descendants_are_ended(stubborn):
    below = tree.descendants([stubborn.pid])
    assert {(one.run, one.node) for one in end_leftovers([record(stubborn)], {}, 0.1)} == {(RUN, "job")}
    assert stubborn.wait() == -9 and all(tree.is_dead(pid) for pid in below)


@pytest.mark.parametrize("other", [{"start": 1}, {"boot": "another"}, {"boot": ""}, {"pid": 1}])
def test_a_process_that_is_another_by_now_is_left_alone(stubborn, other):
    assert end_leftovers([record(stubborn, **other)], {}, 0.1) == []
    assert stubborn.poll() is None


def test_nothing_recorded_is_nothing_to_end():
    assert end_leftovers([], {}, 0.1) == []


def begun(**other):
    """The record of a run whose jobs were spawned, and killed before that was durable."""
    row = {"run": RUN, "node": "", "pid": 0, "start": 0, "boot": tree.boot_id()} | other
    return tuple(row.values())


def test_a_job_that_was_not_recorded_is_known_by_the_run_in_its_environment(stubborn):
    found = find_leftovers([begun()], {RUN: "/nowhere"})
    assert {one.pid for one in found} == {stubborn.pid, *tree.descendants([stubborn.pid])}
    assert all(one.start == tree.start_time(one.pid) for one in found)
    assert find_leftovers([begun(run="S")], {"S": "/nowhere"}) == []
    assert find_leftovers([begun(boot="another")], {RUN: "/nowhere"}) == []


def test_a_job_without_environment_is_known_by_the_log_into_which_it_writes(tmp_path):
    with open(tmp_path / "job.log", "wb") as log:
        job = subprocess.Popen(["sleep", "60"], env={}, stdout=log, start_new_session=True)
    other = subprocess.Popen(["sleep", "60"], env={}, start_new_session=True)
    try:
        assert [one.pid for one in find_leftovers([begun()], {RUN: str(tmp_path)})] == [job.pid]
        assert find_leftovers([begun()], {RUN: str(tmp_path) + "/job"}) == []
    finally:
        for process in (job, other):
            process.kill()
            process.wait()


def test_whoever_asks_and_the_shell_around_it_are_no_leftovers():
    ask = (
        "import os; from uetbuild.executors import tree; from uetbuild.executors.leftovers import find_leftovers; "
        f"print([one.pid for one in find_leftovers([('{RUN}', '', 0, 0, tree.boot_id())], {{'{RUN}': '/nowhere'}})])"
    )
    script = f'sleep 60 & echo $!; {sys.executable} -c "{ask}"; kill %1; wait'
    said = subprocess.run(["bash", "-c", script], env=os.environ | {"UET_RUN_ID": RUN}, capture_output=True, text=True)
    sleeper, found = said.stdout.splitlines()
    assert found == f"[{sleeper}]", said.stderr


def test_each_process_is_looked_at_once_however_much_was_recorded(stubborn, monkeypatch):
    recorded = [begun(), *[record(stubborn, pid=2**22 + number, start=number) for number in range(1000)]]
    looks = []
    read = tree._read
    monkeypatch.setattr(tree, "_read", lambda path: looks.append(path) or read(path))
    assert len(find_leftovers(recorded, {RUN: "/nowhere"})) == 1 + len(tree.descendants([stubborn.pid]))
    looks = [path for path in looks if path.endswith(("stat", "environ"))]
    assert len(looks) == len(set(looks))
