"""The compiled code of many modules, read from one file: a start opens that instead of 100, in 10 ms less.

Only in an installed wheel, which brings an empty file for each bundle along; `binder.py` fills it when a program has found that it does
not hold. It holds where its index is whole, of this Python, in the folder in which it was written, and every source has the time and size
that it had then: 0.6 ms. Otherwise, and for all other modules, Python's own way is taken, by `__pycache__`; so it is for a module of
which the code is not whole, and in a process that has closed the file. What is loaded from it is like any module: with a file, its source
in tracebacks, a loader that knows it.

    8 bytes  length of the index and its CRC32, both little endian
    index    marshal of `stamp()`, [(module, path)], [(mtime_ns, size)] of these, [(where its code begins, length, CRC32)] of these
    codes    marshal of each, one after the other; the first begins at 0
"""

from __future__ import annotations

import os
import sys
from _frozen_importlib import BuiltinImporter, ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from marshal import loads
from zlib import crc32

from uetbuild import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import CodeType, ModuleType
    from typing import Any

    Place = tuple[int, int, int]

FOLDER = os.path.dirname(__file__)
INSTALLED = os.path.basename(os.path.dirname(FOLDER)) in ("site-packages", "dist-packages")
PACKAGE = "/__init__.py"

lacking: set[str] = set()  # bundles that were asked for, and do not hold


class Bound(SourceFileLoader):
    """Loads a module whose code is at hand; knows its source as any loader does."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code: CodeType | None = code

    def get_code(self, fullname: str) -> CodeType | None:
        """The code; where it is asked for again (`importlib.reload`), that of Python's own way."""
        code, self._code = self._code, None
        return code or super().get_code(fullname)


class Bundle:
    """A finder of the modules of one bundle (`sys.meta_path`). `descriptor`: its file, which stays open, so that one that takes its place
    is nothing to us; `start`: where the codes begin in it.
    """

    def __init__(self, name: str, descriptor: int, start: int, modules: Iterable[tuple[str, str]], codes: Iterable[Place]) -> None:
        self._name = name
        self._descriptor = descriptor
        self._start = start
        self._modules = {module: (path, place) for (module, path), place in zip(modules, codes, strict=True)}

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """See `importlib`."""
        found = self._modules.pop(name, None)
        if found is None:
            return None
        source, place = found
        code = self._code(*place)
        if code is None:
            lacking.add(self._name)
            return None
        spec = ModuleSpec(name, Bound(name, source, code), origin=source)
        spec.has_location = True
        spec.cached = file_of(self._name)
        if source.endswith(PACKAGE):
            spec.submodule_search_locations = [source.removesuffix(PACKAGE)]
        return spec

    def _code(self, place: int, length: int, crc: int) -> CodeType | None:
        """What stands there, None where it is not whole."""
        try:
            data = os.pread(self._descriptor, length, self._start + place)
            return loads(data) if len(data) == length and crc32(data) == crc else None
        except (OSError, ValueError, EOFError, TypeError):
            return None


def use(name: str) -> None:
    """Have the modules of a bundle loaded from it from now on, if it holds. Raises nothing."""
    if not INSTALLED:
        return  # sources that somebody works on
    try:
        descriptor = os.open(file_of(name), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    found = _opened(name, descriptor)
    if found is None:
        os.close(descriptor)
        lacking.add(name)
    else:
        finders: list[Any] = sys.meta_path
        # after those that others put in front, who know why; before Python's own, which would be asked for each module in vain
        place = finders.index(BuiltinImporter) if BuiltinImporter in finders else len(finders)
        finders.insert(place, found)


def file_of(name: str) -> str:
    """Path of a bundle."""
    return f"{FOLDER}/{name}.bytecode"


def stamp() -> tuple[object, ...]:
    """What all code depends on besides its source."""
    return (__version__, MAGIC_NUMBER, sys.hexversion, sys.flags.optimize, FOLDER)


def seen(paths: Iterable[str]) -> list[tuple[int, int]]:
    """By what sources are taken for unchanged: (mtime_ns, size) of each. Raises OSError."""
    return [(status.st_mtime_ns, status.st_size) for status in map(os.stat, paths)]


def _opened(name: str, descriptor: int) -> Bundle | None:
    try:
        head = os.read(descriptor, 8)
        length = int.from_bytes(head[:4], "little")
        if not 0 < length < os.fstat(descriptor).st_size:
            return None
        index = os.read(descriptor, length)
        if crc32(index) != int.from_bytes(head[4:], "little"):
            return None
        stamped, modules, then, codes = loads(index)
        if stamped != stamp() or seen([path for _, path in modules]) != then:
            return None
        return Bundle(name, descriptor, 8 + length, modules, codes)
    except (OSError, ValueError, EOFError, TypeError):  # a source is gone; the index is that of another Python
        return None
