"""Decisions about trying again: bounds, jitter, causes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.jobs import Result
from uetbuild.core.policies import Retry
from uetbuild.core.retry import Cause, cause, decide

CAUSES = (Cause.EXIT, Cause.TIMEOUT, Cause.RATE_LIMIT, Cause.LOST, Cause.GATE)
seconds = st.floats(0, 1e6)
dice = st.floats(0, 1, exclude_max=True)
retries = st.builds(
    lambda attempts, backoff, limit, on: Retry(attempts=attempts, backoff=backoff, limit=limit, on=tuple(on)),
    st.integers(1, 10_000),
    seconds,
    seconds,
    st.sets(st.sampled_from(CAUSES)),
)


@given(retries, st.integers(1, 10_000), st.sampled_from(CAUSES), dice)
def test_a_delay_lies_between_nothing_and_both_bounds(retry, attempt, why, thrown):
    delay = decide(retry, attempt, why, thrown)
    if delay is not None:
        assert 0 <= delay <= retry.limit
        assert attempt > 40 or delay <= retry.backoff * 2 ** (attempt - 1)


@given(retries, st.integers(1, 10_000), st.sampled_from(CAUSES), dice)
def test_it_is_tried_again_exactly_while_attempts_are_left_and_the_cause_is_named(retry, attempt, why, thrown):
    assert (decide(retry, attempt, why, thrown) is not None) == (attempt < retry.attempts and why in retry.on)


@given(retries, st.integers(1, 10_000), st.sampled_from(CAUSES), dice)
def test_the_same_question_has_the_same_answer(retry, attempt, why, thrown):
    assert decide(retry, attempt, why, thrown) == decide(retry, attempt, why, thrown)


@given(retries, st.integers(1, 60), dice, dice)
def test_the_dice_choose_freely_within_the_backoff(retry, attempt, one, other):
    low, high = (decide(retry, attempt, Cause.EXIT, thrown) for thrown in sorted((one, other)))
    assert (low is None) == (high is None)
    if low is not None and high is not None:
        assert low <= high and decide(retry, attempt, Cause.EXIT, 0.0) == 0.0


@given(retries, st.integers(1, 60), dice)
def test_the_backoff_never_shrinks_from_one_attempt_to_the_next(retry, attempt, thrown):
    first, second = (decide(retry, number, Cause.EXIT, thrown) for number in (attempt, attempt + 1))
    assert first is None or second is None or first <= second


def test_the_backoff_doubles_up_to_its_limit():
    retry = Retry(attempts=9, backoff=1.0, limit=5.0)
    assert [decide(retry, attempt, Cause.EXIT, 0.5) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 2.5, 2.5]


def test_without_retries_nothing_is_tried_again():
    assert decide(None, 1, Cause.EXIT, 0.5) is None and decide(Retry(), 1, Cause.EXIT, 0.5) is None


def test_failed_gates_are_worth_another_attempt_only_when_named():
    assert decide(Retry(attempts=3), 1, Cause.GATE, 0.5) is None
    assert decide(Retry(attempts=3, on=("gate",)), 1, Cause.GATE, 0.5) == 0.5


def test_what_is_no_failure_has_no_cause_and_no_second_attempt():
    retry = Retry(attempts=3)
    for result in (Result.CANCELLED, Result.SUCCEEDED):
        assert cause(retry, result, 75) == ""
        assert decide(retry, 1, "", 0.5) is None


@pytest.mark.parametrize(
    ("result", "code", "why"),
    [
        (Result.FAILED, 1, Cause.EXIT),
        (Result.FAILED, -9, Cause.EXIT),
        (Result.FAILED, 75, Cause.RATE_LIMIT),
        (Result.TIMED_OUT, 75, Cause.TIMEOUT),
        (Result.LOST, 0, Cause.LOST),
    ],
)
def test_the_result_says_the_cause_and_a_code_that_means_rate_limited_wins(result, code, why):
    assert cause(Retry(attempts=2), result, code) == why


def test_a_rate_limited_exit_is_an_exit_where_rate_limits_are_not_named():
    assert cause(Retry(attempts=2, on=("exit",)), Result.FAILED, 75) == Cause.EXIT
    assert cause(None, Result.FAILED, 75) == Cause.EXIT
