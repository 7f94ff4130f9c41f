"""The door: `uetbuild` and `python -m uetbuild`. Sees to the process it runs in, then hands over; imports nothing that costs."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable
    from typing import NoReturn
else:
    import _signal as signal  # what `signal` wraps; that one loads `enum`


def main() -> int:
    """Run the command line of this process; returns its exit code."""
    if os.name == "nt":
        sys.stderr.write("error: uetbuild does not run on Windows\nhint: it does in WSL\n")
        return 2
    interrupted = _die_of_ctrl_c()
    _forget_current_folder()
    _open_standard_streams()
    try:
        run = _load(sys.argv[1:])
    except Exception as error:
        return _cannot_load(error)
    if interrupted is not None:
        signal.signal(signal.SIGINT, interrupted)
    return run(sys.argv[1:])


def _load(words: list[str]) -> Callable[[list[str]], int]:
    """The full program, unless the fast door has the answer: then this is the end of the process."""
    if words[:1] == ["__complete"]:
        from uetbuild.cli.completion import main as complete  # a shell asks, at every Tab

        return complete
    from uetbuild import front  # only now, as what follows: the folder's own `json.py` must not come before ours

    found = front.look(words, os.environ)
    if isinstance(found, bytes):
        _leave(found)
    differing = None if isinstance(found, bytes) else found
    gc.set_threshold(1_000_000, 50, 50)  # a build makes much that stays, hardly anything in circles; a look takes 15 ms and more
    _hear_signals()
    from uetbuild import bytecode  # only now, as above

    bytecode.use("build")  # what other commands load lies there, too
    from uetbuild.cli.app import main as run  # the full program: 15 ms

    return lambda words: run(words, differing)


def _leave(said: bytes) -> None:
    """Print the answer of the fast door and end the process; return where it could not be printed whole."""
    try:
        if not said or os.write(1, said) == len(said):
            os._exit(0)  # there is nothing to tidy up, and that takes time
    except OSError:
        pass  # a full disk, a reader that went away: the full program knows what to do


def leave(code: int) -> NoReturn:
    """End the process with this exit code, without taking the interpreter apart, which takes longer than most questions; with all of it
    where somebody waits for that.
    """
    import atexit  # built in

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass  # there is none, nobody reads it, or it is closed: nothing of ours is in it
    if code in (0, 1):
        _complete()
    threads = sys.modules.get("threading")  # pydantic loads it, and starts none
    if (threads is not None and threads.active_count() > 1) or atexit._ncallbacks():
        sys.exit(code)
    os._exit(code)


def _complete() -> None:
    """See to it that the next start finds the code of ours in one file, where this one has not. All is done and said."""
    bytecode = sys.modules.get("uetbuild.bytecode")
    if bytecode is None or not bytecode.lacking:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # nobody would answer it
    try:
        from uetbuild.binder import bind  # once for an installation

        bind(bytecode.lacking)
    except Exception:
        pass  # a broken installation: whoever needs more of it says so


def _cannot_load(error: Exception) -> int:
    """Our own modules cannot be read (a broken installation, a failing disk). Nothing of ours is there yet that could say it."""
    if os.environ.get("UETBUILD_DEBUG") == "1":
        raise error
    text = f"error: cannot load uetbuild: {type(error).__name__}: {error}\nhint: `UETBUILD_DEBUG=1` shows where\n"
    try:
        os.write(2, text.encode("utf-8", "backslashreplace"))
    except OSError:
        pass  # nobody can be told
    return 8


def _die_of_ctrl_c() -> Callable[..., object] | None:
    """While our modules are loaded nobody could answer a KeyboardInterrupt but with a traceback: until then it ends the process, quietly.
    Returns Python's handler; None where the caller had SIGINT ignored."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        return None
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return handler


def _forget_current_folder() -> None:
    """A module that lies in the current folder never stands in for one of ours (`python -m` puts that folder first)."""
    try:
        here = os.getcwd()
    except OSError:
        here = ""
    library = os.path.dirname(os.__file__)
    installed = here == library or os.path.basename(here) in ("site-packages", "dist-packages")
    unwanted = ("", ".") if installed else ("", ".", here)
    sys.path[:] = [folder for folder in sys.path if folder not in unwanted]


def _open_standard_streams() -> None:
    """A standard descriptor that the caller closed is opened on nothing, lest a file of ours gets its number and our text."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number: this one


def _hear_signals() -> None:
    """A caller may block signals, which is inherited: then nobody could end a build but by SIGKILL. Ignored ones stay ignored (`nohup`),
    but for SIGCHLD, without which the system keeps from us how our children ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


if __name__ == "__main__":
    leave(main())
