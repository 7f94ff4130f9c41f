"""The states of a node in the loop, and which may follow which.

After n2's `BuildState`: one enumeration, each state with its precondition, every transition through one `set()`. Plain integers, because
`enum` is not loaded on the way to the first spawn.
"""

from __future__ import annotations

from itertools import repeat


class State:
    """`WAITING` for dependencies; `FRESH`: these are done, not judged yet; `STALE`: to be run, waits for a place; `RUNNING`; then final.

    `WARNED`: a gate failed that holds nothing. `WAITS`: for a person, or for what waits for one. `HELD`, not final: a gate
    failed, but what it guards may be tried again.
    """

    WAITING, FRESH, STALE, RUNNING, SUCCEEDED, UP_TO_DATE, SKIPPED, FAILED, BLOCKED, CANCELLED, WARNED, WAITS, HELD = STATES = range(13)


FINAL = frozenset(
    (State.SUCCEEDED, State.UP_TO_DATE, State.SKIPPED, State.FAILED, State.BLOCKED, State.CANCELLED, State.WARNED, State.WAITS),
)
GOOD = frozenset((State.SUCCEEDED, State.UP_TO_DATE, State.SKIPPED, State.WARNED))

_FOLLOWING: dict[int, frozenset[int]] = {
    State.WAITING: frozenset((State.FRESH, State.STALE, State.BLOCKED, State.CANCELLED, State.WAITS)),
    State.FRESH: frozenset((State.STALE, State.UP_TO_DATE, State.SKIPPED, State.FAILED, State.CANCELLED, State.WARNED, State.WAITS)),
    State.STALE: frozenset((State.RUNNING, State.UP_TO_DATE, State.FAILED, State.CANCELLED, State.WARNED)),
    State.RUNNING: frozenset((State.STALE, State.SUCCEEDED, State.FAILED, State.CANCELLED, State.WARNED, State.HELD)),
    State.HELD: frozenset((State.FAILED, State.WAITING)),
    State.SUCCEEDED: frozenset((State.WAITING,)),  # from here on: a cell begins again
    State.UP_TO_DATE: frozenset((State.WAITING,)),
    State.SKIPPED: frozenset((State.WAITING,)),
    State.WARNED: frozenset((State.WAITING,)),
    State.WAITS: frozenset((State.WAITING,)),
    State.FAILED: frozenset(),
    State.BLOCKED: frozenset(),
    State.CANCELLED: frozenset(),
}


class States:
    """State of every node by index."""

    __slots__ = ("of",)

    def __init__(self, size: int, members: tuple[int, ...]) -> None:
        self.of = [State.CANCELLED] * size
        any(map(self.of.__setitem__, members, repeat(State.WAITING)))  # None each time: `any` goes on to the end

    def repeat(self, i: int, state: int) -> bool:
        """Lead a node to where it was before it came to this final state in an earlier part of the build. Returns whether it ran."""
        ran = state in (State.SUCCEEDED, State.FAILED)
        for step in (State.FRESH, State.STALE, State.RUNNING) if ran else (State.FRESH,):
            self.set(i, step)
        return ran

    def set(self, i: int, state: int) -> None:
        """The one place where a node changes its state. Raises AssertionError for a transition that must not be."""
        before = self.of[i]
        assert state in _FOLLOWING[before], f"node {i}: {before} -> {state}"
        self.of[i] = state
