"""What a crash left running is found; a recycled pid never is."""

import os
import subprocess
import sys
import time

import pytest

from uetbuild.core.changes import Changes
from uetbuild.state.layout import Layout
from uetbuild.state.processes import boot_id, leftovers, start_time
from uetbuild.state.store import open_writer

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
BOOT = "this-boot"


def spawn(script, **env):
    process = subprocess.Popen(["sh", "-c", script], start_new_session=True, stdout=subprocess.PIPE, env=os.environ | env)
    assert process.stdout.readline() == b"ready\n"
    return process


def end(process, pids=()):
    for pid in {process.pid, *pids}:
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    process.wait()
    process.stdout.close()


def test_a_process_and_all_of_its_session_are_found():
    process = spawn("sleep 60 & echo ready; wait; true")
    found = leftovers([("R", "n", process.pid, start_time(process.pid), BOOT)], BOOT)
    try:
        assert process.pid in found and len(found) == 2
    finally:
        end(process, found)


def test_children_in_a_session_of_their_own_are_found():
    process = spawn("setsid sleep 60 & sleep 0.05; echo ready; wait")
    found = leftovers([("R", "n", process.pid, start_time(process.pid), BOOT)], BOOT)
    try:
        assert len(found) == 2
    finally:
        end(process, found)


@pytest.mark.parametrize(("shift", "boot"), [(1, BOOT), (-1, BOOT), (0, "other-boot"), (0, "")])
def test_another_process_with_the_same_pid_is_never_found(shift, boot):
    process = spawn("echo ready; sleep 60")
    try:
        assert leftovers([("R", "n", process.pid, start_time(process.pid) + shift, boot)], BOOT) == []
        assert leftovers([("R", "n", process.pid, start_time(process.pid), "")], "") == []
    finally:
        end(process)


def test_what_a_dead_recipe_left_in_its_session_is_found_by_the_name_of_the_run():
    process = spawn("sleep 60 & echo ready", UET_RUN_ID="R1")
    pid, start = process.pid, 12345
    process.wait()
    assert start_time(pid) == 0
    assert leftovers([("R2", "n", pid, start, BOOT)], BOOT) == []
    found = leftovers([("R1", "n", pid, start, BOOT)], BOOT)
    end(process, found)
    assert len(found) == 1


def test_we_never_find_ourselves():
    assert leftovers([("R", "n", os.getpid(), start_time(os.getpid()), BOOT), ("R", "n", 1, start_time(1), BOOT)], BOOT) == []


def test_a_zombie_is_gone():
    process = spawn("echo ready")
    deadline = time.monotonic() + 10
    while start_time(process.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert start_time(process.pid) == 0
    end(process)
    assert start_time(process.pid) == 0


def test_spawned_processes_are_recorded_until_their_run_ends(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    store = open_writer(layout)
    changes = Changes()
    changes.run = ("R", "running", {})
    changes.pids = [("n", 100, 5), ("n", 100, 6), ("m", 101, 7)]
    store.commit(changes)
    assert sorted(store.processes()) == [("R", "m", 101, 7, boot_id()), ("R", "n", 100, 5, boot_id()), ("R", "n", 100, 6, boot_id())]
    changes.run = ("R", "succeeded", {})
    store.commit(changes)
    assert store.processes() == []
    changes.pids = [("n", 100, 5)]
    store.commit(changes)
    store.forget_processes()
    assert store.processes() == []
