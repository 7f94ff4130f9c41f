"""Promise 8: what Ctrl-C, SIGTERM and SIGHUP do, once and twice; a reader that goes away stops the printing, not the build."""

from __future__ import annotations

import signal

import pytest
from transcript import Folder
from watching import SLEEPER, ended, heals, running, until

pytestmark = pytest.mark.usefixtures("marked")


def test_ctrl_c_once_gives_every_job_exactly_one_sigint_and_waits_for_it(folder: Folder) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "next")
    build.send_signal(signal.SIGINT)
    said = ended(build)
    assert said.code == 130
    assert folder.read("told") == "int\n"
    assert "interrupted (SIGINT): nothing new starts, what runs is to end; again kills it" in said.err
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
      echo > started
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
      echo > started
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_that_the_caller_blocks_ends_the_build_all_the_same(folder: Folder, number: signal.Signals, code: int) -> None:
    folder.manifest(SLEEPER)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        build = running(folder, "next")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    build.send_signal(number)
    assert ended(build).code == code


def test_a_signal_that_the_caller_ignores_is_ignored(folder: Folder) -> None:
    folder.manifest('workstreams: {work: {outputs: [out], run: "echo > started; while [ ! -e go ]; do sleep 0.01; done; touch out"}}')
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        build = running(folder, "work")
    finally:
        signal.signal(signal.SIGHUP, before)
    build.send_signal(signal.SIGHUP)
    folder.write("go", "")
    assert ended(build).code == 0


def test_fail_fast_kills_what_is_running(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  long: {outputs: [long], run: "echo > started; sleep 1000"}
  bad: {outputs: [bad], run: "while [ ! -e started ]; do sleep 0.01; done; exit 1"}
""")
    said = ended(folder.start("-j2", "--fail-fast"))
    assert said.code == 1
    assert "`bad` failed: exit 1" in said.err
    assert not folder.exists("long")


def test_steps_of_finally_run_after_ctrl_c_too(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  work: {run: "touch lock; echo > started; sleep 1000", finally: "rm lock; echo tidied > tidied"}
""")
    build = running(folder, "work")
    build.send_signal(signal.SIGINT)
    assert ended(build).code == 130
    assert (folder.exists("lock"), folder.exists("tidied")) == (False, True)


def test_a_failed_build_reports_the_signal_before_the_failure(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  bad: {run: "exit 1"}
  work: {run: "echo > started; sleep 1000"}
""")
    build = running(folder, "bad", "work", "-k", "-j2")
    build.send_signal(signal.SIGTERM)
    assert ended(build).code == 143


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
