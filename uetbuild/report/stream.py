"""`Stream`: where text for people and JSON for machines go out; one for stdout, one for stderr.

Writes whole texts straight to the descriptor, or holds them to write them with those that come next; what goes to stdout and to stderr
keeps its order. When the reader is gone (`| head`) it stops printing and nothing else (promise 8). Knows nothing of what is printed.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


_LONG = 4096  # characters of a text that is not held


class Stream:
    """`closed`: nobody reads any more; `colours`: SGR sequences are wanted; `at_start`: the last text ended its line; `relay`: who writes
    instead, if anybody. `holds`: texts wait for `release`; `beside`: a stream whose texts, as far as they were written before, come first.
    """

    __slots__ = ("at_start", "beside", "closed", "colours", "fd", "holds", "relay", "_held")

    def __init__(self, fd: int, colours: bool = False) -> None:
        self.fd = fd
        self.colours = colours
        self.closed = False
        self.at_start = True
        self.relay: Callable[[bytes], None] | None = None
        self.holds = False
        self.beside: Stream | None = None
        self._held: list[str] = []

    def write(self, text: str) -> None:
        """Write all of `text`; lone surrogates come out as `\\udcXX`, which is also how JSON writes them."""
        if not text or self.closed:
            return
        self.at_start = text[-1] == "\n"
        if self.beside is not None and self.beside._held:
            self.beside.release()
        if self.holds and self.relay is None and len(text) < _LONG:
            self._held.append(text)
            return
        self.release()
        (self.relay or self.put)(text.encode("utf-8", "backslashreplace"))

    def release(self) -> None:
        """Write what is held, in one piece."""
        if self._held:
            data = "".join(self._held).encode("utf-8", "backslashreplace")
            self._held.clear()
            self.put(data)

    def line(self, text: str) -> None:
        """Write a line of its own: what was left unfinished before it is ended first."""
        self.write(text + "\n" if self.at_start else "\n" + text + "\n")

    def put(self, data: bytes) -> None:
        """Write bytes to the descriptor, all of them."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self.fd, view) :]
            except BlockingIOError:  # somebody else made the terminal non-blocking
                self._wait()
            except OSError:  # EPIPE, EBADF, EIO: nobody will ever read this
                self.closed = True
                return

    def is_terminal(self) -> bool:
        """Whether a person may be looking."""
        try:
            return os.isatty(self.fd)
        except OSError:
            return False

    def size(self) -> tuple[int, int]:
        """Columns and lines of the terminal; 80 and 24 where there is none."""
        try:
            columns, lines = os.get_terminal_size(self.fd)
        except OSError:
            return 80, 24
        return columns or 80, lines or 24

    def width(self) -> int:
        """Columns of the terminal."""
        return self.size()[0]

    def is_ours(self) -> bool:
        """Whether we are in the foreground of the terminal."""
        try:
            return os.tcgetpgrp(self.fd) == os.getpgrp()
        except OSError:
            return False

    def shares(self, other: Stream) -> bool:
        """Whether both are the same terminal."""
        try:
            return self.is_terminal() and other.is_terminal() and os.fstat(self.fd).st_rdev == os.fstat(other.fd).st_rdev
        except OSError:
            return False

    def _wait(self) -> None:
        import select  # only where the descriptor is non-blocking and full

        waiting = select.poll()
        waiting.register(self.fd, select.POLLOUT)
        waiting.poll()


def release(*streams: Stream) -> None:
    """Nothing is held there any more."""
    for stream in streams:
        stream.holds = False
        stream.release()


def wants_colours(choice: str, environ: Mapping[str, str], terminal: bool) -> bool:
    """Whether to colour: `--color` first, then NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE, then whether it is a terminal that can."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in ("", "0") or environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return terminal and environ.get("TERM") != "dumb"


def paint(text: str, code: str, colours: bool) -> str:
    """`text` in the SGR `code`, if colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if colours and text else text


def brush(code: str, colours: bool) -> Callable[[str], str]:
    """What paints a text in the SGR `code`, if colours are wanted."""
    return (lambda text: paint(text, code, True)) if colours else str


BOLD, DIM, RED, GREEN, YELLOW, BLUE = "1", "2", "1;31", "32", "33", "1;34"
