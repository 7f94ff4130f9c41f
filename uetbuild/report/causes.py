"""How a node failed, in words, from the data of its event."""

from __future__ import annotations

from uetbuild.report.amounts import duration, moment
from uetbuild.report.escapes import safe_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def why_failed(data: Mapping[str, Any]) -> list[str]:
    """How a node failed: a few words, then further lines, as the hint of an error."""
    outcome, code, message = data.get("outcome"), data.get("code") or 0, data.get("message") or ""
    if message:
        return message_lines(message)
    if outcome == "timed_out":
        return [f"timed out after {duration(data.get('seconds', 0.0))}"]
    if outcome == "lost":
        return ["its worker was lost"]
    return [f"killed by {signal_name(-code)}" if code < 0 else f"exit {code}"]


def message_lines(text: str) -> list[str]:
    """The lines of a message, each made safe."""
    return [safe_name(line) for line in text.split("\n")]


def signal_name(number: int) -> str:
    """`SIGTERM` for 15; `signal 200` for one that has no name."""
    import signal  # imports enum; only for a node that a signal ended

    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def waiting(pid: int, run: str, since: float, alive: bool) -> str:
    """For whom a build waits: process `pid` (0 = not known), `since` a moment since 1970 (0.0 = not known); not `alive`: that process was
    killed, and its workers are ending what it ran."""
    known = [f"process {pid}"] if pid else []
    known += [f"run `{safe_name(run)}`"] if run else []
    known += [f"since {moment(since)}"] if since else []
    who = f" ({', '.join(known)})" if known else ""
    return f"waiting for {'another' if alive else 'what is left of a killed'} build of this project{who} to end"
