"""A disk that is soon full: a small tmpfs which only the processes of one probe see."""

from __future__ import annotations

import os
import shutil
import subprocess
from types import TracebackType

from .verdicts import NotApplicable

HOLD = 'mount -t tmpfs -o size="$1" mishaps "$2" && echo ready && exec cat'
ENTER = 'cd "$1" && shift && exec "$@"'


class SmallDisk:
    """A context: `folder` becomes a disk of `size` bytes. Raises `NotApplicable` where nobody may mount."""

    def __init__(self, folder: str, size: int, environ: dict[str, str]) -> None:
        self.folder = folder
        own = [] if os.geteuid() == 0 else ["-U", "--map-root-user"]
        if not shutil.which("unshare") or not shutil.which("nsenter"):
            raise NotApplicable("unshare and nsenter are missing here")
        words = ["unshare", *own, "-m", "sh", "-c", HOLD, "sh", str(size), folder]
        self._holder = subprocess.Popen(words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            self._end()
            raise NotApplicable("nothing can be mounted here")
        user = ["-U", "--preserve-credentials"] if own else []
        pid = str(self._holder.pid)
        self.prefix = ["nsenter", "-t", pid, *user, "-m", "sh", "-c", ENTER, "sh", folder]
        self.seen = os.path.join("/proc", pid, "root") + folder

    def __enter__(self) -> SmallDisk:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        self._holder.kill()
        self._holder.communicate()
