"""Digests of files that were read before, by path, each with the signature that the file had then. Only saves reading: content decides."""

from __future__ import annotations

from uetbuild.state.sealed import key_of, sealed_rows, seed, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Row = tuple[int, int, int, int, str]  # size, mtime_ns, ctime_ns, inode, digest
START = seed("digests", ("size", "mtime_ns", "ctime_ns", "inode", "digest"))


class Digests:
    """`load` gives all sealed rows by key; called once, when the first file is asked for. A row is opened when its file is. `find` gives
    one: to be set by who will ask for few.
    """

    __slots__ = ("find", "learnt", "_known", "_load")

    def __init__(self, load: Callable[[], Mapping[bytes, bytes]] = dict) -> None:
        self.find: Callable[[bytes], bytes | None] = self._find_first
        self.learnt: dict[str, Row | None] = {}  # since the last commit; None: the file is gone
        self._known: dict[str, Row | None] = {}
        self._load = load

    def get(self, path: str) -> Row | None:
        """What is remembered of a path."""
        if path in self._known:
            return self._known[path]
        key = key_of(path)
        blob = self.find(key)
        row: Row | None = unseal(blob, key, START) if blob is not None else None
        self._known[path] = row
        return row

    def put(self, path: str, row: Row) -> None:
        """Remember a digest, from the next commit on also beyond this build."""
        self._known[path] = self.learnt[path] = row

    def drop(self, path: str) -> None:
        """Nothing stands there any more."""
        if self.get(path) is not None:
            self._known[path] = self.learnt[path] = None

    def _find_first(self, key: bytes) -> bytes | None:
        self.find = self._load().get
        return self.find(key)

    def pending(self) -> tuple[list[tuple[bytes, bytes]], list[tuple[bytes]]]:
        """((key, sealed row) to write, (key,) to delete) of what was learnt; kept until `written`. In the order of the keys, in which a
        table takes them fastest."""
        gone = [(key_of(path),) for path, row in self.learnt.items() if row is None]
        put = {path: row for path, row in self.learnt.items() if row is not None} if gone else self.learnt
        return sorted(sealed_rows(put, START)), gone

    def written(self) -> None:
        """What was pending is durable."""
        self.learnt.clear()
