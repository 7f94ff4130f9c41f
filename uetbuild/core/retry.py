"""Is it tried again, and when? Exponential backoff with full jitter, decided by values alone.

The dice are thrown by whoever asks, so that a decision can be repeated. Knows nothing of clocks, nodes and workers.
"""

from __future__ import annotations

from uetbuild.core.jobs import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.policies import Retry


class Cause:
    """Why an attempt failed, in the words of `retry.on`. `EXIT` is every failure of the recipe, a check after it (a missing output, say)
    included; `GATE`: the recipe did its work, but a blocking gate said no.
    """

    EXIT, TIMEOUT, RATE_LIMIT, LOST, GATE = "exit", "timeout", "rate_limit", "lost", "gate"


_OF_RESULT = {Result.FAILED: Cause.EXIT, Result.TIMED_OUT: Cause.TIMEOUT, Result.LOST: Cause.LOST}


def cause(retry: Retry | None, result: str, code: int) -> str:
    """The cause of a failure: `result` of `core.jobs.Result`, `code` the exit code; "" for what is no failure (success, cancelled).

    An exit code that means "rate limited" wins over `exit`, where rate limits are worth another attempt; else it is an exit like any other.
    """
    found = _OF_RESULT.get(result, "")
    if found == Cause.EXIT and retry is not None and code in retry.codes and Cause.RATE_LIMIT in retry.on:
        return Cause.RATE_LIMIT
    return found


def decide(retry: Retry | None, attempt: int, why: str, dice: float) -> float | None:
    """Seconds to wait before the attempt after `attempt` (counted from 1, which failed because of `why`, a `Cause`); None: no more.

    `dice` in [0, 1) is the part of the backoff that is waited ("full jitter": what failed together does not come back together).
    """
    if retry is None or attempt >= retry.attempts or why not in retry.on:
        return None
    return dice * min(retry.limit, retry.backoff * 2.0 ** min(attempt - 1, 1000))  # beyond 1000 the power would overflow
