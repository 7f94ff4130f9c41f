"""Secrets in output become `***`, also where a secret lies across the border of two chunks.

Every byte that belongs to any occurrence of any secret is hidden, overlapping occurrences as one. At most one byte less than the
longest secret is held back. Knows nothing of files and processes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

STARS = b"***"
SHORTEST = 4  # characters; hiding shorter values would garble everything and tell them by what is garbled


class Masker:
    """A stream of bytes with secrets in, one without out."""

    __slots__ = ("_covered", "_held", "_secrets")

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({text.encode("utf-8", "surrogateescape") for text in secrets if len(text) >= SHORTEST})
        self._held = b""
        self._covered = 0  # so many bytes at the begin of `_held` belong to stars that were given out already

    def feed(self, chunk: bytes) -> bytes:
        """Take a chunk; what can be shown by now."""
        if not self._secrets:
            return chunk
        data = self._held + chunk
        return self._show(data, len(data) - self._open_end(data))

    def finish(self) -> bytes:
        """The rest, at the end of the stream; the masker can be used for another stream afterwards."""
        return self._show(self._held, len(self._held))

    def _show(self, data: bytes, border: int) -> bytes:
        """`data[:border]` masked; the rest is kept, with how much of it is hidden already."""
        shown: list[bytes] = []
        position = self._covered
        for start, end in self._runs(data):
            if start >= border:
                break
            if start >= position:
                shown += (data[position:start], STARS)
            position = end  # else the run goes on with stars that were given out
        shown.append(data[position:border])
        self._held = data[border:]
        self._covered = max(0, position - border)
        return b"".join(shown)

    def _runs(self, data: bytes) -> list[list[int]]:
        """[start, end] of what is to be hidden, in order, without overlap; what was hidden already counts as the first of it."""
        spots = [(0, self._covered)] if self._covered else []
        for secret in self._secrets:
            start = data.find(secret)
            while start >= 0:
                spots.append((start, start + len(secret)))
                start = data.find(secret, start + 1)
        runs: list[list[int]] = []
        for start, end in sorted(spots):
            if runs and start < runs[-1][1]:
                runs[-1][1] = max(end, runs[-1][1])
            else:
                runs.append([start, end])
        return runs

    def _open_end(self, data: bytes) -> int:
        """How many bytes at the end may be the begin of a secret."""
        longest = 0
        for secret in self._secrets:
            for length in range(min(len(secret) - 1, len(data)), longest, -1):
                if data.endswith(secret[:length]):
                    longest = length
                    break
        return longest
