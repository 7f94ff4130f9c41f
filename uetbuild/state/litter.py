"""What a crash leaves of our own things in the state folder: files that were being written, and sandboxes."""

from __future__ import annotations

import os

from uetbuild.state.atomic import DRAFT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from uetbuild.state.layout import Layout


def drafts(layout: Layout) -> list[str]:
    """Files that were to be moved to their place (state/atomic.py) by processes that are gone, by path."""
    found = []
    for folder in (layout.folder, *[layout.run_folder(name) for name in _names(layout.runs)]):
        for name in _names(folder):
            stem, _, pid = name.removesuffix(DRAFT).rpartition(".")
            if stem and name.endswith(DRAFT) and pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
                found.append(f"{folder}/{name}")
    return found


def sandboxes(layout: Layout, alive: Collection[str]) -> list[str]:
    """Folders of sandboxes, one a run, but for the runs that are `alive`."""
    return [f"{layout.sandboxes}/{name}" for name in _names(layout.sandboxes) if name not in alive]


def sweep(layout: Layout) -> None:
    """Remove the drafts. What cannot be removed stays, without complaint. The caller holds the build lock."""
    for path in drafts(layout):
        try:
            os.unlink(path)
        except OSError:
            pass


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
