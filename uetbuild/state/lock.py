"""The build lock: one build at a time in a state folder.

`flock` on the file that `filelock.FileLock` would use, so the two exclude each other; its import alone would cost more than the
way to the first command. A forked supervisor shares the open description, so the lock is free only when the last of them is gone,
however the coordinator died (promise 7). Readers never take it: who holds it is read from the file and from `/proc/locks`.
The file's lines say who holds it: its pid, since when (seconds since 1970), and its run as soon as that begins. Who lets go of it empties
the file; so who finds it filled knows that the one before was killed.
"""

from __future__ import annotations

import errno
import fcntl
import os
from time import time

from uetbuild.core.record import Record
from uetbuild.errors import ExitCode, UetError
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LOCKS = "/proc/locks"
LONGEST = 200  # bytes of the file that are looked at


class Holder(Record):
    """Who holds a lock, as far as the file says it: `pid` (0 = not known), `since` (seconds since 1970, 0.0 = not known), `run` ("" while
    nothing was executed). `alive`: False where that process is gone, and its workers hold the lock until they have ended what it ran.
    """

    __slots__ = ("pid", "since", "run", "alive")
    DEFAULTS = {"pid": 0, "since": 0.0, "run": "", "alive": True}

    pid: int
    since: float
    run: str
    alive: bool


class BuildLock:
    """The lock at `path`; its folder exists. Not reentrant."""

    __slots__ = ("path", "was_abandoned", "_descriptor", "_since")

    def __init__(self, path: str) -> None:
        self.path = path
        self.was_abandoned = False  # whether whoever had it before was killed
        self._descriptor = -1
        self._since = 0.0

    def acquire(self, wait: bool = True, on_wait: Callable[[Holder], None] | None = None) -> None:
        """Take the lock. Held by another: tell `on_wait` who that is, once, and wait; without `wait` raise UetError (exit 7).

        Waiting is one system call, which any signal handler that raises ends.
        """
        told = False
        while True:
            descriptor = self._open()
            try:
                reach("lock.opened")
                if not _try(descriptor):
                    holder = _holder_in(descriptor)
                    if not wait:
                        raise _held(holder)
                    if on_wait is not None and not told:
                        told = True
                        on_wait(holder)
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                if self._is_current(descriptor):
                    reach("lock.taken")
                    self._descriptor, descriptor = descriptor, -1
                    self.was_abandoned = bool(_holder_in(self._descriptor).pid)
                    self.tell("")
                    return
            except OSError as error:
                raise self._failure(error) from error
            finally:
                if descriptor >= 0:
                    os.close(descriptor)

    def fileno(self) -> int:
        """The descriptor that holds the lock, for those who are to hold it as well. Raises ValueError where it is not held."""
        if self._descriptor < 0:
            raise ValueError("the lock is not held")
        return self._descriptor

    def tell(self, run: str) -> None:
        """Write who holds it, and in which run; for people who wait, so a full disk must not keep anybody from building."""
        self._since = self._since or time()
        try:
            os.pwrite(self._descriptor, f"{os.getpid()}\n{self._since:.3f}\n{run}\n".encode(), 0)
        except OSError:
            pass

    def release(self) -> None:
        """Let go of it in this process; heirs of the descriptor keep it. Nothing happens where it is not held. Never raises: the
        system frees it with the process at the latest."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            try:
                reach("lock.releasing")
                os.ftruncate(descriptor, 0)
            except OSError:
                pass
            try:
                os.close(descriptor)
            except OSError:
                pass

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._failure(error) from error

    def _is_current(self, descriptor: int) -> bool:
        """Whether the locked file still is the one at the path; who removes the state folder removes the lock with it."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.lstat(self.path))
        except FileNotFoundError:
            return False

    def _failure(self, error: OSError) -> UetError:
        return UetError(
            f"cannot lock `{self.path}`: {(error.strerror or str(error)).lower()}", hint="`--state DIR` puts the state elsewhere"
        )


def holder(path: str) -> Holder | None:
    """Who holds the lock at `path`; None where nobody does. Takes no lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = _holder_in(descriptor)
        inode = os.fstat(descriptor).st_ino
    finally:
        os.close(descriptor)
    try:
        with open(LOCKS, encoding="ascii", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return found if found.pid and found.alive else None
    # "1: FLOCK  ADVISORY  WRITE 1234 fd:01:131 0 EOF"; the device is not compared: on btrfs and overlayfs it is another one than stat says
    held = any(len(fields) > 5 and fields[1] == "FLOCK" and fields[5].endswith(f":{inode}") for fields in map(str.split, lines))
    return found if held else None


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _holder_in(descriptor: int) -> Holder:
    try:
        lines = os.pread(descriptor, LONGEST, 0).decode("ascii", "replace").split("\n")
    except OSError:
        return Holder()
    pid, since, run, *_ = (*lines, "", "", "")
    if not (pid.isdigit() and len(pid) < 20):  # nobody wrote it, or somebody else
        return Holder()
    is_ours = since.replace(".", "", 1).isdigit() and (not run or run.replace("-", "").isalnum())
    return Holder(pid=int(pid), since=float(since) if is_ours else 0.0, run=run if is_ours else "", alive=_is_alive(int(pid)))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _held(other: Holder) -> UetError:
    who = f"process {other.pid}" if other.pid else "another process"
    if not other.alive:
        message = f"{who} was killed, and its workers are still ending what it ran"
        return UetError(message, hint="wait for them, or leave out `--no-wait`", code=ExitCode.LOCKED)
    run = f", run `{other.run}`" if other.run else ""
    return UetError(f"another build is running here ({who}{run})", hint="wait for it, or leave out `--no-wait`", code=ExitCode.LOCKED)
