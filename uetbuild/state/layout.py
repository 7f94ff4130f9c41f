"""The state folder `.uet/`: where everything lies in it, and whether it may be used at all. Knows nothing of contents.

A folder that is a link, or somebody else's, could make us write or believe what another one chose; so it is refused. `--state DIR`
moves it; there a folder that holds other things is refused as well, since ours ignores itself in git and is closed to others.
"""

from __future__ import annotations

import os
import stat
from time import gmtime, strftime

from uetbuild.core.paths import encode_name
from uetbuild.errors import UetError
from uetbuild.failpoints import reach
from uetbuild.state import atomic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = ".uet"
IGNORE = b"*\n"


class Layout:
    """Paths below the state folder of the project at `root`, all absolute. `state`: another folder, absolute or relative to the root."""

    __slots__ = ("database", "folder", "lock", "moved", "root", "snapshot")

    def __init__(self, root: str, state: str | None = None) -> None:
        self.root = os.path.normpath(root)
        self.moved = bool(state)
        self.folder = os.path.normpath(os.path.join(self.root, state or NAME))
        self.database = self.folder + "/state.db"
        self.lock = self.folder + "/lock"
        self.snapshot = self.folder + "/plan.bin"

    @property
    def runs(self) -> str:
        return self.folder + "/runs"

    @property
    def sandboxes(self) -> str:
        return self.folder + "/sandboxes"

    @property
    def ledger(self) -> str:
        """What was spent: the one file of the state folder that nothing can build anew."""
        return self.folder + "/ledger.db"

    def run_folder(self, run: str) -> str:
        """Everything of one run."""
        return f"{self.runs}/{run}"

    def log(self, run: str, node: str) -> str:
        """What the recipe of a node printed in a run."""
        return f"{self.runs}/{run}/logs/{encode_name(node)}.log"

    def summary(self, run: str) -> str:
        """The run in one JSON object."""
        return f"{self.runs}/{run}/summary.json"

    def kept(self, run: str) -> str:
        """Copies of outputs that a hand had changed."""
        return f"{self.folder}/kept/{run}"

    def sandbox(self, run: str, node: str) -> str:
        """The private folder in which a node runs."""
        return f"{self.sandboxes}/{run}/{encode_name(node)}"

    def compiled(self, key: str) -> str:
        """The manifest, compiled, for a key of state/compiled.py."""
        return f"{self.folder}/graph-{key}.bin"

    def shown(self, path: str) -> str:
        """A path as people know it: relative to the root where it lies in it."""
        return path[len(self.root) + 1 :] if path.startswith(self.root.rstrip("/") + "/") else path

    def check(self) -> bool:
        """Whether there is a state folder to read from; never makes one. Raises UetError for one that must not be used."""
        try:
            status = os.lstat(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise UetError(f"cannot read `{self.shown(self.folder)}`: {_why(error)}") from error
        self._refuse(status)
        return True

    def ensure(self) -> None:
        """Make the state folder, closed to others, with its own `.gitignore`. Raises UetError where that is impossible or unsafe."""
        try:
            if not self.check():
                os.makedirs(os.path.dirname(self.folder), exist_ok=True)
                try:
                    os.mkdir(self.folder, 0o700)
                    reach("state.made")
                except FileExistsError:  # another build was quicker
                    self.check()
            self._adopt()
            ignore = self.folder + "/.gitignore"
            if not os.path.lexists(ignore):
                atomic.write(ignore, IGNORE)
        except OSError as error:
            hint = "`--state DIR` puts the state elsewhere"
            raise UetError(f"cannot write `{self.shown(self.folder)}`: {_why(error)}", hint=hint) from error

    def ensure_run(self, run: str) -> None:
        """Make the folders of a run. Raises UetError."""
        try:
            reach("run.making")
            os.makedirs(self.run_folder(run) + "/logs", 0o700, exist_ok=True)
        except OSError as error:
            raise UetError(f"cannot write `{self.shown(self.run_folder(run))}`: {_why(error)}") from error

    def clear_drafts(self) -> None:
        """Remove what killed builds left of files that they were writing. The caller holds the build lock. Never raises."""
        try:
            for name in os.listdir(self.folder):
                if name.endswith(atomic.DRAFT):
                    os.unlink(f"{self.folder}/{name}")
        except OSError:
            pass

    def drop_snapshots(self) -> None:
        """Remove every record of a verdict; whoever is about to write the state does this first (promise 11). Raises OSError."""
        reach("snapshots.dropping")
        for path in self.snapshots():
            try:
                os.unlink(path)
            except FileNotFoundError:
                pass

    def drop(self, name: str) -> None:
        """Remove one record of a verdict; never raises: who stays is judged again."""
        try:
            os.unlink(f"{self.folder}/{name}")
        except OSError:
            pass

    def snapshots(self, kind: str = "plan") -> Iterator[str]:
        """All `plan*.bin` (or other `kind*.bin`) that are there."""
        for name in os.listdir(self.folder):
            if name.startswith(kind) and name.endswith(".bin"):
                yield f"{self.folder}/{name}"

    def _refuse(self, status: os.stat_result) -> None:
        shown = self.shown(self.folder)
        hint = "remove it, or name another folder with `--state DIR`"
        if stat.S_ISLNK(status.st_mode):
            raise UetError(f"refusing to use `{shown}`: it is a symlink", hint=hint)
        if not stat.S_ISDIR(status.st_mode):
            raise UetError(f"refusing to use `{shown}`: it is not a folder", hint=hint)
        if status.st_uid != os.geteuid():
            raise UetError(f"refusing to use `{shown}`: it belongs to another user", hint=hint)

    def _adopt(self) -> None:
        """Close an existing folder to others; one named by `--state` must be empty or already ours."""
        if self.moved:
            names = [name for name in os.listdir(self.folder) if not name.endswith(atomic.DRAFT)]  # of a build killed at its first step
            if names and atomic.read_own(self.folder + "/.gitignore") != IGNORE:
                shown = self.shown(self.folder)
                raise UetError(f"refusing to use `{shown}`: it holds other things", hint="name a new or an empty folder with `--state DIR`")
        if os.lstat(self.folder).st_mode & 0o077:
            try:
                os.chmod(self.folder, 0o700)
            except OSError:  # some file systems have no modes
                pass


def new_run_id(now: float, entropy: bytes) -> str:
    """An id that sorts by time and that no other run has: date, time and microseconds of `now` (since 1970), two bytes of `entropy`.

    In UTC, so that neither summer time nor a traveller's zone breaks the order.
    """
    micros = int(now * 1_000_000)
    return f"{strftime('%Y%m%d-%H%M%S', gmtime(micros // 1_000_000))}-{micros % 1_000_000:06d}-{entropy[:2].hex()}"


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
