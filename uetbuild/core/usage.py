"""What a recipe says that it used: the content of `$UET_USAGE_FILE`, priced. Knows nothing of limits.

One JSON object, or one a line: `{"model", "input_tokens", "cached_tokens", "output_tokens", "usd"}`, all optional; `cached_tokens` are
part of `input_tokens`. Only loaded where something was written.
"""

from __future__ import annotations

import json
from decimal import ROUND_UP, Decimal

from uetbuild.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    Prices = Mapping[str, tuple[str, str, str]]  # model -> USD for 1,000 tokens of input, of cached input, of output; decimal texts

COUNTS = ("input_tokens", "cached_tokens", "output_tokens")
MOST_TOKENS = 10**12
MOST_USD = Decimal(10**9)
FINEST = Decimal("1e-9")  # USD; sums of amounts that end here are exact
LONGEST = 1 << 20  # bytes of a file


class Use(Record):
    """What one model used. `usd`: None where neither the recipe nor a price list says it."""

    __slots__ = ("model", "tokens", "usd")

    model: str
    tokens: int
    usd: Decimal | None


def parse(content: bytes, prices: Prices, model: str = "") -> list[Use]:
    """All that is said in the file; [] for an empty one. `model`: the one where nothing else is said. Raises ValueError, with what is wrong
    in words for people.
    """
    if len(content) > LONGEST:
        raise ValueError("it is longer than 1 MiB")
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError("it is no text in UTF-8") from None
    return [_use(item, prices, model) for item in _objects(text)]


def _objects(text: str) -> list[object]:
    """The one object, or those of all lines."""
    try:
        return [_loads(text)] if text else []
    except ValueError:
        pass
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(_loads(line))
            except (ValueError, RecursionError):
                raise ValueError(f"line {number} is no JSON object") from None
    return found


def _loads(text: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> object:
    raise ValueError(constant)


def _use(item: object, prices: Prices, default: str) -> Use:
    if not isinstance(item, dict):
        raise ValueError("it holds no JSON object")
    counts = [_count(item, name) for name in COUNTS]
    model = item.get("model")
    if model is None:
        model = default
    if not isinstance(model, str):
        raise ValueError("`model` is no text")
    usd = _usd(item)
    if usd is None and model in prices:
        usd = price(counts[0], counts[1], counts[2], prices[model])
    if usd is None and not any(counts):
        usd = Decimal(0)
    return Use(model=model, tokens=counts[0] + counts[2], usd=None if usd is None else _rounded(usd))


def _rounded(usd: Decimal) -> Decimal:
    """Up to the next thousand-millionth, without zeros at its end."""
    whole = usd.quantize(FINEST, ROUND_UP).normalize()
    return whole.quantize(Decimal(1)) if whole == whole.to_integral_value() else whole


def price(inputs: int, cached: int, outputs: int, rates: tuple[str, str, str]) -> Decimal:
    """USD of so many tokens; `cached` of the `inputs` are cheaper."""
    cheap = min(cached, inputs)
    parts = zip((inputs - cheap, cheap, outputs), rates, strict=True)
    return sum([count * Decimal(rate) for count, rate in parts], Decimal(0)) / 1000


def _count(item: dict[str, object], name: str) -> int:
    value = item.get(name)
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= MOST_TOKENS:
        raise ValueError(f"`{name}` is no count of tokens")
    return value


def _usd(item: dict[str, object]) -> Decimal | None:
    value = item.get("usd")
    if value is None:
        return None
    if type(value) not in (int, Decimal):
        raise ValueError("`usd` is no number")
    amount = Decimal(value)  # type: ignore[arg-type]
    if not 0 <= amount <= MOST_USD:
        raise ValueError("`usd` is no amount of money")
    return amount
