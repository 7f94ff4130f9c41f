"""Interactive jobs, on a pseudo terminal of their own."""

from __future__ import annotations

import os
import select
import shlex
import signal
import sys
import termios
import time

import pytest
from executors_bench import PATIENCE

DRIVER = """
import os, select, sys
from uetbuild.core.jobs import Command, Job, Outcome
from uetbuild.executors.pool import SupervisorPool

pool = SupervisorPool(1, dict(os.environ))
command = Command(argv=tuple(sys.argv[2:]), cwd=sys.argv[1])
pool.submit(Job(key=1, node="n", commands=(command,), log=sys.argv[1] + "/log", interactive=True))
outcome = None
while not outcome:
    poller = select.poll()
    for fd in pool.filenos():
        poller.register(fd, select.POLLIN)
    poller.poll()
    outcome = next((news for news in pool.collect() if isinstance(news, Outcome)), None)
pool.close()
print("outcome", outcome.result, outcome.code, "foreground", os.tcgetpgrp(0) == os.getpgrp(), flush=True)
"""


class Session:
    """A driver whose controlling terminal is ours to type on."""

    def __init__(self, argv):
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:
            os.execvp(argv[0], argv)
        self.heard = ""

    def expect(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.heard:
            assert select.select([self.fd], [], [], max(0, end - time.monotonic()))[0], f"heard only {self.heard!r}"
            try:
                self.heard += os.read(self.fd, 4096).decode()
            except OSError:
                raise AssertionError(f"heard only {self.heard!r}") from None

    def type(self, text):
        os.write(self.fd, text.encode())

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.fixture
def session(tmp_path):
    made = []

    def start(text):
        words = ["bash", "-c", text]
        if text is None:
            (tmp_path / "lost").write_text("#!/no/such/interpreter\n")
            (tmp_path / "lost").chmod(0o755)
            words = ["./lost"]
        made.append(Session([sys.executable, "-c", DRIVER, str(tmp_path), *words]))
        return made[0]

    yield start
    made[0].close()


def test_an_interactive_job_has_the_terminal_and_gives_it_back(session, tmp_path):
    terminal = session("[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && read -p 'name? ' name && echo hello $name")
    terminal.expect("name? ")
    terminal.type("ada\n")
    terminal.expect("hello ada")
    terminal.expect("outcome succeeded 0 foreground True")
    assert not (tmp_path / "log").exists()


def test_ctrl_c_reaches_an_interactive_job_and_none_of_us(session):
    terminal = session("trap 'echo caught; exit 4' INT; echo ready; while :; do sleep 0.01; done")
    terminal.expect("ready")
    terminal.type("\x03")
    terminal.expect("caught")
    terminal.expect("outcome failed 4 foreground True")


def test_the_modes_of_the_terminal_are_as_before(session):
    terminal = session("stty -echo -icanon; echo changed")
    terminal.expect("outcome succeeded 0 foreground True")
    modes = termios.tcgetattr(terminal.fd)[3]
    assert modes & termios.ECHO and modes & termios.ICANON


def test_ctrl_z_stops_us_with_the_job_until_the_shell_goes_on(tmp_path):
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)
    text = "echo rea''dy; until [ -e go ]; do sleep 0.01; done; echo do''ne"
    shell = Session(["bash", "--norc", "--noprofile", "-i"])
    try:
        shell.type(f"PS1='> '; {sys.executable} {driver} {tmp_path} bash -c {shlex.quote(text)}\n")
        shell.expect("ready")
        shell.type("\x1a")
        shell.expect("Stopped")
        (tmp_path / "go").touch()
        shell.type("fg\n")
        shell.expect("done")
        shell.expect("outcome succeeded 0 foreground True")
    finally:
        shell.close()


def test_a_job_that_cannot_start_gives_the_terminal_back(session):
    terminal = session(None)
    terminal.expect("bad interpreter")
    terminal.expect("outcome failed 126 foreground True")


def test_a_program_that_is_not_found_is_said_on_the_terminal(tmp_path):
    from executors_bench import Bench

    from uetbuild.executors.inline import InlineWorkers

    bench = Bench(tmp_path, InlineWorkers)
    saved = os.dup(2)
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    try:
        outcome = bench.run(bench.command(("no-such-tool",)), interactive=True)
    finally:
        os.dup2(saved, 2)
        for fd in (saved, writing):
            os.close(fd)
    assert outcome.code == 127
    assert os.read(reading, 100) == b"no-such-tool: command not found\n"
    os.close(reading)
    bench.workers.close()
