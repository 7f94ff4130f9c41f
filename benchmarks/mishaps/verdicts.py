"""How a probe ends: quietly, when all is as expected, or with one of these."""

from __future__ import annotations


class Mishap(Exception):
    """Something else than expected was seen; says what."""


class NotApplicable(Exception):
    """The probe cannot be put to this tool, or not on this machine; says why."""
