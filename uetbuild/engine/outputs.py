"""What a node creates: cleared before the recipe runs, verified after it (interface, Outputs; promise 4).

Never removed or overwritten: what no stamp names in a folder or glob output, what git tracks, folders that we did not make.
"""

from __future__ import annotations

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source
from uetbuild.core.paths import PathIndex
from uetbuild.core.scope import files
from uetbuild.core.stamps import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Disk, Hands
    from uetbuild.core.stamps import Stamp
    from uetbuild.engine.memory import Memory

Standing = tuple[tuple[str, str], ...]  # (path, token of its signature): what stood in open outputs before the recipe ran

NOTHING = PathIndex(())


class Outputs:
    """Looks at and clears the outputs of nodes."""

    __slots__ = ("_disk", "_exclude", "_hands", "_memory", "_nodes", "_owners", "_prepared")

    def __init__(self, disk: Disk, hands: Hands, memory: Memory, exclude: tuple[str, ...], nodes: Iterable[Node]) -> None:
        self._disk = disk
        self._hands = hands
        self._memory = memory
        self._exclude = exclude
        self._prepared: dict[str, list[str]] = {}  # node that runs -> the folders that were made for it
        self._nodes = nodes
        self._owners: dict[str, str] | None = None

    @property
    def owners(self) -> dict[str, str]:
        """Literal output path -> node id, of the whole graph; found when it is first asked for."""
        if self._owners is None:
            self._owners = {source.pattern: node.id for node in self._nodes for source in node.outputs if source.kind == Source.PATH}
        return self._owners

    def look_again(self) -> None:
        """Recipes may have run since anything was looked at."""
        self._hands.look_again()

    def is_free(self, node: Node, last: Stamp | None) -> bool:
        """Whether it names its outputs one by one and nothing stands there, nor where it wrote before: then there is nothing to refuse, to
        clear, and to tell from what it makes.
        """
        kind = self._disk.kind
        for source in node.outputs:
            if source.kind != Source.PATH or source.folder or kind(source.pattern) != Kind.ABSENT:
                return False
        if node.depfile and kind(node.depfile) != Kind.ABSENT:
            return False
        return last is None or all(kind(path) == Kind.ABSENT for path in last.outputs)

    def refusal(self, node: Node, last: Stamp | None, forced: bool) -> str:
        """Why the node must not start, "" where it may: something stands at a literal output that is not ours to replace."""
        known = last.outputs if last is not None else {}
        if node.keep:
            return ""
        found = []
        for source in node.outputs:
            path = source.pattern
            if source.kind != Source.PATH or path in known:
                continue
            kind = self._disk.kind(path)
            if kind == Kind.FOLDER:
                if not source.folder and not any(name.startswith(path + "/") for name in known):
                    return f"refusing to replace the folder `{path}`, which uetbuild did not make"
            elif kind != Kind.ABSENT:
                found.append(path)
        if found and not forced:
            for path in found:
                if path in self._hands.tracked(found):
                    return f"refusing to replace `{path}`, which uetbuild did not make"
        return ""

    def clear(self, node: Node, last: Stamp | None, run: str) -> list[tuple[str, str]]:
        """Remove what the node made before, so that an old file never hides a missing one; (path, copy) of what a hand had changed."""
        if node.keep:
            return []
        saved = []
        mine = self._removable(node, last)
        if last is not None and last.stage != Stage.STARTED:
            for path in mine:
                then = last.outputs.get(path)
                if then and then != Kind.FOLDER and self._disk.digest(path) not in ("", then):
                    saved.append((path, self._hands.save_copy(path, run)))
        self.remove(mine)
        return saved

    def prepare(self, node: Node) -> None:
        """Make the folders in which the outputs will lie; nobody removes them, though empty, until the node is `over`."""
        self._prepared[node.id] = folders = self._folders(node)
        made = [folder for folder in folders if self._hands.make_folder(folder)]
        if made:
            self._disk.forget(made)

    def over(self, node: Node) -> None:
        """The recipe has ended; the folders that were made for it are as any others again."""
        self._prepared.pop(node.id, None)

    def _folders(self, node: Node) -> list[str]:
        """The folders in which the outputs will lie."""
        found: list[str] = []
        for source in node.outputs:
            pattern = source.pattern
            if source.kind != Source.GLOB:
                found.append(pattern if source.folder else pattern.rpartition("/")[0])
                continue
            while any(letter in pattern for letter in "*?[{"):
                pattern = pattern.rpartition("/")[0]
            found.append(pattern)
        found.append(node.depfile.rpartition("/")[0])
        return [folder for folder in dict.fromkeys(found) if folder]

    def standing(self, node: Node) -> Standing:
        """What lies in folder and glob outputs now; it belongs to others."""
        return tuple([(path, self._disk.signature(path)) for path in self._open_files(node)])

    def collect(self, node: Node, before: Standing) -> tuple[dict[str, str], list[str]]:
        """(path -> digest of all that the node created, literal outputs that are missing) after a recipe ended well."""
        strangers = dict(before)
        made: dict[str, str] = {}
        missing, unnamed = [], []
        for source in node.outputs:
            if source.kind != Source.PATH:
                unnamed.append(source)
                continue
            path = source.pattern
            digest = self._disk.digest(path)
            if source.folder or digest == Kind.FOLDER:
                unnamed.append(source)
            if digest != Kind.ABSENT:
                made[path] = digest
            elif not source.optional:
                missing.append(path)
        for path in self._files(unnamed):
            # a stranger's file that the recipe wrote anew is the node's from now on: else a lost state would lose all outputs
            if path not in strangers or strangers[path] != self._disk.signature(path):
                made[path] = self._disk.digest(path)
        if node.depfile and node.depfile not in made and self._disk.kind(node.depfile) != Kind.ABSENT:
            made[node.depfile] = self._disk.digest(node.depfile)
        return made, missing

    def discard(self, node: Node, last: Stamp | None, before: Standing) -> None:
        """After a failure: remove what was recorded and what appeared since the recipe started."""
        if node.keep:
            return
        mine = dict.fromkeys(self._removable(node, last))
        strangers = dict(before)
        mine.update(dict.fromkeys([path for path in self._open_files(node) if path not in strangers and not self._hands.refusal(path)]))
        self.remove(list(mine))

    def left(self, node: Node, last: Stamp) -> list[str]:
        """What an attempt that was cut off left, by path; `last` is its stamp."""
        return [] if node.keep else sorted([path for path in self._removable(node, last) if self._disk.kind(path) != Kind.ABSENT])

    def _removable(self, node: Node, last: Stamp | None) -> list[str]:
        """Files and links that the node made, by its stamp or by an unfinished attempt, and what stands at literal outputs; nothing that
        now lies behind a link out of the root, where it cannot be what was made.
        """
        mine: dict[str, None] = {}
        literal = [source.pattern for source in node.outputs if source.kind == Source.PATH]
        standing = dict.fromkeys([path for path in literal if self._disk.kind(path) not in (Kind.ABSENT, Kind.FOLDER)])
        if last is not None:
            for path in last.outputs:
                if path in standing or {self.owners.get(path, ""), self._memory.producer(path)} <= {"", node.id}:
                    mine[path] = None
            if last.stage == Stage.STARTED:
                strangers = dict(last.before)
                mine.update(dict.fromkeys([path for path in self._open_files(node) if path not in strangers]))
        mine |= standing
        if node.depfile:
            mine[node.depfile] = None
        return [path for path in mine if not self._hands.refusal(path)]

    def astray(self, paths: Iterable[str]) -> str:
        """Why something of what a node made is not ours to keep, "" where all of it is; each folder is looked at once."""
        for path in {path.rpartition("/")[0]: path for path in paths}.values():
            if why := self._hands.refusal(path):
                return why
        return ""

    def _open_files(self, node: Node) -> list[str]:
        """Files below folder outputs and files that match glob outputs."""
        return self._files([source for source in node.outputs if source.kind == Source.GLOB or self._is_open(source)])

    def _files(self, sources: list[Source]) -> list[str]:
        if not sources:
            return []
        folders = [source.with_(optional=True) for source in sources]
        return [path for _, path in files(tuple(folders), self._disk, self._exclude, NOTHING)]

    def _is_open(self, source: Source) -> bool:
        return source.folder or self._disk.kind(source.pattern) == Kind.FOLDER

    def remove(self, paths: list[str]) -> None:
        """Remove these files and links, and folders that are empty then."""
        folders = set()
        for path in paths:
            kind = self._disk.kind(path)
            if kind == Kind.FOLDER:
                folders.add(path)
            elif kind != Kind.ABSENT:
                self._hands.remove(path)
                folders.add(path.rpartition("/")[0])
        if not folders:
            return
        self._disk.forget(paths)
        folders.discard("")
        needed = {folder for prepared in self._prepared.values() for folder in prepared}
        for folder in sorted(folders, key=len, reverse=True):
            self._hands.remove_empty(folder, needed)
        self._disk.forget(list(folders))
