"""Events as rows of `state.db`: what a run told in one turn is one row, so that a node has none of its own.

A row stands at its run and the `seq` of its last event: what comes after an event is in rows that stand after it, the first of which may
hold older ones as well. Earlier versions wrote a row for each event; they are read as well.
"""

from __future__ import annotations

from _operator import attrgetter
from itertools import groupby

from uetbuild.core.events import Event
from uetbuild.state.sealed import key_of, seal, seed, unseal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 256  # events of a row: what is lost with one that is damaged
FIELDS = ("seq", "time", "event", "node", "data")
TURN = seed("events", FIELDS)
ONE = seed("events", FIELDS[1:])  # of earlier versions

_run = attrgetter("run")
_row = attrgetter(*FIELDS)


def event_rows(events: Sequence[Event]) -> list[tuple[bytes, int, bytes]]:
    """(run, seq of the last, sealed body) of all these, which are in order; no run has two rows where one is enough."""
    rows = []
    for run, theirs in groupby(sorted(events, key=_run), _run):  # sorting keeps the order of those of one run
        key, told = key_of(run), list(map(_row, theirs))
        for start in range(0, len(told), MOST):
            part = told[start : start + MOST]
            last = part[-1][0]
            rows.append((key, last, seal(part, _place(key, last), TURN)))
    return rows


def events_of(run: str, last: object, body: object) -> list[Event]:
    """The events of a row, in order; none of one that is damaged."""
    if type(last) is not int:
        return []
    place = _place(key_of(run), last)
    told = unseal(body, place, TURN)
    if told is None:
        alone = unseal(body, place, ONE)
        told = [] if alone is None else [(last, *alone)]
    return [Event(run=run, **dict(zip(FIELDS, row, strict=True))) for row in told]


def _place(run: bytes, last: int) -> bytes:
    """What the checksum of a row covers besides its body."""
    return b"%s %d" % (run, last)
