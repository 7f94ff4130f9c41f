"""The states of a node in the loop, and which may follow which.

After n2's `BuildState`: one enumeration, each state with its precondition, every transition through one `set()`. Plain integers, because
`enum` is not loaded on the way to the first spawn.
"""

from __future__ import annotations


class State:
    """`WAITING` for dependencies; `FRESH`: these are done, not judged yet; `STALE`: to be run, waits for a place; `RUNNING`; then final.

    `WARNED`: a gate failed that holds nothing. `WAITS`: for a person, or for what waits for one. `HELD`, not final: a gate
    failed, but what it guards may be tried again.
    """

    WAITING, FRESH, STALE, RUNNING, SUCCEEDED, UP_TO_DATE, SKIPPED, FAILED, BLOCKED, CANCELLED, WARNED, WAITS, HELD = range(13)


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
}
_NONE: frozenset[int] = frozenset()


class States:
    """State of every node by index, and how many are in each."""

    __slots__ = ("of", "count")

    def __init__(self, size: int, members: tuple[int, ...]) -> None:
        self.of = [State.CANCELLED] * size
        for i in members:
            self.of[i] = State.WAITING
        self.count = [0] * 13
        self.count[State.WAITING] = len(members)

    def repeat(self, i: int, state: int) -> bool:
        """Lead a node to where it was before it came to this final state in an earlier part of the build. Returns whether it ran."""
        ran = state in (State.SUCCEEDED, State.FAILED)
        for step in (State.FRESH, State.STALE, State.RUNNING) if ran else (State.FRESH,):
            self.set(i, step)
        return ran

    def set(self, i: int, state: int) -> None:
        """The one place where a node changes its state. Raises AssertionError for a transition that must not be."""
        before = self.of[i]
        assert state in _FOLLOWING.get(before, _NONE), f"node {i}: {before} -> {state}"
        self.count[before] -= 1
        self.count[state] += 1
        self.of[i] = state
