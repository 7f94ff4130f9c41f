from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import pytest
from executors_bench import wait_until

from uetbuild.core.jobs import Outcome, Progress, Result
from uetbuild.errors import UetError
from uetbuild.executors import tree
from uetbuild.executors.pool import SupervisorPool


def workers_of(bench):
    return [news.pid for news in bench.news if isinstance(news, Progress) and news.what == "worker" and news.name == "spawning"]


def test_workers_are_forked_on_demand_and_used_again(pool):
    for _ in range(5):
        pool.run("true")
    assert len(workers_of(pool)) == 1


def test_jobs_run_beside_each_other(pool):
    first = pool.job("until [ -e b ]; do sleep 0.01; done")
    second = pool.job("touch b")
    pool.workers.submit(first)
    pool.workers.submit(second)
    assert pool.outcome(first).result == pool.outcome(second).result == Result.SUCCEEDED


def test_more_jobs_than_slots_is_an_error_of_the_caller(pool):
    for _ in range(2):
        pool.workers.submit(pool.job("sleep 60"))
    with pytest.raises(UetError):
        pool.workers.submit(pool.job("true"))


def test_three_hundred_jobs_on_two_slots_all_end_and_leave_nothing(pool):
    jobs = [pool.job(("sh", "-c", f"echo {number}")) for number in range(300)]
    waiting, running = list(jobs), 0
    done = {}
    while len(done) < 300:
        while waiting and running < 2:
            pool.workers.submit(waiting.pop())
            running += 1
        for news in pool.turn():
            if isinstance(news, Outcome):
                done[news.key] = news.result
                running -= 1
    assert set(done.values()) == {Result.SUCCEEDED}
    assert [pool.log(job.key) for job in jobs] == [f"{number}\n" for number in range(300)]
    assert len(workers_of(pool)) == 2
    assert tree.descendants(workers_of(pool)) == []


def test_a_job_with_a_huge_definition_arrives_whole(pool):
    outcome = pool.run(pool.command(("true",)), env=tuple((f"V{number}", "x" * 1000) for number in range(500)))
    assert outcome.result == Result.SUCCEEDED


COUNTER = "n=0; trap 'n=$((n+1))' INT; touch ready; for i in {1..30}; do sleep 0.01; done; echo $n > count; exit 7"


def test_sigint_reaches_a_job_exactly_once_and_its_end_is_awaited(pool):
    job = pool.job(COUNTER, "echo never", finally_=(pool.command("echo final"),))
    pool.start(job, "ready")
    pool.workers.signal(job.key, signal.SIGINT)
    outcome = pool.outcome(job)
    assert (outcome.result, outcome.code, len(outcome.steps)) == (Result.CANCELLED, 7, 2)
    assert (pool.folder / "count").read_text() == "1\n"
    assert pool.log(job.key) == "final\n"


def test_sigint_reaches_the_whole_group_and_only_that_job(pool):
    job = pool.job("bash -c 'trap \"echo child; exit\" INT; touch ready; for i in {1..900}; do sleep 0.01; done'; true")
    other = pool.job("sleep 0.3")
    pool.start(job, "ready")
    pool.start(other)
    pool.workers.signal(job.key, signal.SIGINT)
    assert pool.outcome(job).result == Result.CANCELLED
    assert pool.outcome(other).result == Result.SUCCEEDED
    assert pool.log(job.key) == "child\n"


def test_what_ignores_sigint_can_be_ended_by_sigterm(pool):
    job = pool.job("trap '' INT; touch ready; sleep 60")
    pool.start(job, "ready")
    pool.workers.signal(job.key, signal.SIGINT)
    pool.workers.signal(job.key, signal.SIGTERM)
    assert (pool.outcome(job).result, pool.outcome(job).code) == (Result.CANCELLED, -15)


def test_sigterm_is_followed_by_kill_after_the_grace(pool):
    job = pool.job("trap '' TERM; setsid sleep 60 & touch ready; sleep 60; sleep 60", grace=0.2, finally_=(pool.command("echo final"),))
    pool.start(job, "ready")
    pool.workers.signal(job.key, signal.SIGTERM)
    outcome = pool.outcome(job)
    assert (outcome.result, outcome.code) == (Result.CANCELLED, -9)
    assert pool.log(job.key) == "final\n"
    assert tree.descendants(workers_of(pool)) == []


def test_sigkill_ends_the_tree_at_once_without_final_commands(pool):
    job = pool.job("trap '' TERM; setsid sleep 60 & touch ready; sleep 60", grace=60, finally_=(pool.command("echo final"),))
    pool.start(job, "ready")
    pool.workers.signal(job.key, signal.SIGKILL)
    assert (pool.outcome(job).result, pool.outcome(job).code) == (Result.CANCELLED, -9)
    assert pool.log(job.key) == ""
    assert tree.descendants(workers_of(pool)) == []


def test_a_signal_reaches_a_job_whose_commands_are_too_short_to_hear_of_it(pool, monkeypatch):
    monkeypatch.setattr("uetbuild.executors.watch.Watch.moment", 60.0)
    job = pool.job("touch ready", *[pool.command(("true",))] * 1000, finally_=(pool.command("echo final"),))
    pool.workers.submit(job)
    wait_until((pool.folder / "ready").exists)
    pool.workers.signal(job.key, signal.SIGINT)
    outcome = pool.outcome(job)
    assert (outcome.result, outcome.code, pool.log(job.key)) == (Result.CANCELLED, -signal.SIGINT, "final\n")
    assert len(outcome.steps) < 1000


def test_sigterm_wakes_what_is_stopped(pool):
    job = pool.job("touch ready; kill -STOP $$; sleep 60", grace=30)
    pid = pool.start(job, "ready")
    wait_until(lambda: tree._stat(pid)[tree._STATE] == b"T")
    pool.workers.signal(job.key, signal.SIGTERM)
    assert pool.outcome(job).code == -15


def test_sigkill_hurries_a_job_that_is_being_emptied(pool):
    job = pool.job("(setsid bash -c 'trap \"\" TERM; touch ready; sleep 60; sleep 60' &); until [ -e ready ]; do :; done", grace=60)
    pool.start(job, "ready")
    pool.workers.signal(job.key, signal.SIGKILL)
    pool.outcome(job)
    assert tree.descendants(workers_of(pool)) == []


def test_a_signal_for_a_job_that_ended_hurts_nobody(pool):
    job = pool.job("true")
    pool.workers.submit(job)
    pool.outcome(job)
    pool.workers.signal(job.key, signal.SIGKILL)
    pool.workers.signal(12345, signal.SIGKILL)
    assert pool.run("true").result == Result.SUCCEEDED


def test_the_death_of_a_worker_loses_its_job_and_no_other(pool):
    daemon = "setsid bash -c 'trap \"\" TERM; touch daemon; sleep 60; sleep 60' & trap '' TERM; sleep 60; sleep 60"
    victim, other = pool.job(daemon, grace=0.3), pool.job("until [ -e go ]; do sleep 0.01; done; echo well")
    pool.start(victim, "daemon")
    pool.start(other)
    worker = workers_of(pool)[0]
    family = tree.descendants([worker])
    os.kill(worker, signal.SIGKILL)
    assert pool.outcome(victim).result == Result.LOST
    assert all(tree.is_dead(pid) for pid in family) and len(family) >= 2
    assert [news.name for news in pool.progress(victim, "worker")] == ["lost"]
    (pool.folder / "go").touch()
    assert pool.outcome(other).result == Result.SUCCEEDED
    both = [pool.job("until [ -e y ]; do sleep 0.01; done"), pool.job("touch y")]  # the slot has a new worker
    for job in both:
        pool.workers.submit(job)
    assert [pool.outcome(job).result for job in both] == [Result.SUCCEEDED] * 2


def test_orphans_of_a_dead_worker_may_clean_up_within_the_grace(pool):
    job = pool.job("trap 'sleep 0.1; echo cleaned; exit' TERM; touch ready; sleep 60 & wait")
    pool.start(job, "ready")
    os.kill(workers_of(pool)[0], signal.SIGKILL)
    assert pool.outcome(job).result == Result.LOST
    assert pool.log(job.key).endswith("cleaned\n")


def test_all_workers_dead_at_once_lose_all_their_jobs(pool):
    jobs = [pool.job("sleep 60"), pool.job("sleep 60")]
    for job in jobs:
        pool.start(job)
    for worker in workers_of(pool):
        os.kill(worker, signal.SIGKILL)
    assert [pool.outcome(job).result for job in jobs] == [Result.LOST, Result.LOST]
    assert pool.run("true").result == Result.SUCCEEDED


def test_an_idle_worker_that_died_is_replaced_unnoticed(pool):
    pool.run("true")
    os.kill(workers_of(pool)[0], signal.SIGKILL)
    wait_until(lambda: tree.is_dead(workers_of(pool)[0]))
    assert pool.run("true").result == Result.SUCCEEDED
    assert len(workers_of(pool)) == 2


def test_children_that_the_coordinator_had_before_are_no_orphans(tmp_path):
    from executors_bench import Bench

    child = subprocess.Popen(["sleep", "60"])
    bench = Bench(tmp_path, lambda environ: SupervisorPool(1, environ))
    job = bench.job("sleep 60")
    bench.start(job)
    os.kill(workers_of(bench)[0], signal.SIGKILL)
    assert bench.outcome(job).result == Result.LOST
    assert child.poll() is None
    bench.workers.close()
    child.kill()
    child.wait()


def descriptors(pid):
    return {int(fd): os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}


def test_a_worker_holds_its_own_pipes_and_what_it_is_to_keep(tmp_path):
    from executors_bench import Bench

    database, lock = (os.open(tmp_path / name, os.O_RDWR | os.O_CREAT) for name in ("database", "lock"))
    bench = Bench(tmp_path, lambda environ: SupervisorPool(2, environ, (lock,)))
    jobs = [bench.job("touch a; sleep 60"), bench.job("touch b; sleep 60")]
    bench.start(jobs[0], "a")
    bench.start(jobs[1], "b")
    first, second = (descriptors(pid) for pid in workers_of(bench))
    for held in (first, second):
        files = [target for fd, target in held.items() if fd > 2 and not target.startswith("pipe:")]
        assert sorted(os.path.basename(target) for target in files if "log" not in target) == ["lock", "null"]
        pipes = [target for fd, target in held.items() if fd > 2 and target.startswith("pipe:")]
        assert len(pipes) == 5  # orders, replies, the queue, both ends of the wakeup pipe
    both = {target for fd, target in first.items() if target.startswith("pipe:")} & {*second.values()}
    assert both == {os.readlink(f"/proc/self/fd/{bench.workers._queue.reading}")}
    bench.workers.close()
    os.close(database)
    os.close(lock)


def test_what_our_caller_left_open_does_not_reach_a_job(pool):
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    outcome = pool.run(pool.command(("sh", "-c", "ls /proc/$$/fd")))
    os.close(writing)
    os.close(reading)
    assert pool.log(outcome.key).split() == ["0", "1", "2"]


def test_terminal_signals_do_not_end_workers(pool):
    job = pool.job("touch ready; until [ -e go ]; do sleep 0.01; done")
    pool.start(job, "ready")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        os.kill(workers_of(pool)[0], number)
    (pool.folder / "go").touch()
    assert pool.outcome(job).result == Result.SUCCEEDED


def test_no_handler_of_the_coordinator_runs_in_a_worker(pool):
    before = signal.signal(signal.SIGXCPU, lambda *_: None)
    try:
        pool.run("true")
    finally:
        signal.signal(signal.SIGXCPU, before)
    with open(f"/proc/{workers_of(pool)[0]}/status") as status:
        caught = int(next(line for line in status if line.startswith("SigCgt")).split()[1], 16)
    assert caught >> (signal.SIGCHLD - 1) & 1
    assert not caught >> (signal.SIGXCPU - 1) & 1


def test_close_ends_idle_workers_and_says_so(pool):
    pool.run("true")
    pool.workers.close()
    assert [news.name for news in pool.workers.collect() if isinstance(news, Progress)] == ["terminated"]
    assert pool.alive() == []


def test_a_close_that_failed_half_way_is_completed_by_the_next(pool):
    """As a loop does that gives up, and then whoever made the workers."""
    pool.run("true")
    poller = pool.workers._poller

    class Fails:
        def poll(self, milliseconds):
            raise OSError(errno.EIO, "the disk is on fire")

    pool.workers._poller = Fails()
    with pytest.raises(OSError, match="on fire"):
        pool.workers.close()
    pool.workers._poller = poller
    pool.workers.close()
    assert pool.alive() == []


def test_close_ends_running_jobs_with_term_grace_kill(pool):
    polite = pool.job("trap 'echo cleaned; exit 3' TERM; touch polite; sleep 60 & wait")
    rude = pool.job("trap '' TERM; touch rude; sleep 60; sleep 60", grace=0.2)
    pool.start(polite, "polite")
    pool.start(rude, "rude")
    pool.workers.close()
    assert pool.alive() == []
    assert pool.log(polite.key).endswith("cleaned\n")
    ended = {news.key: news for news in pool.workers.collect() if isinstance(news, Outcome)}
    assert (ended[polite.key].result, ended[polite.key].code, ended[rude.key].code) == (Result.CANCELLED, 3, -9)


def test_close_while_orphans_are_being_ended_ends_them(pool):
    job = pool.job("trap '' TERM; touch ready; sleep 60; sleep 60", grace=60)
    pool.start(job, "ready")
    os.kill(workers_of(pool)[0], signal.SIGKILL)
    pool.until(lambda: pool.progress(job, "worker"))
    pool.workers.close()
    assert pool.alive() == []
    assert [news.result for news in pool.workers.collect() if isinstance(news, Outcome)] == [Result.LOST]


COSTLY = {"enum", "typing", "re", "subprocess", "signal", "json", "pathlib", "dataclasses", "contextlib", "ctypes", "threading", "shutil"}


def test_importing_the_pool_loads_nothing_costly():
    code = (
        "import sys; before = set(sys.modules); import uetbuild.executors.pool, uetbuild.executors.ask; print(*set(sys.modules) - before)"
    )
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not COSTLY & set(loaded)


def test_running_a_job_loads_nothing_costly(tmp_path):
    code = f"""
import os, sys, select
before = set(sys.modules)
from uetbuild.core.jobs import Command, Job, Outcome
from uetbuild.executors.pool import SupervisorPool
pool = SupervisorPool(1, dict(os.environ))
pool.submit(Job(key=1, node="n", commands=(Command(argv=("true",), cwd="/"),), log={str(tmp_path / "log")!r}))
while not any(isinstance(news, Outcome) for news in pool.collect()):
    poller = select.poll()
    for fd in pool.filenos():
        poller.register(fd, select.POLLIN)
    poller.poll()
pool.close()
print(*set(sys.modules) - before)
"""
    loaded = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "_ctypes" in loaded
    assert not COSTLY & set(loaded)
