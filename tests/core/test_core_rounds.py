"""Cells: who is tried again together, and what that undoes."""

from uetbuild.core.rounds import together, undone, waits

A, G, H, B, C = range(5)


def test_a_workstream_and_the_gates_that_may_send_it_back_are_a_cell():
    behind = {A: [G, H, B], G: [B], H: [], B: []}
    assert together(behind, [(G, A), (H, A)]) == [frozenset((A, G, H))]


def test_without_gates_that_send_back_there_are_no_cells():
    assert together({A: [G], G: []}, []) == []


def test_workstreams_that_share_a_gate_are_one_cell_with_all_that_stands_between():
    behind = {A: [C], C: [B], B: [G], G: []}
    assert together(behind, [(G, A)]) == [frozenset((A, B, C, G))]
    assert set(together({A: [G, C], B: [H], C: [], G: [], H: []}, [(G, A), (H, B)])) == {frozenset((A, G)), frozenset((B, H))}


def test_starting_again_undoes_what_comes_after_it_within_the_cell():
    behind = {A: [G, B, C], B: [G], G: [], C: []}
    cell = frozenset((A, B, G))
    assert undone(cell, behind, [A]) == {A, B, G}
    assert undone(cell, behind, [B, C]) == {B, G}


def test_a_verdict_waits_for_all_in_its_cell_but_what_waits_for_itself():
    behind = {A: [G, H], G: [C], H: [], C: []}
    cell = frozenset((A, G, H, C))
    assert waits(cell, behind, [G], {A})
    assert not waits(cell, behind, [G], {A, H})
