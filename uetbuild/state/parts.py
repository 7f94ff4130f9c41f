"""Who looked at which file when nothing had to be done: so what a changed file concerns is known before anything is judged.

One file beside each snapshot (state/snapshot.py), which holds its sum: what does not belong together is not believed. The graph is written
down with it, by numbers, and the compiled manifest named from which single nodes are read (state/compiled.py).
"""

from __future__ import annotations

from uetbuild.front import MAGIC
from uetbuild.state import atomic
from uetbuild.state.observations import NOBODY, numbers
from uetbuild.state.sealed import seal, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Parts:
    """`key` and `compiled`: name and sum of the compiled manifest; `before`, `behind`, `level` of all nodes, as `Graph` has them;
    `groups`: numbers; `size`: how many workstreams take part. `readers`: of each file in the order of the snapshot's sweeps who looked at
    it, a number or several; None where not only nodes did.
    """

    __slots__ = ("key", "compiled", "before", "behind", "level", "groups", "size", "readers")

    key: str
    compiled: int
    before: list[tuple[int, ...]]
    behind: list[tuple[int, ...]]
    level: list[int]
    groups: frozenset[int]
    size: int
    readers: list[int | frozenset[int] | None]

    def of(self, place: int) -> frozenset[int] | None:
        """Who looked at a file."""
        found = self.readers[place]
        return None if found is None else numbers(found)


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


def readers_of(found: int | frozenset[int] | None) -> int | frozenset[int] | None:
    """As `Parts` has them, of those of observations."""
    return None if found is None or NOBODY in numbers(found) else found
