"""The trees of supervisors that died: they come to the coordinator, which is a subreaper, and are ended before their jobs count as lost.

A state machine that never blocks: a timer of the kernel makes the loop look again until nobody is left. Its ticks of 20 ms are the
one place where we look repeatedly, only after a crash and until its rest is gone. Knows nothing of jobs.
"""

from __future__ import annotations

import os
import time

from uetbuild.executors import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

_TICK = 20_000_000  # nanoseconds
_CLOCK_MONOTONIC, _TFD_NONBLOCK_CLOEXEC = 1, os.O_NONBLOCK | os.O_CLOEXEC


class Orphans:
    """Children of this process that were not there before us and are no supervisors. `fd` is readable when `press` wants to be called."""

    def __init__(self) -> None:
        self._spared = frozenset(tree.children(os.getpid()))
        self._ending: tree.Ending | None = None
        self.fd = -1

    def expect(self, grace: float) -> None:
        """A supervisor died: end what it left, TERM now, KILL `grace` seconds later."""
        now = time.monotonic()
        if self._ending:
            self._ending.term_at = now
            self._ending.kill_at = max(self._ending.kill_at, now + grace)
            return
        self._ending = tree.Ending(now, now + grace)

    @property
    def expected(self) -> bool:
        """Whether `press` has something to do."""
        return self._ending is not None

    def press(self, supervisors: Collection[int]) -> bool:
        """Go on with it; True when nobody is left."""
        while True:
            left = self._left(supervisors)
            if not left:
                self._forget()
                return True
            now = time.monotonic()
            if self._ending and not self._ending.press([*left, *tree.descendants(left)], now):
                self._forget()  # they run as somebody else: nothing more can be done
                return True
            if self._tick():
                return False
            self.hurry()
            time.sleep(0.005)  # no timer to be had: then it must be done at once

    def hurry(self) -> None:
        """No more grace."""
        if self._ending:
            self._ending.kill_at = 0.0

    def _left(self, supervisors: Collection[int]) -> list[int]:
        left = []
        for pid in tree.children(os.getpid()):
            if pid in supervisors or pid in self._spared:
                continue
            try:
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    left.append(pid)
            except ChildProcessError:
                pass
        return left

    def _tick(self) -> bool:
        """Hear the timer, or start it; False where the system has none."""
        if self.fd >= 0:
            try:
                os.read(self.fd, 8)
            except BlockingIOError:
                pass
            return True
        self.fd = tree.call_c("timerfd_create", _CLOCK_MONOTONIC, _TFD_NONBLOCK_CLOEXEC)
        if self.fd >= 0:
            nothing, tick = bytes(8), _TICK.to_bytes(8, "little")
            tree.call_c("timerfd_settime", self.fd, 0, nothing + tick + nothing + tick, None)
        return self.fd >= 0

    def _forget(self) -> None:
        self._ending = None
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
