"""Sources of Debian packages: real programs that nobody here wrote."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path


class Missing(Exception):
    """The source cannot be had here; the text says why."""


def unpack(package: str, folder: Path) -> None:
    """Put the source of a Debian package, with Debian's patches, into the folder. Raises Missing."""
    fetched = Path(_source(package).name)
    shutil.copytree(next(path for path in fetched.iterdir() if path.is_dir()), folder, dirs_exist_ok=True, symlinks=True)


@functools.cache
def _source(package: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that holds the source, fetched once; it goes when Python ends."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-source"):
        raise Missing("needs Debian's apt-get and dpkg-source (package dpkg-dev)")
    folder = tempfile.TemporaryDirectory(prefix=f"debian-{package}-")
    done = subprocess.run(["apt-get", "source", "-qq", package], cwd=folder.name, capture_output=True, text=True, check=False, timeout=110)
    if done.returncode:
        raise Missing(f"`apt-get source {package}` does not give it (is there a deb-src line?): {done.stderr.strip().splitlines()[-1:]}")
    return folder
