"""SHA-256: with OpenSSL where there is much to do, without where there is little.

OpenSSL is three times as fast, and takes 4 ms to be loaded, as long as the digests of hundreds of small files take without it: most builds
of a small project have fewer. `hashlib` is not asked: it makes every algorithm that there is when it is loaded, and where a file of one of
them cannot be read (a failing disk), it shows a traceback for an algorithm that nobody wants.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash as Hash

FEW = 64  # digests without OpenSSL
SMALL = 1 << 16  # bytes of one


def sha256(data: bytes = b"", size: int = 0) -> Hash:
    """The hash of `data`, to which some `size` bytes are about to be added."""
    global _left
    if _left:
        _left = _left - 1 if len(data) + size <= SMALL else 0
        return _small(data) if _left else _many()(data)
    return _fast(data)


def _many() -> Callable[[bytes], Hash]:
    """From now on with OpenSSL, where this Python has it."""
    global _fast
    try:
        from _hashlib import openssl_sha256 as _fast  # OpenSSL: 4 ms
    except ImportError:
        _fast = _small
    return _fast


try:
    from _sha256 import sha256 as _small  # type: ignore[import-not-found]
except ImportError:  # Python 3.12 and later
    try:
        from _sha2 import sha256 as _small  # type: ignore[import-not-found]
    except ImportError:  # one without a module of its own for it
        from hashlib import sha256 as _small

_left = FEW
_fast: Callable[[bytes], Hash] = _small
