"""The garbage collector out of the way while many small objects are made that all stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """No collections inside: reading 10,000 workstreams takes half the time. Only for work that leaves no cycles behind: what was made
    counts as old from then on, so that the next collection of what is young does not walk all of it (15 ms for 1,000 workstreams).
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.freeze()
            gc.unfreeze()  # from where `freeze` has put it to the oldest generation
            gc.enable()
