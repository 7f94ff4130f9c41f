"""The live region of the real program, on a real terminal of the system, as an emulator shows it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Callable

import pytest
from nursery import PROGRAM
from transcript import Folder

pyte = pytest.importorskip("pyte")  # of the extra `dev`

MANIFEST = """
version: 1
workstreams:
  all: {depends_on: [quick, wrong, held]}
  quick: {outputs: [out/quick], run: "touch {{ outputs }}"}
  wrong: {outputs: [out/wrong], run: "echo oh dear; exit 3"}
  held: {title: Wait to be told, outputs: [out/held], run: "until test -e go; do sleep 0.02; done; touch {{ outputs }}"}
"""
WAITING = "until test -e go; do sleep 0.02; done"


class Seat:
    """A person who looks at the program on a terminal."""

    def __init__(self, folder: Folder, *words: str, **environ: str) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self.seen = b""
        command = [*PROGRAM, *words]
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder.root)
            os.execvpe(command[0], command, folder.environ | {"TERM": "xterm-256color", "NO_COLOR": "1"} | environ)

    def lines(self) -> list[str]:
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip("\n").split("\n")

    def until(self, holds: Callable[[str], object]) -> list[str]:
        """Look until what is shown is as wanted; what is shown."""
        while not holds("\n".join(self.lines())):
            ready, _, _ = select.select([self._fd], [], [], 30)
            assert ready, "\n".join(self.lines())
            assert self._read(), "\n".join(self.lines())
        return self.lines()

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def leave(self) -> int:
        """Look until the program ends; its exit status."""
        while self._read():
            pass
        os.close(self._fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bytes:
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # how Linux says that nobody has the other side open any more
            return b""
        self.seen += data
        self._stream.feed(data)
        return data


@pytest.fixture
def seat(folder: Folder) -> Callable[..., Seat]:
    folder.write("Uetfile.yaml", MANIFEST)
    made: list[Seat] = []

    def sit(*words: str, **environ: str) -> Seat:
        one = Seat(folder, *words, **environ)
        one.resize(80, 24)
        made.append(one)
        return one

    return sit


def test_what_runs_is_shown_until_it_ends_and_a_failure_once(folder: Folder, seat: Callable[..., Seat], marked: str) -> None:
    here = seat("-k", "-j2")
    shown = here.until(lambda text: "2 of 3, 1 failed, 1s" in text and text.endswith("s  held  Wait to be told"))
    assert shown[-3] == ""
    here.resize(44, 24)
    here.until(lambda text: text.endswith("s  held"))
    folder.write("go", "")
    assert here.leave() == 1
    said = "\n".join(here.lines())
    assert said.count("oh dear") == 2  # the command, and what it printed
    assert said.count("held") == 1
    assert "running" not in said
    assert "ran 3 of 3 in " in here.lines()[-1]
    assert not here.screen.cursor.hidden
    assert pyte.modes.DECAWM in here.screen.mode


def test_an_interrupt_leaves_a_clean_terminal(folder: Folder, seat: Callable[..., Seat], marked: str) -> None:
    # not in a loop: there `bash` at times takes the signal as meant for a `sleep` that ended just then, and goes on
    folder.write("Uetfile.yaml", MANIFEST.replace(WAITING, "sleep 1000"))
    here = seat("held")
    here.until(lambda text: text.endswith("held  Wait to be told"))
    here.press(b"\x03")
    assert here.leave() == 130
    assert "running" not in "".join(here.lines())
    assert here.lines()[-1].startswith("ran 0 of 1 in ")
    assert not here.screen.cursor.hidden


def test_without_progress_nothing_is_drawn(folder: Folder, seat: Callable[..., Seat], marked: str) -> None:
    folder.write("Uetfile.yaml", MANIFEST.replace(WAITING, "sleep 0.4"))
    here = seat("held", "--no-progress")
    assert here.leave() == 0
    assert b"\x1b" not in here.seen
