"""The manifest tree as it was understood last time, so that YAML, templates and models are not even imported while nothing changed.

`graph-KEY.bin`: a line that names tool, Python and the shape of every record; 4 bytes of the length of what comes next: sealed
(state/sealed.py), the project's row without its nodes, where each of what follows ends, the CRC32 of it all, the observations that its
making rested on, the names of what is secret in it; then each node, sealed by itself, so that who needs few of them reads few; last the
row of their graph, sealed too. Whoever loads it checks the observations (state/observations.py). A file that is not ours, not whole or of
another version is passed over: it is a cache.
"""

from __future__ import annotations

import os
import sys
from _operator import add
from itertools import accumulate, repeat
from marshal import loads
from zlib import crc32

from uetbuild import __version__
from uetbuild.core import nodes
from uetbuild.core.graph import ROW, Graph
from uetbuild.core.record import Record
from uetbuild.core.sha import sha256
from uetbuild.state import atomic
from uetbuild.state.observations import Observations
from uetbuild.state.sealed import seal, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from uetbuild.core.nodes import Project
    from uetbuild.core.secrets import Secrets
    from uetbuild.state.layout import Layout

    Names = tuple[tuple[str, ...], tuple[str, ...]]

MOST = 16  # files kept: one for each profile, manifest and set of assignments in use


def cache_key(root: str, manifest: str, profile: str, assignments: Mapping[str, str]) -> str:
    """Name of the file for what decides how a manifest is understood, besides what the observations hold."""
    return sha256(repr((root, manifest, profile, sorted(assignments.items()))).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def save(layout: Layout, key: str, project: Project, graph: Graph, seen: Observations, secrets: Secrets) -> int:
    """Keep a compiled manifest that holds none of the `secrets`, and the `graph` of it alone; the caller may write to the state folder.
    Returns its sum, 0 where it was not kept. Never raises: without it the next build is only slower.
    """
    header = _header()
    sealed = [seal(row) for row in (*[node.row() for node in project.nodes], graph.row())]
    nodes = b"".join(sealed)
    head = seal((project.with_(nodes=()).row(), list(accumulate(map(len, sealed))), crc32(nodes), seen.row(), secrets.names), header)
    data = b"".join((header, len(head).to_bytes(4, "little"), head, nodes))
    if secrets.are_in(data):
        return 0
    try:
        atomic.write(layout.compiled(key), data)
        _bound(layout)
    except OSError:
        return 0
    return crc32(head)


def tells(layout: Layout, key: str, secrets: Secrets) -> bool:
    """Whether a kept one holds a secret after all; then it is removed."""
    data = atomic.read_own(layout.compiled(key))
    if data is None or not secrets.are_in(data):
        return False
    os.unlink(layout.compiled(key))
    return True


class Kept:
    """A manifest as it was compiled: `names` are those of its secrets (`Secrets.names`), `seen` is what it rests on, `total` its sum."""

    __slots__ = ("project", "names", "seen", "total", "_graph")

    def __init__(self, project: Project, names: Names, seen: Observations, total: int, graph: bytes = b"") -> None:
        self.project = project
        self.names = names
        self.seen = seen
        self.total = total
        self._graph = graph

    @property
    def graph(self) -> Graph:
        """The graph of the manifest alone, where all of it was loaded."""
        return Graph.from_row(self.project.nodes, loads(self._graph))


def load(layout: Layout, key: str, holds: Callable[[Observations], bool]) -> Kept | None:
    """What was kept, if it is whole, of this version, and still `holds`, by what was seen when it was made."""
    data = atomic.read_own(layout.compiled(key))
    found = None if data is None else _head(data)
    if data is None or found is None:
        return None
    (project, ends, crc, row, names), body, total = found
    seen = Observations.from_row(row)
    view = memoryview(data)[body:]
    if not holds(seen) or crc32(view) != crc:
        return None
    starts = map(add, (0, *ends), repeat(body + 4))
    *rows, graph = map(data.__getitem__, map(slice, starts, map(add, ends, repeat(body))))
    return Kept(nodes.Project.from_row(project).with_(nodes=nodes.Node.unread(rows)), names, seen, total, graph)


def load_some(layout: Layout, key: str, total: int, wanted: Sequence[int]) -> Kept | None:
    """As `load`, but no more of the nodes than those with the numbers `wanted`, in their order, and nothing of what was seen; None also
    where the sum is not `total`.
    """
    data = atomic.read_own(layout.compiled(key))
    found = None if data is None else _head(data)
    if data is None or found is None or found[2] != total:
        return None
    (project, ends, crc, _, names), body, _ = found
    view = memoryview(data)[body:]
    if 2 * len(wanted) > len(ends):  # one sum over all is quicker than many
        if crc32(view) != crc:
            return None
        rows = [loads(view[(ends[number - 1] if number else 0) + 4 : ends[number]]) for number in wanted]
    else:
        rows = [unseal(bytes(view[ends[number - 1] if number else 0 : ends[number]])) for number in wanted]
    if None in rows:
        return None
    made = tuple(map(nodes.Node.from_row, rows))
    return Kept(nodes.Project.from_row(project).with_(nodes=made), names, Observations(), total)


def _head(data: bytes) -> tuple[Any, int, int] | None:
    """(what stands before the nodes, where these begin, the sum of all)."""
    header = _header()
    start = len(header) + 4
    body = start + int.from_bytes(data[start - 4 : start], "little")
    if not data.startswith(header) or body > len(data):
        return None
    row = unseal(data[start:body], header)
    return None if row is None else (row, body, crc32(memoryview(data)[start:body]))


def _header() -> bytes:
    """Version line. Installed files count by their times too, since a version number does not change while the tool is worked on."""
    shapes = [f"{name}:{' '.join(kind.__slots__)}" for name, kind in sorted(vars(nodes).items()) if _is_record(kind)]
    stamp = sha256("\n".join([*shapes, " ".join(ROW), *_sources()]).encode("utf-8", "surrogatepass")).hexdigest()
    return f"uetbuild graph 3 {__version__} {sys.implementation.cache_tag} {sys.hexversion:x} {stamp}\n".encode()


def _is_record(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Record)


def _sources() -> Iterable[str]:
    """Name and time of each module that takes part in understanding a manifest."""
    package = os.path.dirname(os.path.dirname(__file__))
    for room in ("core", "manifest"):
        try:
            with os.scandir(f"{package}/{room}") as found:
                yield from sorted(f"{entry.name} {entry.stat().st_mtime_ns}" for entry in found if entry.name.endswith(".py"))
        except OSError:
            continue  # installed as a zip file


def _bound(layout: Layout) -> None:
    """Remove the oldest files beyond `MOST`. Raises OSError."""
    with os.scandir(layout.folder) as found:
        files = [(entry.stat(follow_symlinks=False).st_mtime_ns, entry.path) for entry in found if _is_ours(entry.name)]
    for _, path in sorted(files)[:-MOST]:
        os.unlink(path)


def _is_ours(name: str) -> bool:
    return name.startswith("graph-") and name.endswith(".bin")
