"""A job that is over in a moment goes a shorter way, on which nothing is different."""

from __future__ import annotations

import os
import signal

import pytest
from executors_bench import Bench

from uetbuild import failpoints
from uetbuild.core.jobs import Result
from uetbuild.executors import tree
from uetbuild.executors.pool import SupervisorPool


@pytest.fixture
def patient(monkeypatch):
    """All commands are over in a moment."""
    monkeypatch.setattr("uetbuild.executors.watch.Watch.moment", 60.0)


COMMANDS = {
    "silent": ("true", {}),
    "loud": ("echo said; echo so >&2", {}),
    "fails": ("exit 3", {}),
    "fails and says so": ("echo said; exit 3", {}),
    "is allowed to fail": ("exit 3", {"allow_failure": True}),
    "killed": ("kill -9 $$", {}),
    "not found": (("no-such-tool",), {}),
    "no folder": ("true", {"cwd": "/no/such/folder"}),
    "says too much": ("head -c 200000 /dev/zero", {}),
    "as much as it may": ("head -c 100000 /dev/zero", {}),
    "sees": ('echo "$A $B $C $PWD"; cat "$UET_INPUTS"; cat', {"env": (("C", "own"),)}),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_comes_of_a_command_is_the_same_on_each_way(tmp_path, monkeypatch, name):
    text, fields = COMMANDS[name]
    found = []
    for way, moment, notes in (("over", 60.0, ()), ("begun", 0.0, ()), ("not begun", 60.0, ((f"{tmp_path}/note", ""),))):
        monkeypatch.setattr("uetbuild.executors.watch.Watch.moment", moment)
        folder = tmp_path / way
        folder.mkdir()
        bench = Bench(folder, lambda environ: SupervisorPool(1, environ))
        outcome = bench.run(
            bench.command(text, name="step", **fields), notes=notes, output_limit=100_000, env=(("A", "1"), ("B", "2")),
            lists=((("UET_INPUTS",), "a\n"),),
        )  # fmt: skip
        bench.workers.close()
        steps = [(step, code) for step, code, _ in outcome.steps]
        log = bench.log(outcome.key).replace(str(folder), "FOLDER")
        found.append((outcome.result, outcome.code, outcome.message, outcome.logged, steps, log))
    assert found[0] == found[1] == found[2]


def test_what_a_command_leaves_behind_writes_to_its_log_and_is_awaited(bench, patient, monkeypatch):
    monkeypatch.setattr("uetbuild.executors.running.COURTESY", 20.0)  # however busy the machine is
    early = bench.run("(sleep 0.03; echo late) & echo early")
    assert (bench.log(early.key), bench.log(bench.run("true").key)) == ("early\nlate\n", "")


def test_a_daemon_of_a_command_without_words_is_ended(bench, patient):
    outcome = bench.run("(setsid bash -c 'trap \"\" TERM; echo $BASHPID > pid; sleep 60' &); until [ -s pid ]; do :; done", grace=0.05)
    assert outcome.result == Result.SUCCEEDED
    assert not os.path.exists(f"/proc/{(bench.folder / 'pid').read_text().strip()}")


@pytest.mark.parametrize("limit", [{"timeout": 0.1}, {"commands": 0.1}])
def test_a_limit_of_time_holds_from_the_first_moment_on(bench, patient, limit):
    outcome = bench.run(bench.command("sleep 60", timeout=limit.get("commands", 0.0)), timeout=limit.get("timeout", 0.0))
    assert (outcome.result, outcome.message) == (Result.TIMED_OUT, "timed out after 0.1s")


def test_a_signal_that_comes_with_a_job_keeps_it_from_being_started(pool):
    pool.run("true")
    (worker,) = tree.children(os.getpid())
    job = pool.job("touch started")
    os.kill(worker, signal.SIGSTOP)
    pool.workers.submit(job)
    pool.workers.signal(job.key, signal.SIGINT)
    os.kill(worker, signal.SIGCONT)
    assert pool.outcome(job).result == Result.CANCELLED
    assert not (pool.folder / "started").exists()


def test_jobs_without_words_make_no_file_of_ours(bench, patient):
    def kept():
        return {name: os.stat(bench.folder / name).st_ino for name in os.listdir(bench.folder) if name.startswith(".")}

    lists = ((("UET_INPUTS",), "a\n"),)
    bench.run(("true",), lists=lists)
    before = kept()
    assert len(before) == 2
    for _ in range(3):
        bench.run(("true",), lists=lists)
    assert kept() == before


def test_a_log_is_held_by_nobody_when_its_job_is_over(pool, patient):
    pool.run("true")
    (worker,) = tree.children(os.getpid())
    before = len(os.listdir(f"/proc/{worker}/fd"))
    for _ in range(3):
        pool.run("echo said")
    pool.run("true")
    assert len(os.listdir(f"/proc/{worker}/fd")) == before


def test_who_writes_where_its_log_will_be_has_what_it_printed_there_and_nobody_else(bench, patient):
    loud = bench.run("echo said; echo other > log1; exit 3")
    assert [bench.log(key) for key in (loud.key, bench.run(("true",)).key)] == ["said\n", ""]


@pytest.mark.parametrize("point", ["recipe.starting", "recipe.started", "recipe.ended", "job.ended", "log.opening", "note.writing"])
def test_an_error_of_ours_on_the_short_way_leaves_nobody_behind(tmp_path, patient, monkeypatch, point):
    environ = {"UET_TESTING": "1", "UET_FAILPOINTS": f"{point}=raise:EIO"}
    failpoints.arm(environ)
    try:
        bench = Bench(tmp_path, lambda environ: SupervisorPool(1, environ))
        lists = ((("UET_INPUTS",), "a\n"),)
        jobs = [bench.run("echo said", lists=lists), bench.run(("true",), lists=lists)]
    finally:
        failpoints.arm({})
    assert [(job.result, job.logged, bench.log(job.key)) for job in jobs] == [("succeeded", True, "said\n"), ("succeeded", False, "")]
    bench.workers.close()
    assert bench.alive() == []
