"""What nodes will probably cost, from what they did."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.forecast import REMEMBERED, costs, estimates, past_costs
from uetbuild.core.ledger import Entry
from uetbuild.core.policies import Limit
from uetbuild.core.spread import quantile, spread, together


def entry(run: str, node: str, usd: str, attempt: int = 1, settled: bool = True) -> Entry:
    return Entry(run=run, node=node, attempt=attempt, workstream=node, settled=settled, usd=usd, tokens=10)


def test_attempts_of_a_run_are_one_cost_and_what_is_only_reserved_is_none():
    entries = [entry("r2", "a", "1"), entry("r1", "a", "2"), entry("r1", "a", "3", 2), entry("r2", "b", "9", settled=False)]
    assert past_costs(entries) == {"a": [(Decimal(5), 20), (Decimal(1), 10)]}


def test_only_the_last_runs_count():
    entries = [entry(f"r{number:03}", "a", str(number)) for number in range(100)]
    assert [int(usd) for usd, _ in past_costs(entries)["a"]] == list(range(100 - REMEMBERED, 100))


def test_quantiles_are_interpolated():
    assert quantile([], 0.5) == 0.0
    assert quantile([3], 0.9) == 3
    assert spread([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) == (6, 10)
    assert quantile([1, 2], 0.5) == 1.5


def test_the_sum_of_many_is_less_uncertain_than_each():
    assert together([]) == (0, 0)
    assert together([(1.0, 2.0)]) == (1.0, 2.0)
    assert together([(1.0, 4.0), (1.0, 5.0)]) == (2.0, 7.0)


def test_a_limit_that_ends_a_node_bounds_its_cost():
    past = {"a": [(Decimal(3), 0), (Decimal(1), 0)]}
    limits = {"a": Limit(usd="9"), "b": Limit(usd="4", on_exceeded="warn"), "c": Limit(tokens=5), "d": None}
    found = costs(limits, past)
    assert (found["a"].amounts, found["a"].most) == ((1.0, 3.0), 9.0)
    assert [(found[name].amounts, found[name].most) for name in "bcd"] == [((), 0.0)] * 3


def test_what_is_reserved_without_a_limit_is_an_amount_that_there_was():
    past = {"a": [(Decimal(number) / 10, 100 - number) for number in range(1, 21)], "b": [(Decimal("0.7"), 3)]}
    assert estimates(past) == {"a": ("1.9", 98), "b": ("0.7", 3)}


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_p90_is_never_below_p50_and_both_are_within_what_there_was(values):
    p50, p90 = spread(values)
    assert min(values) <= p50 + 1e-6
    assert p50 <= p90 + 1e-6
    assert p90 <= max(values) + 1e-6
