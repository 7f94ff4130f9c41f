"""Durations, money and counts as people read them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """`0.3s`, `42.1s`, `3m 05s`, `1h 02m`."""
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02d}s"
    return f"{whole // 3600}h {whole % 3600 // 60:02d}m"


def whole(seconds: float) -> str:
    """As `duration`, but without the tenths of seconds: `42s`."""
    return f"{int(seconds)}s" if seconds < 60 else duration(int(seconds))


def dollars(usd: float) -> str:
    """`$0.12`; amounts below a cent with two digits that say something."""
    return f"${usd:.2f}" if usd >= 0.01 or usd <= 0 else f"${usd:.2g}"


def counted(number: int, noun: str) -> str:
    """`1 workstream`, `12 workstreams`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def moment(seconds: float) -> str:
    """Local time of a moment since 1970: `2024-05-01 12:00:03`."""
    import time  # reports only

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
