"""Where the output of a job goes: straight into its log file, or through a pipe that hides secrets and tells of news.

Knows nothing of commands and time limits.
"""

from __future__ import annotations

import os
import time

from uetbuild.core.jobs import Progress
from uetbuild.core.secrets import Masker
from uetbuild.executors import spawn, tree
from uetbuild.executors.channel import CHUNK, write_all
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
    """Where output goes, as far as it goes nowhere: what is asked of each, and how it is answered where nothing is held.

    `is_direct`: a file, into which commands write by themselves. `is_log`: whether there is one in the end. `news_in`: seconds until
    `tell_news`; 0.0: there are no news.
    """

    is_direct = is_log = False
    news_in = 0.0

    def start(self, argv: Sequence[str], env: dict[str, str], source: int) -> int:
        """Start a command that reads from the descriptor `source`, or from ours where nothing is held; its pid. Raises NotStarted."""
        return spawn.start(argv, env, (), spawn.GROUP)

    def say(self, line: str) -> None:
        """A line of ours between those of commands."""

    def publish(self) -> None:
        """From now on there is a log, if there ever is. Raises OSError."""

    def pass_on(self) -> bool:
        """Take what is in the pipe, one chunk; False when it is empty."""
        return False

    def drain(self) -> None:
        """Take all that is in the pipe; bounded, because a process in the background may go on writing."""

    def tell_news(self, *, at_once: bool = False) -> None:
        """Tell that the log grew, if it did and the last time was not just now."""

    def is_over(self, size: int) -> bool:
        """Whether the log is bigger than so many bytes."""
        return False

    def cut(self, size: int) -> None:
        """Cut the log down to so many bytes."""

    def take_back(self) -> None:
        """What was lent to a command is ours again."""

    def resume(self, group: int) -> None:
        """Somebody stopped the command. It stays so until somebody continues it, unless it was the terminal that stopped it."""

    def close(self, wanted: bool) -> None:
        """Write what was held back; an empty log goes, unless it is `wanted`. Raises the OSError that kept output from it, if any."""


class Log(Output):
    """The log of a job, into which its commands write by themselves.

    Most small commands print nothing: then no file need be made. They write to the sheet of the desk, and that becomes the log when
    there is something to be read, or when somebody might look (`publish`).
    """

    is_direct = True
    _error: OSError | None = None

    def __init__(self, path: str, desk: Desk, may_borrow: bool = True, is_begun: bool = False) -> None:
        """`is_begun`: a command writes to the sheet already."""
        self._path = path
        self._desk = desk
        self._goes_on = not (is_begun and desk.has_sheet) and os.access(path, os.F_OK)
        # where nobody can see who still holds a file, each job gets one of its own
        self._is_lent = may_borrow and tree.CAN_SEE and not self._goes_on
        self._file = desk.sheet(path.rpartition("/")[0]) if self._is_lent else open_log(path)
        self.is_log = not self._is_lent

    def start(self, argv: Sequence[str], env: dict[str, str], source: int) -> int:
        """In a session of its own."""
        return spawn.start(argv, env, spawn.redirect(source, self._file, self._file))

    def say(self, line: str) -> None:
        """See `Output`."""
        self._write(f"{line}\n".encode("utf-8", "surrogateescape"))

    def publish(self) -> None:
        """See `Output`."""
        if self._is_lent:
            self._is_lent = False  # whatever becomes of it, nobody else writes there
            try:
                self._desk.keep(self._path)
            finally:
                self._desk.forget()

    def is_over(self, size: int) -> bool:
        """See `Output`."""
        return os.fstat(self._file).st_size > size

    def cut(self, size: int) -> None:
        """See `Output`."""
        os.ftruncate(self._file, size)

    def close(self, wanted: bool) -> None:
        """See `Output`."""
        self.is_log = wanted or self._goes_on or os.lseek(self._file, 0, os.SEEK_END) > 0
        try:
            if self.is_log:
                self.publish()
            elif not self._is_lent:
                os.unlink(self._path)
        finally:
            if not self._is_lent:
                os.close(self._file)
        if self._error:
            raise self._error

    def _write(self, data: bytes) -> None:
        if self._error:
            return  # a command must not block on a pipe that nobody empties, so what it says is dropped and the error told at the end
        try:
            reach("output.writing", self._file, data)
            write_all(self._file, data)
        except OSError as error:
            self._error = error


class Pipe(Log):
    """The same where the output passes through us on its way into the log: secrets are hidden, or somebody follows it."""

    is_direct = False

    def __init__(self, job: Job, watch: Watch, tell: Callable[[Progress], None], desk: Desk) -> None:
        super().__init__(job.log, desk, may_borrow=False)
        self._watch = watch
        self._key = job.key
        self._tell = tell if job.follow else None
        self._told_at = 0.0
        self._has_news = False
        self._masker = Masker(job.masks)
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)
        watch.listen_to(self._reading)

    def start(self, argv: Sequence[str], env: dict[str, str], source: int) -> int:
        """See `Output`."""
        return spawn.start(argv, env, spawn.redirect(source, self._writing, self._writing))

    def say(self, line: str) -> None:
        """See `Output`."""
        self._show(f"{line}\n".encode("utf-8", "surrogateescape"))

    def pass_on(self) -> bool:
        """See `Output`."""
        try:
            chunk = os.read(self._reading, CHUNK)
        except BlockingIOError:
            return False
        self._show(chunk)
        return bool(chunk)

    def drain(self) -> None:
        """See `Output`."""
        taken = 0
        while taken < _PIPE_LIMIT and self.pass_on():
            taken += CHUNK

    @property
    def news_in(self) -> float:  # type: ignore[override]
        """Seconds until news that are held back are due; 0.0 when there are none."""
        return max(0.001, self._told_at + NEWS_EVERY - time.monotonic()) if self._has_news else 0.0

    def tell_news(self, *, at_once: bool = False) -> None:
        """See `Output`."""
        if self._has_news and self._tell and (at_once or time.monotonic() >= self._told_at + NEWS_EVERY):
            self._has_news = False
            self._told_at = time.monotonic()
            self._tell(Progress(key=self._key, what="output"))

    def close(self, wanted: bool) -> None:
        """See `Output`."""
        self.drain()
        self._log(self._masker.finish())
        self.tell_news(at_once=True)
        self._watch.listen_to(-1)
        os.close(self._reading)
        os.close(self._writing)
        super().close(wanted)

    def _show(self, chunk: bytes) -> None:
        self._log(self._masker.feed(chunk))

    def _log(self, shown: bytes) -> None:
        if not shown:
            return
        self._write(shown)
        self._has_news = self._tell is not None and not self._error
        self.tell_news()
