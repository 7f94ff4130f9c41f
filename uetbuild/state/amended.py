"""Keeps the record of a verdict true after a build that judged only those whom a change concerned: what they saw takes the place of
what was seen before; all else in it stays as it is, for nobody has looked at it, and the fast door will.

Where they saw anything that the record does not know, or a change of something that others looked at too, there is no record any more,
and the next build judges everything: absence is the safe state.
"""

from __future__ import annotations

import os
from bisect import bisect_left

from uetbuild.core.kinds import Kind
from uetbuild.front import FOLDER, Snapshot, print_of, sweep_hash
from uetbuild.state.observations import NOBODY, numbers
from uetbuild.state.snapshot import FORMATS, Unobservable, database_signature, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uetbuild.core.secrets import Secrets
    from uetbuild.state.layout import Layout
    from uetbuild.state.observations import Observations, Signature
    from uetbuild.state.parts import Parts


def amend(
    layout: Layout, then: Snapshot, parts: Parts, numbers: Sequence[int], judged: frozenset[int], seen: Observations,
    environ: Mapping[str, str], secrets: Secrets,
) -> bool:  # fmt: skip
    """Record that all is up to date again. Returns whether it could be; never raises for the disk.

    `then`: the record before, with its `parts`; `judged`: the nodes that were judged; `seen`: all their looks, whose readers are places in
    `numbers`. The caller holds the build lock, and the database is closed.
    """
    try:
        prints = _Prints(layout, then, parts, numbers, judged)
        for path, token in seen.files.items():
            prints.file(path, token, seen)
        for path, kind in seen.kinds.items():
            if path not in seen.files:
                prints.kind(path, kind, seen)
        _unchanged(prints, then, seen, environ)
        made = Snapshot()
        for name in Snapshot.__slots__:
            setattr(made, name, getattr(then, name))
        made.sweeps, made.prints = prints.sweeps(), prints.data()
        made.database = database_signature(layout)
        write(layout, made, secrets)
    except (Unobservable, OSError, ValueError):
        return False
    return True


class _Prints:
    """What the files of a record look like, one by one."""

    def __init__(self, layout: Layout, then: Snapshot, parts: Parts, numbers: Sequence[int], judged: frozenset[int]) -> None:
        self.base = layout.root.rstrip("/") + "/"
        self._then = then
        self._parts = parts
        self._numbers = numbers
        self._judged = judged
        self._data = bytearray(then.prints)
        self._prints = memoryview(self._data).cast("q")
        self._touched: set[int] = set()
        self._absent = frozenset(then.absent)
        self._starts: list[int] = []  # of each sweep
        self._folders: dict[str, list[int]] = {}  # the sweeps of a folder
        start = 0
        for number, (folder, names, _) in enumerate(then.sweeps):
            self._starts.append(start)
            self._folders.setdefault(folder, []).append(number)
            start += len(names)

    def file(self, path: str, token: Signature | None, seen: Observations) -> None:
        """A file as it was seen. Raises Unobservable."""
        full = self.full(path)
        if token is None:
            self._absence(full)
            return
        sweep, place = self._find(full)
        if not token or place < 0:
            raise Unobservable
        readers = self._known(place, path, seen)
        if self._prints[place] != hash(token):
            if not readers <= self._judged:
                raise Unobservable
            self._prints[place] = hash(token)
            self._touched.add(sweep)

    def kind(self, path: str, kind: str, seen: Observations) -> None:
        """What stands at a path, where nobody asked for more. Raises Unobservable."""
        full = self.full(path)
        _, place = self._find(full)
        if place >= 0:  # in the record its signature vouches for the kind
            self._known(place, path, seen)
            if self._prints[place] != print_of(full):
                raise Unobservable
        elif kind == Kind.ABSENT:
            self._absence(full)
        elif (full, FORMATS.get(kind)) not in self._then.kinds:
            raise Unobservable

    def sweeps(self) -> list[tuple[str, list[str], int]]:
        """Those of the record, with what changed."""
        found = list(self._then.sweeps)
        for number in self._touched:
            folder, names, _ = found[number]
            start = self._starts[number]
            found[number] = (folder, names, sweep_hash(self._prints[start : start + len(names)]))
        return found

    def data(self) -> bytes:
        return bytes(self._data)

    def full(self, path: str) -> str:
        return path if path[:1] == "/" else self.base + path

    def _known(self, place: int, path: str, seen: Observations) -> frozenset[int]:
        """Who looks at a file by the record, those among them who did now. Raises Unobservable."""
        readers, mine = self._parts.of(place), numbers(seen.readers.get(path, NOBODY))
        if readers is None or NOBODY in mine or not readers.issuperset([self._numbers[i] for i in mine]):
            raise Unobservable
        return readers

    def _absence(self, full: str) -> None:
        if full not in self._absent:
            raise Unobservable

    def _find(self, full: str) -> tuple[int, int]:
        """(sweep, place among all files); -1 where the record does not know the path."""
        folder, _, name = full.rpartition("/")
        for number in self._folders.get(folder or "/", ()):
            names = self._then.sweeps[number][1]
            place = bisect_left(names, name)
            if place < len(names) and names[place] == name:
                return number, self._starts[number] + place
        return -1, -1


def _unchanged(prints: _Prints, then: Snapshot, seen: Observations, environ: Mapping[str, str]) -> None:
    """Raise Unobservable unless folders, environment and programs are as the record has them."""
    if seen.folders:
        paths, expected = then.folders
        now = {path: FOLDER(os.stat(path)) for path in paths}
        if hash(tuple(now.values())) != expected:
            raise Unobservable
        for path, token in seen.folders.items():
            full = prints.full(path)
            if full not in then.no_folders if token is None else now.get(full) != token:
                raise Unobservable
    if any(name not in then.env[0] or environ.get(name) != value for name, value in seen.env.items()):
        raise Unobservable
    led = {path for path, _ in then.led}
    if not led.issuperset(seen.programs.values()):
        raise Unobservable
