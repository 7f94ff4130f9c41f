"""The manifest tree as it was understood last time, so that YAML, templates and models are not even imported while nothing changed.

`graph-KEY.bin`: a line that names tool, Python and the shape of every record; 4 bytes of CRC32; the marshal of the
project's row and of the observations that its making rested on. Whoever loads it checks these (state/observations.py). A file
that is not ours, not whole or of another version is passed over: it is only a cache.
"""

from __future__ import annotations

import os
import sys

from uetbuild import __version__
from uetbuild.core import nodes
from uetbuild.core.record import Record
from uetbuild.core.sha import sha256
from uetbuild.state import atomic
from uetbuild.state.observations import Observations
from uetbuild.state.sealed import seal, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uetbuild.core.nodes import Project
    from uetbuild.core.secrets import Secrets
    from uetbuild.state.layout import Layout

MOST = 16  # files kept: one for each profile, manifest and set of assignments in use


def cache_key(root: str, manifest: str, profile: str, assignments: Mapping[str, str]) -> str:
    """Name of the file for what decides how a manifest is understood, besides what the observations hold."""
    return sha256(repr((root, manifest, profile, sorted(assignments.items()))).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def save(layout: Layout, key: str, project: Project, seen: Observations, secrets: Secrets) -> None:
    """Keep a compiled manifest that holds none of the `secrets`; the caller may write to the state folder. Never raises: without it the
    next build is only slower.
    """
    header = _header()
    sealed = seal((project.row(), seen.row()), header)
    if secrets.are_in(sealed):
        return
    try:
        atomic.write(layout.compiled(key), header + sealed)
        _bound(layout)
    except OSError:
        pass


def load(layout: Layout, key: str) -> tuple[Project, Observations] | None:
    """What was kept, if it is whole and of this version; whether it still holds is for the caller to ask of the observations."""
    data = atomic.read_own(layout.compiled(key))
    header = _header()
    if data is None or not data.startswith(header):
        return None
    rows = unseal(data[len(header) :], header)
    if rows is None:
        return None
    project, seen = rows
    return nodes.Project.from_row(project), Observations.from_row(seen)


def _header() -> bytes:
    """Version line. Installed files count by their times too, since a version number does not change while the tool is worked on."""
    shapes = [f"{name}:{' '.join(kind.__slots__)}" for name, kind in sorted(vars(nodes).items()) if _is_record(kind)]
    stamp = sha256("\n".join([*shapes, *_sources()]).encode("utf-8", "surrogatepass")).hexdigest()
    return f"uetbuild graph {__version__} {sys.implementation.cache_tag} {sys.hexversion:x} {stamp}\n".encode()


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
