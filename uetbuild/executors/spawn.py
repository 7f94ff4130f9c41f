"""Starting a program: the one module that knows `posix_spawn`, `fork` for a program, and how a name becomes a file on PATH.

Programs are looked up by us, on the PATH that they will see; what cannot be started is told in the words and with the exit codes
of a shell (127 not found, 126 not executable). Descriptors of ours never reach a program: Python opens all of them close-on-exec.
"""

from __future__ import annotations

import errno
import os
from itertools import repeat

from uetbuild.executors.csignal import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn

DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
NOT_FOUND, NOT_EXECUTABLE = 127, 126

SESSION, GROUP, SHARED = "session", "group", "shared"
"""Where the program runs: in a session of its own, in a process group of its own in our session, or in our group."""

_ALL_SIGNALS = tuple(sorted(map(int, signals.valid_signals() - {signals.SIGKILL, signals.SIGSTOP})))
_FOUND: dict[tuple[str, str], tuple[str, list[str]]] = {}  # (name, PATH) -> where it was, and what would have come before it
_REMEMBERED = 64  # of these

_PLACES = {SESSION: {"setsid": True}, GROUP: {"setpgroup": 0}, SHARED: {}}


class NotStarted(Exception):
    """The program did not start; `code` and `message` are what a shell would have said."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def find_program(name: str, path: str) -> str:
    """The file that `name` stands for: itself where it holds a `/`, else the first executable file of that name on `path`.

    Relative names and the empty parts of `path` are meant from the current folder. Raises NotStarted.
    """
    if "/" in name:
        return _checked(name)
    candidates = [f"{folder or '.'}/{name}" for folder in dict.fromkeys(path.split(":"))] if name else []
    for number, candidate in enumerate(candidates):
        if os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            if len(_FOUND) >= _REMEMBERED:
                _FOUND.clear()
            _FOUND[name, path] = candidate, candidates[:number]
            return candidate
    for candidate in candidates:
        if os.path.isfile(candidate):
            raise NotStarted(NOT_EXECUTABLE, f"{candidate}: Permission denied")
    raise NotStarted(NOT_FOUND, f"{name}: command not found")


def _found_before(name: str, path: str) -> str:
    """Where a program was that may well be there still, while nothing has come before it on the way; "" where nobody knows.

    Whether it is there shows when it is started: that is asked only once, and of the system.
    """
    if "/" in name:
        return name
    found, before = _FOUND.get((name, path), ("", ()))
    return "" if any(map(os.access, before, repeat(os.X_OK))) else found


def start(argv: Sequence[str], env: dict[str, str], actions: Sequence[tuple[int, ...]], place: str = SESSION) -> int:
    """Start a program in the current folder and return its pid. `actions`: what its descriptors 0, 1, 2 become (see `redirect`).

    `argv[0]` is looked up on the PATH of `env`. All signals are at their default and none is blocked, whatever we ignore.
    A file without `#!` is run by /bin/sh, as shells do. Raises NotStarted.
    """

    def spawn(program: str, words: Sequence[str]) -> int:
        where = _PLACES[place]
        return os.posix_spawn(program, words, env, file_actions=actions, setsigmask=(), setsigdef=_ALL_SIGNALS, **where)  # type: ignore[arg-type]

    return _started(argv, env, spawn)


def start_in_foreground(argv: Sequence[str], env: dict[str, str], tty: int) -> int:
    """The same with our own descriptors, in a process group of its own that is the terminal's foreground group before the program runs.

    `posix_spawn` cannot do that, and doing it afterwards is a race for the first key that is typed; so this one forks.
    """

    def fork(program: str, words: Sequence[str]) -> int:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become(program, words, env, tty, writing)
        os.close(writing)
        trouble = os.read(reading, 16)  # nothing, when the pipe was closed by `exec`
        os.close(reading)
        if trouble:
            os.waitpid(pid, 0)
            raise OSError(int(trouble), "")
        return pid

    return _started(argv, env, fork)


def _become(program: str, words: Sequence[str], env: dict[str, str], tty: int, trouble: int) -> NoReturn:
    try:
        os.setpgid(0, 0)
        signals.signal(signals.SIGTTOU, signals.SIG_IGN)  # else the next line would stop us
        os.tcsetpgrp(tty, os.getpgrp())
        for number in _ALL_SIGNALS:
            signals.signal(number, signals.SIG_DFL)
        signals.pthread_sigmask(signals.SIG_SETMASK, ())
        os.execve(program, tuple(words), env)
    except OSError as error:
        os.write(trouble, str(error.errno).encode())
    except ValueError:
        os.write(trouble, str(errno.EINVAL).encode())
    finally:
        os._exit(NOT_FOUND)


def _started(argv: Sequence[str], env: dict[str, str], run: Callable[[str, Sequence[str]], int]) -> int:
    name, path = argv[0], env.get("PATH", DEFAULT_PATH)
    try:
        if likely := _found_before(name, path):
            try:
                return run(likely, argv)
            except OSError:
                pass  # the thorough way finds another one, or the words for it
        program = find_program(name, path)
        try:
            return run(program, argv)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            return run("/bin/sh", ["/bin/sh", program, *argv[1:]])
    except OSError as error:
        if error.errno == errno.ENOENT:  # the file is there, so it is the program after its `#!` that is not
            raise NotStarted(NOT_EXECUTABLE, f"{name}: bad interpreter: No such file or directory") from None
        raise NotStarted(NOT_EXECUTABLE, f"{name}: {os.strerror(error.errno or 0)}") from None
    except ValueError as error:  # a zero byte in a word, a variable's name with `=`
        raise NotStarted(NOT_EXECUTABLE, f"{name!r}: {error}") from None


def redirect(standard_input: int, standard_output: int, standard_error: int) -> tuple[tuple[int, ...], ...]:
    """The `actions` that give a program these descriptors of ours as its 0, 1, 2."""
    dup = os.POSIX_SPAWN_DUP2
    return ((dup, standard_input, 0), (dup, standard_output, 1), (dup, standard_error, 2))


def open_input(path: str) -> int:
    """A descriptor for reading a file. Raises NotStarted."""
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NotStarted(1, f"{path}: {os.strerror(error.errno or 0)}") from None


def open_null() -> int:
    """A descriptor of the empty input; the first three descriptors are taken afterwards, so that no pipe ever gets their numbers."""
    while (fd := os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)) <= 2:
        pass
    return fd


def _checked(name: str) -> str:
    if os.path.isdir(name):
        raise NotStarted(NOT_EXECUTABLE, f"{name}: Is a directory")
    if not os.path.lexists(name):
        raise NotStarted(NOT_FOUND, f"{name}: No such file or directory")
    if not os.access(name, os.X_OK):
        raise NotStarted(NOT_EXECUTABLE, f"{name}: Permission denied")
    return name
