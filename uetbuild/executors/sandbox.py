"""A folder that holds only the declared inputs of a job: filled before its commands run, its results brought back, always removed.

Files come and go as reflinks where the file system can, else as copies, never as hard links: writing in the sandbox must not
write in the project. It isolates from what was not declared; it does not protect from malice. Knows nothing of how commands run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat

from uetbuild.core.globs import matcher
from uetbuild.core.paths import is_glob
from uetbuild.core.sha import sha256
from uetbuild.errors import ExitCode, UetError
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from uetbuild.core.jobs import Sandbox

_FICLONE = 0x40049409  # linux/fs.h: share the blocks of a file, copied when one side writes
_PIECE = 1 << 20


class Box:
    """The sandbox while it exists: a context manager around the commands of a job."""

    def __init__(self, plan: Sandbox) -> None:
        self._plan = plan
        self._root = plan.root.rstrip("/")
        self._folder = plan.folder.rstrip("/")

    def __enter__(self) -> Box:
        """Make and fill the folder. Raises OSError."""
        _remove_tree(self._folder)
        try:
            os.makedirs(self._folder)
            for folder in self._plan.folders:
                os.makedirs(self._inside(folder), exist_ok=True)
            for path in self._plan.files:
                os.makedirs(os.path.dirname(self._inside(path)), exist_ok=True)
                reach("sandbox.filling")
                _copy(self._outside(path), self._inside(path))
        except BaseException:
            _remove_tree(self._folder)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove the folder with all that is left in it."""
        reach("sandbox.removing")
        _remove_tree(self._folder)

    def moved(self, cwd: str) -> str:
        """The folder inside that stands for `cwd`; made when it is not there. A `cwd` outside the root is left as it is."""
        if cwd != self._root and not cwd.startswith(f"{self._root}/"):
            return cwd
        moved = self._folder + cwd[len(self._root) :]
        os.makedirs(moved, exist_ok=True)
        return moved

    def bring_back(self) -> None:
        """Put the declared outputs, and what was changed, added or deleted of the edits, into the root. Raises OSError, UetError."""
        inputs = set(self._plan.files)
        for pattern, is_pattern in self._plan.outputs:
            for path in self._found(pattern, is_pattern):
                if not is_pattern or path not in inputs:
                    self._bring(path)
        for pattern in self._plan.edits:
            as_pattern = is_glob(pattern) and pattern not in inputs
            matches = matcher(pattern) if as_pattern else _below(pattern)
            for path in self._found(pattern, as_pattern):
                if not _is_same(self._inside(path), self._outside(path)):
                    self._bring(path)
            for path in inputs:
                if matches(path) and not os.path.lexists(self._inside(path)):
                    self._delete(path)

    def _inside(self, path: str) -> str:
        return os.path.join(self._folder, path) if path else self._folder

    def _outside(self, path: str) -> str:
        return os.path.join(self._root, path) if path else self._root

    def _found(self, pattern: str, is_pattern: bool) -> list[str]:
        """Files, links and folders in the sandbox that a pattern matches, or at and below a literal path; folders come first."""
        if is_pattern:
            matches = matcher(pattern)
            return [path for path in _walk(self._folder, "") if matches(path) and not _is_folder(self._inside(path))]
        path = pattern.rstrip("/")
        if not os.path.lexists(self._inside(path)):
            return []
        return [path, *_walk(self._folder, path)] if _is_folder(self._inside(path)) else [path]

    def _bring(self, path: str) -> None:
        source, target = self._inside(path), self._outside(path)
        self._check(path)
        if _is_folder(source):
            os.makedirs(target, exist_ok=True)
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        passing = _beside(target)
        _remove(passing)  # a worker that was killed here left it
        try:
            reach("result.copying")
            if _copy(source, passing):
                reach("result.moving")
                os.replace(passing, target)
        except OSError:
            _remove(passing)
            raise

    def _delete(self, path: str) -> None:
        self._check(path)
        _remove(self._outside(path))

    def _check(self, path: str) -> None:
        """Results never go through a link out of the root."""
        root = os.path.realpath(self._root)
        folder = os.path.realpath(os.path.dirname(self._outside(path)))
        if folder != root and not folder.startswith(f"{root}/"):
            raise UetError(f"`{path}` lies behind a link that leads out of the root", code=ExitCode.FAILED)


def _beside(target: str) -> str:
    """Where a result lies before it is moved to its place: always at the same path, so that nothing is left behind for ever, and one that
    is short enough whatever the name is."""
    folder, name = os.path.split(target)
    return os.path.join(folder, f".uet-{sha256(os.fsencode(name)).hexdigest()[:16]}.part")


def _copy(source: str, target: str) -> bool:
    """Copy a file with its mode, or a link as a link; False for what is neither (a socket, a pipe). `target` must not exist."""
    found = os.lstat(source)
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(source), target)
        return True
    if not stat.S_ISREG(found.st_mode):
        return False
    reading = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _copy_content(reading, writing)
            os.fchmod(writing, stat.S_IMODE(found.st_mode))
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    return True


def _copy_content(reading: int, writing: int) -> None:
    try:
        fcntl.ioctl(writing, _FICLONE, reading)
        return
    except OSError:
        pass  # another file system, or one without reflinks
    while piece := os.read(reading, _PIECE):
        while piece:
            piece = piece[os.write(writing, piece) :]


def _is_same(first: str, second: str) -> bool:
    """Same type, x bit and content; folders are the same when both are there."""
    try:
        one, other = os.lstat(first), os.lstat(second)
    except OSError:
        return False
    if stat.S_IFMT(one.st_mode) != stat.S_IFMT(other.st_mode):
        return False
    if stat.S_ISLNK(one.st_mode):
        return os.readlink(first) == os.readlink(second)
    if not stat.S_ISREG(one.st_mode):
        return True
    if one.st_size != other.st_size or stat.S_IMODE(one.st_mode) != stat.S_IMODE(other.st_mode):
        return False
    with open(first, "rb") as a, open(second, "rb") as b:
        while piece := a.read(_PIECE):
            if piece != b.read(_PIECE):
                return False
    return True


def _walk(folder: str, below: str) -> Iterator[str]:
    """Everything below `folder/below`, relative to `folder`, sorted; linked folders are links and not entered."""
    with os.scandir(os.path.join(folder, below) if below else folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        yield path
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(folder, path)


def _below(pattern: str) -> Callable[[str], bool]:
    literal = pattern.rstrip("/")
    return lambda path: path == literal or path.startswith(f"{literal}/")


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _remove_tree(folder: str) -> None:
    """Remove a folder that may hold folders without write permission (module caches like to have these)."""

    def allow_and_repeat(remove: Callable[[str], object], path: str, error: object) -> None:
        if not os.path.lexists(path):
            return
        for place in (os.path.dirname(path), path):
            if not os.path.islink(place):
                os.chmod(place, 0o700)
        if remove in (os.unlink, os.rmdir):
            remove(path)
        else:
            shutil.rmtree(path)

    if os.path.lexists(folder):
        shutil.rmtree(folder, onerror=allow_and_repeat)
