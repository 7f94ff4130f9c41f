"""SHA-256, as fast as this Python has it.

`hashlib` makes every algorithm that there is when it is loaded, and where a file of one of them cannot be read (a failing disk), it shows
a traceback for an algorithm that nobody wants.
"""

from __future__ import annotations

try:
    from _hashlib import openssl_sha256 as sha256
except ImportError:  # a Python without OpenSSL
    from hashlib import sha256

__all__ = ["sha256"]
