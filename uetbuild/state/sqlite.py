"""`_sqlite3`, the C half of `sqlite3`: the Python half only adds adapters that we do not use, and imports `datetime`.

All that it wants of `functools` is `lru_cache`, for the statements that a connection prepared; and `functools` loads `collections`, in sum
5 ms of every build that has something to do. So while it is loaded, `functools` is what is used of it, in C like the rest.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Connection", "Error", "InterfaceError", "ProgrammingError", "connect"]


class _Functools:
    """What `_sqlite3` takes of that module."""

    @staticmethod
    def lru_cache(size: int) -> Callable[[Callable[..., object]], object]:
        """A decorator that remembers the last `size` results."""
        return lambda function: _lru_cache_wrapper(function, size, False, tuple)  # the last: how it tells of hits, if asked


_modules: dict[str, Any] = sys.modules
try:
    from _functools import _lru_cache_wrapper  # type: ignore[import-not-found]
except ImportError:  # not CPython
    pass
else:
    _modules.setdefault("functools", _Functools)
try:
    from _sqlite3 import Connection, Error, InterfaceError, ProgrammingError, connect
finally:
    if _modules.get("functools") is _Functools:
        del _modules["functools"]
