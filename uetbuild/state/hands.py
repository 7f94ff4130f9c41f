"""`FileHands`: every change of project files by us, as opposed to recipes.

A path is walked folder by folder with descriptors, so that a link planted in the middle, even at the last moment, leads nowhere: links
to other places in the root are resolved first, one that leads out of it is refused, and so is all that lies in `.git` or in
the state folder. Knows nothing of why something is to be removed.
"""

from __future__ import annotations

import errno
import os
import stat

from uetbuild.errors import ExitCode, UetError
from uetbuild.failpoints import reach
from uetbuild.state import content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from uetbuild.state.layout import Layout

OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
RESERVED = (".git", ".uet")
ODD = frozenset(("", ".", "..", *RESERVED))  # parts of a path that want a closer look
NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class FileHands:
    """Implements `Hands`. `tracked` tells which paths git tracks. With `through_links=False`, as `clean` wants it, links are refused also
    where they stay in the root: what lies behind one is not what was recorded."""

    def __init__(self, root: str, layout: Layout, tracked: Callable[[list[str]], set[str]], through_links: bool = True) -> None:
        self.root = os.path.realpath(root)
        self._given = os.path.normpath(root)
        self._base = self.root.rstrip("/") + "/"
        self._layout = layout
        self._state = os.path.realpath(layout.folder) + "/"
        self._tracked = tracked
        self._through_links = through_links
        self._sound: set[str] = set()  # folders that are there, with no link on the way: since `look_again`

    def look_again(self) -> None:
        """Others may have changed the folders since they were looked at."""
        self._sound.clear()

    def refusal(self, path: str) -> str:
        """Why what stands at a path is not touched, "" where it may be."""
        try:
            path = self._checked(path)
            if not self._is_sound(path.rpartition("/")[0]):
                self._resolved(path)
        except UetError as error:
            return error.message
        return ""

    def remove(self, path: str) -> None:
        """Remove a file or link; nothing happens where there is none, or a folder. Raises UetError where it may not or cannot be."""
        path = self._checked(path)
        if not path or not self._stands(path):
            return
        folder, name = os.path.split(self._resolved(path))
        try:
            parent = self._open(folder)
            try:
                reach("output.removing")
                os.unlink(name, dir_fd=parent)
            finally:
                os.close(parent)
        except OSError as error:
            if error.errno in NOTHING_THERE or error.errno == errno.EISDIR or os.path.isdir(os.path.join(self.root, folder, name)):
                return
            raise _failure("remove", path, error) from error

    def remove_empty(self, folder: str, needed: Container[str] = ()) -> None:
        """Remove a folder and its parents up to the root, as long as they are empty and not `needed`. Raises UetError for one that is not
        ours."""
        folder = self._checked(folder)
        self._sound.clear()
        if not folder or not os.path.lexists(os.path.join(self.root, folder)):
            return
        folder = self._resolved(folder)
        while folder and folder not in needed:
            above, name = os.path.split(folder)
            try:
                parent = self._open(above)
                try:
                    os.rmdir(name, dir_fd=parent)
                finally:
                    os.close(parent)
            except OSError:  # not empty, a link, gone, or not ours: then it stays
                return
            folder = above

    def make_folder(self, folder: str) -> bool:
        """Make a folder and its parents; whether it was not there. Raises UetError where something else stands in the way."""
        if folder in self._sound:  # as most are, and was checked then
            return False
        folder = self._checked(folder)
        if not folder or self._is_sound(folder):
            return False
        way = self._resolved(folder + "/.", folder)
        if os.path.isdir(self._base + folder):
            return False
        try:
            reach("folder.making")
            descriptor = self._open(way, make=True)
        except OSError as error:
            raise _failure("make the folder", folder, error) from error
        os.close(descriptor)
        return True

    def save_copy(self, path: str, run: str) -> str:
        """Copy a file or link, as a link, to `kept/RUN/path`; returns the copy's path as shown to people, "" where nothing stands.
        Raises UetError."""
        path = self._checked(path)
        source = os.path.join(self.root, self._resolved(path))
        target = self._free(os.path.join(self._layout.kept(run), path))
        try:
            os.makedirs(os.path.dirname(target), 0o700, exist_ok=True)
            if os.path.islink(source):
                os.symlink(os.readlink(source), target)
            else:
                _copy_file(source, target)
        except OSError as error:
            if error.errno in NOTHING_THERE and not os.path.lexists(source):
                return ""
            raise _failure("keep a copy of", path, error) from error
        return self._layout.shown(target)

    def tracked(self, paths: list[str]) -> set[str]:
        """Those of the paths that git tracks; empty where there is no git."""
        return self._tracked(paths)

    # --- paths ---------------------------------------------------------------------------------------------------------------

    def _checked(self, path: str) -> str:
        """The path relative to the root, its parts in order. Raises UetError where it leaves the root or is not ours to touch."""
        if ODD.isdisjoint(path.casefold().split("/")) and "\0" not in path and not f"{self._base}{path}/".startswith(self._state):
            return path  # as nearly all are
        for base in (self._given.rstrip("/") + "/", self._base):
            if path.startswith(base):
                path = path[len(base) :]
                break
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if path.startswith("/") or ".." in parts or "\0" in path:
            raise UetError(f"refusing to touch `{path}`: it is outside the root", code=ExitCode.FAILED)
        relative = "/".join(parts)
        self._refuse_reserved(relative, path)
        return relative

    def _refuse_reserved(self, relative: str, shown: str) -> None:
        for part in relative.split("/"):
            if part.casefold() in RESERVED:
                raise UetError(f"refusing to touch `{shown}`: `{part}` is not a recipe's to write", code=ExitCode.FAILED)
        if (os.path.join(self.root, relative) + "/").startswith(self._state):
            raise UetError(f"refusing to touch `{shown}`: it is in the state folder", code=ExitCode.FAILED)

    def _stands(self, path: str) -> bool:
        """Whether something else than a folder stands there."""
        try:
            return not stat.S_ISDIR(os.lstat(os.path.join(self.root, path)).st_mode)
        except OSError as error:
            return error.errno not in NOTHING_THERE

    def _resolved(self, path: str, shown: str = "") -> str:
        """The same path without links on the way to its last part, relative to the root. Raises UetError where a link leads out of it."""
        folder, _, name = path.rpartition("/")
        link = self._walk(folder)[0] if folder else ""
        if not link:
            return path
        real = os.path.realpath(os.path.join(self.root, folder))
        hint = "make it a real folder, or name outputs that lie in the root"
        if not (real + "/").startswith(self._base):
            raise UetError(f"refusing to touch `{shown or path}`: `{link}` is a link out of the root", hint=hint, code=ExitCode.FAILED)
        if not self._through_links:
            raise UetError(f"refusing to touch `{shown or path}`: `{link}` is a link", code=ExitCode.FAILED)
        relative = os.path.join(real[len(self._base) :], name)
        self._refuse_reserved(relative, shown or path)
        return relative

    def _is_sound(self, folder: str) -> bool:
        """Whether a folder is there and no link is on the way to it. Many nodes make their files in the same few."""
        if folder not in self._sound:
            if self._walk(folder) != ("", True):
                return False
            self._sound.add(folder)
        return True

    def _walk(self, folder: str) -> tuple[str, bool]:
        """(the part of a path at which it leaves the folders that it names by a link, "" where it does not; whether a folder is there)."""
        root = self.root.rstrip("/")
        place, mode = root, 0
        for part in folder.split("/"):
            place = f"{place}/{part}"
            try:
                mode = os.lstat(place).st_mode
            except OSError:  # nothing is there, nor below it
                return "", False
            if stat.S_ISLNK(mode):
                return place[len(root) + 1 :], False
        return "", stat.S_ISDIR(mode)

    def _open(self, folder: str, make: bool = False) -> int:
        """A descriptor of a folder below the root, reached without following any link. Raises OSError."""
        descriptor = os.open(self.root, OPEN_FOLDER & ~os.O_NOFOLLOW)
        for part in folder.split("/"):
            if part in ("", "."):
                continue
            try:
                if make:
                    try:
                        os.mkdir(part, dir_fd=descriptor)
                    except FileExistsError:
                        pass
                below = os.open(part, OPEN_FOLDER, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def _free(self, path: str) -> str:
        """A path at which nothing stands: the same, or with `~2`, `~3`, … where earlier attempts of the run kept a copy."""
        number, free = 1, path
        while os.path.lexists(free):
            number += 1
            free = f"{path}~{number}"
        return free


def _copy_file(source: str, target: str) -> None:
    """Bytes, mode and times of a regular file. Raises OSError."""
    reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(reading)
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            content.copy(reading, writing, status.st_size)
            reach("kept.copied")
            os.fchmod(writing, stat.S_IMODE(status.st_mode) & 0o777)
            os.utime(writing, ns=(status.st_atime_ns, status.st_mtime_ns))
        finally:
            os.close(writing)
    finally:
        os.close(reading)


def _failure(what: str, path: str, error: OSError) -> UetError:
    return UetError(f"cannot {what} `{path}`: {(error.strerror or str(error)).lower()}", code=ExitCode.FAILED)
