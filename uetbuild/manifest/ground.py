"""What lies in a folder for which somebody wants a manifest: names of files, what a few of them say, programs at hand. Only looks."""

from __future__ import annotations

import json
import os
import re
import shutil
import tomllib
from collections.abc import Mapping
from typing import Any

MOST = 20_000  # files; whoever has more wants a starter no better than that
LARGEST = 4 << 20  # bytes that are read of one file
PASSED_OVER = frozenset(
    ("node_modules", "venv", "env", "__pycache__", "build", "dist", "out", "coverage", "target", "vendor", "third_party")
)
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")


class Ground:
    """A folder as it was seen. `files`: root-relative paths, sorted, without hidden ones, those that tools make, and nested
    repositories."""

    def __init__(self, root: str, environ: Mapping[str, str]) -> None:
        self.root = root
        self.files = sorted(_walk(root))
        self._path = environ.get("PATH", os.defpath)

    def ending(self, *endings: str) -> list[str]:
        """The files whose names end so."""
        return [path for path in self.files if path.endswith(endings)]

    def has(self, path: str) -> bool:
        """Whether there is such a file, also a hidden one."""
        return os.path.isfile(os.path.join(self.root, path))

    def text(self, path: str) -> str:
        """The beginning of a file, "" where it cannot be read."""
        try:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                return file.read(LARGEST)
        except OSError:
            return ""

    def toml(self, path: str) -> dict[str, Any]:
        """A TOML file, empty where there is none that can be read."""
        try:
            return tomllib.loads(self.text(path))
        except tomllib.TOMLDecodeError:
            return {}

    def json(self, path: str) -> dict[str, Any]:
        """A JSON object, empty where there is none that can be read."""
        try:
            found = json.loads(self.text(path))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def program(self, *names: str) -> str:
        """The first of some programs that is on PATH, "" where none is."""
        return next((name for name in names if shutil.which(name, path=self._path)), "")

    def executable(self, path: str) -> bool:
        """Whether a program lies at a path below the folder."""
        full = os.path.join(self.root, path)
        return os.path.isfile(full) and os.access(full, os.X_OK)


def is_plain(path: str) -> bool:
    """Whether a path can be written in YAML, in a pattern and in a shell as it stands."""
    return _PLAIN.fullmatch(path) is not None


def patterns(files: list[str], *endings: str) -> list[str]:
    """Patterns that match these files, which end so: `src/**/*.c`, one for each folder of the root, `**/*.c` where names are odd."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in files}
    used = [ending for ending in endings if any(path.endswith(ending) for path in files)]
    if not all(top == "" or is_plain(top) for top in tops):
        return [f"**/*{ending}" for ending in used]
    return [f"{top}/**/*{ending}" if top else f"*{ending}" for top in sorted(tops) for ending in used if _any_in(files, top, ending)]


def _any_in(files: list[str], top: str, ending: str) -> bool:
    return any(path.endswith(ending) and (path.startswith(f"{top}/") if top else "/" not in path) for path in files)


def _walk(root: str) -> list[str]:
    found: list[str] = []
    for folder, folders, files in os.walk(root):
        here = os.path.relpath(folder, root)
        prefix = "" if here == "." else f"{here}/"
        folders[:] = sorted(name for name in folders if _is_entered(folder, name))
        found += [prefix + name for name in files if not name.startswith(".") and os.path.isfile(os.path.join(folder, name))]
        if len(found) > MOST:
            break
    return found


def _is_entered(folder: str, name: str) -> bool:
    path = os.path.join(folder, name)
    return not (name.startswith(".") or name in PASSED_OVER or os.path.islink(path) or os.path.exists(path + "/.git"))
