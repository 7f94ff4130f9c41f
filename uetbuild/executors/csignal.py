"""`signals` is the C module behind `signal`: same functions and numbers, without the enum that costs 5 ms on the way to the first job."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as signals
else:
    import _signal as signals

__all__ = ["signals"]
