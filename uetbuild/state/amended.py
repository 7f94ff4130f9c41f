"""Keeps the record of a verdict true after a build that judged only those whom a change concerned: what they saw takes the place of
what was seen before; all else in it stays as it is, for nobody has looked at it, and the fast door will.

Where they saw a change of something that others looked at too, or anything else that the record does not know, there is no record any
more, and the next build judges everything: absence is the safe state.
"""

from __future__ import annotations

import os
from _bisect import bisect_left

from uetbuild.core.kinds import Kind
from uetbuild.front import FOLDER, Snapshot, file_name, names_of, print_of, sweep_hash
from uetbuild.state import parts
from uetbuild.state.observations import NOBODY, numbers
from uetbuild.state.snapshot import FORMATS, Unobservable, database_signature, sweeps_of, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from uetbuild.core.secrets import Secrets
    from uetbuild.state.layout import Layout
    from uetbuild.state.observations import Observations, Signature
    from uetbuild.state.parts import Parts


def amend(
    layout: Layout, then: Snapshot, divided: Parts, places: Sequence[int], judged: Mapping[int, bool], seen: Observations,
    environ: Mapping[str, str], secrets: Secrets,
) -> bool:  # fmt: skip
    """Record the verdict anew. Returns whether it could be; never raises for the disk.

    `then`: the record before, with what is kept beside it (`divided`); `judged`: the nodes that were judged, and whether they are up to
    date; `seen`: all their looks, whose readers are places in `places`, which has their numbers. The caller holds the build lock, and the
    database is closed.
    """
    try:
        files = _Files(layout, then, divided, places, judged)
        for path, token in seen.files.items():
            files.file(path, token, seen)
        for path, kind in seen.kinds.items():
            if path not in seen.files:
                files.kind(path, kind, seen)
        _unchanged(files, then, seen, environ)
        made = Snapshot()
        for name in Snapshot.__slots__:
            setattr(made, name, getattr(then, name))
        made.open = sorted([i for i in {*then.open, *judged} if not judged.get(i, False)])
        made.database = database_signature(layout)
        files.put_into(made)
        write(layout, made, secrets)
    except (Unobservable, OSError, ValueError):
        return False
    return True


class _Files:
    """What the files of a record look like, one by one. `come`, `gone`: those that the record has among the absent, or not at all, and
    those that it has no more.
    """

    def __init__(self, layout: Layout, then: Snapshot, divided: Parts, places: Sequence[int], judged: Container[int]) -> None:
        self.base = layout.root.rstrip("/") + "/"
        self._layout = layout
        self._then = then
        self._parts = divided
        self._numbers = places
        self._judged = judged
        self._data = bytearray(then.prints)
        self._prints = memoryview(self._data).cast("q")
        self._touched: set[int] = set()
        self._come: dict[str, tuple[int, frozenset[int]]] = {}
        self._gone: dict[str, frozenset[int]] = {}
        self._starts: list[int] = []  # of each sweep
        self._folders: dict[str, list[int]] = {}  # the sweeps of a folder
        self._names: dict[int, list[str]] = {}  # in those that were asked for
        start = 0
        for number, (folder, _, count, _) in enumerate(then.sweeps):
            self._starts.append(start)
            self._folders.setdefault(folder, []).append(number)
            start += count

    def file(self, path: str, token: Signature | None, seen: Observations) -> None:
        """A file as it was seen. Raises Unobservable."""
        full, mine = self.full(path), self._mine(path, seen)
        sweep, place = self._find(full)
        if token is None:
            self._absence(full, place, mine)
        elif not token:
            raise Unobservable
        elif place < 0:
            self._come[full] = (hash(token), mine | self._free(self._missing(full)))
        else:
            readers = self._parts.of(place)
            if readers is None or not mine <= readers:
                raise Unobservable
            if self._prints[place] != hash(token):
                self._free(readers)
                self._prints[place] = hash(token)
                self._touched.add(sweep)

    def kind(self, path: str, kind: str, seen: Observations) -> None:
        """What stands at a path, where nobody asked for more. Raises Unobservable."""
        full, mine = self.full(path), self._mine(path, seen)
        _, place = self._find(full)
        if kind == Kind.ABSENT:
            self._absence(full, place, mine)
        elif place >= 0:  # in the record its signature vouches for the kind
            readers = self._parts.of(place)
            if readers is None or not mine <= readers or self._prints[place] != print_of(full):
                raise Unobservable
        elif (full, FORMATS.get(kind)) not in self._then.kinds:
            raise Unobservable

    def put_into(self, made: Snapshot) -> None:
        """Write all of it into a record. Raises OSError, ValueError."""
        made.prints = bytes(self._data)
        made.sweeps = list(self._then.sweeps)
        for number in self._touched:
            folder, names, count, _ = made.sweeps[number]
            start = self._starts[number]
            made.sweeps[number] = (folder, names, count, sweep_hash(self._prints[start : start + count]))
        if self._come or self._gone:
            self._sort_anew(made)

    def full(self, path: str) -> str:
        return path if path[:1] == "/" else self.base + path

    def _sort_anew(self, made: Snapshot) -> None:
        """With files that came or went the order of all is another one."""
        looks: dict[str, int] = {}
        readers: dict[str, int | frozenset[int] | None] = {}
        places = iter(zip(self._prints, self._parts.readers, strict=True))
        for folder, names, _, _ in self._then.sweeps:
            for name in names_of(names):
                path = f"{folder.rstrip('/')}/{name}"
                looks[path], readers[path] = next(places)
        for path, (look, mine) in self._come.items():
            looks[path], readers[path] = look, mine
            self._parts.missing.pop(path, None)
        for path, mine in self._gone.items():
            if looks.pop(path, None) is not None:
                del readers[path]
            self._parts.missing[path] = mine
            self._parts.quiet -= mine
        made.absent = sorted({*made.absent, *self._gone}.difference(self._come))
        made.sweeps, made.prints = sweeps_of(looks)
        self._parts.readers = [readers[f"{folder.rstrip('/')}/{name}"] for folder, names, _, _ in made.sweeps for name in names_of(names)]
        made.parts = parts.write(f"{self._layout.folder}/{file_name(made.words, made.here)}", self._parts)

    def _mine(self, path: str, seen: Observations) -> frozenset[int]:
        """Who looked at a path in this build. Raises Unobservable where not only nodes did."""
        mine = numbers(seen.readers.get(path, NOBODY))
        if NOBODY in mine:
            raise Unobservable
        return frozenset([self._numbers[i] for i in mine])

    def _missing(self, full: str) -> frozenset[int] | None:
        """Who looked at a path by the record, which does not have it among its files."""
        if full in self._parts.missing:
            readers = self._parts.missing[full]
            return None if readers is None else numbers(readers)
        return frozenset()

    def _free(self, readers: frozenset[int] | None) -> frozenset[int]:
        """Those who looked at what has changed. Raises Unobservable unless all of them were judged."""
        if readers is None or not all(i in self._judged for i in readers):
            raise Unobservable
        return readers

    def _absence(self, full: str, place: int, mine: frozenset[int]) -> None:
        if place >= 0:
            self._gone[full] = mine | self._free(self._parts.of(place))
        elif full not in self._parts.missing or not mine <= (self._missing(full) or frozenset()):
            self._gone[full] = mine | self._free(self._missing(full))

    def _find(self, full: str) -> tuple[int, int]:
        """(sweep, place among all files); -1 where the record does not know the path."""
        folder, _, name = full.rpartition("/")
        for number in self._folders.get(folder or "/", ()):
            names = self._names.get(number)
            if names is None:
                names = self._names[number] = names_of(self._then.sweeps[number][1])
            place = bisect_left(names, name)
            if place < len(names) and names[place] == name:
                return number, self._starts[number] + place
        return -1, -1


def _unchanged(files: _Files, then: Snapshot, seen: Observations, environ: Mapping[str, str]) -> None:
    """Raise Unobservable unless folders, environment and programs are as the record has them."""
    if seen.folders:
        paths, expected = then.folders
        now = {path: FOLDER(os.stat(path)) for path in paths}
        if hash(tuple(now.values())) != expected:
            raise Unobservable
        for path, token in seen.folders.items():
            full = files.full(path)
            if full not in then.no_folders if token is None else now.get(full) != token:
                raise Unobservable
    if any(name not in then.env[0] or environ.get(name) != value for name, value in seen.env.items()):
        raise Unobservable
    led = {path for path, _ in then.led}
    if not led.issuperset(seen.programs.values()):
        raise Unobservable
