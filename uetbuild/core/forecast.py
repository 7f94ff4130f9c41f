"""What nodes will probably use, from what they used before. Numbers in, numbers out; knows nothing of where they are kept."""

from __future__ import annotations

from decimal import Decimal

from uetbuild.core.ledger import folded
from uetbuild.core.outlook import Past

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.core.ledger import Amount, Entry
    from uetbuild.core.policies import Limit

REMEMBERED = 20  # runs of a node that count


def past_costs(entries: Iterable[Entry]) -> dict[str, list[Amount]]:
    """What each node used in each of its last runs, all attempts together; the newest last."""
    runs: dict[str, dict[str, Amount]] = {}
    for entry in sorted(folded(entries).values(), key=lambda entry: entry.key):
        if entry.settled:
            of_node = runs.setdefault(entry.node, {})
            usd, tokens = of_node.get(entry.run, (Decimal(0), 0))
            of_node[entry.run] = (usd + Decimal(entry.usd), tokens + entry.tokens)
    return {node: list(of_node.values())[-REMEMBERED:] for node, of_node in runs.items()}


def costs(limits: Mapping[str, Limit | None], past: Mapping[str, Sequence[Amount]]) -> dict[str, Past]:
    """What each node (id -> its own limit) cost before, in USD; a limit that ends it bounds what it will."""
    found = {}
    for node, limit in limits.items():
        most = float(limit.usd or 0) if limit is not None and limit.on_exceeded == "halt" else 0.0
        found[node] = Past(amounts=tuple(sorted([float(usd) for usd, _ in past.get(node, ())])), most=most)
    return found


def estimates(past: Mapping[str, Sequence[Amount]]) -> dict[str, tuple[str, int]]:
    """What is reserved for nodes without a limit of their own: p90 of what they used."""
    found = {}
    for node, amounts in past.items():
        dear = sorted([usd for usd, _ in amounts])
        long = sorted([tokens for _, tokens in amounts])
        place = -(-9 * (len(amounts) - 1) // 10)  # an amount that there was, the next above p90: money is never a float
        found[node] = (str(dear[place]), long[place])
    return found
