"""What a probe is, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.mishaps.case import Case


@dataclass(frozen=True, slots=True)
class Probe:
    """A mishap, and what everyone may expect, whatever the tool. `act` ends quietly when it was so."""

    name: str  # `touched-input`
    topic: str  # the module in which it stands
    mishap: str  # what happens, in a few words
    expectation: str  # one sentence
    act: Callable[[Case], None]


PROBES: list[Probe] = []


def probe(mishap: str, expectation: str) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Put a function on the list of probes."""

    def listed(act: Callable[[Case], None]) -> Callable[[Case], None]:
        name = act.__name__.replace("_", "-")
        PROBES.append(Probe(name, act.__module__.rpartition(".")[2], mishap, expectation, act))
        return act

    return listed
