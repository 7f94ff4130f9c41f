"""What was seen of the world while something was decided, so that whether it still holds can be told without deciding again.

A signature is (size, mtime_ns, ctime_ns, inode) of a file or link itself, () where it cannot vouch for the content (changed within the
clock's granularity of being looked at, or seen in two states): that never holds. Knows nothing of what was decided.
"""

from __future__ import annotations

import os
import stat

from uetbuild.core.kinds import Kind
from uetbuild.front import FOLDER, SIGNATURE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

Signature = tuple[int, ...]
COARSE = 2_000_000_000  # ns; also where time stamps have whole seconds only
NOBODY = -1  # the reader of what was not looked at for a node
CHANGED = "?"  # a kind that was seen to change; no path has it


class Observations:
    """`files`: path -> signature, None = nothing there. `kinds`: path -> letter of `Kind`. `folders`: path -> (mtime_ns, ctime_ns, inode)
    of what was listed, None = no folder. `env`: name -> value, None = unset. `programs`: name -> absolute path, "" = not found.
    `readers`: path of a file -> the numbers of those for whom it was looked at (`Disk.reader`), which may be one only; `beyond`: those for
    whom more was than files, folders or where a link leads.
    """

    __slots__ = ("beyond", "env", "files", "folders", "kinds", "programs", "readers")

    def __init__(self) -> None:
        self.files: dict[str, Signature | None] = {}
        self.kinds: dict[str, str] = {}
        self.folders: dict[str, Signature | None] = {}
        self.env: dict[str, str | None] = {}
        self.programs: dict[str, str] = {}
        self.readers: dict[str, int | frozenset[int]] = {}
        self.beyond: set[int] = set()

    def saw_file(self, path: str, vouches: Signature | None, reader: int) -> None:
        """A file or link was looked at for somebody."""
        if self.files.setdefault(path, vouches) != vouches:
            self.files[path] = ()
        if self.readers.setdefault(path, reader) != reader:
            self.read_by(path, reader)

    def saw_kind(self, path: str, kind: str, reader: int) -> None:
        """It was looked for somebody what stands there."""
        if self.kinds.setdefault(path, kind) != kind:
            self.kinds[path] = CHANGED
        if self.readers.setdefault(path, reader) != reader:
            self.read_by(path, reader)

    def read_by(self, path: str, reader: int) -> None:
        """Note for whom a path was looked at."""
        if self.readers.setdefault(path, reader) != reader:
            self.readers[path] = numbers(self.readers[path]) | {reader}

    def row(self) -> tuple[dict[str, Any], ...]:
        """Ready for `marshal.dumps`; without the readers."""
        return (self.files, self.kinds, self.folders, self.env, self.programs)

    @classmethod
    def from_row(cls, row: tuple[dict[str, Any], ...]) -> Observations:
        """What `row()` described."""
        self = cls()
        self.files, self.kinds, self.folders, self.env, self.programs = row
        return self

    def add(self, other: Observations) -> None:
        """What was seen there counts here too; what the two saw differently never holds."""
        for path in (*other.files, *other.kinds):
            for reader in numbers(other.readers.get(path, NOBODY)):
                self.read_by(path, reader)
        _join(self.files, other.files, ())
        _join(self.kinds, other.kinds, CHANGED)
        _join(self.folders, other.folders, ())
        _join(self.env, other.env, CHANGED + "=")
        _join(self.programs, other.programs, CHANGED)


def numbers(readers: int | frozenset[int]) -> frozenset[int]:
    """One or several readers, as a set."""
    return frozenset((readers,)) if isinstance(readers, int) else readers


def _join(mine: dict[str, Any], theirs: dict[str, Any], torn: object) -> None:
    for name, value in theirs.items():
        if mine.setdefault(name, value) != value:
            mine[name] = torn


def still_holds(seen: Observations, root: str, environ: Mapping[str, str]) -> bool:
    """Whether every observation would be made again. `root`: the absolute folder that paths are relative to. Never raises OSError."""
    base = root.rstrip("/") + "/"
    for name, value in seen.env.items():
        if environ.get(name) != value:
            return False
    try:
        for path, then in seen.files.items():
            if _file_now(base, path) != then:
                return False
        for path, then in seen.folders.items():
            if _folder_now(base, path) != then:
                return False
    except OSError:
        return False
    for path, kind in seen.kinds.items():
        if _kind_now(base, path) != kind:
            return False
    return all(find_program(name, environ.get("PATH"), root) == path for name, path in seen.programs.items())


def _file_now(base: str, path: str) -> Signature | None:
    try:
        return SIGNATURE(os.lstat(path if path[:1] == "/" else base + path))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _folder_now(base: str, path: str) -> Signature | None:
    try:
        status = os.stat(path if path[:1] == "/" else base + path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return FOLDER(status) if stat.S_ISDIR(status.st_mode) else None


def _kind_now(base: str, path: str) -> str:
    try:
        return kind_of(os.lstat(path if path[:1] == "/" else base + path).st_mode)
    except (OSError, ValueError):
        return Kind.ABSENT


def is_settled(status: os.stat_result, now: int, window: int) -> bool:
    """Whether a later change would show in the times: the last one is at least `window` before `now` (ns since 1970).

    git's racy rule. A modification time in the future was set by hand and says nothing; the change time, which nobody can set, decides.
    """
    modified, changed = status.st_mtime_ns, status.st_ctime_ns
    if not (modified % 1_000_000_000 or changed % 1_000_000_000):
        window = max(window, COARSE)
    newest = changed if modified > now else max(modified, changed)
    return newest < now - window


def kind_of(mode: int) -> str:
    """The letter of `Kind` for a mode of `lstat`."""
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.FOLDER
    return Kind.LINK if stat.S_ISLNK(mode) else Kind.OTHER


def find_program(name: str, search: str | None, root: str) -> str:
    """Absolute path of the executable that `execvp` would run in `root`, "" where there is none; `search` is the value of PATH."""
    if "/" in name:
        places = [os.path.join(root, name)]
    else:
        places = [os.path.join(root, folder, name) for folder in (os.defpath if search is None else search).split(os.pathsep)]
    for place in places:
        try:
            if stat.S_ISREG(os.stat(place).st_mode) and os.access(place, os.X_OK):
                return place
        except (OSError, ValueError):
            continue
    return ""
