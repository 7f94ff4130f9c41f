"""What a manifest says about trying again, guarding and spending: values of nodes and of the project, no decisions.

Knows nothing of how they are decided (core/retry.py, core/ledger.py) and carried out (engine).
"""

from __future__ import annotations

from uetbuild.core.record import Record


class Retry(Record):
    """When a node is tried again. `attempts`: in all, the first included; `backoff`: seconds before the second, doubled each time, with
    full jitter, never more than `limit`; `on`: what is worth it (`exit timeout rate_limit lost gate`); `codes`: exit codes that mean
    "rate limited".
    """

    __slots__ = ("attempts", "backoff", "limit", "on", "codes")
    DEFAULTS = {"attempts": 1, "backoff": 1.0, "limit": 60.0, "on": ("exit", "timeout", "rate_limit", "lost"), "codes": (75,)}

    attempts: int
    backoff: float
    limit: float
    on: tuple[str, ...]
    codes: tuple[int, ...]


class Guard(Record):
    """What makes a node a gate. `type` of the contract's list; `blocking`: what follows waits for it; `at`: `workstream`, `wave` or `run`;
    `guards`: ids of the nodes whose files it checks, sorted; `message`: what is said when it fails, or what an approval asks; `only`: file
    names (patterns) of the files that it checks, of its own inputs if it has any: with none left there is nothing to check; all if empty.
    """

    __slots__ = ("type", "blocking", "at", "guards", "message", "only")
    DEFAULTS = {"type": "custom", "blocking": True, "at": "workstream", "guards": (), "message": "", "only": ()}

    type: str
    blocking: bool
    at: str
    guards: tuple[str, ...]
    message: str
    only: tuple[str, ...]


class Limit(Record):
    """A budget. `usd` as decimal text ("" = none), `tokens` (0 = none), `time` in seconds (0 = none); `warn_at` as a part of it;
    `on_exceeded`: `halt`, `warn` or `continue`; `shrink_jobs`: fewer at once from the warning on.
    """

    __slots__ = ("usd", "tokens", "time", "warn_at", "on_exceeded", "shrink_jobs")
    DEFAULTS = {"usd": "", "tokens": 0, "time": 0.0, "warn_at": 0.8, "on_exceeded": "halt", "shrink_jobs": False}

    usd: str
    tokens: int
    time: float
    warn_at: float
    on_exceeded: str
    shrink_jobs: bool
