"""A tool at work."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .verdicts import Mishap


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended: its exit code, negative for a signal, and what it printed, stdout and stderr together."""

    code: int
    text: str

    @property
    def last(self) -> str:
        """The last line that says something."""
        lines = [line.strip() for line in self.text.split("\n") if line.strip()]
        return lines[-1][:120] if lines else f"exit {self.code}"


class Build:
    """A process in a session of its own, as in a terminal's window. It prints into a file, so that who waits for its end does not
    wait for those who inherited its output."""

    def __init__(self, words: list[str], folder: str, environ: dict[str, str], paper: Path, stdin: int) -> None:
        self._paper = paper
        with open(paper, "wb") as sheet:
            self.process = subprocess.Popen(words, cwd=folder, env=environ, stdin=stdin, stdout=sheet, stderr=sheet, start_new_session=True)

    def is_over(self) -> bool:
        return self.process.poll() is not None

    def ended(self, patience: float) -> Said:
        """Wait for its end. Raises `Mishap` where that does not come."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Mishap(f"the build does not end within {patience:g} s") from None
        return Said(code, self._paper.read_text("utf-8", "replace"))

    def kill(self) -> None:
        """`kill -9` for the tool alone."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> None:
        """SIGTERM for the tool alone, as `kill`, `timeout` and CI do."""
        self.process.terminate()

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT for all in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)

    def suspend(self) -> None:
        """Ctrl-Z, which a tool cannot refuse: all in the foreground stand still."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """`fg`."""
        os.killpg(self.process.pid, signal.SIGCONT)
