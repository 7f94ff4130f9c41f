"""What was spent, as text, from the object of `core.spending`."""

from __future__ import annotations

from uetbuild.report.amounts import dollars
from uetbuild.report.escapes import safe_name
from uetbuild.report.flow import rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

NOBODY = {"phase": "(no phase)", "model": "(no model)"}


def cost_text(spent: Mapping[str, Any]) -> str:
    """The sum, then a block for each way to divide it; ends with a newline."""
    if not spent["usd"] and not spent["tokens"]:
        return "nothing was spent\n"
    head = f"{dollars(spent['usd'])}, {_tokens(spent['tokens'])}"
    if spent["reserved"]:
        head += f" ({dollars(spent['reserved'])} of it reserved for attempts that did not say what they used)"
    blocks = [head + "\n"]
    for kind, sums in spent["by"].items():
        if list(sums) not in ([], [""]):
            pairs = [
                (safe_name(name) or NOBODY.get(kind, ""), f"{dollars(each['usd'])}, {_tokens(each['tokens'])}")
                for name, each in sums.items()
            ]
            blocks.append("".join(line + "\n" for line in [f"by {kind}:", *rows(pairs)]))
    return "\n".join(blocks)


def _tokens(count: int) -> str:
    return f"{count:,} tokens" if count != 1 else "1 token"
