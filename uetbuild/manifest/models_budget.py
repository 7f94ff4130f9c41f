"""Budgets, phases and prices: what a run, a phase and a workstream may spend, and what models cost."""

import re
from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.core.policies import Limit
from uetbuild.manifest import units
from uetbuild.manifest.models_base import Block, Reads, expects, read_block, read_map
from uetbuild.manifest.models_values import Bool, OptionalDuration, OptionalLine, check_id, choice, read_text
from uetbuild.manifest.tree import Map, Text, Tree

_MONEY = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_MONEY_SCHEMA: dict[str, object] = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$"}]}


def read_usd(node: Tree) -> str:
    """An amount of money, as the decimal text that it is: no float comes near it."""
    text = read_text(node, "an amount in USD").text
    if not _MONEY.fullmatch(text):
        raise expects("an amount in USD", node, "as in `2.50`, with at most nine digits before and behind the point")
    return text


def read_tokens(node: Tree) -> int:
    """A count, `60k` or `5M`."""
    text = read_text(node, "a count of tokens")
    try:
        return units.count(text.text)
    except ValueError as wrong:
        raise expects("a count of tokens", node, str(wrong)) from None


def _read_part(node: Tree) -> float:
    text = read_text(node, "a number from 0 to 1").text
    if not re.fullmatch(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?", text):
        raise expects("a number from 0 to 1", node, "as in `0.8`")
    return float(text)


OptionalUsd = Annotated[str | None, Reads(read_usd, _MONEY_SCHEMA, "USD")]
Usd = Annotated[str, Reads(read_usd, _MONEY_SCHEMA, "USD")]
OptionalTokens = Annotated[
    int | None,
    Reads(read_tokens, {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^[0-9.]+[kMG]?$"}]}, "count"),
]
OnExceeded = Annotated[str, choice("halt", "warn", "continue")]


_RUN_EXAMPLE = "budgets: {run: {usd: 100, tokens: 5M, time: 2h, warn_at: 0.8, on_exceeded: halt, shrink_jobs: true}}\n"


class Budget(Block):
    """What may be spent; without a key that is not limited."""

    NOUN: ClassVar[str] = "budget"
    EXAMPLE: ClassVar[str] = "budget: {usd: 2.50, tokens: 50k, time: 10m}\n"

    usd: OptionalUsd = Field(None, description="Money. What a workstream may use is reserved before it starts.")
    tokens: OptionalTokens = Field(None, description="Tokens, those of the input and of the output together: `1500`, `60k`, `5M`.")
    time: OptionalDuration = Field(
        None, description="Time: of a workstream, all attempts together (it is ended then); of a phase, of its workstreams together."
    )
    on_exceeded: OnExceeded = Field(
        "halt", description="`halt`: a workstream fails, of a phase nothing more starts; `warn` says so, `continue` only notes it."
    )

    def limit(self) -> Limit:
        """As a value of the core."""
        return Limit(usd=self.usd or "", tokens=self.tokens or 0, time=self.time or 0.0, on_exceeded=self.on_exceeded)


class RunBudget(Budget):
    """What one run may spend."""

    NOUN: ClassVar[str] = "run budget"
    EXAMPLE: ClassVar[str] = _RUN_EXAMPLE

    time: OptionalDuration = Field(None, description="Time on the clock; what a run took before it was resumed counts.")
    on_exceeded: OnExceeded = Field(
        "halt", description="`halt`: nothing new starts, what runs goes to its end, exit 4; `warn` says so, `continue` only notes it."
    )
    warn_at: Annotated[float, Reads(_read_part, {"type": ["number", "string"]}, "part")] = Field(
        0.8, description="The part of a limit from which on a warning is said."
    )
    shrink_jobs: Bool = Field(False, description="Whether from the warning on only half as many run at once.")

    def limit(self) -> Limit:
        return super().limit().with_(warn_at=self.warn_at, shrink_jobs=self.shrink_jobs)


class Budgets(Block):
    """Limits of the whole build; only those of the root manifest count."""

    NOUN: ClassVar[str] = "budgets"
    EXAMPLE: ClassVar[str] = _RUN_EXAMPLE

    run: Annotated[RunBudget | None, Reads(lambda node: read_block(RunBudget, node), {"$ref": "#/$defs/RunBudget"}, "map")] = Field(
        None, description="What one run may spend."
    )


class Price(Block):
    """What a model costs, in USD for 1,000 tokens. Some models are known; what stands here comes first."""

    NOUN: ClassVar[str] = "model"
    EXAMPLE: ClassVar[str] = "models: {gpt-4o: {input_per_1k: 0.0025, cached_per_1k: 0.00125, output_per_1k: 0.01}}\n"

    input_per_1k: Usd = Field(description="Tokens of the input.")
    cached_per_1k: OptionalUsd = Field(None, description="Tokens of the input that came from a cache; as the others if not set.")
    output_per_1k: Usd = Field(description="Tokens of the output.")

    def rates(self) -> tuple[str, str, str]:
        """In the order of `core.usage.Prices`."""
        return self.input_per_1k, self.cached_per_1k or self.input_per_1k, self.output_per_1k


BUDGET_SCHEMA: dict[str, object] = {"$ref": "#/$defs/Budget"}
BudgetValue = Annotated[Budget | None, Reads(lambda node: read_block(Budget, node), BUDGET_SCHEMA, "map")]


class Phase(Block):
    """A named part of the work; workstreams say to which they belong."""

    NOUN: ClassVar[str] = "phase"
    EXAMPLE: ClassVar[str] = "phases: {refactor: {title: Refactoring, budget: {usd: 20}}}\n"

    title: OptionalLine = Field(None, description="One line that says what it is.")
    budget: BudgetValue = Field(None, description="What its workstreams may spend together.")


def read_phases(node: Tree) -> dict[str, Phase]:
    """`phases`: an empty one is a phase with nothing to say."""

    def read(value: Tree, key: Text) -> Phase:
        check_id(key, "phase")
        if isinstance(value, Text) and value.null:
            value = Map(value.source, value.start, False)
        return read_block(Phase, value, key)

    return read_map(node, read)


def read_prices(node: Tree) -> dict[str, Price]:
    """`models`: any name may be a model's."""
    return read_map(node, lambda value, key: read_block(Price, value, key))


PRICES_SCHEMA: dict[str, object] = {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/Price"}}
Prices = Annotated[dict[str, Price], Reads(read_prices, PRICES_SCHEMA, "map of names to prices")]
