"""What was spent, added up by workstream, phase, model and day: the object of `cost --json` (interface, section 3)."""

from __future__ import annotations

from decimal import Decimal

from uetbuild.core.ledger import folded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from uetbuild.core.ledger import Entry

BY = ("workstream", "phase", "model", "day")


def spending(entries: Iterable[Entry]) -> dict[str, Any]:
    """`usd` and `tokens` of all, of that `reserved` (attempts that never said what they used), and `by` the four: name -> `usd`, `tokens`;
    the dearest first, days in order. What belongs to no phase or model stands under "".
    """
    known = folded(entries).values()
    sums: dict[str, dict[str, tuple[Decimal, int]]] = {kind: {} for kind in BY}
    for entry in known:
        usd = Decimal(entry.usd)
        names = {"workstream": entry.workstream, "phase": entry.phase, "day": entry.day}
        for kind, name in names.items():
            _add(sums[kind], name, usd, entry.tokens)
        of_models = Decimal(0)
        for model, part, tokens in entry.uses:
            _add(sums["model"], model, Decimal(part), tokens)
            of_models += Decimal(part)
        if not entry.uses or usd != of_models:  # reserved, or without a known price
            _add(sums["model"], "", usd - of_models, 0 if entry.uses else entry.tokens)
    total = sum([Decimal(entry.usd) for entry in known], Decimal(0))
    reserved = sum([Decimal(entry.usd) for entry in known if not entry.uses], Decimal(0))
    return {
        "usd": float(total), "tokens": sum([entry.tokens for entry in known]), "reserved": float(reserved),
        "by": {kind: _shown(sums[kind], kind == "day") for kind in BY},
    }  # fmt: skip


def _add(sums: dict[str, tuple[Decimal, int]], name: str, usd: Decimal, tokens: int) -> None:
    before = sums.get(name, (Decimal(0), 0))
    sums[name] = (before[0] + usd, before[1] + tokens)


def _shown(sums: dict[str, tuple[Decimal, int]], by_name: bool) -> dict[str, dict[str, float]]:
    ordered = sorted(sums.items(), key=lambda item: item[0] if by_name else (-item[1][0], -item[1][1], item[0]))
    return {name: {"usd": float(usd), "tokens": tokens} for name, (usd, tokens) in ordered if usd or tokens}
