"""Which files an `include` means. Knows nothing of what is in them."""

from __future__ import annotations

from typing import Protocol

from uetbuild.core.globs import fault
from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source
from uetbuild.core.paths import PathIndex, is_glob, resolve
from uetbuild.core.scope import files
from uetbuild.errors import UetError
from uetbuild.manifest.tree import Text
from uetbuild.manifest.words import did_you_mean

MANIFEST = "Uetfile.yaml"
_NOTHING_DECLARED = PathIndex(())


class Files(Protocol):
    """The part of `ports.Disk` that is needed to find manifests."""

    def kind(self, path: str) -> str: ...

    def entries(self, folder: str) -> list[tuple[str, str]]: ...

    def read(self, path: str) -> bytes | None: ...


def is_wild(path: Text) -> bool:
    """Whether an `include` is a pattern, which may match nothing and gives each file the name of its folder as prefix."""
    return is_glob(path.text)


def expand(path: Text, folder: str, disk: Files, exclude: tuple[str, ...]) -> list[str]:
    """The root-relative files that an `include` written in a manifest of `folder` means. Raises UetError with its place."""
    target = resolve(folder, path.text)
    if target is None:
        raise UetError(f"include `{path.text}` leads out of the root", path.locate(), "all files of a project lie below its root")
    wrong = fault(target) if path.text else "names no file"
    if wrong:
        raise UetError(f"include `{path.text}` {wrong}", path.locate())
    if is_wild(path):
        pattern = Source(pattern=target, kind=Source.GLOB)
        return [found for _, found in files((pattern,), disk, exclude, _NOTHING_DECLARED)]  # type: ignore[arg-type]
    if disk.kind(target) not in (Kind.FILE, Kind.LINK):
        raise UetError(f"include `{path.text}` does not exist", path.locate(), _near(path.text, target, disk))
    return [target]


def _near(written: str, target: str, disk: Files) -> str:
    """What was probably meant by a path that is no file."""
    if disk.kind(target) == Kind.FOLDER:
        inside = f"{written.rstrip('/')}/{MANIFEST}"
        return f"did you mean `{inside}`?" if disk.kind(f"{target}/{MANIFEST}".lstrip("/")) == Kind.FILE else "it is a folder"
    folder, _, name = target.rpartition("/")
    hint = did_you_mean(name, [entry for entry, kind in disk.entries(folder) if kind == Kind.FILE])
    if not hint or "/" not in written:
        return hint
    return hint.replace("`", f"`{written.rpartition('/')[0]}/", 1)
