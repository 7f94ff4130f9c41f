"""The promises about processes, with the real program: signals, kills, two builds at once, a reader that goes away."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from transcript import Folder, Said

PATIENCE = 20.0  # seconds until something that must happen counts as not happening


@pytest.fixture(autouse=True)
def marked(folder: Folder) -> Iterator[None]:
    """Whoever was started by a test carries its mark in the environment; when it ends nobody may be left."""
    folder.environ["UETBUILD_TEST_MARK"] = mark = str(folder.root)
    yield
    left = survivors(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left


def survivors(mark: str) -> list[int]:
    """Processes, zombies left out, that were started by the test whose mark this is."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                environ = Path("/proc", name, "environ").read_bytes()
                state = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if f"UETBUILD_TEST_MARK={mark}".encode() in environ.split(b"\0") and state != "Z":
                found.append(int(name))
    return found


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=PATIENCE)
    return Said(process.returncode, out, err)


def running(folder: Folder, *words: str) -> subprocess.Popen[str]:
    """A build of `Uetfile.yaml` that has come as far as to write the file `started`."""
    process = folder.start(*words)
    until(lambda: folder.exists("started") or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def children(pid: int) -> list[int]:
    """The supervisors of a build."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


SLEEPER = """
workstreams:
  work:
    outputs: [out]
    run: |
      trap 'echo int >> told; exit 9' INT
      trap 'echo term >> told; exit 9' TERM
      echo half > out
      setsid sleep 1000 &
      touch started
      while true; do sleep 0.05; done
  next: {inputs: [out], outputs: [next], run: cp out next}
"""
HEALED = """
workstreams:
  work:
    outputs: [out]
    run: echo whole > out
  next: {inputs: [out], outputs: [next], run: cp out next}
"""


def heals(folder: Folder) -> None:
    """The next build makes everything, and the one after it nothing."""
    folder.manifest(HEALED)
    assert folder("next -j1").code == 0
    assert folder.read("next") == "whole\n"
    assert folder("next").text == "up to date (2 workstreams)\n"


# --- signals -------------------------------------------------------------------------------------------------------------------


def test_ctrl_c_once_gives_every_job_exactly_one_sigint_and_waits_for_it(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "next")
    build.send_signal(signal.SIGINT)
    said = ended(build)
    assert said.code == 130
    assert folder.read("told") == "int\n"
    assert "interrupted (SIGINT): nothing new starts, waiting for what runs; once more to kill it" in said.err
    assert not folder.exists("out")
    assert not folder.exists("next")
    heals(folder)


def test_what_a_job_made_after_ctrl_c_is_not_trusted_even_if_it_ends_well(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work:
    outputs: [out]
    run: |
      trap 'echo half > out; exit 0' INT
      touch started
      while true; do sleep 0.05; done
  next: {inputs: [out], outputs: [next], run: cp out next}
""")
    build = running(folder, "next")
    build.send_signal(signal.SIGINT)
    assert ended(build).code == 130
    assert not folder.exists("out")
    heals(folder)


def test_ctrl_c_twice_ends_what_does_not_listen(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  deaf:
    outputs: [out]
    run: |
      trap 'echo int >> told' INT
      touch started
      while true; do sleep 0.05; done
""")
    build = running(folder, "deaf")
    build.send_signal(signal.SIGINT)
    until(lambda: folder.exists("told"))
    build.send_signal(signal.SIGINT)
    assert ended(build).code == 130
    assert folder.read("told") == "int\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_sigterm_and_sighup_end_the_build(folder: Folder, number: signal.Signals, code: int) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "next")
    build.send_signal(number)
    assert ended(build).code == code
    assert folder.read("told") == "term\n"
    assert not folder.exists("out")
    heals(folder)


def test_fail_fast_kills_what_is_running(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  long: {outputs: [long], run: "touch started; sleep 1000"}
  bad: {outputs: [bad], run: "while [ ! -e started ]; do sleep 0.01; done; exit 1"}
""")
    said = ended(folder.start("-j2", "--fail-fast"))
    assert said.code == 1
    assert "`bad` failed: exit 1" in said.err
    assert not folder.exists("long")


# --- kills ---------------------------------------------------------------------------------------------------------------------


def test_kill_9_of_the_coordinator_leaves_nobody_and_the_next_build_heals(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "next")
    build.kill()
    ended(build)
    until(lambda: not survivors(folder.environ["UETBUILD_TEST_MARK"]))
    heals(folder)


def test_a_half_written_output_of_a_killed_build_never_passes_for_the_old_one(folder: Folder) -> None:
    folder.manifest('workstreams: {work: {inputs: [in], outputs: [out], run: "cat in > out"}}')
    folder.write("in", "A\n")
    assert folder("work").code == 0
    folder.manifest("""
workstreams: {work: {inputs: [in], outputs: [out], run: "head -c 1 in > out; touch started; sleep 1000"}}
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


def test_a_killed_supervisor_loses_its_job_not_the_build(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  lost: {outputs: [lost], run: "touch started; sleep 1000"}
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
    assert survivors(folder.environ["UETBUILD_TEST_MARK"]), "the job goes on: nobody is there to end it"
    heals(folder)
    assert not survivors(folder.environ["UETBUILD_TEST_MARK"])


def recorded(folder: Folder) -> int:
    """How many processes of jobs the state holds."""
    with sqlite3.connect(folder.root / ".uet/state.db") as database:
        return int(database.execute("SELECT count(*) FROM processes").fetchone()[0])


def test_steps_of_finally_run_after_ctrl_c_too(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work: {run: "touch lock started; sleep 1000", finally: "rm lock; echo tidied > tidied"}
""")
    build = running(folder, "work")
    build.send_signal(signal.SIGINT)
    assert ended(build).code == 130
    assert (folder.exists("lock"), folder.exists("tidied")) == (False, True)


def test_a_failed_build_reports_the_signal_before_the_failure(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  bad: {run: "exit 1"}
  work: {run: "touch started; sleep 1000"}
""")
    build = running(folder, "bad", "work", "-k", "-j2")
    build.send_signal(signal.SIGTERM)
    assert ended(build).code == 143


def family(pids: str) -> list[str]:
    """Processes and all below them."""
    found = pids.split()
    for pid in found:
        try:
            found += Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
    return found


def spoken(pid: str) -> bytes:
    """The command line of a process, empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_what_a_recipe_leaves_in_the_background_ends_with_it(folder: Folder) -> None:
    folder.manifest('workstreams: {work: {outputs: [out], run: "touch out; setsid sleep 1000 & (sleep 1000 &) ; true"}}')
    assert ended(folder.start("work")).code == 0
    assert not survivors(folder.environ["UETBUILD_TEST_MARK"])


# --- several at once -----------------------------------------------------------------------------------------------------------


def test_a_second_build_waits_for_the_first_or_exits_with_7(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work: {outputs: [out], run: "echo run >> count; touch started; while [ ! -e go ]; do sleep 0.01; done; touch out"}
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
    until(lambda: not survivors(folder.environ["UETBUILD_TEST_MARK"]))
    assert "interrupted" in folder("runs").text


# --- streams -------------------------------------------------------------------------------------------------------------------


def test_a_closed_stdout_stops_printing_not_the_build(folder: Folder) -> None:
    folder.manifest("""
default: [b]
workstreams:
  a: {outputs: [a], run: "touch a; for i in $(seq 2000); do echo line $i; done"}
  b: {inputs: [a], outputs: [b], run: "touch b; for i in $(seq 2000); do echo line $i; done"}
""")
    said = folder.bash("set -o pipefail; uetbuild --output stream -j1 | head -n 1")
    assert (said.code, said.text) == (0, "line 1\n")
    assert folder.exists("b")
    assert folder("").text == "up to date (2 workstreams)\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_do_no_harm(folder: Folder, closed: str) -> None:
    folder.manifest('workstreams: {a: {outputs: [a], run: "cat > a; echo out; echo err >&2"}}')
    assert folder.bash(f"uetbuild a {closed}").code == 0
    assert folder.read("a") == ""
