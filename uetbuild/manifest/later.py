"""The keys and values of the contract that this version does not have yet: known, so never a typing error, and answered "not yet".

The one place to look at when such a part is built: take its entry away, and add the field to its model.
"""

from __future__ import annotations

from uetbuild.errors import UetError, not_yet
from uetbuild.manifest.tree import Map

KEYS: dict[str, frozenset[str]] = {
    "workstream": frozenset(("compensate", "cache", "service")),
    "gate": frozenset(("compensate", "cache", "service", "breaker")),
    "defaults": frozenset(("cache",)),
    "agent": frozenset(("context", "expects")),
    "tool": frozenset(("rate", "breaker")),
}
"""By the noun of the block. (agents): what is missing of agents, isolation worktree; (cache): cache;
(watch): service; (later): compensate, breaker."""

ISOLATIONS = frozenset(("worktree",))
ADAPTERS = frozenset(("aider", "claude", "codex", "gemini", "mini-swe-agent", "opencode", "pi", "qwen"))  # of `tools`
PLACES = frozenset(("merge",))  # at which gates stand


def later_keys(noun: str, block: Map) -> dict[str, UetError]:
    """The early uses in a block, each with its answer."""
    early = KEYS.get(noun)
    if not early or early.isdisjoint(block.entries):
        return {}
    return {key: not_yet(f"`{key}`", block.where(key)) for key in block.entries if key in early}
