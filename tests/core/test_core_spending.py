"""What was spent, added up."""

from __future__ import annotations

from uetbuild.core.ledger import Entry
from uetbuild.core.spending import spending


def entry(node: str, usd: str, tokens: int = 0, uses=(), run: str = "r1", **more) -> Entry:
    return Entry(run=run, node=node, attempt=1, workstream=node.partition("[")[0], usd=usd, tokens=tokens, uses=uses, settled=True, **more)


def test_nothing_spent_is_nothing():
    assert spending([]) == {"usd": 0.0, "tokens": 0, "reserved": 0.0, "by": {"workstream": {}, "phase": {}, "model": {}, "day": {}}}


def test_every_division_adds_up_to_the_whole():
    found = spending([
        entry("b[1]", "0.1", 10, (("m", "0.1", 10),), phase="p", day="2025-01-02"),
        entry("b[2]", "0.2", 20, (("m", "0.1", 5), ("n", "0.1", 15)), phase="p", day="2025-01-01"),
        entry("a", "5", 7, day="2025-01-02"),
        entry("a", "5", 7, day="2025-01-02"),
    ])  # fmt: skip
    assert (found["usd"], found["tokens"], found["reserved"]) == (5.3, 37, 5.0)
    for sums in found["by"].values():
        assert round(sum(each["usd"] for each in sums.values()), 9) == 5.3
        assert sum(each["tokens"] for each in sums.values()) == 37
    assert list(found["by"]["workstream"]) == ["a", "b"]
    assert list(found["by"]["day"]) == ["2025-01-01", "2025-01-02"]
    assert found["by"]["model"] == {"": {"usd": 5.0, "tokens": 7}, "m": {"usd": 0.2, "tokens": 15}, "n": {"usd": 0.1, "tokens": 15}}
    assert found["by"]["phase"][""] == {"usd": 5.0, "tokens": 7}


def test_a_use_without_a_price_leaves_the_reservation_to_no_model():
    found = spending([entry("a", "4", 10, (("m", "0", 10),))])
    assert found["by"]["model"] == {"": {"usd": 4.0, "tokens": 0}, "m": {"usd": 0.0, "tokens": 10}}
