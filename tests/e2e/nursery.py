"""The program, started without the quarter of a second that loading it takes.

`Program` is a `Popen` of `python -m uetbuild`. One process that has loaded the program and practised it, the nursery, waits for orders; for
each it makes a copy of itself, a child not of its own but of whoever asks (`CLONE_PARENT`), and this runs `uetbuild.__main__.main`. So it is
a real process with the pid, the exit status, the descriptors, the folder, the session and the environment of one that was started the long
way; `/proc/PID/environ` shows its own environment, too. What is other than usual about the asking process (a signal blocked or ignored, a
limit) or about the order (`preexec_fn`, a variable that the interpreter reads) is no business of the nursery: then, and where the machine
does not have what it needs, the program is started the long way. So is it, always, with `UETBUILD_COLD=1`.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import marshal
import os
import platform
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

PROGRAM = (sys.executable, "-m", "uetbuild")
_CLONE = {"x86_64": 56, "aarch64": 220}.get(platform.machine(), 0) if sys.platform == "linux" else 0
_CLONE_PARENT = 0x8000
_HEAD_START = 0.02  # seconds; as long at least it takes the long way to the first look at a file: what was written last is a tick old then
_ROOM = 16_384  # bytes for the environment of a child
_LOADED = (
    "cli.app", "cli.building", "cli.commands.build", "cli.healing", "cli.money", "cli.part", "cli.project", "cli.remember", "cli.session",
    "cli.targets", "cli.wiring", "engine.discovered", "engine.loop", "engine.unsure", "executors.leftovers", "executors.sandbox",
    "manifest.load", "manifest.schema", "report.faults", "report.lines", "state.compiled", "state.history", "state.ledger", "state.litter",
    "state.snapshot",
)  # fmt: skip
_PRACTICE = """
version: 1
workstreams:
  work: {foreach: [1, 2], inputs: [in], outputs: ["made/{{ item }}"], run: "cat in > {{ outputs }}"}
  last: {inputs: ["made/*"], outputs: [all], gates: [check], run: "cat {{ inputs }} > {{ outputs }}"}
gates:
  check: {run: "[ -s all ]"}
"""
_READ_AT_START = (b"PYTHON", b"COV", b"LANG=", b"LANGUAGE=", b"LC_", b"LD_", b"MALLOC_", b"GLIBC_")  # by the interpreter and its libraries


class Program(subprocess.Popen[str]):
    """`Popen` of the program; `words` are those after its name, and `cold` starts it the long way."""

    def __init__(self, words: Sequence[str], *, cold: bool = False, **settings: Any) -> None:
        self._words = [str(word) for word in words]
        self._cold = cold
        super().__init__([*PROGRAM, *words], text=True, **settings)

    def wait(self, timeout: float | None = None) -> int:
        """As soon as it ends; `Popen` looks every 50 ms where there is a limit."""
        if timeout is not None and self.poll() is None:
            try:
                end = os.pidfd_open(self.pid)
            except (AttributeError, OSError):  # no Linux; ended this moment
                return super().wait(timeout)
            try:
                poll = select.poll()  # which knows no bound for the number of a descriptor, as `select` does
                poll.register(end, select.POLLIN)
                poll.poll(timeout * 1000)
            finally:
                os.close(end)
            timeout = 0
        return super().wait(timeout)

    def _execute_child(self, *settings: Any) -> None:
        """What `Popen` does between the making of its pipes and the reading of them."""
        (_, executable, before, close, keep, cwd, env, _, _, shell, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, restore, gid,
         gids, uid, umask, session, group) = settings  # fmt: skip
        odd = (
            (executable, before, keep, shell or None, gid, gids, uid) != (None, None, (), None, None, None, None)
            or umask >= 0
            or group >= 0
        )
        environ = [os.fsencode(f"{name}={value}") for name, value in (os.environ if env is None else env).items()]
        nursery = None if self._cold or odd or not close or not restore else _nursery(environ)
        if nursery is not None:
            streams = [given if given >= 0 else own for own, given in enumerate((p2cread, c2pwrite, errwrite))]
            self.pid = nursery.bear(self._words, os.fspath(cwd or os.getcwd()), environ, bool(session), streams)
            if self.pid:
                self._child_created = True
                self._close_pipe_fds(p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite)
                return
        super()._execute_child(*settings)


def ran(*words: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The program run to its end, with nothing to read; what it printed is captured."""
    process = Program(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


# --- the side of who asks ----------------------------------------------------------------------------------------------------------


class _Nursery:
    """The process that waits for orders; it ends when this one does."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environ = {"PATH": os.defpath, "LANG": "C.UTF-8", "ROOM": "x" * _ROOM}
        with theirs:
            self.pid = subprocess.Popen(
                [sys.executable, os.path.abspath(__file__), str(theirs.fileno())], cwd="/", env=environ, pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            ).pid  # fmt: skip

    def lives(self) -> bool:
        """Whether it still waits for orders: workers of the program that run in this process end whoever is a child of it."""
        look = select.poll()
        look.register(self.socket, 0)  # that the other end is closed is told unasked
        return not look.poll(0)

    def bear(self, words: Sequence[str], cwd: str, environ: Sequence[bytes], session: bool, streams: Sequence[int]) -> int:
        """The pid of a process that runs the program; 0 where there is none."""
        time.sleep(_HEAD_START)
        try:
            socket.send_fds(self.socket, [marshal.dumps((words, cwd, environ, session))], streams)
            return int(self.socket.recv(16) or b"0")
        except OSError:  # an order of a length that cannot be sent
            return 0


nurseries: list[_Nursery] = []  # at most one, that of this process
usual: tuple[str, ...] = ()  # what is inherited by a process that no test has prepared: the `_circumstances` of the first moment


def _nursery(environ: Sequence[bytes]) -> _Nursery | None:
    """The one nursery of this process; None where a child of it would not be as one started the long way."""
    if not _CLONE or os.environ.get("UETBUILD_COLD") == "1" or sum(map(len, environ)) + len(environ) >= _ROOM:
        return None
    if [each for each in environ if each.startswith(_READ_AT_START)] != [b"LANG=C.UTF-8"] or _circumstances() != usual:
        return None
    if nurseries and not nurseries[0].lives():
        nurseries.pop().socket.close()
    if not nurseries:
        nurseries.append(_Nursery())
    return nurseries[0]


def get_used() -> None:
    """Take what this process would hand down now as the usual."""
    global usual
    usual = _circumstances()


def load() -> None:
    """Load the program into this process; who forks builds of its own has them from then on without that."""
    for name in _LOADED:
        import_module(f"uetbuild.{name}")


def _circumstances() -> tuple[str, ...]:
    """What a process inherits, besides what it is given."""
    status = Path("/proc/self/status").read_text().splitlines()
    return (
        *[line for line in status if line.startswith(("Umask", "SigBlk", "SigIgn", "Uid", "Gid"))],
        Path("/proc/self/limits").read_text(),
    )


# --- the nursery -------------------------------------------------------------------------------------------------------------------


def _serve(orders: socket.socket) -> None:
    """Wait for orders until there is nobody who could give one."""
    load()
    _practise()
    libc, room = ctypes.PyDLL(None), _room()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at the terminal, it is meant for who asks
    while True:
        data, streams, _, _ = socket.recv_fds(orders, 1 << 20, 3)
        if not data:
            return
        words, cwd, environ, session = marshal.loads(data)
        try:
            os.chdir(cwd)
        except OSError:
            pid = -1  # who starts it the long way says so
        else:
            ctypes.pythonapi.PyOS_BeforeFork()
            pid = libc.syscall(_CLONE, _CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
            if pid == 0:
                _live(orders, words, cwd, environ, session, streams, room)
            ctypes.pythonapi.PyOS_AfterFork_Parent()
        os.chdir("/")
        for fd in streams:
            os.close(fd)
        orders.send(str(max(pid, 0)).encode())


def _practise() -> None:
    """Build a little, a few times: the interpreter has then made ready what each child would make ready for itself, a sixth of a build."""
    from uetbuild.cli.app import guarded
    from uetbuild.cli.face import Face
    from uetbuild.report.stream import Stream

    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "wb") as nowhere:
        os.chdir(folder)
        for number in range(4):  # a function becomes quick when it is called for the eighth time
            Path("Uetfile.yaml").write_text(f"# {number // 2}\n{_PRACTICE}")
            Path("in").write_text(str(number))
            said = Stream(nowhere.fileno())
            assert guarded(Face(said, said, os.environ), []) == 0
        os.chdir("/")


def _room() -> tuple[int, int]:
    """Where the environment of this process stands in its memory, from and to."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return int(fields[47]), int(fields[48])


def _live(
    orders: socket.socket, words: list[str], cwd: str, environ: list[bytes], session: bool, streams: list[int], room: tuple[int, int]
) -> NoReturn:  # fmt: skip
    """Be the program, in a new process, as `python -m uetbuild` is."""
    status = 1
    try:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        orders.close()
        for target, fd in enumerate(streams):
            os.dup2(fd, target)
        os.closerange(3, 64)
        if session:
            os.setsid()
        _dress(environ, room)
        import uetbuild.__main__ as program

        sys.argv = [str(program.__file__), *words]
        sys.path[0] = cwd
        signal.signal(signal.SIGINT, signal.default_int_handler)
        status = int(program.main())
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _dress(environ: list[bytes], room: tuple[int, int]) -> None:
    """Take an environment, also where `/proc/PID/environ` reads it."""
    os.environ.clear()
    block = b"".join([each + b"\0" for each in environ])
    ctypes.memset(room[0], 0, room[1] - room[0])
    ctypes.memmove(room[0], block, len(block))
    for each in environ:
        name, _, value = each.partition(b"=")
        os.environb[name] = value
    time.tzset()


if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).parents[2])]
    _serve(socket.socket(fileno=int(sys.argv[1])))
