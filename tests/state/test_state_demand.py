"""What is recorded of some names is read when somebody asks for it."""

from __future__ import annotations

import pytest

from uetbuild.state.demand import OnDemand

RECORDED = {"a": 1, "b": 2, "c": 3, "other": 4}


@pytest.fixture
def asked():
    return []


@pytest.fixture
def demand(asked):
    def read(names):
        asked.append(names)
        return {name: RECORDED[name] for name in names if name in RECORDED}

    return OnDemand(["a", "b", "c", "gone"], read, {"c": 30})


def test_each_is_read_once_and_only_if_it_is_asked_for(demand, asked):
    assert (demand["a"], demand["a"], demand.get("gone"), demand.get("gone", 0), demand.get("other")) == (1, 1, None, 0, None)
    assert ("gone" in demand, demand["c"]) == (False, 30)
    assert asked == [["a"], ["gone"]]


def test_what_is_put_in_is_not_read(demand, asked):
    demand["b"] = 5
    assert (demand["b"], asked) == (5, [])


def test_who_wants_all_gets_all_in_one_go(demand, asked):
    assert dict(demand) == {"a": 1, "b": 2, "c": 30}
    assert (len(demand), asked) == (3, [["a", "b", "gone"]])


def test_one_that_is_taken_out_does_not_come_back(demand):
    del demand["a"]
    assert dict(demand) == {"b": 2, "c": 30}
    with pytest.raises(KeyError):
        demand["a"]
