"""The one clock."""

from __future__ import annotations

import time


class SystemClock:
    """The real time. Implements `Clock` (core/ports.py)."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
