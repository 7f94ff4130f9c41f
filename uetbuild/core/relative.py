"""Paths as a command sees them that runs in some folder."""

from __future__ import annotations


def seen_from(folder: str, path: str) -> str:
    """The root-relative `path` as written in the root-relative `folder`: `../lib/a.c` in `app` for `lib/a.c`; "." for the folder itself.

    Absolute paths stay as they are. Patterns may be given too.
    """
    if path.startswith("/") or not folder:
        return path or "."
    if path.startswith(folder + "/"):
        return path[len(folder) + 1 :]
    here = folder.split("/")
    there = path.split("/") if path else []
    common = 0
    for ours, theirs in zip(here, there, strict=False):
        if ours != theirs:
            break
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:]) or "."
