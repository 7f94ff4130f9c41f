"""Who looked at which file when nothing had to be done: so what a changed file concerns is known before anything is judged.

One file beside each snapshot (state/snapshot.py), which holds its sum: what does not belong together is not believed. The graph is written
down with it, by numbers, and the compiled manifest named from which single nodes are read (state/compiled.py).
"""

from __future__ import annotations

from uetbuild.front import MAGIC, names_of, print_of
from uetbuild.state import atomic
from uetbuild.state.observations import NOBODY, numbers
from uetbuild.state.sealed import seal, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from uetbuild.front import Snapshot


class Parts:
    """`key` and `compiled`: name and sum of the compiled manifest; `before`, `behind`, `level` of all nodes, as `Graph` has them;
    `groups`: numbers; `size`: how many workstreams take part; `quiet`: who looked at nothing but files that are there. `readers`: of each
    file in the order of the snapshot's sweeps who looked at it, a number or several; None where not only nodes did.
    `missing`: the same by the absolute paths of files that are not there.
    """

    __slots__ = ("key", "compiled", "before", "behind", "level", "groups", "size", "quiet", "readers", "missing")

    key: str
    compiled: int
    before: list[tuple[int, ...]]
    behind: list[tuple[int, ...]]
    level: list[int]
    groups: frozenset[int]
    size: int
    quiet: frozenset[int]
    readers: list[int | frozenset[int] | None]
    missing: dict[str, int | frozenset[int] | None]

    def of(self, place: int) -> frozenset[int] | None:
        """Who looked at a file."""
        found = self.readers[place]
        return None if found is None else numbers(found)


class Known:
    """Which nodes still are what they were when nothing had to be done, by a look at their files, as the record has them."""

    def __init__(self, seen: Snapshot, divided: Parts, touched: frozenset[int], asked: frozenset[int]) -> None:
        """`touched`: those of whom it is known that something changed; `asked`: all who may be asked about."""
        self._seen = seen
        self._divided = divided
        self._touched = touched
        self._asked = asked
        self._prints = memoryview(seen.prints).cast("q")
        self._files: dict[int, list[int]] | None = None  # what each looked at, by place
        self._paths: dict[int, str] = {}
        self._same: dict[int, bool] = {}  # what was looked at since the last recipe ended
        self._accepted: frozenset[str] = frozenset()
        self._endings = 0

    def holds(self, number: int, endings: int) -> bool:
        """Whether all files that the node looked at look as they did; False also where it looked at anything else. `endings`: how many
        recipes have ended: since the last of these every file is looked at once, whoever reads it.
        """
        if number in self._touched or number not in self._divided.quiet:
            return False
        if endings != self._endings:
            self.forget(endings)
        if self._files is None:
            self._files = self._collect()
        return all(map(self._is_same, self._files.get(number, ())))

    def accept(self, paths: Iterable[str]) -> None:
        """These absolute paths hold what they held, whatever they look like."""
        self._accepted = frozenset(paths)

    def forget(self, endings: int = 0) -> None:
        """Look at all files anew."""
        self._same.clear()
        self._endings = endings

    def _is_same(self, place: int) -> bool:
        same = self._same.get(place)
        if same is None:
            path = self._paths[place]
            same = self._same[place] = path in self._accepted or print_of(path) == self._prints[place]
        return same

    def _collect(self) -> dict[int, list[int]]:
        files: dict[int, list[int]] = {}
        places = enumerate(self._divided.readers)
        for folder, names, _, _ in self._seen.sweeps:
            start = folder.rstrip("/") + "/"
            for name, (place, readers) in zip(names_of(names), places, strict=False):
                for number in () if readers is None else self._asked.intersection(numbers(readers)):
                    files.setdefault(number, []).append(place)
                    self._paths[place] = start + name
        return files


def path_of(snapshot: str) -> str:
    """Where the parts of a snapshot lie."""
    folder, _, name = snapshot.rpartition("/")
    return f"{folder}/part{name.removeprefix('plan')}"


def write(snapshot: str, parts: Parts) -> int:
    """Keep the parts of a snapshot; returns their sum. Raises OSError."""
    data = seal(tuple([getattr(parts, name) for name in Parts.__slots__]), MAGIC)
    atomic.write(path_of(snapshot), data)
    return int.from_bytes(data[:4], "little")


def read(snapshot: str, total: int) -> Parts | None:
    """What was kept beside a snapshot that names this sum; None where it is not that."""
    data = atomic.read_own(path_of(snapshot))
    if data is None or int.from_bytes(data[:4], "little") != total:
        return None
    row: Sequence[Any] | None = unseal(data, MAGIC)
    if row is None or len(row) != len(Parts.__slots__):
        return None
    parts = Parts()
    for name, value in zip(Parts.__slots__, row, strict=True):
        setattr(parts, name, value)
    return parts


def without_nobody(readers: Iterable[int | frozenset[int]]) -> list[int | frozenset[int] | None]:
    """As `Parts` has them, of those of observations."""
    return [None if each == NOBODY or (each.__class__ is frozenset and NOBODY in each) else each for each in readers]
