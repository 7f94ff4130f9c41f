"""Files of this repository that are made from the models: written, or compared with what stands there."""

from __future__ import annotations

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def generate(path: str, content: str) -> str | None:
    """Write `content` to `path` below the repository's root; with `--check` on the command line say what is wrong with what is there."""
    target = os.path.join(ROOT, path)
    if "--check" in sys.argv[1:]:
        return None if current(path) == content else f"{path} is not up to date; run the same command without `--check`"
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write(content)
    return None


def current(path: str) -> str:
    """What stands in the file; "" if it does not exist."""
    try:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
