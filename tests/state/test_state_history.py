"""Past runs: found by id, by its beginning, or as the last one; bounded."""

import json
import os

import pytest

from uetbuild.core.changes import Changes
from uetbuild.core.events import Event
from uetbuild.errors import UetError
from uetbuild.state.events import MOST, ONE
from uetbuild.state.history import History, close_run, write_summary
from uetbuild.state.layout import Layout
from uetbuild.state.lock import BuildLock
from uetbuild.state.sealed import seal
from uetbuild.state.store import open_writer

RUNS = ["20261121-093000-000001-ab12", "20261121-094500-000001-cd34", "20261122-080000-000001-ef56"]


@pytest.fixture
def layout(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    return layout


@pytest.fixture
def store(layout):
    store = open_writer(layout)
    for number, run in enumerate(RUNS):
        layout.ensure_run(run)
        begin(store, run, 1000.0 * number + 1)
        end(store, run, 1000.0 * number + 9, "succeeded")
    return store


def begin(store, run, time):
    changes = Changes()
    changes.run = (run, "running", {"targets": ["all"]})
    changes.events = [Event(seq=1, time=time, run=run, event="run_started", data={"targets": ["all"], "jobs": 4})]
    store.commit(changes)


def end(store, run, time, state):
    changes = Changes()
    changes.run = (run, state, {"ran": 3})
    changes.events = [Event(seq=2, time=time, run=run, event="node_finished", node="a\udcff", data={"outcome": "failed", "code": -9})]
    store.commit(changes)


def test_runs_are_listed_newest_first_with_their_times(store, layout):
    runs = History(layout).runs()
    assert [run.id for run in runs] == RUNS[::-1]
    assert (runs[0].state, runs[0].started, runs[0].finished, runs[0].summary) == ("succeeded", 2001.0, 2009.0, {"ran": 3})


@pytest.mark.parametrize(("reference", "index"), [("last", 2), (RUNS[1], 1), ("20261122", 2), ("20261121-093", 0)])
def test_a_run_is_found_by_id_beginning_or_last(store, layout, reference, index):
    assert History(layout).run(reference).id == RUNS[index]


def test_an_ambiguous_beginning_is_an_error_that_names_the_runs(store, layout):
    with pytest.raises(UetError, match="`20261121` is the beginning of 2 runs") as caught:
        History(layout).run("20261121")
    assert f"`{RUNS[0]}`" in caught.value.hint


def test_an_unknown_run_is_an_error_with_what_was_likely_meant(store, layout):
    with pytest.raises(UetError, match="unknown run") as caught:
        History(layout).run("20261121-093000-000001-ab13")
    assert caught.value.hint == f"did you mean `{RUNS[0]}`?"
    with pytest.raises(UetError, match="unknown run ``"):
        History(layout).run("")


def test_without_runs_there_is_no_last_one(layout):
    with pytest.raises(UetError, match="there are no runs yet"):
        History(layout).run()


def test_a_run_without_an_end_is_interrupted_unless_it_is_the_one_that_builds(store, layout):
    begin(store, "20261123-080000-000001-aaaa", 5000.0)
    begin(store, "20261124-080000-000001-aaaa", 6000.0)
    assert [run.state for run in History(layout).runs()[:2]] == ["interrupted", "interrupted"]
    lock = BuildLock(layout.lock)
    lock.acquire()
    assert [run.state for run in History(layout).runs()[:2]] == ["interrupted", "interrupted"]  # it has not begun its run
    lock.tell("20261124-080000-000001-aaaa")
    assert [run.state for run in History(layout).runs()[:2]] == ["running", "interrupted"]
    lock.release()


def test_a_resumed_run_keeps_its_start(store, layout):
    begin(store, RUNS[0], 7000.0)
    store.close()
    again = open_writer(layout)
    end(again, RUNS[0], 7009.0, "failed")
    run = History(layout).run(RUNS[0])
    assert (run.state, run.started, run.finished) == ("failed", 1.0, 7009.0)


def test_events_come_in_order_and_can_be_followed(store, layout):
    history = History(layout)
    first, second = history.events(RUNS[0])
    assert first.as_json() == {"seq": 1, "time": 1.0, "run": RUNS[0], "event": "run_started", "targets": ["all"], "jobs": 4}
    assert (second.node, second.data) == ("a\udcff", {"outcome": "failed", "code": -9})
    assert history.events(RUNS[0], after=1) == [second]
    assert history.events("nothing") == []


def told(first, last, run=RUNS[0]):
    return [
        Event(seq=seq, time=seq / 8, run=run, event="node_started", node=f"n{seq}", data={"attempt": seq}) for seq in range(first, last + 1)
    ]


def rows(store, run=RUNS[0]):
    return [seq for (seq,) in store.database.rows("SELECT seq FROM events WHERE run = ? ORDER BY seq", (run.encode(),))]


def test_what_was_told_in_one_turn_is_one_row_and_each_event_is_found_in_it(store, layout):
    changes = Changes()
    changes.events = told(3, 50)
    store.commit(changes)
    changes.events = told(51, 52)
    store.commit(changes)
    assert rows(store) == [1, 2, 50, 52]
    history = History(layout)
    assert history.events(RUNS[0])[2:] == told(3, 52)
    for after in (2, 3, 49, 50, 51, 52):
        assert history.events(RUNS[0], after) == told(after + 1, 52)


def test_a_turn_that_tells_much_has_some_rows_so_that_one_that_is_damaged_costs_a_bounded_part(store, layout):
    changes = Changes()
    changes.events = told(3, 3 + 2 * MOST)
    store.commit(changes)
    assert rows(store) == [1, 2, 2 + MOST, 2 + 2 * MOST, 3 + 2 * MOST]
    store.database.write([("UPDATE events SET body = x'00' WHERE seq = ?", [(2 + MOST,)])])
    assert History(layout).events(RUNS[0])[2:] == told(3 + MOST, 3 + 2 * MOST)


def test_a_row_of_events_that_was_moved_is_not_believed(store, layout):
    changes = Changes()
    changes.events = told(3, 4)
    store.commit(changes)
    store.database.write([("UPDATE events SET seq = 5 WHERE seq = 4 AND run = ?", [(RUNS[0].encode(),)])])
    assert [event.seq for event in History(layout).events(RUNS[0])] == [1, 2]


def test_events_of_several_runs_in_one_turn_stay_apart(store, layout):
    changes = Changes()
    changes.events = [event for pair in zip(told(3, 5), told(3, 5, RUNS[1]), strict=True) for event in pair]
    store.commit(changes)
    assert History(layout).events(RUNS[0], 2) == told(3, 5)
    assert History(layout).events(RUNS[1], 2) == told(3, 5, RUNS[1])


def test_a_row_for_each_event_as_earlier_versions_wrote_them_is_still_read(store, layout):
    run = RUNS[0].encode()
    old = [
        (run, event.seq, seal((event.time, event.event, event.node, event.data), b"%s %d" % (run, event.seq), ONE)) for event in told(3, 4)
    ]
    store.database.write([("INSERT INTO events VALUES (?, ?, ?)", old)])
    changes = Changes()
    changes.events = told(5, 6)
    store.commit(changes)
    assert History(layout).events(RUNS[0], 2) == told(3, 6)
    assert History(layout).events(RUNS[0], 3) == told(4, 6)


def test_the_log_of_a_node_is_found(store, layout):
    with open(layout.log(RUNS[0], "obj[src/a.c]"), "w"):
        pass
    history = History(layout)
    assert history.log(RUNS[0], "obj[src/a.c]") == layout.log(RUNS[0], "obj[src/a.c]")
    with pytest.raises(UetError, match="there is no log of `b`"):
        history.log(RUNS[0], "b")


def test_who_ran_and_printed_nothing_has_no_log_and_ran_all_the_same(store, layout):
    changes = Changes()
    changes.events = [Event(seq=3, time=5.0, run=RUNS[0], event="node_started", node="quiet")]
    store.commit(changes)
    history = History(layout)
    assert history.log(RUNS[0], "quiet") == ""
    with pytest.raises(UetError, match="there is no log of `quiet`"):
        history.log(RUNS[1], "quiet")


def test_the_summary_is_one_json_object(layout):
    path = write_summary(layout, RUNS[0], {"ran": 3, "name": "é", "odd": "\udcff"})
    assert path == layout.summary(RUNS[0])
    with open(path, encoding="utf-8") as file:
        assert json.load(file)["name"] == "é"
    assert os.listdir(os.path.dirname(path)).count("summary.json") == 1


@pytest.mark.parametrize("share", [True, False])
def test_closing_a_run_writes_its_summary_and_forgets_the_oldest(store, layout, share):
    close_run(layout, RUNS[2], 2, store.database if share else None)
    with open(layout.summary(RUNS[2]), encoding="utf-8") as file:
        expected = {"id": RUNS[2], "state": "succeeded", "started": 2001.0, "finished": 2009.0, "ran": 3}
        assert json.load(file) == {"schema": "uetbuild.summary/1"} | expected
    assert [run.id for run in History(layout).runs()] == RUNS[:0:-1]


def test_only_the_newest_runs_are_kept(store, layout, tmp_path):
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_text("keep me")
    os.symlink(tmp_path / "victim", layout.run_folder(RUNS[0]) + "/logs/link")
    forgotten = "20261120-000000-000000-dead"  # of a database that was lost
    layout.ensure_run(forgotten)
    with open(layout.log(forgotten, "node"), "w") as log:
        log.write("it ran\n")
    history = History(layout, store.database)
    assert history.prune(3) == [forgotten]
    assert history.prune(2) == [RUNS[0]]
    assert [run.id for run in history.runs()] == RUNS[:0:-1]
    assert history.events(RUNS[0]) == [] and len(history.events(RUNS[1])) == 2
    assert sorted(os.listdir(layout.runs)) == RUNS[1:]
    assert (tmp_path / "victim/file").exists()
    assert history.prune(2) == []
    assert history.prune(0) == [RUNS[1]], "the last run is always kept"


def test_the_folder_of_a_run_that_was_killed_before_it_began_goes_and_one_with_logs_stays(store, layout):
    began, killed = "20990101-000000-000000-aaaa", "20990101-000000-000000-bbbb"
    for run in (began, killed):
        layout.ensure_run(run)
    with open(layout.log(began, "node"), "w") as log:
        log.write("it ran\n")
    assert History(layout, store.database).prune(50) == []
    assert sorted(os.listdir(layout.runs)) == [*RUNS, began]
