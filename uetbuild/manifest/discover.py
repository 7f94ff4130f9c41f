"""Which manifest rules: the nearest above the current folder, or the outermost above that one which includes it.

Looks at the real disk, before there is a root and so before there is a `Disk`; of the manifests above the nearest only the block
`include` is read. The costly imports happen only where such a manifest has that block.
"""

from __future__ import annotations

import os

from uetbuild.core.kinds import Kind
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uetbuild.core.ports import Disk
    from uetbuild.manifest.tree import Text, Tree

NAME = "Uetfile.yaml"


class Found:
    """`root`: absolute folder of the manifest that rules, without `/` at its end; `manifest`: its file name; `here`: root-relative folder
    of the nearest manifest, "" for the root, whose namespace bare ids on the command line come from.
    """

    __slots__ = ("here", "manifest", "root")

    def __init__(self, root: str, manifest: str, here: str) -> None:
        self.root = root
        self.manifest = manifest
        self.here = here

    def __repr__(self) -> str:
        return f"Found(root={self.root!r}, manifest={self.manifest!r}, here={self.here!r})"


def find(start: str, file: str | None = None) -> Found:
    """The manifest for a command given in the folder `start` (absolute). `file` (`-f`, relative to `start`) names the root manifest itself.

    Raises UetError where there is none.
    """
    if file is not None:
        path = os.path.normpath(os.path.join(start, file))
        if not os.path.isfile(path):
            folder_hint = f"did you mean `{os.path.join(file, NAME)}`?" if os.path.isfile(os.path.join(path, NAME)) else ""
            raise UetError(f"there is no manifest `{file}`", None, folder_hint)
        return Found(os.path.dirname(path), os.path.basename(path), "")
    candidates = [folder for folder in _upwards(start) if os.path.isfile(os.path.join(folder, NAME))]
    if not candidates:
        hint = misspelt(start) or "`uetbuild init` writes one for what lies here"
        raise UetError(f"there is no `{NAME}` in this folder or above", None, hint)
    nearest = candidates[0]
    for folder in reversed(candidates[1:]):
        here = os.path.relpath(nearest, folder).replace(os.sep, "/")
        if _includes(folder, f"{here}/{NAME}"):
            return Found(folder, NAME, here)
    return Found(nearest, NAME, "")


def observe(start: str, root: str, disk: Disk) -> bool:
    """Look once more at all that made the manifest of `root` rule in `start`, through a `disk` that observes; whether that is all.

    What the ruling manifest includes was observed when it was loaded; what others above it would include is not looked at.
    """
    for folder in _upwards(start):
        content = disk.read(os.path.join(folder, NAME))
        if content is not None and b"include" in content and root.startswith(f"{folder.rstrip('/')}/"):
            return False
    return True


def _upwards(folder: str) -> Iterator[str]:
    folder = os.path.normpath(folder)
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def misspelt(start: str) -> str:
    """The hint where something stands that was probably meant as the manifest."""
    try:
        names = os.listdir(start)
    except OSError:
        return ""
    if NAME in names:
        return f"`{NAME}` is a link that leads nowhere" if os.path.islink(os.path.join(start, NAME)) else f"`{NAME}` is no file"
    near = sorted(name for name in names if name.lower() in ("uetfile.yml", "uetfile.yaml", "uetfile"))
    return f"rename `{near[0]}` to `{NAME}`" if near else ""


def _includes(root: str, wanted: str) -> bool:
    """Whether the manifest of `root` includes the root-relative file `wanted`, directly or through others."""
    disk = _Looks(root)
    seen = [NAME]
    for file in seen:
        content = disk.read(file)
        if content is None or b"include" not in content:
            continue
        for included in _included(file, content, disk):
            if included == wanted:
                return True
            if included not in seen:
                seen.append(included)
    return False


def _included(file: str, content: bytes, disk: _Looks) -> Iterable[str]:
    """The files that a manifest includes; what is wrong there is told when the manifest is loaded."""
    from uetbuild.core.nodes import Settings  # these four: only where a manifest above has an `include`
    from uetbuild.manifest.includes import expand
    from uetbuild.manifest.tree import Map
    from uetbuild.manifest.yamltext import decode, parse

    found: list[str] = []
    try:
        tree = parse(decode(file, _block(content)))
    except UetError:
        return found
    if not isinstance(tree, Map) or "include" not in tree.entries:
        return found
    for path in _paths(tree.entries["include"]):
        try:
            found += expand(path, file.rpartition("/")[0], disk, Settings.DEFAULTS["exclude"])
        except UetError:
            continue
    return found


def _block(content: bytes) -> bytes:
    """The lines of the top-level key `include`, which parse in no time whatever the size of the manifest; all where that may mislead."""
    lines = content.splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith(b"include")]
    if len(starts) != 1:
        return content
    end = starts[0] + 1
    while end < len(lines) and lines[end][:1] in (b" ", b"\t", b"#", b"-", b"\n", b"\r", b"]", b"}"):
        end += 1
    block = b"".join(lines[starts[0] : end])
    return content if b"*" in block.replace(b"/*", b"") and b"&" in content else block


def _paths(node: Tree) -> Iterator[Text]:
    from uetbuild.manifest.tree import Map, Seq, Text  # as in `_included`

    for item in node.items if isinstance(node, Seq) else [node]:
        path = item.entries.get("path") if isinstance(item, Map) else item
        if isinstance(path, Text):
            yield path


class _Looks:
    """The few looks at a disk that `includes.expand` needs, unrecorded."""

    def __init__(self, root: str) -> None:
        self._root = root

    def kind(self, path: str) -> str:
        full = os.path.join(self._root, path)
        if os.path.islink(full):
            return Kind.LINK
        if os.path.isdir(full):
            return Kind.FOLDER
        return Kind.FILE if os.path.isfile(full) else Kind.ABSENT

    def entries(self, folder: str) -> list[tuple[str, str]]:
        try:
            names = os.listdir(os.path.join(self._root, folder))
        except OSError:
            return []
        return [(name, self.kind(f"{folder}/{name}" if folder else name)) for name in sorted(names)]

    def read(self, path: str) -> bytes | None:
        try:
            with open(os.path.join(self._root, path), "rb") as file:
                return file.read()
        except OSError:
            return None
