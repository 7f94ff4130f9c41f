"""Approval: what a person said about what workstreams made, and what follows from it.

An answer belongs to the digest of what was made, so it holds for the same bytes whenever they are made, and for no others. Knows
nothing of files and of who is asked how.
"""

from __future__ import annotations

from uetbuild.core.record import Record
from uetbuild.core.sha import sha256
from uetbuild.core.stamps import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.stamps import Stamp

APPROVAL = "approval"  # the type of those gates that a person answers


class Answer(Record):
    """What was said about a digest: `yes` or not, by `who` (`name@host`), at `time` (seconds since 1970), when which `run` had asked."""

    __slots__ = ("yes", "who", "time", "run", "comment")
    DEFAULTS = {"comment": ""}

    yes: bool
    who: str
    time: float
    run: str
    comment: str


class Standing:
    """Of an approval: nobody has answered yet; or somebody has; or there is nothing that could be answered."""

    OPEN, GIVEN, REFUSED, NOTHING = "open", "given", "refused", "nothing"


def made_digest(stamps: Iterable[tuple[str, Stamp | None]]) -> str:
    """Digest of what nodes (id, stamp) created and edited; "" where one of them left no record of it."""
    parts = []
    for name, stamp in stamps:
        if stamp is None or stamp.stage == Stage.STARTED:
            return ""
        parts.append((name, sorted(stamp.outputs.items()), sorted(stamp.edits.items())))
    return sha256(repr(sorted(parts)).encode("utf-8", "surrogatepass")).hexdigest() if parts else ""


def standing(digest: str, answer: Answer | None, touched: bool, anew: bool) -> str:
    """How an approval stands. `digest` of what was made; `answer` to just this digest; `touched`: what lies there is not what was made;
    `anew`: it is to be asked whatever was said before.
    """
    if not digest or touched:
        return Standing.NOTHING
    if answer is None or anew:
        return Standing.OPEN
    return Standing.GIVEN if answer.yes else Standing.REFUSED


def answer_key(gate: str, digest: str) -> str:
    """Under which an answer is remembered."""
    return f"{digest} {gate}"
