"""From words on the command line to nodes (interface, section 3: what a TARGET is, and what a bare `uetbuild` builds)."""

from __future__ import annotations

from uetbuild.core.nodes import Node, Source
from uetbuild.core.paths import resolve
from uetbuild.core.relative import seen_from
from uetbuild.core.scope import Scope
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Project


_MEANT = {"help": "--help", "version": "--version", "why": "explain", "ls": "list", "history": "runs", "validate": "check", "log": "logs"}
"""Commands of other tools, and what they are called here."""


class Targets:
    """Resolves words typed in the root-relative folder `cwd`, below the manifest in the folder `here`."""

    __slots__ = ("_cwd", "_graph", "_prefix", "_project", "_workstreams")

    def __init__(self, project: Project, graph: Graph, here: str, cwd: str) -> None:
        self._project = project
        self._graph = graph
        self._cwd = cwd
        self._prefix = ""
        for folder, prefix, _ in project.namespaces:
            if folder == here:
                self._prefix = prefix
        self._workstreams = graph.named

    def is_id(self, word: str) -> bool:
        """Whether a word names a workstream or node (then it is no command)."""
        return any(name in self._workstreams or name in self._graph.index for name in self._names(word))

    def named(self, words: Iterable[str]) -> list[int]:
        """The nodes that the words name, in the order of the manifest. Raises UetError for a word that names nothing."""
        found: set[int] = set()
        for word in words:
            found.update(self.one(word))
        return sorted(found)

    def names(self, word: str) -> bool:
        """Whether a word names nodes."""
        return self._meant(word) is not None

    def parted(self, words: Iterable[str], is_source: Callable[[str], bool]) -> tuple[list[str], list[str]]:
        """The words that name nodes, and the root-relative paths that the others are, if they name sources. Raises UetError."""
        naming: list[str] = []
        paths: list[str] = []
        for word in words:
            path = resolve(self._cwd, word)
            if path and not self.names(word) and is_source(path):
                paths.append(path)
            else:
                naming.append(word)
        return naming, paths

    def one(self, word: str) -> list[int]:
        """The nodes that one word names. Raises UetError."""
        found = self._meant(word)
        if found is None:
            raise self._unknown(word)
        return found

    def _meant(self, word: str) -> list[int] | None:
        """The nodes that a word means, None where it means none."""
        for name in self._names(word):
            if name in self._workstreams:
                return self._workstreams[name]
            if name in self._graph.index:
                return [self._graph.index[name]]
        if word == "all":
            return self._everything()
        selected = self._selected(word)
        if selected is not None:
            return selected
        found = self._matching(word)
        if found:
            return found
        path = resolve(self._cwd, word)
        if path:
            return [i for i, node in enumerate(self._graph.nodes) if _creates(node, path)] or None
        return None

    def default(self) -> list[int]:
        """What a bare `uetbuild` builds: the `default` of the nearest manifest, else its `all`, else all its workstreams that have files.
        Raises UetError where nothing is left to build.
        """
        prefix = self._prefix
        declared = next((ids for _, name, ids in self._project.namespaces if name == prefix), None) if prefix else self._project.default
        if declared is not None:
            return self.named(declared)
        return self._workstreams.get(f"{prefix}:all" if prefix else "all") or self._everything(prefix)

    def members(self, indices: Iterable[int]) -> frozenset[int]:
        """These nodes, groups replaced by their members."""
        deps = self._graph.deps
        found = set(indices)
        while groups := found & self._graph.groups:
            found.difference_update(groups)
            found.update(*[deps[i] for i in groups])
        return frozenset(found)

    def _names(self, word: str) -> tuple[str, ...]:
        """The full ids that a word may stand for, the nearest namespace first; `:id` is the root's."""
        if word.startswith(":"):
            return (word[1:],)
        return (f"{self._prefix}:{word}", word) if self._prefix else (word,)

    def _selected(self, word: str) -> list[int] | None:
        kind, colon, name = word.partition(":")
        if not colon or kind not in ("tag", "phase", "gate"):
            return None
        nodes = self._graph.nodes
        if kind == "gate":
            return self._gates(name)
        found = [i for i, node in enumerate(nodes) if (name in node.tags if kind == "tag" else node.phase == name)]
        if not found:
            known = sorted({tag for node in nodes for tag in node.tags} if kind == "tag" else {node.phase for node in nodes if node.phase})
            raise UetError(f"no workstream has the {kind} `{name}`", hint=_declared(known, f"no {kind} is declared"))
        return [i for i in found if not nodes[i].manual]

    def _gates(self, name: str) -> list[int]:
        """The nodes of a gate, or one of them."""
        gates = {node.workstream: node.id for node in self._graph.nodes if node.guard is not None}
        for full in self._names(name):
            found = [i for i, node in enumerate(self._graph.nodes) if node.guard is not None and full in (node.workstream, node.id)]
            if found:
                return found
        from difflib import get_close_matches  # only for this message

        near = get_close_matches(name, [*gates, *gates.values()], 1)
        if near:
            raise UetError(f"no gate is `{name}`", hint=f"did you mean `{near[0]}`?")
        raise UetError(f"no gate is `{name}`", hint=_declared(sorted(gates), "the manifest declares no gate that guards anything"))

    def _matching(self, pattern: str) -> list[int]:
        from uetbuild.core.idpatterns import is_pattern, matcher  # few words are neither ids nor `all`

        if not is_pattern(pattern):
            return []
        matches = [matcher(name) for name in self._names(pattern)]
        return [
            i
            for i, node in enumerate(self._graph.nodes)
            if not node.manual and node.kind != Node.GATE and any(match(node.workstream) or match(node.id) for match in matches)
        ]

    def _everything(self, prefix: str = "") -> list[int]:
        """All workstreams of a namespace ("" for those of all of them) that have files and do not run by themselves."""
        found = list(self._graph.products)
        if prefix:
            found = [i for i in found if self._graph.nodes[i].workstream.startswith(f"{prefix}:")]
        if not found:
            names = [name for name in self._workstreams if (name.startswith(f"{prefix}:") if prefix else ":" not in name)]
            raise UetError(
                "nothing to build: no workstream that is neither `manual` nor `always` has files",
                hint=_declared(names, "") + f"; name one, as in `uetbuild {names[0]}`, or set `default`" if names else self._why_none(),
            )
        return found

    def _why_none(self) -> str:
        """Why there is no workstream: a `foreach` that found nothing, or none was declared."""
        return self._project.warnings[0] if self._project.warnings else "the manifest declares no workstream"

    def _unknown(self, word: str) -> UetError:
        path = resolve(self._cwd, word)
        if path and any(_reads(node, path) for node in self._graph.nodes):
            return UetError(f"nobody creates `{word}`", hint="a file that is only read may limit a build, if it is there")
        return UetError(f"unknown target `{word}`", hint=self._nearest(word) or _declared(list(self._workstreams), self._why_none()))

    def _nearest(self, word: str) -> str:
        """What may have been meant, "" where nothing comes near."""
        below = resolve("", word)
        if self._cwd and below and any(_creates(node, below) or _reads(node, below) for node in self._graph.nodes):
            return f"paths are as seen from the current folder: `{seen_from(self._cwd, below)}`"
        if word in ("png", "pdf"):
            return "pictures of the graph are `dot`, `mermaid` and `svg`; other programs make others of them"
        from difflib import get_close_matches  # only for this message

        from uetbuild.cli.options import COMMANDS  # as above

        near = get_close_matches(word, [*self._workstreams, *self._graph.index], 1)
        if near and word not in _MEANT:
            return f"did you mean `{near[0]}`?"
        command = _MEANT.get(word) or next(iter(get_close_matches(word, COMMANDS, 1, 0.7)), "")
        return f"did you mean `uetbuild {command}`?" if command else ""


def _declared(names: list[str], none: str) -> str:
    shown = ", ".join([f"`{name}`" for name in names[:12]])
    return f"declared: {shown}{' …' if len(names) > 12 else ''}" if names else none


def _creates(node: Node, path: str) -> bool:
    return any(
        source.pattern == path or path.startswith(source.pattern + "/") or source.pattern.startswith(path + "/")
        if source.kind == Source.PATH
        else Scope((source,), ()).matches(path)
        for source in node.outputs
    )


def _reads(node: Node, path: str) -> bool:
    return bool(node.inputs or node.edits) and Scope((*node.inputs, *node.edits), ()).matches(path)
