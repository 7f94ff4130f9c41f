"""Which part of a graph a change concerns."""

from __future__ import annotations

from uetbuild.core.excerpt import excerpt, reached

# 0 -> 1 -> 3, 2 -> 3, 4 = {0, 2} (a group), 5 after 4, 6 = {4} (a group of which nobody asks), 7 by itself
BEFORE = [(), (0,), (), (1, 2), (0, 2), (4,), (4,), ()]
BEHIND = [(1, 4), (3,), (3, 4), (), (5, 6), (), (), ()]
GROUPS = frozenset((4, 6))


def concerned(touched):
    return excerpt(reached(touched, BEHIND), BEFORE, GROUPS)


def test_what_changed_and_all_that_comes_after_it_are_judged_and_what_comes_right_before_these_is_looked_up():
    assert concerned([1]) == ([1, 3], [0, 1, 2, 3])
    assert concerned([3]) == ([3], [1, 2, 3])
    assert concerned([7]) == ([7], [7])


def test_a_group_comes_with_all_its_members_where_somebody_waits_for_it_and_else_not_at_all():
    assert concerned([2]) == ([2, 3, 4, 5], [0, 1, 2, 3, 4, 5])
    assert concerned([5]) == ([5], [0, 2, 4, 5])


def test_who_comes_after_two_that_changed_is_there_once():
    assert concerned([1, 2]) == ([1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5])


def test_nothing_concerns_nobody():
    assert concerned([]) == ([], [])


def test_without_what_comes_after_it_a_node_is_there_with_what_comes_right_before_it():
    assert excerpt({1}, BEFORE, GROUPS) == ([1], [0, 1])
    assert excerpt({5}, BEFORE, GROUPS) == ([5], [0, 2, 4, 5])
