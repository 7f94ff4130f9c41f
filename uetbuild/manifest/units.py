"""Durations, sizes and counts as people write them, to numbers. Knows nothing of positions: what is wrong is a `ValueError`."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ms|s|m|h|d)")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\Z")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([A-Za-z]*)\Z")
_SIZES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_COUNTS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}
MAX_SECONDS = 10 * 365 * 86400.0  # what timers of the system take without overflow; longer is a slip of the pen
MAX_BYTES = 2**63 - 1
MAX_LETTERS = 1000  # of an amount; Python makes no integer of more than 4,300 digits


def duration(text: str) -> float:
    """Seconds of `500ms`, `90s`, `1h30m`, `1.5h` or a plain number of seconds; 0 = none. ValueError when it is none of these."""
    if _NUMBER.match(text):
        seconds = float(text)
    else:
        seconds, end = 0.0, 0
        seen: list[float] = []
        for part in _DURATION_PART.finditer(text):
            unit = _SECONDS[part[2]]
            if part.start() != end or (seen and unit >= seen[-1]):
                raise ValueError(_DURATION_HINT)
            seen.append(unit)
            seconds += float(part[1]) * unit
            end = part.end()
        if end != len(text) or not seen:
            raise ValueError(_DURATION_HINT)
    if seconds > MAX_SECONDS:
        raise ValueError("at most ten years")
    return seconds


def size(text: str) -> int:
    """Bytes of `1000`, `10k`, `1.5M`, `1Gi`: `k M G T` by 1000, `Ki Mi Gi Ti` by 1024. ValueError when it is none of these."""
    amount = _amount(text, _SIZES, _SIZE_HINT)
    if amount > MAX_BYTES:
        raise ValueError("at most 8 EiB")
    return amount


def count(text: str) -> int:
    """Tokens of `60k`, `5M`, `1500`. ValueError when it is none of these."""
    return _amount(text, _COUNTS, _COUNT_HINT)


def _amount(text: str, units: dict[str, int], hint: str) -> int:
    match = _AMOUNT.match(text)
    if not match or match[2] not in units or len(text) > MAX_LETTERS:
        raise ValueError(hint)
    whole, _, fraction = match[1].partition(".")
    # integers on purpose: 1.1G must be 1100000000, not what a float makes of it
    unit = units[match[2]]
    return int(whole or "0") * unit + int(fraction or "0") * unit // int("1" + "0" * len(fraction))


_DURATION_HINT = "durations are written `500ms`, `90s`, `10m`, `1h30m`, or as a number of seconds"
_SIZE_HINT = "sizes are written `500k`, `10M`, `1G` (by 1000), `512Ki`, `10Mi`, `1Gi` (by 1024), or as a number of bytes"
_COUNT_HINT = "counts are written `1500`, `60k` or `5M`"
