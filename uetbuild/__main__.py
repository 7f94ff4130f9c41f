"""The door: `uetbuild` and `python -m uetbuild`. Sees to the process it runs in, then hands over; imports nothing that costs."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal  # what `signal` wraps; that one loads `enum`


def main() -> int:
    """Run the command line of this process; returns its exit code."""
    if os.name == "nt":
        sys.stderr.write("error: uetbuild does not run on Windows\nhint: it does in WSL\n")
        return 2
    _forget_current_folder()
    _open_standard_streams()
    _hear_of_children()
    from uetbuild.cli.app import main as run  # only now: the folder's own `json.py` must not come before ours

    return run(sys.argv[1:])


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


def _hear_of_children() -> None:
    """A caller may ignore or block SIGCHLD, and both are inherited; then the system keeps from us how our children ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


if __name__ == "__main__":
    sys.exit(main())
