"""What must be done after a crash before anything changes here: what the killed build left running is ended, and the history says so."""

from __future__ import annotations

from uetbuild.cli.clock import SystemClock
from uetbuild.executors.leftovers import Left, end_leftovers
from uetbuild.state.history import interrupt_run, remove_tree
from uetbuild.state.litter import sweep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from uetbuild.state.layout import Layout
    from uetbuild.state.store import SqliteStore

GRACE = 5.0  # seconds between TERM and KILL
SHOWN = 3  # nodes that are named


def heal(layout: Layout, store: SqliteStore, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """What a build must do before it starts: nobody else works here any more, and the history says what happened. What is half written is
    removed when its node is made again. The data of `recovered`, one for each run. Raises UetError.
    """
    recorded = store.processes()
    found = end_leftovers(recorded, log_folders(layout, recorded), GRACE, layout.folder)
    left = sorted({one.node for one in found if one.run})
    if left:
        warn(f"ended what an earlier build left running{_for([node for node in left if node])}")
    if any(not one.run for one in found):
        warn("ended what an earlier build left running to answer a question (`sh`, `probes`, `skip_if`)")
    if not recorded:
        return []
    runs = sorted({run for run, *_ in recorded})
    for run in runs:
        remove_tree(f"{layout.sandboxes}/{run}")
    sweep(layout)
    return close_runs(layout, store, runs, found, [])


def _for(nodes: list[str]) -> str:
    """Whose it was: the first ones by name."""
    if not nodes:
        return ""
    named = ", ".join([f"`{node}`" for node in nodes[:SHOWN]])
    return f" for {named}" + (f" and {len(nodes) - SHOWN} more" if len(nodes) > SHOWN else "")


def close_runs(layout: Layout, store: SqliteStore, runs: Iterable[str], found: Iterable[Left], removed: list[str]) -> list[dict[str, Any]]:
    """Say in the history that these runs were interrupted, and forget their processes; the data of each event. Raises UetError."""
    told = []
    for run in runs:
        data = {"interrupted": run, "processes": [{"pid": one.pid, "node": one.node} for one in found if one.run == run]}
        told.append(data | {"removed": removed})
        interrupt_run(layout, store, run, "recovered", told[-1], SystemClock.now())
    store.forget_processes()
    return told


def log_folders(layout: Layout, recorded: Iterable[tuple[str, str, int, int, str]]) -> dict[str, str]:
    """Where the runs of these processes wrote."""
    return {run: layout.run_folder(run) for run, *_ in recorded}
