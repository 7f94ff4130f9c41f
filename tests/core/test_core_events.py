"""What events say of a run."""

from __future__ import annotations

from uetbuild.core.events import Event, lasted, unfinished


def events(*pairs: tuple[float, str]) -> list[Event]:
    return [Event(seq=seq, time=time, run="r", event=event) for seq, (time, event) in enumerate(pairs, 1)]


def test_a_run_lasted_from_its_start_to_its_last_word_and_all_parts_count() -> None:
    assert lasted([]) == 0.0
    assert lasted(events((10.0, "run_started"), (12.5, "run_finished"))) == 2.5
    parts = events((10.0, "run_started"), (14.0, "run_finished"), (100.0, "run_started"), (101.0, "node_started"))
    assert lasted(parts) == 5.0


def test_a_clock_that_was_set_back_takes_nothing_away() -> None:
    assert lasted(events((10.0, "run_started"), (12.0, "run_finished"), (5.0, "run_started"), (3.0, "run_finished"))) == 2.0


def test_what_was_started_last_and_did_not_end_is_unfinished():
    told = [
        ("run_started", ""),
        ("node_started", "a"),
        ("node_finished", "a"),
        ("node_started", "b"),
        ("node_started", "a"),
        ("node_finished", "c"),
    ]
    assert unfinished([Event(seq=i, time=0.0, run="R", event=event, node=node) for i, (event, node) in enumerate(told)]) == ["b", "a"]
