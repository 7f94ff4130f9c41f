"""The sweep in C, compiled once for a process of tests, where that can be done."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

import hatch_build
from uetbuild import front

NAME = "uetbuild._sweep"
Sweeper = Callable[[list["front.Sweep"], int], list[int]]


@cache
def compiled() -> Path | str:
    """The file; or why there is none."""
    folder = tempfile.mkdtemp(prefix="uetbuild-")
    atexit.register(shutil.rmtree, folder)
    made = Path(folder, Path(hatch_build.MODULE).name)
    try:
        hatch_build.build(made)
    except hatch_build.NotCompiled as error:
        return str(error)
    return made


def library() -> Path:
    """The file; where there is none the test is skipped."""
    found = compiled()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def loaded() -> ModuleType:
    """The module."""
    path = str(library())
    spec = spec_from_file_location(NAME, path, loader=ExtensionFileLoader(NAME, path))
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sweepers() -> list[Sweeper]:
    """Those that there are on this machine: the one in Python, and the one in C."""
    return [front.changed_sweeps, *([] if isinstance(compiled(), str) else [loaded().changed_sweeps])]
