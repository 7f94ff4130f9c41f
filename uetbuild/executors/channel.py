"""Messages over a pipe: a length of four bytes (little endian), then `marshal` of a list of plain tuples.

Both ends are processes of ours, forked from one another, so `marshal` meets no foreign bytes. Knows nothing of what the
messages mean.
"""

from __future__ import annotations

import marshal
import os

from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHUNK = 1 << 16
_HEAD = 4


def frame(messages: list[tuple[Any, ...]]) -> bytes:
    """The bytes of messages that cross together."""
    body = marshal.dumps(messages)
    return len(body).to_bytes(_HEAD, "little") + body


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, in as many pieces as the system makes of it; raises OSError as `os.write` does."""
    while data:
        data = data[os.write(fd, data) :]


class Inbox:
    """The reading end: pieces of any size become whole messages. `closed` once the other end is gone."""

    __slots__ = ("_point", "_rest", "closed", "fd")

    def __init__(self, fd: int, point: str) -> None:
        """`point`: the failpoint before each read."""
        self.fd = fd
        self._point = point
        self.closed = False
        self._rest = b""

    def receive(self) -> list[Any]:
        """One read of what is there (`poll` said so), and the messages that it completes."""
        try:
            reach(self._point)
            data = os.read(self.fd, CHUNK)
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return []
        data = self._rest + data
        messages, start, size = [], 0, len(data)
        while size - start >= _HEAD:
            body = start + _HEAD
            end = body + int.from_bytes(data[start:body], "little")
            if end > size:
                break
            messages += marshal.loads(data[body:end])
            start = end
        self._rest = data[start:]
        return messages


class Outbox:
    """The writing end: messages wait until `flush`, so that several cross in one write. `closed` once nobody reads any more."""

    __slots__ = ("_waiting", "closed", "fd")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.closed = False
        self._waiting: list[tuple[Any, ...]] = []

    def post(self, message: tuple[Any, ...]) -> None:
        """Take a message along with the next `flush`."""
        self._waiting.append(message)

    def flush(self) -> None:
        """Write what waits; may block while the reader is slow."""
        if not self._waiting:
            return
        data = frame(self._waiting)
        self._waiting.clear()
        try:
            write_all(self.fd, data)
        except OSError:
            self.closed = True
