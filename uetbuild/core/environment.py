"""Which variables of the caller's environment a recipe inherits when its `env_mode` is `strict`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STRICT_BASE = ("PATH", "HOME", "USER", "SHELL", "LANG", "TERM", "TMPDIR", "TZ")


def is_base(name: str) -> bool:
    """Whether a variable belongs to the base set that `strict` lets through."""
    return name in STRICT_BASE or name.startswith("LC_")


def inherited(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What a strict recipe inherits: the base set, and the variables that it names."""
    wanted = frozenset(names)
    return {name: value for name, value in environ.items() if name in wanted or is_base(name)}
