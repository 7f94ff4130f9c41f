"""Events: the one stream that the journal keeps and every view folds."""

from __future__ import annotations

from uetbuild.core.record import Spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

EVENT_NAMES = (
    "run_started", "run_finished", "wave_started", "wave_finished", "node_judged", "node_started", "node_finished", "step_finished",
    "gate_finished", "worker_spawned", "worker_lost", "worker_terminated", "retry_scheduled", "breaker_opened", "breaker_closed",
    "budget_warning", "budget_exceeded", "scope_violation", "merge_started", "merge_finished", "merge_conflict", "cache_hit",
    "cache_stored", "lock_waited", "approval_requested", "approval_given", "routed", "rollback_started", "rollback_finished",
    "interrupted", "recovered",
)  # fmt: skip

OUTCOMES = ("succeeded", "failed", "timed_out", "lost", "skipped", "blocked", "cancelled", "up_to_date", "cached")

_NOTHING: dict[str, Any] = {}  # never changed, as no part of a record is


class Event(Spelled):
    """`seq` counts from 1 in a run; `time` in seconds since 1970; `data` holds what the kind of event adds (JSON values)."""

    __slots__ = ("seq", "time", "run", "event", "node", "data")

    def __init__(self, seq: int, time: float, run: str, event: str, node: str = "", data: dict[str, Any] = _NOTHING) -> None:
        self.seq = seq
        self.time = time
        self.run = run
        self.event = event
        self.node = node
        self.data = data

    def as_json(self) -> dict[str, Any]:
        """The object of interface section 4."""
        shown: dict[str, Any] = {"seq": self.seq, "time": self.time, "run": self.run, "event": self.event}
        if self.node:
            shown["node"] = self.node
        return shown | self.data


def unfinished(events: Iterable[Event]) -> list[str]:
    """The nodes, in order, that were started last and did not end, by the events of their run in order."""
    running: dict[str, None] = {}
    for event in events:
        if event.event == "node_started":
            running[event.node] = None
        elif event.event == "node_finished":
            running.pop(event.node, None)
    return list(running)


def lasted(events: Iterable[Event]) -> float:
    """Seconds that a run was at work, from its events in order: each part from its `run_started` to the last event before the next one."""
    total, began, last = 0.0, 0.0, 0.0
    for event in events:
        if event.event == "run_started":
            total += max(0.0, last - began)
            began = event.time
        last = event.time
    return total + max(0.0, last - began)
