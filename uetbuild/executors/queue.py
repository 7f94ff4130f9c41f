"""The queue of jobs that any supervisor may take: a pipe of packets, which the system hands out one by one, each to one reader.

So a supervisor that is done goes on at once, without waiting for the coordinator; and what nobody has taken yet the coordinator can
take back by reading it itself. Linux only (`O_DIRECT` of pipe(7)); elsewhere, and for jobs that are too long for a packet, nothing is ever
queued here. Knows nothing of what the messages mean.
"""

from __future__ import annotations

import marshal
import os
import select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACKET = select.PIPE_BUF
"""Bytes of a packet, at most: a longer one would be cut into several."""
_SET_SIZE, _SIZE = 1031, 64 * PACKET  # F_SETPIPE_SZ: each packet takes a page; without it there is room for 16


class Queue:
    """`reading` and `writing` are -1 where the system has no such pipes."""

    __slots__ = ("reading", "writing")

    def __init__(self) -> None:
        self.reading = self.writing = -1
        packets = getattr(os, "O_DIRECT", 0)
        if packets and hasattr(os, "pipe2"):
            try:
                self.reading, self.writing = os.pipe2(packets | os.O_CLOEXEC | os.O_NONBLOCK)
            except OSError:
                return
            from fcntl import fcntl  # lazy: a module of its own, for one call a build

            try:
                fcntl(self.writing, _SET_SIZE, _SIZE)
            except OSError:
                pass  # the user's share of memory for pipes is used up: then it holds less

    def offer(self, message: tuple[Any, ...]) -> bool:
        """Put a message into the queue; False where it is too long, or there is no room."""
        packet = marshal.dumps(message)
        if self.writing < 0 or len(packet) > PACKET:
            return False
        try:
            os.write(self.writing, packet)
        except OSError:
            return False
        return True

    def take(self) -> Any:
        """The first message, None where there is none."""
        if self.reading < 0:
            return None
        try:
            packet = os.read(self.reading, PACKET)
        except OSError:
            return None
        return marshal.loads(packet) if packet else None

    def close(self) -> None:
        """Let go of both ends."""
        for fd in (self.reading, self.writing):
            if fd >= 0:
                os.close(fd)
        self.reading = self.writing = -1
