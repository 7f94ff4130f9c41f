"""Past runs as text and as JSON, folded from their summaries and events. Knows nothing of where they are kept."""

from __future__ import annotations

from typing import Any, Protocol

from uetbuild.report.amounts import duration, moment
from uetbuild.report.closing import closing
from uetbuild.report.escapes import safe_name
from uetbuild.report.flow import rows
from uetbuild.report.stream import BOLD, GREEN, RED, YELLOW, brush, paint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.core.events import Event


class PastRun(Protocol):
    """state.history.PastRun; times in seconds since 1970, 0.0 = not known."""

    id: str
    state: str
    started: float
    finished: float
    summary: dict[str, Any]


_STATES = {"succeeded": GREEN, "failed": RED, "running": BOLD}  # all else is a warning
_STATE, _BELOW = 11, "\n    "  # cells of the longest state; before what has a line of its own
_NODE_FIELDS = ("outcome", "seconds", "code", "message", "log")


def runs_text(runs: Iterable[PastRun], colours: bool = False, columns: int = 0) -> str:
    """One line a run: id, when, how it ended, what it did; the last on a line of its own where it does not fit into
    so many columns (0 = there are no columns: programs read it, too)."""
    lines = []
    for run in runs:
        head, did = f"{run.id}  {moment(run.started)}  ", _did(run)
        fits = len(head) + _STATE + 2 + len(did) <= columns or not columns
        lines.append(f"{head}{_state(run, colours, _STATE if fits else 0)}{'  ' if fits else _BELOW}{did}".rstrip() + "\n")
    return "".join(lines)


def run_text(run: PastRun, events: Sequence[Event], colours: bool = False) -> str:
    """One run: its line, then each node with its outcome."""
    pairs = [(safe_name(node["id"]), _ended(node)) for node in outcomes(events)]
    lines = [f"run {run.id}: {_state(run, colours)}, started {moment(run.started)}", _did(run), *rows(pairs, tint=brush(GREEN, colours))]
    return "".join(line + "\n" for line in lines if line)


def run_json(run: PastRun) -> dict[str, Any]:
    """A run as one object: what its summary says, with `id state started finished`."""
    known = {"id": run.id, "state": run.state, "started": run.started, "finished": run.finished}
    return known | {name: value for name, value in run.summary.items() if name not in known}


def outcomes(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The nodes of a run in the order in which they began, with how they ended; `running` where nothing says it."""
    nodes: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.event == "node_started":
            nodes[event.node] = {"id": event.node, "outcome": "running"}
        elif event.event == "approval_requested":
            nodes[event.node] = {"id": event.node, "outcome": "blocked", "message": "waits for approval"}
        elif event.event == "approval_given":
            said = "approved" if event.data.get("approved") else "refused"
            nodes.setdefault(event.node, {"id": event.node, "outcome": "blocked"})["message"] = f"{said} by {event.data.get('who', '')}"
        elif event.event == "node_finished":
            node = nodes.setdefault(event.node, {"id": event.node})
            node |= {name: event.data[name] for name in _NODE_FIELDS if name in event.data}
    return list(nodes.values())


def _state(run: PastRun, colours: bool, cells: int = 0) -> str:
    return paint(f"{run.state:<{cells}}", _STATES.get(run.state, YELLOW), colours)


def _did(run: PastRun) -> str:
    return closing(run.summary) if "total" in run.summary else ""


def _ended(node: Mapping[str, Any]) -> str:
    text = str(node["outcome"]).replace("_", " ")
    if node["outcome"] == "failed" and not node.get("message"):
        text += f" (exit {node.get('code', 0)})"
    if node.get("message"):
        text += ": " + safe_name(str(node["message"]).partition("\n")[0])
    return f"{text}, {duration(node['seconds'])}" if node.get("seconds") else text
