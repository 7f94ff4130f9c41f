"""`RealDisk`: every look at files, remembered for this build, and recorded so that a verdict can be checked later.

Digests of builds before are believed while the signature is the same (state/digests.py); a file that changed within
the clock's granularity of being hashed is hashed again next time (git's racy rule, promise 5). Knows nothing of nodes and of
why it is asked.
"""

from __future__ import annotations

import errno
import os
import stat
from _operator import attrgetter
from itertools import repeat
from time import time_ns

from uetbuild.core.kinds import Kind
from uetbuild.core.sha import sha256
from uetbuild.errors import UetError
from uetbuild.failpoints import reach
from uetbuild.front import FOLDER, SIGNATURE
from uetbuild.state import content
from uetbuild.state.absence import require_absence
from uetbuild.state.looks import Look, Looks, split
from uetbuild.state.mounts import granularity
from uetbuild.state.observations import CHANGED, COARSE, Observations, find_program, is_settled, kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uetbuild.state.digests import Digests
    from uetbuild.state.looks import Folder
    from uetbuild.state.mounts import Granularity
    from uetbuild.state.observations import Signature

LINKS = 40  # as many links in a row as the kernel follows
DIGEST, KIND, VOUCHES = map(attrgetter, ("digest", "kind", "vouches"))  # of a look
ATTEMPTS = 3  # at reading a file that is being written
READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
READ_FILE = READ | os.O_NOFOLLOW


class RealDisk:
    """Implements `Disk` for the folder `root` (absolute) and the environment `environ`. `observations`: what was seen so far, `vouched`:
    what `vouch` recorded."""

    def __init__(self, root: str, digests: Digests, environ: Mapping[str, str] = os.environ) -> None:
        self.root = root
        self.reader = -1  # nobody
        self.observing = True
        self.observations = Observations()
        self.vouched = Observations()
        self._base = root.rstrip("/") + "/"
        self._digests = digests
        self._environ = environ
        self._granularity: Granularity | None = None  # once it is needed
        self._quiet = time_ns() - COARSE  # what changed before that is settled on any file system
        self._looks = Looks(self._see)

    @property
    def granularity(self) -> Granularity:
        """What the times of the files here can be relied on for."""
        if self._granularity is None:
            self._granularity = granularity(self.root)
        return self._granularity

    def kind(self, path: str) -> str:
        """A letter of `Kind`. Raises UetError where a folder on the way may not be searched."""
        if path[:1] == "/":
            path = self._inside(path)
        kind = self._looks[path].kind
        if self.observing:
            self.observations.saw_kind(path, kind, self.reader)
        return kind

    def signature(self, path: str) -> str:
        """A token that changes whenever the file is written or replaced; "" where nothing is."""
        token = self._looks[self._inside(path)].token
        return "" if token is None else "-".join(map(str, token))

    def digest(self, path: str) -> str:
        """Digest of what stands there (core/stamps.py); `o` for devices and the like. Raises UetError when it cannot be read."""
        if path[:1] == "/":
            path = self._inside(path)
        look = self._looks[path]
        if look.digest is None:
            if look.kind == Kind.FILE:
                look.digest = self._digest_file(path, look)
            elif look.kind == Kind.LINK:
                look.digest = self._digest_link(path, look)
            elif look.kind == Kind.ABSENT:
                look.digest = Kind.ABSENT
                self._digests.drop(path)
            else:
                return self.kind(path)
        if self.observing:
            self.observations.saw_file(path, look.vouches, self.reader)
        return look.digest

    def vouch(self, files: Mapping[str, str], reader: int) -> bool:
        """Whether what was seen last at these paths are regular files of these digests, and a change of one would show; recorded then."""
        looks = [*map(self._looks.__getitem__, files)]
        vouches = [*map(VOUCHES, looks)]
        if [*map(DIGEST, looks)] != [*files.values()] or {*map(KIND, looks)} != {Kind.FILE} or not all(vouches):
            return False
        any(map(self.vouched.saw_file, files, vouches, repeat(reader)))  # None each time: `any` goes on to the end
        return True

    def read(self, path: str) -> bytes | None:
        """Content of a file, through links, None where there is none. Raises UetError when it cannot be read."""
        path = self._inside(path)
        look = self._looks[path]
        if look.kind == Kind.LINK:
            self.digest(path)  # so that the target is observed too
        elif look.kind == Kind.FILE:
            self.observations.saw_file(path, look.vouches, self.reader)
        else:
            self.kind(path)
            return None
        try:
            reach("content.reading")
            descriptor = os.open(self._full(path), READ)
            try:
                status = os.fstat(descriptor)
                if look.kind == Kind.FILE and SIGNATURE(status) != look.token:
                    self.observations.files[path] = ()
                return content.read(descriptor, status.st_size) if stat.S_ISREG(status.st_mode) else None
            finally:
                os.close(descriptor)
        except OSError as error:
            self._absent(path, error)
            return None

    def entries(self, folder: str) -> list[tuple[str, str]]:
        """(name, kind) of what stands in a folder, sorted by name; [] where there is no folder. Raises UetError when it cannot be read."""
        folder = self._inside(folder)
        here = self._looks.folder(folder)
        self.observations.beyond.add(self.reader)
        if here.listing is None or not (here.checked or self._is_unchanged(folder, here)):
            here.listing = self._list(folder, here)
        here.checked = True
        if self.observations.folders.setdefault(folder, here.token) != here.token:
            self.observations.folders[folder] = ()
        return here.listing

    def env(self, name: str) -> str | None:
        """A variable of the environment."""
        return self.observations.env.setdefault(name, self._environ.get(name))

    def which(self, program: str) -> str:
        """Absolute path of a program on PATH, "" where there is none."""
        found = find_program(program, self.env("PATH"), self.root)
        if self.observations.programs.setdefault(program, found) != found:
            self.observations.programs[program] = CHANGED
        return found

    def forget(self, paths: list[str] | None = None) -> None:
        """Look afresh next time at these paths, at what is below them and at their folders; None: at everything."""
        self._looks.forget(paths if paths is None else [self._inside(path) if path[:1] == "/" else path for path in paths])

    def take_observations(self) -> Observations:
        """What was seen so far; observing starts anew, also of what is looked at again without being forgotten."""
        seen, self.observations = self.observations, Observations()
        return seen

    # --- looking ---------------------------------------------------------------------------------------------------------------

    def _inside(self, path: str) -> str:
        """An absolute path in the root as a relative one, so that a file has one name."""
        if path[:1] == "/" and (path + "/").startswith(self._base):
            return path[len(self._base) :]
        return path

    def _full(self, path: str) -> str:
        return path if path[:1] == "/" else self._base + path

    def _see(self, path: str) -> Look:
        now = time_ns()
        try:
            status = os.lstat(path if path[:1] == "/" else self._base + path)  # `_full`, without the call
        except (FileNotFoundError, ValueError):  # a zero byte: no file has that name
            return Look(Kind.ABSENT, None, None)
        except OSError as error:
            self._absent(path, error)
            return Look(Kind.ABSENT, None, None)
        token = SIGNATURE(status)
        return Look(kind_of(status.st_mode), token, token if self._is_settled(status, now) else ())

    def _is_settled(self, status: os.stat_result, now: int) -> bool:
        """Whether every change after `now`, which is before `status` was taken, shows in the times."""
        if status.st_mtime_ns < self._quiet and status.st_ctime_ns < self._quiet:
            return True
        return is_settled(status, now, self.granularity.of(status.st_dev))

    def _absent(self, path: str, error: OSError) -> None:
        """Return where the error says that nothing is there, else raise UetError."""
        require_absence(error, path, self._full(path))

    # --- digests ---------------------------------------------------------------------------------------------------------------

    def _digest_file(self, path: str, look: Look) -> str:
        row = self._digests.get(path)
        if row is not None and row[:4] == look.token:
            return row[4]
        try:
            for _ in range(ATTEMPTS):
                now = time_ns()
                before, digest, after = self._hash(path)
                token = SIGNATURE(after)
                is_whole = SIGNATURE(before) == token
                if is_whole:
                    break
        except OSError as error:
            look.vouches = ()  # it was there a moment ago
            if error.errno != errno.ELOOP:  # else it has become a link
                self._absent(path, error)
            return Kind.ABSENT
        if token != look.token or not is_whole:  # written after we looked: this digest is of now, and nothing may rely on it
            look.token, look.vouches = token, ()
        elif look.vouches or self._is_settled(before, now):  # what vouched for the content then still does, of the same times
            self._digests.put(path, (*token, digest))
        return digest

    def _hash(self, path: str) -> tuple[os.stat_result, str, os.stat_result]:
        """Digest of the file that stands there now, and what it was before and after it was read. Raises OSError."""
        reach("file.hashing")
        descriptor = os.open(self._full(path), READ_FILE)
        try:
            before = os.fstat(descriptor)
            digest = content.digest(descriptor, before.st_size)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        return before, ("x" if after.st_mode & stat.S_IXUSR else "f") + digest, after

    def _digest_link(self, path: str, look: Look) -> str:
        """Of the link's text and of what it leads to, link by link, so that a change of any of them shows. One that leads nowhere, since
        links go around in a circle or are too many, has the same digest whoever of them was asked first."""
        self._looks.digest_depends_on_others(look)
        text = self._text_of(path, look)
        if text is None:
            return Kind.ABSENT
        target = self._target(path, text)
        self.observations.beyond.add(self.reader)
        reader, self.reader = self.reader, -1  # who asks for the link later does not come by here again
        try:
            inner = self.digest(target) if self._leads_somewhere(path, target) else Kind.ABSENT
        except UetError:  # what may not be read is no fault of the link
            inner = Kind.OTHER
        finally:
            self.reader = reader
        return "l" + sha256(os.fsencode(text) + b"\0" + inner.encode()).hexdigest()

    def _leads_somewhere(self, path: str, target: str) -> bool:
        """Whether links end, as far as the kernel follows them. Observes those that do not."""
        way = [path]
        while (look := self._looks[target]).kind == Kind.LINK:
            text = self._text_of(target, look)
            if text is None:
                return True
            if target in way or len(way) == LINKS:
                for link in way:
                    self.observations.saw_file(link, self._looks[link].vouches, self.reader)
                return False
            way.append(target)
            target = self._target(target, text)
        return True

    def _text_of(self, path: str, look: Look) -> str | None:
        """What a link says, None where it is one no more."""
        try:
            return os.readlink(self._full(path))
        except OSError as error:
            look.vouches = ()
            if error.errno != errno.EINVAL:  # else it has become a file
                self._absent(path, error)
            return None

    def _target(self, path: str, text: str) -> str:
        """Where a link leads that stands at `path`."""
        folder = split(path)[0]
        target = self._inside(text if text[:1] == "/" or not folder else f"{folder.rstrip('/')}/{text}")
        return target.rstrip("/") or target

    # --- folders ---------------------------------------------------------------------------------------------------------------

    def _is_unchanged(self, path: str, here: Folder) -> bool:
        """Whether a listing from before a `forget` still is what stands there."""
        try:
            status = os.stat(self._full(path))
        except OSError:
            return False
        return stat.S_ISDIR(status.st_mode) and FOLDER(status) == here.token

    def _list(self, path: str, here: Folder) -> list[tuple[str, str]]:
        now = time_ns()
        token: Signature | None = None
        listing: list[tuple[str, str]] = []
        try:
            reach("folder.listing")
            full = self._full(path)
            status = os.stat(full)
            with os.scandir(full) as found:
                listing = sorted([(entry.name, _kind_of_entry(entry)) for entry in found])
            token = FOLDER(status) if self._is_settled(status, now) else ()
        except ValueError:
            pass
        except OSError as error:
            self._absent(path, error)
        here.token = token
        return listing


def _kind_of_entry(entry: os.DirEntry[str]) -> str:
    if entry.is_file(follow_symlinks=False):
        return Kind.FILE
    if entry.is_dir(follow_symlinks=False):
        return Kind.FOLDER
    return Kind.LINK if entry.is_symlink() else Kind.OTHER
