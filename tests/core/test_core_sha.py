"""SHA-256 is that of `hashlib`, with OpenSSL and without."""

from __future__ import annotations

import hashlib
import importlib
import sys

import pytest

from uetbuild.core import sha


@pytest.mark.parametrize("openssl", [True, False])
def test_it_is_sha_256(monkeypatch: pytest.MonkeyPatch, openssl: bool) -> None:
    if not openssl:
        monkeypatch.setitem(sys.modules, "_hashlib", None)
    try:
        assert importlib.reload(sha).sha256(b"abc").hexdigest() == hashlib.new("sha256", b"abc").hexdigest()
    finally:
        monkeypatch.undo()
        importlib.reload(sha)
