"""The log of a job is made when there is something to be read, or when somebody might look."""

from __future__ import annotations

import errno
import os
import signal

import pytest
from executors_bench import wait_until

from uetbuild.core.jobs import Result
from uetbuild.executors import tree


def files(bench):
    return sorted(name for name in os.listdir(bench.folder) if "log" in name and not name.startswith("."))


def test_a_command_that_is_over_in_a_moment_and_prints_nothing_leaves_no_log(bench, monkeypatch):
    monkeypatch.setattr("uetbuild.executors.watch.Watch.moment", 60.0)
    outcome = bench.run(("true",))
    assert (outcome.result, outcome.logged, files(bench)) == (Result.SUCCEEDED, False, [])


@pytest.mark.parametrize("command", ["echo said", "echo said >&2"])
def test_what_is_printed_is_in_the_log_of_who_printed_it(bench, command):
    silent, loud, after = bench.run(("true",)), bench.run(command), bench.run(("true",))
    assert loud.logged
    assert [bench.log(one.key) for one in (silent, loud, after)] == ["", "said\n", ""]


def test_what_fails_has_a_log_even_if_it_says_nothing(bench):
    outcome = bench.run(("false",))
    assert outcome.logged and files(bench) == [f"log{outcome.key}"]


def test_what_takes_its_time_has_a_log_before_it_prints_and_none_if_it_never_does(bench):
    outcome = bench.run(f"until [ -e {bench.folder}/log1 ]; do sleep 0.01; done")
    assert (outcome.logged, files(bench)) == (False, [])


@pytest.mark.parametrize("fields", [{"follow": True}, {"masks": ("hidden",)}])
def test_what_we_pass_on_has_a_log_only_if_there_was_something(bench, fields):
    silent, loud = bench.run("true", **fields), bench.run("echo said", **fields)
    assert (silent.logged, loud.logged, files(bench)) == (False, True, [f"log{loud.key}"])


def test_a_second_job_with_the_same_log_goes_on_behind_the_first(bench):
    log = str(bench.folder / "log")
    for command in ("echo one", "true", "echo two"):
        assert bench.run(command, log=log).logged
    assert (bench.folder / "log").read_text() == "one\ntwo\n"


def test_nothing_is_left_of_the_sheet(pool):
    pool.run(("true",))
    pool.workers.close()
    assert [name for name in os.listdir(pool.folder) if name.startswith(".")] == []


def test_what_a_job_printed_whose_worker_is_killed_at_once_is_its_log(pool, monkeypatch):
    monkeypatch.setattr("uetbuild.executors.watch.Watch.moment", 60.0)  # so that nobody makes a log before
    job = pool.job("echo said; touch ready; sleep 60")
    pool.workers.submit(job)
    wait_until((pool.folder / "ready").exists)
    assert files(pool) == []
    for worker in tree.children(os.getpid()):
        os.kill(worker, signal.SIGKILL)
    assert pool.outcome(job).result == Result.LOST
    assert pool.log(job.key) == "said\n"


@pytest.fixture
def unwilling(monkeypatch):
    """A file system that has no room for the log of the first job."""
    rename = os.rename

    def fails(source, target):
        if target.endswith("/log1"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rename(source, target)

    monkeypatch.setattr(os, "rename", fails)


def test_what_could_not_be_kept_fails_its_job_and_is_in_no_other_log(unwilling, bench):
    full, loud = [bench.run(f"echo {word}") for word in ("lost", "said")]
    assert (full.result, full.message) == (Result.FAILED, "No space left on device")
    assert (loud.result, bench.log(loud.key)) == (Result.SUCCEEDED, "said\n")
