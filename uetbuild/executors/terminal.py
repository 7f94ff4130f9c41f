"""The terminal, lent to one command at a time.

Knows nothing of commands and time limits.
"""

from __future__ import annotations

import os

from uetbuild.executors import spawn
from uetbuild.executors.channel import write_all
from uetbuild.executors.csignal import signals
from uetbuild.executors.output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Terminal(Output):
    """The terminal, lent to one command at a time: its process group is made the foreground group. Nothing is logged."""

    def __init__(self) -> None:
        self._tty = -1
        self._ours = 0
        self._modes: list[object] = []

    def start(self, argv: Sequence[str], env: dict[str, str], source: int) -> int:
        """Start a command in a process group of its own, with our descriptors; it gets the terminal, if we are in its foreground."""
        self._tty = next((fd for fd in (0, 1, 2) if _is_ours(fd)), -1)
        if self._tty < 0:
            return super().start(argv, env, source)
        import termios  # lazy: few jobs are interactive

        self._ours = os.getpgrp()
        self._modes = termios.tcgetattr(self._tty)
        try:
            return spawn.start_in_foreground(argv, env, self._tty)
        except spawn.NotStarted:
            self.take_back()
            raise

    def say(self, line: str) -> None:
        """A line of ours on standard error."""
        try:
            write_all(2, f"{line}\n".encode("utf-8", "surrogateescape"))
        except OSError:
            pass  # a terminal that is gone is no reason to fail

    def take_back(self) -> None:
        """Be the foreground group again, with the terminal's modes as they were."""
        if self._tty < 0:
            return
        import termios  # lazy: as above

        try:
            os.tcsetpgrp(self._tty, self._ours)
            termios.tcsetattr(self._tty, termios.TCSADRAIN, self._modes)  # type: ignore[arg-type]
        except (OSError, termios.error):
            pass  # it hung up
        self._tty = -1

    def resume(self, group: int) -> None:
        """The command was stopped by Ctrl-Z: we stop with it, until the shell lets us go on."""
        if self._tty < 0:
            return
        os.tcsetpgrp(self._tty, self._ours)
        os.kill(0, signals.SIGTSTP)  # without a shell that could continue us the system ignores it
        try:
            os.tcsetpgrp(self._tty, group)
            os.killpg(group, signals.SIGCONT)
        except OSError:
            pass  # it ended meanwhile


def _is_ours(fd: int) -> bool:
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False
