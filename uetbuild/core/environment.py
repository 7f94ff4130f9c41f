"""Which variables of the caller's environment a recipe inherits when its `env_mode` is `strict`."""

from __future__ import annotations

STRICT_BASE = ("PATH", "HOME", "USER", "SHELL", "LANG", "TERM", "TMPDIR", "TZ")


def is_base(name: str) -> bool:
    """Whether a variable belongs to the base set that `strict` lets through."""
    return name in STRICT_BASE or name.startswith("LC_")
