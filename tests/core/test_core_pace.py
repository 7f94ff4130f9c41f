"""How long what is left of a build will take."""

from __future__ import annotations

import pytest

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.core.pace import Pace, slowness


def pace(seconds: dict[str, float], jobs: int = 1, **names: tuple[str, ...]) -> tuple[Pace, list[int]]:
    """Of nodes that depend on others; `x_1` is a node of the workstream `x`, `all` a group. Returns the numbers of the rest, too."""
    nodes = [
        Node(id=name, workstream=name.partition("_")[0], depends_on=before, kind=Node.GROUP if name == "all" else Node.WORKSTREAM)
        for name, before in names.items()
    ]
    graph = Graph(nodes, {})
    members = tuple(range(len(nodes)))
    return Pace(graph, members, seconds, jobs), [i for i in members if not nodes[i].is_group]


def test_one_after_another_all_that_is_left_counts() -> None:
    times, unfinished = pace({"a": 3, "b": 4, "c": 5}, a=(), b=(), c=(), all=("a", "b", "c"))
    assert times.left(unfinished, {}) == 12
    assert times.left(unfinished[1:], {1: 1.5}) == 7.5


def test_side_by_side_the_work_is_shared_but_a_chain_is_not() -> None:
    seconds = {"a": 4.0, "b": 4.0, "c": 4.0, "d": 4.0}
    free, unfinished = pace(seconds, 2, a=(), b=(), c=(), d=())
    assert free.left(unfinished, {}) == 8
    chain, unfinished = pace(seconds, 2, a=(), b=("a",), c=("b",), d=())
    assert chain.left(unfinished, {}) == 12
    assert chain.left(unfinished, {0: 3.0}) == 9


def test_what_runs_longer_than_ever_ends_at_any_moment() -> None:
    times, unfinished = pace({"a": 3}, a=())
    assert times.left(unfinished, {0: 10.0}) == 0
    assert times.left([], {}) == 0


def test_what_takes_longer_today_than_before_will_go_on_so() -> None:
    times, unfinished = pace({"a": 4, "b": 4}, a=(), b=())
    assert times.left(unfinished, {0: 4.0}, 2.0) == 12
    assert times.left(unfinished, {0: 4.0}, 0.5) == 2
    assert slowness(6.0, 3.0) == 2 and slowness(1.0, 4.0) == 0.25
    assert slowness(500.0, 1.0) == 10 and slowness(0.0, 1.0) == 0.1
    assert slowness(0.9, 0.1) == 1, "too little to conclude anything from"


def test_who_never_ran_is_taken_for_one_of_its_workstream_or_else_for_an_average_one() -> None:
    seconds = {"o_1": 2.0, "o_2": 4.0, "link": 9.0}
    times, unfinished = pace(seconds, o_1=(), o_2=(), o_3=(), link=())
    assert times.left(unfinished, {}) == 2 + 4 + 3 + 9
    times, unfinished = pace(seconds, o_1=(), o_2=(), link=(), new=())
    assert times.left(unfinished, {}) == 2 + 4 + 9 + 5


@pytest.mark.parametrize(("known", "left"), [({}, None), ({"a": 1.0}, None), ({"a": 1.0, "b": 1.0}, 4.0)])
def test_nothing_is_said_where_nothing_is_known_of_most(known: dict[str, float], left: float | None) -> None:
    times, unfinished = pace(known, a=(), b=(), c=(), d=())
    assert times.left(unfinished, {}) == left
