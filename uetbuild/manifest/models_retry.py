"""`retry`: a number, or a map that says how often, how soon and after what a failed recipe is tried again."""

from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.core import policies
from uetbuild.core.retry import Cause
from uetbuild.manifest.models_base import Block, Reads, expects, read_block, read_items
from uetbuild.manifest.models_values import OptionalDuration, integer_schema, read_choice, read_integer
from uetbuild.manifest.tree import Map, Seq, Text, Tree

ATTEMPTS = 3
CAUSES = (Cause.EXIT, Cause.TIMEOUT, Cause.RATE_LIMIT, Cause.LOST, Cause.GATE)


_read_cause = read_choice(*CAUSES)


def _read_causes(node: Tree) -> tuple[str, ...]:
    words = read_items(node.items, _read_cause) if isinstance(node, Seq) else (_read_cause(node),)
    if not words:
        raise expects("at least one cause", node, "take it away for the usual ones")
    return tuple(dict.fromkeys(words))


def _read_code(node: Tree) -> int:
    code = read_integer(1)(node)
    if code > 255:
        raise expects("an exit code from 1 to 255", node)
    return code


def _read_codes(node: Tree) -> tuple[int, ...]:
    return read_items(node.items, _read_code) if isinstance(node, Seq) else (_read_code(node),)


_CAUSE_SCHEMA: dict[str, object] = {"enum": list(CAUSES)}
_CODE_SCHEMA: dict[str, object] = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 255}, {"type": "string", "pattern": "^[0-9]+$"}]}
_DEFAULTS = policies.Retry()


class Retry(Block):
    """How often, how soon and after what a failed recipe is tried again; a number N is short for `{attempts: N + 1}`."""

    NOUN: ClassVar[str] = "retry"
    EXAMPLE: ClassVar[str] = "retry: {attempts: 5, backoff: 2s, max: 1m, on: [exit, rate_limit], rate_limit_codes: [75, 29]}\n"

    attempts: Annotated[int, Reads(read_integer(1), integer_schema(1), "number")] = Field(
        ATTEMPTS, description="How often it is tried in all, the first time included; 1 = only once."
    )
    backoff: OptionalDuration = Field(
        None,
        description="Longest wait before the second attempt, doubled for each later one; a random part of it is waited. 1s if not set.",
    )
    max: OptionalDuration = Field(None, description="Longest wait before any attempt; 1m if not set.")
    on: Annotated[
        tuple[str, ...],
        Reads(
            _read_causes,
            {"anyOf": [_CAUSE_SCHEMA, {"type": "array", "items": _CAUSE_SCHEMA, "minItems": 1}]},
            f"list of {', '.join(f'`{cause}`' for cause in CAUSES)}",
        ),
    ] = Field(
        _DEFAULTS.on,
        description="After what: a failure of the recipe or of what is checked after it, its time limit, an exit code that means "
        '"rate limited", the loss of its worker, a blocking gate that said no.',
    )
    rate_limit_codes: Annotated[
        tuple[int, ...], Reads(_read_codes, {"anyOf": [_CODE_SCHEMA, {"type": "array", "items": _CODE_SCHEMA}]}, "list of exit codes")
    ] = Field(_DEFAULTS.codes, description='Exit codes that mean "rate limited".')


def read_retry(node: Tree) -> policies.Retry:
    """A number of further attempts, or a map."""
    if isinstance(node, Map):
        block = read_block(Retry, node)
        return policies.Retry(
            attempts=block.attempts, backoff=_DEFAULTS.backoff if block.backoff is None else block.backoff,
            limit=_DEFAULTS.limit if block.max is None else block.max, on=block.on, codes=block.rate_limit_codes,
        )  # fmt: skip
    if not isinstance(node, Text) or node.missing or not (node.text.isascii() and node.text.isdecimal()) or len(node.text) > 9:
        raise expects("a whole number or a map", node)
    return policies.Retry(attempts=int(node.text) + 1)


RetryValue = Annotated[policies.Retry | None, Reads(read_retry, {"anyOf": [integer_schema(0), {"$ref": "#/$defs/Retry"}]}, "number or map")]
