"""Promise 7: whoever of us dies, nobody is left behind, and two builds never run the same node at once. What is left is recovered."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest
from transcript import Folder
from watching import HEALED, SLEEPER, children, ended, family, heals, recorded, running, spoken, survivors, until

pytestmark = pytest.mark.usefixtures("marked")


def test_kill_9_of_the_coordinator_leaves_nobody_and_the_next_build_heals(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "next")
    build.kill()
    ended(build)
    until(lambda: not survivors(str(folder.root)))
    heals(folder)


def test_a_half_written_output_of_a_killed_build_never_passes_for_the_old_one(folder: Folder) -> None:
    folder.manifest('workstreams: {work: {inputs: [in], outputs: [out], run: "cat in > out"}}')
    folder.write("in", "A\n")
    assert folder("work").code == 0
    folder.manifest("""
workstreams: {work: {inputs: [in], outputs: [out], run: "head -c 1 in > out; echo > started; sleep 1000"}}
""")
    folder.write("in", "B\n")
    build = running(folder, "work")
    build.kill()
    ended(build)
    folder.manifest('workstreams: {work: {inputs: [in], outputs: [out], run: "cat in > out"}}')
    folder.write("in", "A\n")
    assert "work" in folder("status").text
    assert folder("work --explain").text.startswith("work: the last attempt did not succeed\n")
    assert folder.read("out") == "A\n"


def test_what_a_killed_recipe_half_made_is_nobodys_source_when_its_workstream_is_gone(folder: Folder) -> None:
    """By the record of its start alone: what it had made before was cleared away, and the manifest names it no more."""
    copy = 'copy: {foreach: "src/*", outputs: ["o/{{ item.name }}"], run: "cp src/{{ item.name }} o/; sh hang"}'
    more = 'more: {inputs: [in], outputs: [d/, "*.p"], run: "echo > d/1; echo > 1.p; sh hang"}'
    total = "total: {inputs: ['o/*', 'd/**', '*.p'], outputs: [sum], run: 'echo {{ inputs }} > sum'}"
    folder.manifest(f"workstreams:\n  {copy}\n  {more}\n  {total}\n")
    for name in ("src/a", "src/b", "in", "mine.p"):
        folder.write(name, "0\n")
    folder.write("hang", "")
    said = folder("-j1")
    assert said.code == 0, said.text
    assert folder.read("sum") == "o/a o/b d/1 1.p mine.p\n"
    folder.write("hang", "echo > started; sleep 1000")
    for changed, who in (("src/b", "copy"), ("in", "more")):
        folder.write(changed, "1\n")
        build = running(folder, who)
        build.kill()
        ended(build)
        (folder.root / "started").unlink()
    (folder.root / "src/b").unlink()
    folder.manifest(f"workstreams:\n  {copy}\n  {total}\n")
    left = [folder.root / name for name in ("o/b", "d/1", "1.p")]
    assert all(path.exists() for path in left)
    assert folder("-j1").code == 0
    assert folder.read("sum") == "o/a mine.p\n"
    assert folder("clean --orphans").code == 0
    assert not any(path.exists() for path in left)
    assert folder.exists("mine.p")


def test_a_killed_supervisor_loses_its_job_not_the_build(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  lost: {outputs: [lost], run: "echo > started; sleep 1000"}
  other: {outputs: [other], run: "while [ ! -e go ]; do sleep 0.01; done; touch other"}
  third: {inputs: [other], outputs: [third], run: touch third}
""")
    build = running(folder, "-j2", "-k")
    until(lambda: len(children(build.pid)) == 2)
    sleeping: list[int] = []

    def found() -> list[int]:
        """The supervisor of the job that sleeps; that one has said that it started a little before it does."""
        sleeping[:] = [pid for pid in children(build.pid) if any(b"sleep\x001000" in spoken(c) for c in family(str(pid)))]
        return sleeping

    until(found)
    (victim,) = sleeping
    os.kill(victim, signal.SIGKILL)
    folder.write("go", "")
    said = ended(build)
    assert said.code == 1
    assert f"`lost` failed: worker {victim} died" in said.err
    assert folder.exists("third")
    assert not folder.exists("lost")
    folder.manifest("""
workstreams:
  lost: {outputs: [lost], run: touch lost}
  other: {outputs: [other], run: "while [ ! -e go ]; do sleep 0.01; done; touch other"}
  third: {inputs: [other], outputs: [third], run: touch third}
""")
    assert folder.plain(folder("-j1").text) == "lost  touch lost  [TIME]\nran 1 of 3 in [TIME] (2 up to date)\n"


def test_what_coordinator_and_supervisor_left_when_both_were_killed_is_ended_by_the_next_build(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    until(lambda: recorded(folder))
    supervisors = children(build.pid)
    for pid in (build.pid, *supervisors):
        os.kill(pid, signal.SIGSTOP)
    for pid in (*supervisors, build.pid):
        os.kill(pid, signal.SIGKILL)
    ended(build)
    assert survivors(str(folder.root)), "the job goes on: nobody is there to end it"
    heals(folder)
    assert not survivors(str(folder.root))


def test_what_a_recipe_leaves_in_the_background_ends_with_it(folder: Folder) -> None:
    folder.manifest('workstreams: {work: {outputs: [out], run: "touch out; setsid sleep 1000 & (sleep 1000 &) ; true"}}')
    assert ended(folder.start("work")).code == 0
    assert not survivors(str(folder.root))


def test_a_second_build_waits_for_the_first_or_exits_with_7(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work: {outputs: [out], run: "echo run >> count; echo > started; while [ ! -e go ]; do sleep 0.01; done; touch out"}
""")
    first = running(folder, "work")
    refused = folder("work --no-wait")
    assert refused.code == 7
    assert folder.plain(refused.err) == (
        "error: another build is running here (process [PID], run `[RUN]`)\nhint: wait for it, or leave out `--no-wait`\n"
    )
    second = folder.start("work")
    assert second.stderr is not None
    assert "waiting for another build of this project" in second.stderr.readline()
    folder.write("go", "")
    assert ended(first).code == 0
    said = ended(second)
    assert (said.code, said.out) == (0, "up to date (1 workstream)\n")
    assert folder.read("count") == "run\n"


def test_reading_commands_do_not_wait_for_a_build(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    for line in ("list", "status", "explain work", "graph", "plan", "check", "runs", "show", "logs work", "events"):
        assert folder(line).code in (0, 1), line
    assert "running" in folder("runs").text
    build.send_signal(signal.SIGTERM)
    ended(build)
    assert "cancelled" in folder("runs").text


def test_a_run_whose_process_is_gone_is_interrupted(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    build.kill()
    ended(build)
    until(lambda: not survivors(str(folder.root)))
    assert "interrupted" in folder("runs").text


def stopped_and_killed(build: subprocess.Popen[str]) -> None:
    """Kill coordinator and supervisors so that none sees another die."""
    everyone = (build.pid, *children(build.pid))
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in everyone:
            os.kill(pid, number)
    ended(build)


@pytest.mark.parametrize("masked", [False, True], ids=["log", "pipe"])
def test_a_job_whose_pid_was_never_recorded_is_ended_by_the_next_build(folder: Folder, masked: bool) -> None:
    """The coordinator dies before the turn in which the pid would have become durable; its supervisor dies with it."""
    folder.manifest(SLEEPER)
    folder.environ |= {"UETBUILD_TEST_TOKEN": "secret words"} if masked else {}
    failing = {"UET_TESTING": "1", "UET_FAILPOINTS": "pid.committing#1=sleep:60"}
    build = folder.start("work", environ=failing)
    until(lambda: folder.exists("started"))
    assert recorded(folder) == 0
    stopped_and_killed(build)
    assert survivors(str(folder.root)), "the job goes on: nobody is there to end it"
    heals(folder)
    assert not survivors(str(folder.root))


def test_the_next_build_tells_in_both_histories_what_it_ended(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    stopped_and_killed(build)
    folder.manifest(HEALED)
    said = folder("next --json -j1")
    events = [json.loads(line) for line in said.out.splitlines()]
    old, new = folder("runs --json"), events[0]["run"]
    interrupted = next(run["id"] for run in json.loads(old.out)["runs"] if run["id"] != new)
    assert [event["event"] for event in events[:2]] == ["run_started", "recovered"]
    assert events[1]["interrupted"] == interrupted
    assert {one["node"] for one in events[1]["processes"]} == {"work"}
    last = json.loads(folder(f"events {interrupted}").out.splitlines()[-1])
    assert (last["event"], last["processes"]) == ("recovered", events[1]["processes"])
    assert "interrupted" in folder(f"show {interrupted}").text


def test_recover_lists_what_a_crash_left_and_changes_nothing_and_then_cleans_it_up(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    stopped_and_killed(build)
    draft = folder.write(f".uet/plan.bin.{build.pid}.tmp", "half")
    folder.write(".uet/sandboxes/R/work/out", "half")
    before = {path: content for path, content in folder.tree().items() if not path.endswith(("-shm", "-wal"))}
    listed = json.loads(folder("recover --list --json").out)
    assert before == {path: content for path, content in folder.tree().items() if not path.endswith(("-shm", "-wal"))}
    alive = survivors(str(folder.root))
    assert {one["pid"] for one in listed["processes"]} >= {pid for pid in alive if spoken(str(pid)).startswith(b"bash")}
    assert listed["half_written"] == [{"id": "work", "run": listed["runs"][0], "paths": ["out"], "kept": ""}]
    assert (listed["sandboxes"], listed["temporary"]) == ([".uet/sandboxes/R"], [f".uet/{draft.name}"])
    done = folder("recover --json")
    assert (done.code, json.loads(done.out)["remaining"]) == (0, [])
    assert not survivors(str(folder.root))
    assert [folder.exists(path) for path in ("out", f".uet/{draft.name}", ".uet/sandboxes/R")] == [False, False, False]
    assert folder("recover").text == folder("recover --list").text == "nothing to recover\n"
    heals(folder)


def test_recover_leaves_a_build_alone_that_is_running(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    listed = json.loads(folder("recover --list --json").out)
    assert listed["building"]["pid"] == build.pid
    assert [listed[name] for name in ("runs", "processes", "half_written", "sandboxes", "temporary")] == [[], [], [], [], []]
    assert folder("recover --no-wait").code == 7
    assert folder.exists("out")
    build.send_signal(signal.SIGTERM)
    assert ended(build).code == 143


def test_resume_goes_on_with_an_interrupted_run_and_repeats_nothing(folder: Folder) -> None:
    folder.manifest("""
vars: {tone: plain}
default: [other]
workstreams:
  first: {always: true, run: "echo {{ vars.tone }} >> first"}
  second: {depends_on: [first], outputs: [second], run: "echo > started; while [ ! -e go ]; do sleep 0.01; done; echo {{ vars.tone }} > second"}
  other: {outputs: [other], run: touch other}
""")
    build = running(folder, "second", "tone=soft", "-j1")
    assert "is still running" in folder("resume").err
    stopped_and_killed(build)
    folder.write("go", "")
    said = folder("resume")
    assert said.code == 0, said.err
    assert (folder.read("first"), folder.read("second"), folder.exists("other")) == ("soft\n", "soft\n", False)
    runs = json.loads(folder("runs --json").out)["runs"]
    assert [run["state"] for run in runs] == ["succeeded"]
    assert "there is nothing to go on with" in folder("resume").err
    names = [json.loads(line)["event"] for line in folder("events").out.splitlines()]
    assert (names.count("run_started"), names.count("recovered"), names.count("run_finished")) == (2, 1, 1)


def test_resume_goes_on_with_a_failed_run(folder: Folder) -> None:
    folder.manifest('workstreams: {a: {outputs: [a], run: touch a}, b: {inputs: [a], outputs: [b], run: "test -e go && touch b"}}')
    assert folder("b -k").code == 1
    folder.write("go", "")
    assert folder("resume").code == 0
    assert folder.exists("b")


def test_who_waited_tells_for_whom_in_its_history(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work: {outputs: [out], run: "echo > started; while [ ! -e go ]; do sleep 0.01; done; touch out"}
  more: {outputs: [more], run: touch more}
""")
    first = running(folder, "work")
    second = folder.start("more", "--json")
    assert second.stderr is not None
    told = second.stderr.readline()
    assert f"process {first.pid}, run `" in told
    assert ", since " in told
    folder.write("go", "")
    events = [json.loads(line) for line in ended(second).out.splitlines()]
    ended(first)
    assert [event["event"] for event in events[:2]] == ["run_started", "lock_waited"]
    assert events[1]["pid"] == first.pid
    assert events[1]["holder"] in told


@pytest.mark.parametrize("way", ["state", "link", "below"])
def test_the_same_folder_by_another_way_is_the_same_lock(folder: Folder, way: str) -> None:
    folder.manifest(SLEEPER)
    folder.write("deep/file", "")
    moved = ["--state", "elsewhere"] if way == "state" else []
    build = running(folder, "work", *moved)
    link = folder.root.parent / "link"
    link.symlink_to(folder.root)
    line = {"state": "build work --no-wait --state elsewhere", "link": f"-C {link} work --no-wait", "below": "-C deep work --no-wait"}[way]
    assert folder(line).code == 7
    build.send_signal(signal.SIGTERM)
    ended(build)


@pytest.mark.parametrize("line", ["clean", "accept work", "recover"])
def test_whoever_changes_something_does_not_wait_where_that_is_not_wanted(folder: Folder, line: str) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    assert folder(f"{line} --no-wait").code == 7
    build.send_signal(signal.SIGTERM)
    ended(build)


def test_a_build_that_waited_looks_at_the_manifest_again(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work: {outputs: [out], run: "echo > started; while [ ! -e go ]; do sleep 0.01; done; echo old > out"}
""")
    first = running(folder, "work")
    second = folder.start("work", "-j1")
    assert second.stderr is not None
    assert "waiting for another build" in second.stderr.readline()
    folder.manifest('workstreams: {work: {outputs: [out], run: "echo new > out"}}')
    folder.write("go", "")
    assert ended(first).code == 0
    said = ended(second)
    assert said.code == 0, said.err
    assert folder.read("out") == "new\n"
    assert folder("work").text == "up to date (1 workstream)\n"


QUESTION = "setsid sleep 1000 & echo > asked; exec sleep 1000"


@pytest.mark.parametrize(
    "line", ["work -j1", *[pytest.param(line, marks=pytest.mark.slow) for line in ("recover", "clean", "accept work")]]
)
def test_what_answers_a_question_of_a_killed_build_is_ended_by_whoever_changes_something_next(folder: Folder, line: str) -> None:
    folder.manifest(f"""
vars: {{word: {{sh: "{QUESTION}"}}}}
workstreams:
  work: {{outputs: [out], run: "echo {{{{ vars.word }}}} > out"}}
""")
    build = folder.start("work")
    until(lambda: folder.exists("asked"))
    build.kill()
    ended(build)
    left = survivors(str(folder.root))
    assert left, "it goes on: nobody is there to end it"
    listed = json.loads(folder("recover --list --json").out)
    assert {one["pid"] for one in listed["processes"]} == set(left)
    folder.manifest('workstreams: {work: {outputs: [out], run: "echo word > out"}}')
    folder.write("out", "word\n")
    said = folder(line)
    assert said.code == 0, said.err
    assert not survivors(str(folder.root))
    if line != "recover":
        assert "left running to answer a question" in said.err
    assert folder("recover --list").text == "nothing to recover\n"


def test_a_question_that_is_asked_without_the_lock_is_left_alone(folder: Folder) -> None:
    """`plan --probe` changes nothing, so it waits for nobody, and nobody ends it."""
    folder.manifest("""
vars: {word: {sh: "echo > asked; while [ ! -e go ]; do sleep 0.01; done; echo word"}}
workstreams:
  work: {outputs: [out], run: "echo {{ vars.word }} > out"}
  other: {outputs: [other], run: touch other}
""")
    asking = folder.start("plan", "work", "--probe")
    until(lambda: folder.exists("asked"))
    (folder.root / ".uet").mkdir(mode=0o700, exist_ok=True)
    folder.write(".uet/lock", "99999999\n1.0\n\n")
    assert folder("other -j1").code == 0
    assert folder("recover").code == 0
    assert asking.poll() is None
    folder.write("go", "")
    assert ended(asking).code == 0


@pytest.mark.parametrize("line", ["clean", "accept work"])
def test_who_cleans_or_accepts_first_ends_what_still_writes(folder: Folder, line: str) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    until(lambda: recorded(folder))
    stopped_and_killed(build)
    assert survivors(str(folder.root)), "the job goes on: nobody is there to end it"
    said = folder(line)
    assert said.code == 0, said.err
    assert "ended what an earlier build left running for `work`" in said.err
    assert not survivors(str(folder.root))


def test_recover_knows_what_was_cut_off_twice(folder: Folder) -> None:
    folder.manifest('workstreams: {work: {outputs: [out], run: "echo half > out; echo > started; sleep 1000"}}')
    for _ in range(2):
        build = running(folder, "work")
        stopped_and_killed(build)
        (folder.root / "started").unlink()
    listed = json.loads(folder("recover --list --json").out)
    assert [(half["id"], half["paths"]) for half in listed["half_written"]] == [("work", ["out"])]
    assert folder("recover").code == 0
    assert not folder.exists("out")
