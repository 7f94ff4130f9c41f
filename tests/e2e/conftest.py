"""A project in a folder of its own, with an environment that owes nothing to the caller's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from transcript import PROGRAM, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    shims = tmp_path / "bin"
    shims.mkdir()
    shim = shims / "uetbuild"
    shim.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    shim.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        "PATH": f"{shims}:{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
    return Folder(tmp_path / "project", environ)
