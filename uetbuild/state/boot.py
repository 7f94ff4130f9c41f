"""Which boot of the machine this is: with pid and start time the identity of a recorded process. Linux only; elsewhere unknown."""

from __future__ import annotations


def boot_id() -> str:
    """The kernel's name for the time since it started, "" where it has none."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
