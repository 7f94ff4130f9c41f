"""Short questions to programs (`sh` variables, probes, `skip_if`), asked by the coordinator itself while nothing else happens.

The program stays in our process group, so Ctrl-C reaches it from the terminal. Its environment says for whom it works, so that the next
build finds it if we are killed meanwhile. Knows nothing of what is asked.
"""

from __future__ import annotations

import os
import select
import time

from uetbuild.executors import spawn, tree
from uetbuild.executors.channel import CHUNK
from uetbuild.executors.csignal import signals
from uetbuild.failpoints import reach

LIMIT = 16 << 20  # bytes of an answer; more is no answer to a short question
PATIENCE = 600.0  # seconds
ASKED_IN = "UET_ASKED_IN"  # a variable: the state folder whose lock is held by who asks; the same in every build
TOO_LONG, TOO_MUCH = 124, 125


class AskShell:
    """`Shell` by processes. `environ`: the environment of the build; `asked_in`: the state folder whose lock it holds, if it does."""

    def __init__(self, environ: dict[str, str], patience: float = PATIENCE, asked_in: str = "") -> None:
        self._environ = environ
        self._mark = {ASKED_IN: asked_in} if asked_in else {}
        self._patience = patience
        self._is_subreaper = False

    def ask(self, argv: tuple[str, ...], cwd: str, env: dict[str, str], clear_env: bool) -> tuple[int, str, str]:
        """Exit code (-N for signal N), stdout without its last newlines, stderr. `cwd` is absolute.

        What could not be started, took too long (code 124) or said too much (125) is told on stderr and by the code; no process is left.
        """
        if not self._is_subreaper:
            self._is_subreaper = True
            tree.become_subreaper()
        before = set(tree.children(os.getpid()))
        here = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.chdir(cwd)
        except OSError as error:
            os.close(here)
            return 1, "", f"{cwd}: {os.strerror(error.errno or 0)}"
        try:
            return self._ask(argv, (env if clear_env else self._environ | env) | {"PWD": cwd} | self._mark)
        except spawn.NotStarted as error:
            return error.code, "", error.message
        finally:
            os.fchdir(here)
            os.close(here)
            _end_all_but(before)

    def _ask(self, argv: tuple[str, ...], env: dict[str, str]) -> tuple[int, str, str]:
        null = spawn.open_null()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            pid = spawn.start(argv, env, spawn.redirect(null, out_end, err_end), spawn.SHARED)
        except spawn.NotStarted:
            os.close(out)
            os.close(err)
            raise
        finally:
            for fd in (null, out_end, err_end):
                os.close(fd)
        try:
            reach("question.asked")
            listener = _Listener(pid, out, err)
            trouble = listener.listen(time.monotonic() + self._patience)
        finally:
            os.close(out)
            os.close(err)
        code, words = trouble or (listener.code, "")
        stderr = _text(listener.heard[err]) + words
        return code, _text(listener.heard[out]).rstrip("\n"), stderr


class _Listener:
    """Takes what a program says on its pipes until it has ended, whoever else holds the pipes then."""

    def __init__(self, pid: int, out: int, err: int) -> None:
        self.pid = pid
        self.heard = {out: bytearray(), err: bytearray()}
        self.code = 0
        self._end = _end_descriptor(pid)
        self._poller = select.poll()
        for fd in (out, err):
            os.set_blocking(fd, False)
            self._poller.register(fd, select.POLLIN)
        if self._end >= 0:
            self._poller.register(self._end, select.POLLIN)

    def listen(self, deadline: float) -> tuple[int, str] | None:
        """Until the end; (code, words) when it had to be ended."""
        trouble = None
        waiting = set(self.heard)
        has_ended = False
        while not has_ended and (waiting or self._end >= 0) and not trouble:
            ready = [fd for fd, _ in self._poller.poll(max(1, int((deadline - time.monotonic()) * 1000)))]
            has_ended = self._end in ready
            for fd in [fd for fd in ready if fd in waiting]:
                if not self._take(fd):
                    waiting.discard(fd)
                    self._poller.unregister(fd)
            trouble = self._trouble(deadline)
        if trouble:
            tree.send(self.pid, signals.SIGKILL)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        for fd in waiting:
            while not trouble and len(self.heard[fd]) <= LIMIT and self._take(fd):
                pass
        if self._end >= 0:
            os.close(self._end)
        return trouble

    def _take(self, fd: int) -> bool:
        """One read; False at the end of the pipe, or when it is empty for now."""
        try:
            chunk = os.read(fd, CHUNK)
        except BlockingIOError:
            return False
        self.heard[fd] += chunk
        return bool(chunk)

    def _trouble(self, deadline: float) -> tuple[int, str] | None:
        if max(map(len, self.heard.values())) > LIMIT:
            return TOO_MUCH, f"said more than {LIMIT >> 20} MiB"
        if time.monotonic() >= deadline:
            return TOO_LONG, "took too long"
        return None


def _end_descriptor(pid: int) -> int:
    """Readable when the process has ended; -1 where the system has no such thing (then the end of the pipes is waited for)."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _end_all_but(before: set[int]) -> None:
    """KILL and collect what the program left behind: it came to us, and nothing else was started meanwhile."""
    while left := [pid for pid in tree.children(os.getpid()) if pid not in before]:
        for pid in [*left, *tree.descendants(left)]:
            if not tree.send(pid, signals.SIGKILL):
                return  # it runs as somebody else
        for pid in left:
            os.waitpid(pid, 0)


def _text(data: bytearray) -> str:
    return bytes(data).decode("utf-8", "surrogateescape")
