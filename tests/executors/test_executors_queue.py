"""Jobs that are queued: taken by whoever is free, told when they are, taken back when nobody took them, lost with who took them."""

from __future__ import annotations

import os
import signal

import pytest
from executors_bench import Bench, wait_until

from uetbuild.core.jobs import Outcome, Progress, Result
from uetbuild.executors import tree
from uetbuild.executors.pool import SupervisorPool
from uetbuild.executors.queue import PACKET, Queue


def workers_of(bench):
    return [pid for pid in tree.children(os.getpid()) if b"uet-worker" in open(f"/proc/{pid}/comm", "rb").read()]


@pytest.fixture
def one(tmp_path):
    """A pool of one slot, which is taken until `go` is there; `first` is the job that takes it."""
    bench = Bench(tmp_path, lambda environ: SupervisorPool(1, environ))
    bench.first = bench.job("touch ready; until [ -e go ]; do sleep 0.01; done")
    bench.start(bench.first, "ready")
    yield bench
    bench.workers.close()
    assert bench.alive() == []


def test_queued_jobs_run_and_tell_when_they_start(bench):
    jobs = [bench.job(("sh", "-c", f"echo {number} >>order")) for number in range(20)]
    for job in jobs:
        bench.workers.queue([job])
    for job in jobs:
        assert bench.outcome(job).result == Result.SUCCEEDED
    told = [(type(news), news.key) for news in bench.news if isinstance(news, Outcome) or news.what == "taken"]
    for job in jobs:
        assert told.index((Progress, job.key)) < told.index((Outcome, job.key))
    assert sorted(key for kind, key in told if kind is Progress) == [job.key for job in jobs]


def test_never_more_run_than_there_are_slots(one):
    jobs = [one.job("true") for _ in range(5)]
    for job in jobs:
        one.workers.queue([job])
    (one.folder / "go").touch()
    for job in jobs:
        one.outcome(job)
    running = 0
    for news in one.news:
        running += {"taken": 1}.get(getattr(news, "what", ""), 0) - isinstance(news, Outcome)
        assert running <= 0  # the first one was not queued


def test_more_jobs_than_a_pipe_holds_and_some_that_are_too_long_for_it_all_run(one):
    jobs = [one.job(("sh", "-c", f"echo {number}; : {'x' * PACKET if number % 50 == 7 else ''}")) for number in range(150)]
    for job in jobs:
        one.workers.queue([job])
    (one.folder / "go").touch()
    for job in jobs:
        assert one.outcome(job).result == Result.SUCCEEDED
    assert [one.log(job.key) for job in jobs] == [f"{number}\n" for number in range(150)]


def test_what_is_taken_back_never_runs_and_nobody_hears_of_it(one):
    jobs = [one.job(f"touch ran{number}; : {'x' * PACKET * (number == 2)}") for number in range(4)]
    for job in jobs:
        one.workers.queue([job])
    assert sorted(one.workers.recall()) == [job.key for job in jobs]
    assert one.workers.recall() == []
    (one.folder / "go").touch()
    assert one.outcome(one.first).result == Result.SUCCEEDED
    assert one.run("true").result == Result.SUCCEEDED
    assert not [job for job in jobs if one.ended(job)] and not list(one.folder.glob("ran*"))


def test_a_signal_reaches_a_job_of_which_only_its_worker_knows_that_it_was_taken(one):
    job = one.job("touch mine; sleep 60")
    one.workers.queue([job])
    (one.folder / "go").touch()
    wait_until((one.folder / "mine").exists)  # nothing was collected since
    assert one.workers.recall() == []
    one.workers.signal(job.key, signal.SIGTERM)
    assert one.outcome(job).result == Result.CANCELLED


def test_a_dead_worker_loses_what_it_took_and_the_queue_goes_on(pool):
    hold = [pool.job(f"touch ready{number}; until [ -e go{number} ]; do sleep 0.01; done") for number in (1, 2)]
    for number, job in enumerate(hold, 1):
        pool.start(job, f"ready{number}")
    victim, others = pool.job("touch victim; sleep 60"), [pool.job(f"echo {number}") for number in range(5)]
    for job in (victim, *others):
        pool.workers.queue([job])
    (pool.folder / "go1").touch()
    wait_until((pool.folder / "victim").exists)
    os.kill(workers_of(pool)[0], signal.SIGKILL)
    assert pool.outcome(victim).result == Result.LOST
    (pool.folder / "go2").touch()
    assert {pool.outcome(job).result for job in (hold[1], *others)} == {Result.SUCCEEDED}


def test_a_job_that_was_taken_by_a_worker_that_died_before_it_could_tell_is_lost(pool):
    hold = [pool.job(f"touch ready{number}; until [ -e go ]; do sleep 0.01; done") for number in (1, 2)]
    for number, job in enumerate(hold, 1):
        pool.start(job, f"ready{number}")
    victim, other = pool.job("touch victim"), pool.job("true")
    pool.workers.queue([victim])
    pool.workers.queue([other])
    assert pool.workers._queue.take()[0] == victim.key  # as the worker did that is killed now
    os.kill(workers_of(pool)[0], signal.SIGKILL)
    assert pool.outcome(victim).result == Result.LOST
    (pool.folder / "go").touch()
    assert {pool.outcome(job).result for job in (hold[1], other)} == {Result.SUCCEEDED}
    assert not (pool.folder / "victim").exists()


def test_when_all_workers_die_what_is_queued_gets_a_new_one(one):
    job = one.job("true")
    one.workers.queue([job])
    os.kill(workers_of(one)[0], signal.SIGKILL)
    assert one.outcome(one.first).result == Result.LOST
    assert one.outcome(job).result == Result.SUCCEEDED


@pytest.mark.parametrize("slots", [1, 2])
def test_that_an_idle_worker_has_died_is_found_when_it_is_to_get_a_queued_job(tmp_path, slots):
    bench = Bench(tmp_path, lambda environ: SupervisorPool(slots, environ))
    idle = bench.job("true")
    busy = bench.job("touch ready; until [ -e go ]; do sleep 0.01; done")
    bench.workers.submit(idle)
    if slots == 2:
        bench.start(busy, "ready")
    bench.outcome(idle)
    os.kill(workers_of(bench)[0], signal.SIGKILL)
    wait_until(lambda: tree.is_dead(workers_of(bench)[0]))
    jobs = [bench.job(("sh", "-c", f"echo {number}")) for number in range(5)]
    for job in jobs:
        bench.workers.queue([job])
    (tmp_path / "go").touch()
    assert {bench.outcome(job).result for job in jobs} == {Result.SUCCEEDED}
    bench.workers.close()
    assert bench.alive() == []


def test_closing_ends_what_runs_and_starts_nothing_that_is_queued(tmp_path):
    bench = Bench(tmp_path, lambda environ: SupervisorPool(1, environ))
    first, second = bench.job("touch ready; sleep 60"), bench.job("touch second")
    bench.start(first, "ready")
    bench.workers.queue([second])
    bench.workers.close()
    assert not (tmp_path / "second").exists() and bench.alive() == []


def test_without_pipes_of_packets_the_coordinator_hands_on_what_is_queued(monkeypatch, tmp_path):
    monkeypatch.delattr(os, "O_DIRECT")
    bench = Bench(tmp_path, lambda environ: SupervisorPool(1, environ))
    jobs = [bench.job(("sh", "-c", f"echo {number} >>order")) for number in range(3)]
    for job in jobs:
        bench.workers.queue([job])
    assert [bench.outcome(job).result for job in jobs] == [Result.SUCCEEDED] * 3
    assert (tmp_path / "order").read_text() == "0\n1\n2\n"
    bench.workers.close()


def test_a_message_that_would_be_cut_is_refused():
    queue = Queue()
    assert queue.offer(("a" * 100,)) and not queue.offer(("a" * PACKET,))
    assert queue.take() == ("a" * 100,) and queue.take() is None
    queue.close()
    assert not queue.offer(("b",)) and queue.take() is None
