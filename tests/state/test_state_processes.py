"""What was spawned is remembered until its run ends."""

from uetbuild.core.changes import Changes
from uetbuild.state.layout import Layout
from uetbuild.state.store import open_writer


def test_spawned_processes_are_recorded_until_their_run_ends(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    store = open_writer(layout, "B")
    changes = Changes()
    changes.run = ("R", "running", {})
    changes.pids = [("n", 100, 5), ("n", 100, 6), ("m", 101, 7)]
    store.commit(changes)
    assert sorted(store.processes()) == [("R", "", 0, 0, "B"), ("R", "m", 101, 7, "B"), ("R", "n", 100, 5, "B"), ("R", "n", 100, 6, "B")]
    changes.run = ("R", "succeeded", {})
    store.commit(changes)
    assert store.processes() == []
    changes.pids = [("n", 100, 5)]
    store.commit(changes)
    store.forget_processes()
    assert store.processes() == []


def test_a_run_that_began_is_remembered_before_anything_was_spawned(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    store = open_writer(layout, "B")
    changes = Changes()
    changes.run = ("R", "running", {})
    store.commit(changes)
    assert store.processes() == [("R", "", 0, 0, "B")]
    changes.run = ("R", "failed", {})
    store.commit(changes)
    assert store.processes() == []
