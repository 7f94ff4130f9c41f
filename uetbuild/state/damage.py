"""What SQLite says when something is wrong: whether the content of the file is to blame, or what is around it; and words for both."""

from __future__ import annotations

import os

from uetbuild.state.sqlite import Error

DISK_FULL, READ_ONLY, TOO_LONG = "the disk is full", "it is read-only", "its path is too long for SQLite"
# Primary result codes of SQLite (https://sqlite.org/rescode.html) that say nothing about the file's content.
OBSTACLES = {
    3: "access denied", 5: "it is locked by another program", 6: "it is locked by another program", 7: "out of memory",
    8: READ_ONLY, 9: "interrupted", 10: "input/output error", 13: DISK_FULL, 14: "it cannot be opened",
    15: "its locks do not work", 22: "it is too big for this system", 23: "access denied",
}  # fmt: skip
INPUT_OUTPUT, CANNOT_OPEN = 10, 14
LONGEST = 494  # bytes of a folder's path: SQLite takes 512 for that of a file with what it appends
SHORT_READ = 522  # an input/output error, but of a file that is too short


class Unusable(Exception):
    """The file is whole, but not ours to use; the text says why."""


# What SQLite and its binding raise over a file; the text of a message may itself come from damaged bytes.
FAULTS = (Error, Unusable, UnicodeDecodeError, MemoryError)


def damage(error: Exception) -> str:
    """What is wrong with the content of the file, "" where the error does not say that anything is."""
    code = getattr(error, "sqlite_errorcode", None)
    if isinstance(error, MemoryError) or (code is not None and code & 0xFF in OBSTACLES and code != SHORT_READ):
        return ""
    if isinstance(error, UnicodeDecodeError):
        return "its texts are garbled"
    return "".join([letter if letter.isprintable() else "?" for letter in str(error)]) or "damaged"


def obstacle(error: Exception, folder: str) -> str:
    """What keeps us from using the file in `folder`, where it is not damaged."""
    code = getattr(error, "sqlite_errorcode", 7 if isinstance(error, MemoryError) else 0) & 0xFF
    if code == INPUT_OUTPUT and is_full(folder):
        return DISK_FULL  # of its `-shm` SQLite does not say that there is no room
    if code == CANNOT_OPEN and is_too_long(folder):
        return TOO_LONG
    return OBSTACLES.get(code, damage(error))


def is_too_long(folder: str) -> bool:
    """Whether SQLite opens no file in a folder, since its path is too long."""
    return len(os.fsencode(os.path.realpath(folder))) > LONGEST


def is_full(folder: str) -> bool:
    """Whether the disk of a folder has no room."""
    try:
        return os.statvfs(folder).f_bavail == 0
    except OSError:
        return False
