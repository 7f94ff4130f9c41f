"""Where the output of a job goes: straight into its log file, through a pipe that hides secrets and tells of news, or to the terminal.

Knows nothing of commands and time limits.
"""

from __future__ import annotations

import os
import time

from uetbuild.core.secrets import Masker
from uetbuild.executors import spawn, tree
from uetbuild.executors.channel import CHUNK, write_all
from uetbuild.executors.csignal import signals
from uetbuild.executors.desk import open_log
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uetbuild.core.jobs import Job
    from uetbuild.executors.desk import Desk
    from uetbuild.executors.watch import Watch

NEWS_EVERY = 0.05  # seconds; a chatty job must not drown the coordinator in news
_PIPE_LIMIT = 1 << 20  # as much as a pipe can be made to hold without privileges


class Output:
    """The log of a job. `is_direct`: commands write to the file themselves, else through us. `news_in`: seconds until `tell_news`.

    Most small commands print nothing: then no file need be made. They write to the sheet of the desk, and that becomes the log when
    there is something to be read, or when somebody might look (`publish`). `is_log`: whether there is one in the end.
    """

    def __init__(self, job: Job, watch: Watch, tell: Callable[[], None], desk: Desk) -> None:
        self._path = job.log
        self._desk = desk
        self.is_direct = not (job.masks or job.follow)
        self._goes_on = os.path.lexists(job.log)
        # where nobody can see who still holds a file, each job gets one of its own
        self._is_lent = self.is_direct and tree.CAN_SEE and not self._goes_on
        self._log = desk.sheet(os.path.dirname(job.log)) if self._is_lent else open_log(job.log)
        self.is_log = not self._is_lent
        self._watch = watch
        self._tell = tell if job.follow else None
        self._told_at = 0.0
        self._has_news = False
        self._masker = Masker(job.masks)
        self._error: OSError | None = None
        self._reading = self._writing = -1
        if not self.is_direct:
            self._reading, self._writing = os.pipe()
            os.set_blocking(self._reading, False)
            watch.listen_to(self._reading)

    def start(self, argv: Sequence[str], env: dict[str, str], source: int) -> int:
        """Start a command in a session of its own, reading from the descriptor `source` and writing here. Raises NotStarted."""
        end = self._log if self.is_direct else self._writing
        return spawn.start(argv, env, spawn.redirect(source, end, end))

    def say(self, line: str) -> None:
        """A line of ours in the log."""
        self._show(f"{line}\n".encode("utf-8", "surrogateescape"))

    def publish(self) -> None:
        """From now on there is a log. Raises OSError."""
        if self._is_lent:
            self._is_lent = False  # whatever becomes of it, nobody else writes there
            self._desk.keep(self._path)

    def pass_on(self) -> bool:
        """Take what is in the pipe, one chunk; False when it is empty."""
        try:
            chunk = os.read(self._reading, CHUNK)
        except BlockingIOError:
            return False
        self._show(chunk)
        return bool(chunk)

    def drain(self) -> None:
        """Take all that is in the pipe; bounded, because a process in the background may go on writing."""
        taken = 0
        while not self.is_direct and taken < _PIPE_LIMIT and self.pass_on():
            taken += CHUNK

    @property
    def news_in(self) -> float:
        """Seconds until news that are held back are due; 0.0 when there are none."""
        return max(0.001, self._told_at + NEWS_EVERY - time.monotonic()) if self._has_news else 0.0

    def tell_news(self, *, at_once: bool = False) -> None:
        """Tell that the log grew, if it did and the last time was not just now."""
        if self._has_news and self._tell and (at_once or time.monotonic() >= self._told_at + NEWS_EVERY):
            self._has_news = False
            self._told_at = time.monotonic()
            self._tell()

    def is_over(self, size: int) -> bool:
        """Whether the log is bigger than so many bytes."""
        return os.fstat(self._log).st_size > size

    def cut(self, size: int) -> None:
        """Cut the log down to so many bytes."""
        os.ftruncate(self._log, size)

    def take_back(self) -> None:
        """Nothing was lent."""

    def resume(self, group: int) -> None:
        """A command that somebody stopped stays so until somebody continues it: it has no terminal to be stopped by."""

    def close(self, wanted: bool) -> None:
        """Write what was held back; an empty log goes, unless it is `wanted`. Raises the OSError that kept output from it, if any."""
        self.drain()
        rest = self._masker.finish()
        if rest:
            self._write(rest)
        self.tell_news(at_once=True)
        if not self.is_direct:
            self._watch.listen_to(-1)
            os.close(self._reading)
            os.close(self._writing)
        self.is_log = wanted or self._goes_on or self.is_over(0)
        try:
            if self.is_log:
                self.publish()
            elif not self._is_lent:
                os.unlink(self._path)
        finally:
            if not self._is_lent:
                os.close(self._log)
        if self._error:
            raise self._error

    def _show(self, chunk: bytes) -> None:
        shown = self._masker.feed(chunk)
        if shown:
            self._write(shown)

    def _write(self, data: bytes) -> None:
        if self._error:
            return  # the command must not block on a pipe that nobody empties, so the output is dropped and told at the end
        try:
            reach("output.writing", self._log, data)
            write_all(self._log, data)
        except OSError as error:
            self._error = error
            return
        self._has_news = self._tell is not None
        self.tell_news()


class Terminal:
    """The terminal, lent to one command at a time: its process group is made the foreground group. Nothing is logged."""

    is_direct = is_log = False
    news_in = 0.0

    def __init__(self) -> None:
        self._tty = -1
        self._ours = 0
        self._modes: list[object] = []

    def start(self, argv: Sequence[str], env: dict[str, str], source: int) -> int:
        """Start a command in a process group of its own, with our descriptors; it gets the terminal, if we are in its foreground."""
        self._tty = next((fd for fd in (0, 1, 2) if _is_ours(fd)), -1)
        if self._tty < 0:
            return spawn.start(argv, env, (), spawn.GROUP)
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

    def publish(self) -> None:
        """There is no log."""

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

    def pass_on(self) -> bool:
        """There is no pipe."""
        return False

    def drain(self) -> None:
        """There is no pipe."""

    def tell_news(self, *, at_once: bool = False) -> None:
        """There are no news: everybody saw it."""

    def is_over(self, size: int) -> bool:
        """A terminal is never full."""
        return False

    def cut(self, size: int) -> None:
        """There is no log."""

    def close(self, wanted: bool) -> None:
        """There is nothing to be closed."""


def _is_ours(fd: int) -> bool:
    try:
        return os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:
        return False
