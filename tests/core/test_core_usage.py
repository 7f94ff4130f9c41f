"""What recipes say that they used."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.prices import PRICES
from uetbuild.core.usage import Use, parse, price

RATES = {"gpt-4o": ("0.0025", "0.00125", "0.01")}


def use(model: str, tokens: int, usd: str | None) -> Use:
    return Use(model=model, tokens=tokens, usd=None if usd is None else Decimal(usd))


def test_one_object_says_model_tokens_and_money():
    assert parse(b'{"model": "m", "input_tokens": 3, "output_tokens": 4, "usd": 0.1}', {}) == [use("m", 7, "0.1")]


def test_everything_is_optional_and_an_empty_file_says_nothing():
    assert parse(b"{}", {}) == [use("", 0, "0")]
    assert parse(b" \n", {}) == []


def test_what_names_no_model_is_that_of_the_agent():
    (found,) = parse(b'{"input_tokens": 1000}', RATES, "gpt-4o")
    assert found == use("gpt-4o", 1000, "0.0025")


def test_several_objects_stand_one_a_line():
    assert parse(b'{"usd": 1}\n\n{"model": "b", "usd": "x", "usd": 2.50}\n', {}) == [use("", 0, "1"), use("b", 0, "2.5")]


def test_a_model_of_the_price_list_is_priced_and_cached_tokens_are_part_of_the_input():
    (found,) = parse(b'{"model": "gpt-4o", "input_tokens": 2000, "cached_tokens": 1000, "output_tokens": 500}', RATES)
    assert found == use("gpt-4o", 2500, "0.00875")
    assert price(1000, 5000, 0, RATES["gpt-4o"]) == Decimal("0.00125")


def test_what_the_recipe_says_stands_before_the_price_list():
    (found,) = parse(b'{"model": "gpt-4o", "input_tokens": 2000, "usd": 7}', RATES)
    assert found.usd == Decimal(7)


def test_tokens_without_a_price_have_no_known_cost():
    assert parse(b'{"model": "unheard-of", "input_tokens": 10}', RATES) == [use("unheard-of", 10, None)]


def test_money_is_rounded_up_to_the_thousand_millionth():
    (found,) = parse(b'{"usd": 0.00000000012345}', {})
    assert found.usd == Decimal("1e-9")
    assert str(parse(b'{"usd": 1e3}', {})[0].usd) == "1000"


@pytest.mark.parametrize(
    "content, why",
    [
        (b"\xff", "it is no text in UTF-8"),
        (b"[1]", "it holds no JSON object"),
        (b"nonsense", "line 1 is no JSON object"),
        (b'{"usd": 1}\n{', "line 2 is no JSON object"),
        (b'{"usd": NaN}', "line 1 is no JSON object"),
        (b'{"usd": -1}', "`usd` is no amount of money"),
        (b'{"usd": 1e999}', "`usd` is no amount of money"),
        (b'{"usd": "1"}', "`usd` is no number"),
        (b'{"usd": true}', "`usd` is no number"),
        (b'{"input_tokens": -1}', "`input_tokens` is no count of tokens"),
        (b'{"output_tokens": 1.5}', "`output_tokens` is no count of tokens"),
        (b'{"cached_tokens": 9999999999999}', "`cached_tokens` is no count of tokens"),
        (b'{"model": 4}', "`model` is no text"),
        (b"[" * 100_000, "line 1 is no JSON object"),
        (b" " * ((1 << 20) + 1), "it is longer than 1 MiB"),
    ],
)
def test_garbage_is_refused_in_words(content, why):
    with pytest.raises(ValueError) as refused:
        parse(content, {})
    assert str(refused.value) == why


@given(st.binary(max_size=80) | st.text(alphabet='{}[]":,.0123456789eE-+ \nusdmodel_tokinputNa', max_size=60).map(str.encode))
def test_no_content_is_worse_than_a_value_error(content):
    try:
        found = parse(content, {})
    except ValueError:
        return
    assert all(each.usd is None or each.usd >= 0 for each in found)


def test_the_built_in_prices_are_amounts_in_the_order_of_the_interface():
    for rates in PRICES.values():
        entry, cached, out = (Decimal(rate) for rate in rates)
        assert 0 < cached <= entry <= out
