"""What failed gates said, as the text that the next attempt is given. Bounded; knows nothing of files."""

from __future__ import annotations

from uetbuild.core.jobs import Result
from uetbuild.core.record import Record

LINES = 100  # of the output of one gate, the last ones
BYTES = 16384


class Verdict(Record):
    """A gate that failed. `outcome` and `code` as in `core.jobs.Outcome`, `reason` its message where it has one; `message`: what the
    manifest says; `output`: what it printed, secrets masked.
    """

    __slots__ = ("gate", "type", "blocking", "message", "outcome", "code", "reason", "command", "output")

    gate: str
    type: str
    blocking: bool
    message: str
    outcome: str
    code: int
    reason: str
    command: str
    output: str


def feedback(attempt: int, attempts: int, verdicts: list[Verdict]) -> str:
    """The text; `attempt`: the one that was rejected, of `attempts`. Holds no NUL character, which no prompt could hold."""
    parts = [f"attempt {attempt} of {attempts} was rejected\n"]
    for verdict in sorted(verdicts, key=lambda one: (not one.blocking, one.gate)):
        kind = verdict.type if verdict.blocking else f"{verdict.type}, only warns"
        lines = [f"gate `{verdict.gate}` ({kind}) failed: {how(verdict.outcome, verdict.code, verdict.reason)}"]
        lines += [line for line in verdict.message.split("\n") if line]
        lines += [f"  $ {line}" for line in verdict.command.split("\n") if line]
        lines += [f"  | {line}" for line in last_lines(verdict.output)]
        parts.append("".join([f"{line}\n" for line in lines]))
    return "\n".join(parts).replace("\0", "\ufffd")


def how(outcome: str, code: int, reason: str) -> str:
    """How a gate failed, in a few words."""
    if reason:
        return reason.partition("\n")[0]
    if outcome == Result.TIMED_OUT:
        return "timed out"
    return f"killed by signal {-code}" if code < 0 else f"exit {code}"


def last_lines(output: str) -> list[str]:
    """The last lines of an output, `…` before them where there were more."""
    text = output[-BYTES:]
    lines = text.removesuffix("\n").split("\n") if text else []
    if len(text) < len(output) and len(lines) > 1:
        del lines[0]  # it may begin anywhere
    cut = len(text) < len(output) or len(lines) > LINES
    return (["…"] if cut else []) + lines[-LINES:]
