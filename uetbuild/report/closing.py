"""The last line of a build."""

from __future__ import annotations

from uetbuild.report.amounts import counted, dollars, duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_COUNTED = ("up_to_date", "failed", "blocked", "waiting", "skipped", "cancelled")
_VERDICTS = ("passed", "failed", "warned", "waiting")  # of gates

# after a run that its budget halted, by what was used up
WAYS_ON = {
    "usd": "`uetbuild resume --budget-usd X` goes on",
    "tokens": "raise `budgets.run.tokens` in the manifest, then `uetbuild resume` goes on",
    "time": "raise `budgets.run.time` in the manifest, then `uetbuild resume` goes on",
}


def closing(data: Mapping[str, Any]) -> str:
    """The last line: `ran 3 of 12 in 4.1s (9 up to date, $0.12)`; `data` is that of `run_finished`."""
    total, ran, usd = data.get("total", 0), data.get("ran", 0), data.get("usd", 0.0)
    notes = [f"{data[name]} {name.replace('_', ' ')}" for name in _COUNTED if data.get(name)]
    if data.get("state") == "cancelled" and not data.get("cancelled"):
        notes.append("cancelled")
    gates = data.get("gates") or {}
    notes += [f"{counted(gates[name], 'gate')} {name}" for name in _VERDICTS if gates.get(name)]
    if usd > 0:
        notes.append(dollars(usd))
    if not ran and not any(gates.values()) and data.get("up_to_date") == total:
        return f"up to date ({counted(total, 'workstream')})"
    return f"ran {ran} of {total} in {duration(data.get('seconds', 0.0))}" + (f" ({', '.join(notes)})" if notes else "")
