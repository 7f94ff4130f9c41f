"""What was seen of paths in this build, and how it is forgotten in proportion to what is named.

Looks are kept per folder, and folders know the folders below them. A path that leads through a link or `..` may be
another name of a file that is forgotten, so such looks go with every `forget`. Knows nothing of contents.
"""

from __future__ import annotations

from uetbuild.core.kinds import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.state.observations import Signature


ROOTS = ("", "/")  # what no folder is above


class Look:
    """What was seen of one path: `kind`, `token` (its signature, None = absent), `vouches` (the token, or () while a change might not
    show in it), `digest` once it was asked for."""

    __slots__ = ("digest", "kind", "token", "vouches")

    def __init__(self, kind: str, token: Signature | None, vouches: Signature | None) -> None:
        self.kind = kind
        self.token = token
        self.vouches = vouches
        self.digest: str | None = None


class Folder:
    """What was seen in one folder. `above`: the one in which it lies; `seen`: paths in it that were looked at; `below`: folders in it of
    which something was seen. `listing` is valid while `checked`; after that if the folder's signature still is `token` (() = cannot
    tell, None = no folder)."""

    __slots__ = ("above", "below", "checked", "listing", "path", "seen", "token")

    def __init__(self, path: str, above: Folder | None) -> None:
        self.path = path
        self.above = above
        self.below: set[str] = set()
        self.seen: set[str] = set()
        self.listing: list[tuple[str, str]] | None = None
        self.token: Signature | None = None
        self.checked = False


class Looks(dict[str, Look]):
    """The memory: what was seen of a path, or now is where nothing is known; `see` looks at it. Paths are root-relative or absolute,
    without `/` at the end."""

    __slots__ = ("_aliased", "_folders", "_links", "_see")

    def __init__(self, see: Callable[[str], Look]) -> None:
        self._see = see
        self._folders: dict[str, Folder] = {}
        self._aliased: dict[str, Folder] = {}
        self._links: list[Look] = []

    def __missing__(self, path: str) -> Look:
        parent, slash, _ = path.rpartition("/")  # `split`, without the call
        folder = self._folders.get(parent or slash) or self.folder(parent or slash)
        folder.seen.add(path)
        look = self[path] = self._see(path)
        return look

    def folder(self, path: str) -> Folder:
        """The memory of a folder; those of its ancestors are made with it, since each knows what is below it."""
        folder = self._folders.get(path)
        if folder is not None:
            return folder
        missing = [path]
        while path not in ROOTS:
            path = split(path)[0]
            if path in self._folders:
                break
            missing.append(path)
        while missing:
            folder = self._make(missing.pop())
        assert folder is not None
        return folder

    def digest_depends_on_others(self, look: Look) -> None:
        """The digest of a link is also that of its target, so it goes with every `forget`."""
        self._links.append(look)

    def forget(self, paths: list[str] | None) -> None:
        """These paths, what is below them, what is known of their folders; None: everything."""
        for look in self._links:
            look.digest = None
        self._links.clear()
        if paths is None:
            self.clear()
            self._folders.clear()
            self._aliased.clear()
            return
        for folder in self._aliased.values():
            self._forget_in(folder)
            folder.checked = False
        folders, parents = self._folders, set()
        for path in paths:
            if path in folders:
                self._forget_below(path)
            self.pop(path, None)
            parent, slash, _ = path.rpartition("/")  # `split`, without the call
            parents.add(parent or slash)
        for path in parents:
            while path not in folders and path not in ROOTS:  # in these nothing was seen
                self.pop(path, None)
                path = split(path)[0]
            above = folders.get(path)
            while above is not None:
                above.checked = False
                if above.path in self:
                    del self[above.path]
                above = above.above

    def _make(self, path: str) -> Folder:
        """The memory of a folder; that of the one above it is there."""
        if path in ROOTS:
            folder = self._folders[path] = Folder(path, None)
            return folder
        above, name = split(path)
        parent = self._folders[above]
        parent.below.add(path)
        aliased = above in self._aliased or name in ("..", ".") or self[path].kind == Kind.LINK
        folder = self._folders[path] = Folder(path, parent)
        if aliased:
            self._aliased[path] = folder
        return folder

    def _forget_in(self, folder: Folder) -> None:
        for path in folder.seen:
            self.pop(path, None)
        folder.seen.clear()

    def _forget_below(self, path: str) -> None:
        paths = [path]
        while paths:
            path = paths.pop()
            folder = self._folders.pop(path, None)
            if folder is not None:
                self._forget_in(folder)
                self._aliased.pop(path, None)
                paths.extend(folder.below)


def split(path: str) -> tuple[str, str]:
    """(folder, name); the folder of `/usr` is `/`, that of `a` is the root, ""."""
    folder, slash, name = path.rpartition("/")
    return (folder or (slash and "/"), name)
