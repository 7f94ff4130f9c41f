"""SHA-256 is that of `hashlib`, with OpenSSL and without."""

from __future__ import annotations

import hashlib
import importlib
import sys

import pytest

from uetbuild.core import sha

DATA = [b"", b"abc", b"x" * (sha.SMALL - 1), b"y" * (sha.SMALL + 1)]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch):
    yield
    monkeypatch.undo()
    importlib.reload(sha)


@pytest.mark.parametrize("absent", [(), ("_hashlib",), ("_sha256",), ("_sha256", "_sha2"), ("_sha256", "_sha2", "_hashlib")])
def test_it_is_sha_256(monkeypatch: pytest.MonkeyPatch, absent: tuple[str, ...]) -> None:
    for module in absent:
        monkeypatch.setitem(sys.modules, module, None)
    importlib.reload(sha)
    for _ in range(sha.FEW):
        for data in DATA:
            assert sha.sha256(data).hexdigest() == hashlib.new("sha256", data).hexdigest()


@pytest.mark.parametrize(
    ("digests", "loaded"),
    [([(b"x", 0)] * (sha.FEW - 1), False), ([(b"x", 0)] * sha.FEW, True), ([(DATA[3], 0)], True), ([(b"", sha.SMALL + 1)], True)],
)
def test_openssl_is_loaded_for_many_or_big_ones(monkeypatch: pytest.MonkeyPatch, digests: list[tuple[bytes, int]], loaded: bool) -> None:
    importlib.reload(sha)
    monkeypatch.delitem(sys.modules, "_hashlib", raising=False)
    for data, size in digests:
        sha.sha256(data, size)
    assert ("_hashlib" in sys.modules) == loaded
