"""Whether an error of the system, at a look at a path, says that nothing is there."""

from __future__ import annotations

import errno
import os

from uetbuild.errors import UetError

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
PATH_MAX = 4096  # bytes of a path for the kernel, the zero at its end included


def require_absence(error: OSError, path: str, full: str) -> None:
    """Return where nothing is there, else raise UetError; `path` is as people know it, `full` the absolute one that was looked at.

    A path that is too long because of one of its parts names no file; one that is too long as a whole may, and nobody can look.
    """
    if error.errno == errno.ENAMETOOLONG and (length := len(os.fsencode(full))) >= PATH_MAX:
        hint = "shorten its folders, or move the project to a folder with a shorter path"
        raise UetError(f"cannot read `{path}`: its path is {length:,} bytes long, and the system takes {PATH_MAX - 1:,}", hint=hint)
    if error.errno not in ABSENT:
        raise UetError(f"cannot read `{path or '.'}`: {(error.strerror or str(error)).lower()}") from error
