"""The one wait of a worker: for children that end, orders of the coordinator, the coordinator's death, output, and deadlines.

Owns SIGCHLD of its process while it is open. Knows nothing of jobs.
"""

from __future__ import annotations

import os
import select

from uetbuild.executors.channel import Inbox, Outbox
from uetbuild.executors.csignal import signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_CHILD = (signals.SIGCHLD,)
_ENDED = os.WNOHANG | os.WUNTRACED  # or was stopped

CALL = "call"
"""The order (CALL, 0) is answered with itself, whatever we are busy with."""


class Watch:
    """What happened around a worker process.

    `main` is the child whose end is told in `status` (as of `waitpid`, None while it runs) and that it was stopped, as by
    Ctrl-Z, in `stopped`; every other child is an orphan of our tree and is only collected. `is_alone`: no child was left, and
    none has been followed since. `moment`: seconds in which most small commands are over.
    `orders`: messages of the coordinator. `abandoned`: the coordinator is gone. `output`: descriptor that is looked at too, or -1.
    """

    __slots__ = (
        "_handler", "_inbox", "_naps", "_outbox", "_output", "_poller", "_wake", "_wake_before", "_wake_end",
        "abandoned", "is_alone", "main", "orders", "status", "stopped",
    )  # fmt: skip
    moment = 0.01

    def __init__(self, inbox: Inbox | None = None, outbox: Outbox | None = None) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._output = -1
        self.orders: list[Any] = []
        self.abandoned = False
        self.main = 0
        self.status: int | None = None
        self.stopped = False
        self.is_alone = False
        self._wake, self._wake_end = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._wake_end, False)
        self._wake_before = signals.set_wakeup_fd(self._wake_end, warn_on_full_buffer=False)
        self._handler = signals.signal(signals.SIGCHLD, _heard)
        # in a process of its own there is no other thread that could be given the signal in our place
        self._naps = inbox is not None and hasattr(signals, "sigtimedwait")
        if self._naps:
            signals.pthread_sigmask(signals.SIG_BLOCK, _CHILD)  # until `nap` asks for it, or `wait` hears it
        self._poller = select.poll()
        self._poller.register(self._wake, select.POLLIN)
        if inbox:
            self._poller.register(inbox.fd, select.POLLIN)

    def close(self) -> None:
        """Give SIGCHLD back to whoever had it; signals other than SIGCHLD that were heard meanwhile are told to its descriptor.

        For one without an inbox, in a process that goes on afterwards.
        """
        signals.signal(signals.SIGCHLD, self._handler)
        signals.set_wakeup_fd(self._wake_before)
        others = self._heard_signals().replace(bytes([signals.SIGCHLD]), b"")
        if others and self._wake_before >= 0:
            os.write(self._wake_before, others)
        os.close(self._wake)
        os.close(self._wake_end)

    def listen_to(self, fd: int) -> None:
        """Look at this descriptor of output too; -1: at none."""
        if self._output >= 0:
            self._poller.unregister(self._output)
        self._output = fd
        if fd >= 0:
            self._poller.register(fd, select.POLLIN)

    def follow(self, pid: int) -> None:
        """This child is the one that matters from now on."""
        self.main = pid
        self.status = None
        self.stopped = self.is_alone = False

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep until something happens, at most so long; True when there is output to read."""
        if self._outbox:
            self.abandoned = self.abandoned or self._outbox.closed
        if self._naps:
            signals.pthread_sigmask(signals.SIG_UNBLOCK, _CHILD)
        happened = self._poller.poll(None if seconds is None else max(0, int(seconds * 1000) + 1))
        if self._naps:
            signals.pthread_sigmask(signals.SIG_BLOCK, _CHILD)
        return self._heed(happened)

    def nap(self, seconds: float) -> None:
        """Sleep until a child has ended, at most so long, and heed nothing else: one call of the system where `wait` takes six."""
        if self._naps:
            signals.sigtimedwait(_CHILD, seconds)
        else:
            self.wait(seconds)

    def look(self) -> None:
        """Heed what has happened, without waiting."""
        self._heed(self._poller.poll(0))

    def _heed(self, happened: list[tuple[int, int]]) -> bool:
        has_output = False
        for fd, _ in happened:
            if fd == self._wake:
                self._heard_signals()
            elif fd == self._output:
                has_output = True
            elif self._inbox:
                self._take_orders(self._inbox)
        return has_output

    def reap(self) -> bool:
        """Collect every child that has ended; False when no child is left."""
        while not self.is_alone:
            try:
                pid, status = os.waitpid(-1, _ENDED)
            except ChildProcessError:
                self.is_alone = True  # until another one is followed: nobody else can give us children
                break
            if pid == 0:
                return True
            if pid == self.main:
                if os.WIFSTOPPED(status):
                    self.stopped = True
                else:
                    self.status = status
        return False

    def _take_orders(self, inbox: Inbox) -> None:
        orders = inbox.receive()
        calls = [order for order in orders if order[0] == CALL]
        self.orders += [order for order in orders if order[0] != CALL] if calls else orders
        for call in calls:
            if self._outbox:
                self._outbox.post(call)
                self._outbox.flush()
        if inbox.closed:
            self._poller.unregister(inbox.fd)
            self.abandoned = True

    def _heard_signals(self) -> bytes:
        try:
            return os.read(self._wake, 4096)
        except BlockingIOError:
            return b""


def _heard(number: int, frame: object) -> None:
    """That it is a handler at all makes the system wake `poll` through the wakeup descriptor."""
