"""Nobody is left behind, whoever of us dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid

import pytest
from executors_bench import marked, wait_until

from uetbuild.executors import tree

DRIVER = """
import os, select, sys
from uetbuild.core.jobs import Command, Job
from uetbuild.executors.pool import SupervisorPool

folder, grace = sys.argv[1], float(sys.argv[2])
lock = os.open(folder + "/lock", os.O_RDWR | os.O_CREAT)
import fcntl
fcntl.flock(lock, fcntl.LOCK_EX)
pool = SupervisorPool(2, dict(os.environ), (lock,))
for key, text in enumerate(sys.argv[3:]):
    command = Command(argv=("bash", "-c", text), cwd=folder)
    final = Command(argv=("touch", "final"), cwd=folder)
    pool.submit(Job(key=key, node="n", commands=(command,), finally_=(final,), log=f"{folder}/log{key}", grace=grace))
while True:
    poller = select.poll()
    for fd in pool.filenos():
        poller.register(fd, select.POLLIN)
    poller.poll()
    pool.collect()
"""

RUDE = "trap '' TERM INT HUP; touch rude; while :; do sleep 60; done"
# What ignores TERM passes that on to its children.
DAEMON = """trap "" TERM; (setsid bash -c '(setsid bash -c "touch daemon; sleep 60; sleep 60" &); sleep 60; sleep 60' &)"""


@pytest.fixture
def drive(tmp_path):
    """Starts a coordinator of its own process with these jobs; what it started is found by a mark."""
    mark = f"UET_TEST_MARK={uuid.uuid4().hex}"
    name, _, value = mark.partition("=")
    started = []

    def alive():
        return marked(mark)

    alive.mark = mark

    def start(*texts, files, grace=0.3):
        words = [sys.executable, "-c", DRIVER, str(tmp_path), str(grace), *texts]
        driver = subprocess.Popen(words, env=dict(os.environ) | {name: value})
        started.append(driver)
        for file in files:
            wait_until((tmp_path / file).exists)
        return driver, alive

    yield start
    for driver in started:
        driver.kill()
        driver.wait()
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)


def is_locked(path):
    return subprocess.run(["flock", "-n", str(path), "true"]).returncode != 0


def test_the_death_of_the_coordinator_leaves_no_process_of_the_build(drive, tmp_path):
    driver, alive = drive(f"{DAEMON}; {RUDE}", "touch plain; sleep 60", files=["rude", "plain", "daemon"])
    assert len(alive()) >= 7
    driver.kill()
    driver.wait()
    wait_until(lambda: alive() == [])
    assert not (tmp_path / "final").exists()


def test_the_build_lock_is_free_only_when_the_last_of_us_is_gone(drive, tmp_path):
    driver, alive = drive(RUDE, files=["rude"])
    workers = tree.children(driver.pid)
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)  # until it was looked at
    driver.kill()
    driver.wait()
    assert is_locked(tmp_path / "lock")
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not is_locked(tmp_path / "lock"))
    assert alive() == []


def test_a_job_may_clean_up_when_the_coordinator_is_dead(drive, tmp_path):
    cleaning = "trap 'sleep 0.05; echo cleaned; exit' TERM; touch ready; while :; do sleep 0.01; done"
    driver, alive = drive(cleaning, files=["ready"], grace=60)
    driver.kill()
    driver.wait()
    wait_until(lambda: alive() == [])
    assert (tmp_path / "log0").read_text().endswith("cleaned\n")


def test_idle_workers_end_with_the_coordinator(drive):
    driver, alive = drive("touch done", files=["done"])
    driver.kill()
    driver.wait()
    wait_until(lambda: alive() == [])


def test_what_outlives_the_death_of_all_of_us_can_be_found_and_is_no_other(drive, tmp_path):
    from uetbuild.executors.leftovers import find_leftovers

    driver, alive = drive("echo $$ > pid; touch ready; sleep 60", files=["ready"])
    pid = int((tmp_path / "pid").read_text())
    start = tree.start_time(pid)
    workers = tree.children(driver.pid)
    for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that none sees another die
        for one in (driver.pid, *workers):
            os.kill(one, number)
    driver.wait()
    left = [one.pid for one in find_leftovers([("R", "n", pid, start, tree.boot_id())], {})]
    assert pid in left
    for one in left:
        os.kill(one, signal.SIGKILL)
    wait_until(lambda: alive() == [])
