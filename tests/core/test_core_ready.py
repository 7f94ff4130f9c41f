"""The ready list: the best by rank of those that may run beside the running ones."""

from __future__ import annotations

import subprocess
import sys
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.conflicts import Conflicts
from uetbuild.core.nodes import Node, Source
from uetbuild.core.ready import Admission, ReadyList


def node(name: str, edits: tuple[str, ...] = (), **fields: object) -> Node:
    return Node(id=name, workstream=name, edits=tuple(Source(pattern=path) for path in edits), **fields)


def ranked(nodes: list[Node]) -> list[tuple[float, int, str]]:
    return [(0.0, -each.priority, each.id) for each in nodes]


def filled(nodes: list[Node], jobs: int = 9, pools: tuple[tuple[str, int], ...] = ()) -> ReadyList:
    ready = ReadyList(ranked(nodes), Admission(nodes, jobs, pools, Conflicts(nodes)))
    for number in range(len(nodes)):
        ready.push(number)
    return ready


def drain(ready: ReadyList) -> list[int]:
    taken = []
    while (number := ready.take()) is not None:
        taken.append(number)
    return taken


def test_the_best_by_rank_starts_first() -> None:
    assert drain(filled([node("b"), node("a"), node("c", priority=1)])) == [2, 1, 0]


def test_no_more_start_than_there_are_jobs() -> None:
    ready = filled([node("a"), node("b"), node("c")], jobs=2)
    assert drain(ready) == [0, 1]
    assert len(ready) == 1
    ready.release(0)
    assert drain(ready) == [2]
    assert len(ready) == 0


def test_nodes_with_one_mutex_run_one_after_another_and_others_pass_them() -> None:
    ready = filled([node("a", mutex=("m",)), node("b", mutex=("m",)), node("c")])
    assert drain(ready) == [0, 2]
    ready.release(2)
    assert drain(ready) == []
    ready.release(0)
    assert drain(ready) == [1]


def test_a_pool_admits_as_many_as_it_has_places() -> None:
    nodes = [node("a", resources=(("gpu", 2),)), node("b", resources=(("gpu", 2),)), node("c", resources=(("gpu", 1),))]
    ready = filled(nodes, pools=(("gpu", 3),))
    assert drain(ready) == [0, 2]
    ready.release(2)
    assert drain(ready) == []
    ready.release(0)
    assert drain(ready) == [1]


def test_the_places_of_a_pool_are_numbered() -> None:
    nodes = [node(name, resources=(("gpu", 1), ("other", 1))) for name in "abc"]
    admission = Admission(nodes, 9, (("gpu", 2),))
    admission.start(0)
    admission.start(1)
    assert [admission.places(number) for number in range(3)] == [[("gpu", "0")], [("gpu", "1")], []]
    assert ("pool", "gpu", 0) in admission.end(0)
    admission.start(2)
    assert admission.places(2) == [("gpu", "0")]


def test_a_node_that_wants_more_than_the_pool_has_gets_all_of_it() -> None:
    ready = filled([node("a", resources=(("gpu", 9),)), node("b", resources=(("gpu", 1),))], pools=(("gpu", 2),))
    assert drain(ready) == [0]
    ready.release(0)
    assert drain(ready) == [1]


def test_a_pool_that_is_not_known_has_no_bound() -> None:
    assert drain(filled([node("a", resources=(("x", 9),)), node("b", resources=(("x", 9),))])) == [0, 1]


@pytest.mark.parametrize("key", ["exclusive", "interactive"])
def test_an_exclusive_or_interactive_node_runs_alone(key: str) -> None:
    ready = filled([node("a"), node("b", **{key: True}), node("c")])
    assert drain(ready) == [0, 2]
    ready.release(0)
    assert drain(ready) == []
    ready.release(2)
    ready.push(0)
    ready.push(2)
    assert drain(ready) == [0, 2]
    ready.release(0)
    ready.release(2)
    assert drain(ready) == [1]
    ready.push(0)
    assert drain(ready) == []
    ready.release(1)
    assert drain(ready) == [0]


def test_nodes_whose_files_meet_do_not_run_beside_each_other() -> None:
    nodes = [
        node("a", ("src",)), node("b", ("src/x",)), node("c", ("src/y",)), node("d", ("src",)),
        node("e", inputs=(Source(pattern="src/z"),)), node("f", inputs=(Source(pattern="doc"),)),
    ]  # fmt: skip
    ready = filled(nodes)
    assert drain(ready) == [0, 5]
    ready.release(0)
    assert drain(ready) == [1, 2, 4]
    ready.release(2)
    ready.release(1)
    assert drain(ready) == []
    ready.release(4)
    assert drain(ready) == [3]


def test_without_a_conflict_function_files_do_not_count() -> None:
    nodes = [node("a", ("src",)), node("b", ("src",))]
    ready = ReadyList(ranked(nodes), Admission(nodes, 2, ()))
    ready.push(0)
    ready.push(1)
    assert drain(ready) == [0, 1]


def test_a_node_can_come_back_for_another_attempt() -> None:
    ready = filled([node("a", mutex=("m",)), node("b", mutex=("m",))])
    assert drain(ready) == [0]
    ready.release(0)
    ready.push(0)
    assert drain(ready) == [0]
    ready.release(0)
    assert drain(ready) == [1]


POOLS = (("p", 2), ("q", 3))


@st.composite
def nodes(draw: st.DrawFn) -> list[Node]:
    found = []
    for number in range(draw(st.integers(1, 10))):
        amounts = {"p": draw(st.integers(0, 3)), "q": draw(st.integers(0, 4))}
        edits = draw(st.sampled_from([(), (), ("s",), ("s/x",), ("s/y",), ("t", "s/x")]))
        fields = {
            "priority": draw(st.integers(0, 3)), "mutex": tuple(sorted(draw(st.sets(st.sampled_from("mno"), max_size=2)))),
            "exclusive": draw(st.integers(0, 9)) == 0, "resources": tuple((pool, amount) for pool, amount in amounts.items() if amount),
        }  # fmt: skip
        found.append(node(f"n{number}", edits, **fields))
    return found


def admissible(nodes: list[Node], running: list[int], number: int, jobs: int) -> bool:
    """The rules of admission, written down as plainly as can be."""
    beside = [nodes[other] for other in running]
    this = nodes[number]
    if len(beside) >= jobs or any(other.exclusive for other in beside) or (this.exclusive and beside):
        return False
    if any(set(this.mutex) & set(other.mutex) for other in beside):
        return False
    if any(Conflicts(nodes)(number, other) for other in running):
        return False
    for pool, size in POOLS:
        if pool in dict(this.resources):
            used = sum(min(dict(other.resources).get(pool, 0), size) for other in beside)
            if used + min(dict(this.resources)[pool], size) > size:
                return False
    return True


@given(nodes(), st.integers(1, 4), st.integers(0, 1 << 32))
def test_the_list_takes_what_a_plain_search_would_take(drawn: list[Node], jobs: int, seed: int) -> None:
    chance = Random(seed)
    rank = ranked(drawn)
    ready = ReadyList(rank, Admission(drawn, jobs, POOLS, Conflicts(drawn)))
    unpushed, waiting, running = list(range(len(drawn))), list[int](), list[int]()
    while unpushed or waiting or running:
        if unpushed and chance.random() < 0.7:
            number = unpushed.pop()
            ready.push(number)
            waiting.append(number)
        while chance.random() < 0.8:
            best = min([number for number in waiting if admissible(drawn, running, number, jobs)], key=rank.__getitem__, default=None)
            assert ready.take() == best
            if best is None:
                break
            waiting.remove(best)
            running.append(best)
            assert len(ready) == len(waiting)
        if running and chance.random() < 0.5:
            number = running.pop(chance.randrange(len(running)))
            ready.release(number)
            if chance.random() < 0.2:
                ready.push(number)
                waiting.append(number)


def test_a_list_of_nodes_without_shared_files_needs_no_patterns() -> None:
    code = "import sys, uetbuild.core.graph, uetbuild.core.ready, uetbuild.core.schedule; print('uetbuild.core.overlap' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


class Counting(Admission):
    """Counts how often it is asked."""

    looks = 0

    def blocker(self, number: int) -> tuple[str, object, int] | None:
        self.looks += 1
        return super().blocker(number)


@pytest.mark.parametrize(
    "fields",
    [{"mutex": ("m",)}, {"resources": (("p", 1),)}, {"edits": ("CHANGELOG.md",)}, {"exclusive": True}, {}],
    ids=["mutex", "pool", "file", "exclusive", "free"],
)
def test_a_queue_of_thousands_is_not_searched_again_for_each_that_ends(fields: dict[str, object]) -> None:
    def looks(size: int) -> int:
        nodes = [node(f"n{number}", **fields) for number in range(size)]
        admission = Counting(nodes, 4, POOLS, Conflicts(nodes))
        ready = ReadyList(ranked(nodes), admission)
        for number in range(size):
            ready.push(number)
        ended = 0
        while taken := drain(ready):
            for number in taken:
                ready.release(number)
                ended += 1
        assert ended == size
        return admission.looks

    assert looks(2000) <= 2.2 * looks(1000) <= 2.2 * 6 * 1000
