"""The one wait of a build: descriptors of the workers and the process's signals, with a deadline."""

from __future__ import annotations

import os
import select
from math import ceil

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from typing import Protocol

    class Wait(Protocol):
        """What the loop needs of it."""

        def poll(self, filenos: Sequence[int], seconds: float | None) -> list[int]:
            """Wait until a descriptor is readable, a signal came or the time is over; returns the signals."""
else:
    import _signal as signal  # what `signal` wraps; that one loads `enum`

LONGEST = 3_600_000  # milliseconds of one wait: the system's numbers end before our durations do, and waking up early does no harm


class SignalWait:
    """Catches SIGINT, SIGTERM and SIGHUP while it is open (a context manager) and waits by `poll`.

    A signal wakes the poll through a pipe (`set_wakeup_fd`), so none is lost between looking and waiting.
    """

    CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    __slots__ = ("_before", "_read", "_write", "_wakeup")

    def __enter__(self) -> SignalWait:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = {number: signal.getsignal(number) for number in self.CAUGHT}
        for number in self.CAUGHT:
            if self._before[number] != signal.SIG_IGN or number == signal.SIGINT:  # `nohup` stays in force
                signal.signal(number, _ignore)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def poll(self, filenos: Sequence[int], seconds: float | None) -> list[int]:
        """See `Wait`."""
        poller = select.poll()
        poller.register(self._read, select.POLLIN)
        for fileno in filenos:
            poller.register(fileno, select.POLLIN)
        poller.poll(None if seconds is None else min(ceil(seconds * 1000), LONGEST))
        try:
            return [number for number in os.read(self._read, 64) if number in self.CAUGHT]
        except BlockingIOError:
            return []


def _ignore(number: int, frame: object) -> None:
    """The byte in the wakeup pipe says it all."""
