"""What a word of the command line could name, for completion: ids, runs, gates of the project that the words before it mean."""

from __future__ import annotations

import os

from uetbuild.cli.argv import parse
from uetbuild.cli.options import Options
from uetbuild.core.nodes import Node
from uetbuild.errors import UetError
from uetbuild.manifest.discover import find
from uetbuild.state import compiled
from uetbuild.state.layout import Layout
from uetbuild.state.observations import still_holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.nodes import Project

Candidate = tuple[str, str]


class Reachable:
    """Moves to the folder of `-C`. Where there is no project, or it cannot be understood, there is nothing to name."""

    def __init__(self, before: Sequence[str]) -> None:
        options = _options(before)
        if options.directory:
            os.chdir(options.directory)
        self._project: Project | None = None
        self._layout: Layout | None = None
        self._prefix = ""
        try:
            found = find(os.getcwd(), options.file or None)
        except UetError:
            return
        self._layout = Layout(found.root, os.path.abspath(options.state) if options.state else None)
        self._project = _understood(self._layout, found.root, found.manifest, options)
        if self._project is not None:
            self._prefix = next((prefix for folder, prefix, _ in self._project.namespaces if folder == found.here), "")

    def ids(self, current: str) -> list[Candidate]:
        """Workstreams, and the nodes of one when it is the only one meant; `tag:x` and its like when the word begins so."""
        if self._project is None:
            return []
        kind, colon, _ = current.partition(":")
        if colon and kind in ("tag", "phase", "gate"):
            return self._selected(kind)
        titles: dict[str, str] = {}
        for node in self._project.nodes:
            titles.setdefault(self._short(node.workstream), "gate" if node.kind == Node.GATE and not node.title else node.title)
        meant = [name for name in titles if name.startswith(current)]
        found = [(name, titles[name]) for name in meant]
        if "[" in current or len(meant) == 1:
            found += [(name, "") for node in self._project.nodes if (name := self._short(node.id)) not in titles]
        return found

    def gates(self) -> list[Candidate]:
        """The nodes of gates."""
        return [(node.id, node.title) for node in self._project.nodes if node.kind == Node.GATE] if self._project else []

    def runs(self) -> list[Candidate]:
        """The runs so far, the newest first."""
        if self._layout is None:
            return []
        from uetbuild.state.history import History  # sqlite: only where runs are asked for

        runs = History(self._layout).runs()
        return [*([("last", "the newest")] if runs else []), *((run.id, run.state) for run in runs)]

    def _selected(self, kind: str) -> list[Candidate]:
        project = self._project
        assert project is not None
        if kind == "gate":
            names = {node.workstream for node in project.nodes if node.kind == Node.GATE}
        else:
            names = {name for node in project.nodes for name in (node.tags if kind == "tag" else (node.phase,)) if name}
        return [(f"{kind}:{name}", "") for name in sorted(names)]

    def _short(self, name: str) -> str:
        """An id as it is typed in this folder."""
        return name.removeprefix(f"{self._prefix}:") if self._prefix else name


def _options(before: Sequence[str]) -> Options:
    try:
        return parse(before, os.environ).options
    except UetError:  # of a line that is not whole yet
        return Options()


def _understood(layout: Layout, root: str, manifest: str, options: Options) -> Project | None:
    """The project: as it was compiled while that holds, else compiled now; of a manifest that is broken at the moment, as it was."""
    key = compiled.cache_key(root, manifest, options.profile, dict(options.assignments))
    safe = layout.check()
    cached = compiled.load(layout, key, lambda seen: still_holds(seen, root, os.environ)) if safe else None
    if cached is not None:
        return cached.project
    from uetbuild.manifest.load import load  # pydantic, ruamel and jinja2: only when the manifest changed
    from uetbuild.state.digests import Digests
    from uetbuild.state.disk import RealDisk

    try:
        disk = RealDisk(root, Digests(), os.environ)
        return load(root, manifest, disk, profile=options.profile or None, assignments=dict(options.assignments))
    except UetError:
        before = compiled.load(layout, key, lambda seen: True) if safe else None
        return before.project if before is not None else None
