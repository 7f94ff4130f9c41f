"""How long and how dear a build will probably be: p50 and p90."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core import outlook
from uetbuild.core.outlook import MOST, Dice, Past
from uetbuild.core.spread import expected

AMOUNTS = st.lists(st.floats(0, 1000), max_size=12).map(sorted)
PART = st.floats(0, 1, exclude_min=True, exclude_max=True)


def past(*amounts: float, most: float = 0.0) -> Past:
    return Past(amounts=tuple(sorted(amounts)), most=most)


# --- the next amount -----------------------------------------------------------------------------------------------------------


def test_one_amount_leaves_much_room_and_many_leave_little() -> None:
    assert past(10.0).spread == pytest.approx((10.0, 14.0))
    assert past(10.0, 10.0, 10.0).spread == pytest.approx((10.0, 13.0))
    assert past(*[10.0] * 9).spread == pytest.approx((10.0, 10.0))


def test_nine_amounts_are_seldom_exceeded_by_a_tenth() -> None:
    assert past(*range(1, 10)).spread == (5.0, 9.0)
    assert past(1.0, 3.0).spread == pytest.approx((2.0, 3.0 + 1.5 * 0.7))


def test_a_limit_bounds_what_is_expected_above_and_as_far_below() -> None:
    assert [expected((1.8,), part, 2.0) for part in (0.01, 0.5, 0.99)] == pytest.approx([1.604, 1.8, 1.996])
    assert past(5.0, most=2.0).spread == (2.0, 2.0)


def test_without_a_history_all_up_to_the_limit_is_as_likely() -> None:
    assert past(most=4.0).spread == pytest.approx((2.0, 3.6))
    assert past().spread == (0.0, 0.0)


@given(AMOUNTS, PART, PART, st.sampled_from([0.0, 7.0, 2000.0]))
def test_what_is_expected_grows_with_the_part_and_keeps_its_bounds(ordered: list[float], one: float, other: float, most: float) -> None:
    low, high = sorted([one, other])
    first, second = expected(ordered, low, most), expected(ordered, high, most)
    assert 0 <= first <= second + 1e-9
    assert not most or second <= most + 1e-9


# --- builds ------------------------------------------------------------------------------------------------------------------------


def test_the_parts_of_a_draw_are_all_there_and_come_in_opposite_pairs() -> None:
    dice = Dice()
    one, two = dice.parts(10), dice.parts(10)
    assert sorted(one[:10]) == pytest.approx([place / 10 + 0.05 for place in range(10)])
    assert [a + b for a, b in zip(one[:10], one[10:], strict=True)] == pytest.approx([1.0] * 10)
    assert one != two


def test_the_time_of_one_node_is_its_own() -> None:
    assert outlook.seconds([past(*range(1, 10))], lambda draw: draw[0], [0]) == pytest.approx((5.0, 9.0), abs=0.1)


def test_the_slowest_of_many_side_by_side_takes_longer_than_each_and_a_sum_is_steadier() -> None:
    nodes = [past(*range(1, 10))] * 30
    p50, p90 = outlook.seconds(nodes, max, [0])
    assert p50 > 8.5
    assert p90 >= p50
    middle, high = outlook.seconds([past(5.0)] * 30, sum, range(30))
    assert middle == pytest.approx(150.0)  # opposite luck: no noise at all
    assert 155 < high < 165 < 30 * past(5.0).spread[1]


def test_it_agrees_with_plain_sampling() -> None:
    rng = random.Random(5)
    nodes = [past(*[rng.lognormvariate(0, 1) for _ in range(10)]) for _ in range(40)]

    def makespan(draw: object) -> float:
        values = list(draw)  # type: ignore[call-overload]
        return max(sum(values[:20]), sum(values[20:]))

    plain = sorted(makespan([expected(each.amounts, rng.random()) for each in nodes]) for _ in range(4_000))
    assert outlook.seconds(nodes, makespan, range(20)) == pytest.approx((plain[2_000], plain[3_600]), rel=0.06)


def test_costs_that_were_always_the_same_are_expected_again_to_the_cent() -> None:
    assert round(outlook.usd([past(1.8, most=2.0)] * 3)[0], 6) == 5.4
    assert outlook.usd([past(), past()]) == (0.0, 0.0)
    assert outlook.usd([]) == (0.0, 0.0)


def test_too_many_nodes_are_not_simulated() -> None:
    calls = []

    def makespan(draw: object) -> float:
        calls.append(draw)
        return sum(draw)  # type: ignore[call-overload]

    nodes = [past(*range(1, 10))] * (MOST + 1)
    assert not outlook.simulated(len(nodes))
    assert outlook.seconds(nodes, makespan, range(9)) == pytest.approx((5.0 * len(nodes), 5.0 * len(nodes) + 12.0))
    assert len(calls) == 1
    assert outlook.usd(nodes)[0] == 5.0 * len(nodes)


def test_it_is_the_same_in_every_process() -> None:
    code = (
        "from uetbuild.core.outlook import Past, seconds\n"
        "print(seconds([Past(amounts=(1, 2, 5)), Past(amounts=(3,)), Past(amounts=(2, 9))], max, [0]))"
    )

    def told(seed: str) -> bytes:
        environ = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        return subprocess.run([sys.executable, "-c", code], env=environ, check=True, capture_output=True).stdout

    assert told("1") == told("2") != b""
