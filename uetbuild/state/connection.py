"""How a file of SQLite is opened, for writing and for reading only. Knows nothing of tables.

Nobody in this process may open and close such a file by other means: that would drop SQLite's locks (POSIX).
"""

from __future__ import annotations

import os

from uetbuild.state import sqlite
from uetbuild.state.damage import Unusable, is_full

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.state.sqlite import Connection

PATIENCE = 5.0  # seconds to wait for another connection
SMALLEST = 512  # bytes of a page


def connect(path: str, uri: bool = False) -> Connection:
    """A connection in autocommit that never decodes texts, since damaged ones cannot be. Raises Error."""
    connection = sqlite.connect(path, timeout=PATIENCE, isolation_level=None, uri=uri)
    connection.text_factory = bytes
    return connection


def connect_read_only(path: str) -> Connection:
    """A connection that cannot write. Where SQLite cannot put its `-shm` (a folder that is read-only, a full disk), or where that would be
    read-only like the file, it does without as long as the WAL holds nothing. Raises Error."""
    folder = os.path.dirname(path)
    immutable = not os.access(folder, os.W_OK) or (not _is_pending(path) and (not os.access(path, os.W_OK) or is_full(folder)))
    return connect(f"file:{_quoted(path)}?mode=ro{'&immutable=1' if immutable else ''}", uri=True)


def _is_pending(path: str) -> bool:
    """Whether something stands in the WAL."""
    try:
        return os.path.getsize(path + "-wal") > 0
    except OSError:
        return False


def refuse_remnant(path: str) -> None:
    """SQLite takes a file that is shorter than the smallest page for an empty one. Raises Unusable."""
    try:
        if 0 < os.path.getsize(path) < SMALLEST:
            raise Unusable("it is cut off")
    except OSError:
        pass  # there is none


def _quoted(path: str) -> str:
    """A path for a `file:` URI of SQLite."""
    safe = b"/-._~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join([chr(byte) if byte in safe else f"%{byte:02x}" for byte in os.fsencode(path)])
