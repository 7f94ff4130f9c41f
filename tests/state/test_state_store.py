"""The database: what is committed is read again, and no damage to the file leads to a traceback or to a wrong row."""

import os
import random
import shutil
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uetbuild.core.changes import Changes
from uetbuild.core.events import Event
from uetbuild.core.stamps import Link, Stage, Stamp
from uetbuild.errors import ExitCode, UetError
from uetbuild.state import store as store_module
from uetbuild.state.database import Database
from uetbuild.state.disk import RealDisk
from uetbuild.state.history import History
from uetbuild.state.layout import Layout
from uetbuild.state.store import DURATIONS, MUCH, PAUSE, _put, open_reader, open_writer

RUN = "20261121-093000-000001-ab12"
ODD = "odd\udcff\ud800name"


@pytest.fixture
def layout(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    return layout


def stamp(node="n", **values):
    defaults = {"stage": Stage.DONE, "run": RUN, "seconds": 1.0, "inputs": {"b": "f1", "a": "f2"}, "outputs": {f"out/{node}": "f3"}}
    return Stamp(node=node, **(defaults | values))


def full_changes(count=40):
    changes = Changes()
    for number in range(count):
        changes.stamps[f"n{number}"] = stamp(f"n{number}", definition=str(number) * 40)
        changes.chains[f"e{number}"] = (Link(node="n1", found="", left="fa"), Link(node="n2", found="fa", left="fb"))
        changes.answers[f"q{number}"] = str(number)
        changes.events.append(Event(seq=number + 1, time=1000.0 + number, run=RUN, event="node_started", node=f"n{number}"))
    changes.run = (RUN, "running", {"targets": ["all"]})
    return changes


def contents(store):
    return (store.stamps(), store.chains(), store.answers(), store.seconds())


def test_what_was_committed_is_read_again(layout):
    changes = full_changes()
    changes.stamps[ODD] = stamp(ODD, before=(("x\udcff", "1-2"),))
    expected = (dict(changes.stamps), dict(changes.chains), dict(changes.answers))
    writer = open_writer(layout)
    writer.commit(changes)
    assert not changes
    assert list(writer.stamps()["n1"].inputs) == ["b", "a"], "the order of inputs is kept"
    writer.close()
    reader = open_reader(layout)
    assert contents(reader)[:3] == expected
    assert reader.seconds() == dict.fromkeys(expected[0], 1.0)
    assert reader.warnings == []


def test_dropped_stamps_and_empty_chains_go(layout):
    writer = open_writer(layout)
    writer.commit(full_changes(3))
    changes = Changes()
    changes.dropped = ["n0", "never"]
    changes.chains = {"e0": ()}
    writer.commit(changes)
    assert sorted(writer.stamps()) == ["n1", "n2"]
    assert sorted(writer.chains()) == ["e1", "e2"]


def test_the_last_stamp_of_a_node_counts_also_when_it_is_dropped_and_stamped_in_one_turn(layout):
    writer = open_writer(layout)
    writer.commit(full_changes(1))
    changes = Changes()
    changes.dropped = ["n0"]
    changes.stamps["n0"] = stamp("n0", stage=Stage.STARTED)
    writer.commit(changes)
    assert writer.stamps()["n0"].stage == Stage.STARTED


def test_digests_learnt_are_committed_with_the_next_turn(layout, tmp_path):
    (tmp_path / "a").write_text("1")
    writer = open_writer(layout)
    row = (1, 2, 3, 4, "fab")
    writer.digests.put("a", row)
    writer.digests.put(ODD, row)
    writer.commit(Changes())
    assert writer.digests.learnt == {}
    assert open_reader(layout).digests.get("a") == open_reader(layout).digests.get(ODD) == row
    writer.digests.drop("a")
    writer.commit(Changes())
    assert open_reader(layout).digests.get("a") is None


def test_estimates_follow_the_last_durations_and_only_finished_runs_count(layout):
    writer = open_writer(layout)
    for seconds in (10.0, 10.0, 1000.0):
        changes = Changes()
        changes.stamps = {
            "n": stamp(seconds=seconds),
            "failed": stamp("failed", stage=Stage.STARTED),
            "instant": stamp("instant", seconds=0.0),
        }
        writer.commit(changes)
    assert list(writer.seconds()) == ["n"]
    assert 30 < writer.seconds()["n"] < 60, "one slow run does not outweigh the others"
    writer.close()
    assert open_reader(layout).seconds() == writer.seconds()


def test_the_last_durations_are_kept_beside_their_mean(layout):
    writer = open_writer(layout)
    for seconds in range(1, 15):
        changes = Changes()
        changes.stamps = {"n": stamp(seconds=float(seconds))}
        writer.commit(changes)
    assert writer.durations() == {"n": tuple(float(seconds) for seconds in range(5, 15))}
    writer.close()
    assert open_reader(layout).durations() == writer.durations()


def test_a_mean_alone_as_earlier_versions_wrote_it_is_still_read(layout):
    writer = open_writer(layout)
    writer.database.write([_put("durations", {"n": 4.0}, DURATIONS)])
    again = open_writer(layout)
    assert (again.seconds(), again.durations(), again.warnings) == ({"n": 4.0}, {"n": (4.0,)}, [])


def learn(writer, number, state=""):
    """A turn in which a node ended that took so many seconds, and made a file."""
    changes = Changes()
    changes.stamps = {f"n{number}": stamp(f"n{number}", seconds=float(number))}
    changes.run = (RUN, state, {}) if state else None
    writer.digests.put(f"out{number}", (number, 2, 3, 4, "fab"))
    writer.commit(changes)


def learnt(layout):
    """What is on record of them: (stamps, durations, digests)."""
    reader = open_reader(layout)
    digests = [number for number in range(1, 10) if reader.digests.get(f"out{number}")]
    return len(reader.stamps()), [int(past[0]) for past in reader.durations().values()], digests


def test_what_saves_work_only_is_written_once_a_second_with_the_last_words_of_a_run_and_at_the_end(layout, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(store_module, "monotonic", lambda: now[0])
    writer = open_writer(layout)
    learn(writer, 1)
    assert learnt(layout) == (1, [1], [1])
    learn(writer, 2)
    now[0] += 0.9 * PAUSE
    learn(writer, 3)
    assert learnt(layout) == (3, [1], [1]), "stamps are durable at once"
    now[0] += 0.2 * PAUSE
    learn(writer, 4)
    assert learnt(layout) == (4, [1, 2, 3, 4], [1, 2, 3, 4])
    learn(writer, 5)
    learn(writer, 6, "running")
    assert learnt(layout) == (6, [1, 2, 3, 4], [1, 2, 3, 4])
    learn(writer, 7, "failed")
    assert learnt(layout) == (7, [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7])
    learn(writer, 8)
    writer.digests.drop("out1")
    writer.commit(Changes())
    assert learnt(layout) == (8, [1, 2, 3, 4, 5, 6, 7, 8], [2, 3, 4, 5, 6, 7, 8]), "there is nothing else to write"
    learn(writer, 9)
    writer.close()
    writer.close()
    assert learnt(layout) == (9, [1, 2, 3, 4, 5, 6, 7, 8, 9], [2, 3, 4, 5, 6, 7, 8, 9])


def test_what_saves_work_only_and_cannot_be_written_at_the_end_is_let_go_without_a_word(layout):
    writer = open_writer(layout)
    learn(writer, 1)
    learn(writer, 2)
    writer.database.rows("PRAGMA max_page_count=1")
    for number in range(2000):
        writer.digests.put(f"more{number}", (1, 2, 3, 4, "fab"))
    writer.close()
    writer.close()
    assert learnt(layout) == (2, [1], [1])
    assert writer.warnings == []


def trees(store):
    """What SQLite keeps of each table that has a row for each node or file: one tree, or also one to find rows by their key."""
    sql = "SELECT tbl_name, count(*) FROM sqlite_master WHERE tbl_name IN ('stamps', 'digests', 'durations', 'events') GROUP BY tbl_name"
    return {table.decode(): count for table, count in store.database.rows(sql)}


def test_a_row_for_a_node_is_one_entry_of_one_tree_and_older_files_with_two_are_used_as_they_are(layout):
    writer = open_writer(layout)
    assert trees(writer) == {"stamps": 1, "digests": 1, "durations": 1, "events": 1}
    writer.database.write([("DROP TABLE stamps", [()]), ("CREATE TABLE stamps (key BLOB PRIMARY KEY, body BLOB NOT NULL)", [()])])
    writer.commit(full_changes(3))
    writer.close()
    again = open_writer(layout)
    assert trees(again)["stamps"] == 2 and sorted(again.stamps()) == ["n0", "n1", "n2"] and again.warnings == []
    learn(again, 1)
    assert again.stamps()["n1"].seconds == 1.0 and len(open_reader(layout).stamps()) == 3


def test_a_store_whose_file_is_damaged_and_cannot_be_replaced_is_closed_without_a_word(layout, monkeypatch):
    writer = open_writer(layout)
    learn(writer, 1)
    learn(writer, 2)
    writer.database.write([("DROP TABLE digests", [()])])

    def fail(*_):
        raise OSError(13, "Permission denied")

    monkeypatch.setattr("uetbuild.state.database.os.rename", fail)
    with pytest.raises(UetError, match="cannot replace the damaged"):
        learn(writer, 3, "failed")
    writer.close()


def test_a_failed_commit_keeps_the_changes_and_says_why(layout):
    writer = open_writer(layout)
    writer.commit(full_changes(2))
    before = contents(writer)
    pages = writer.database.rows("PRAGMA page_count")[0][0]
    writer.database.rows(f"PRAGMA max_page_count={pages + 1}")
    changes = full_changes(2000)
    with pytest.raises(UetError, match=r"cannot write `.uet/state.db`: the disk is full") as caught:
        writer.commit(changes)
    assert caught.value.code == ExitCode.USAGE and caught.value.hint
    assert len(changes.stamps) == 2000
    assert contents(writer)[:3] == before[:3]


def as_nobody(action):
    """Run `action` without the rights of root; its exit status tells whether it returned."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            action()
            code = 0
        except BaseException as error:
            os.write(2, repr(error).encode())
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1]


def test_a_read_only_folder_is_read_and_is_a_clear_error_for_a_writer(layout, tmp_path):
    writer = open_writer(layout)
    writer.commit(full_changes(3))
    writer.close()
    for folder in (tmp_path, *tmp_path.parents):
        if os.geteuid() == 0 and "pytest" in str(folder):  # xdist has one folder more
            folder.chmod(0o755)
    for path in (layout.folder, layout.database):
        if os.geteuid() == 0:
            os.chown(path, 65534, 65534)
    os.chmod(layout.database, 0o400)
    os.chmod(layout.folder, 0o500)

    def look():
        assert len(open_reader(layout).stamps()) == 3
        assert sorted(os.listdir(layout.folder)) == [".gitignore", "state.db"]
        with pytest.raises(UetError, match="read-only"):
            open_writer(layout).commit(full_changes(1))

    try:
        assert as_nobody(look) == 0
    finally:
        os.chmod(layout.folder, 0o700)


def test_readers_of_nothing_read_nothing_and_make_nothing(tmp_path):
    reader = open_reader(Layout(str(tmp_path)))
    assert contents(reader) == ({}, {}, {}, {})
    assert reader.digests.get("a") is None
    assert reader.warnings == []
    assert list(tmp_path.iterdir()) == []


def tree(folder):
    return {
        path: (os.lstat(path).st_mtime_ns, os.lstat(path).st_size)
        for path in [os.path.join(base, name) for base, _, names in os.walk(folder) for name in names]
        if not path.endswith(("-shm", "-wal"))
    }


def test_reading_never_writes(layout, tmp_path):
    (tmp_path / "a").write_text("1")
    writer = open_writer(layout)
    writer.commit(full_changes())
    writer.close()
    before = tree(tmp_path)
    reader = open_reader(layout)
    contents(reader)
    RealDisk(str(tmp_path), reader.digests).digest("a")
    History(layout).events(RUN)
    with pytest.raises(AssertionError):
        reader.commit(full_changes(1))
    reader.close()
    assert tree(tmp_path) == before


def test_readers_see_what_a_build_commits_meanwhile(layout):
    writer = open_writer(layout)
    writer.commit(full_changes(1))
    reader = open_reader(layout)
    assert len(reader.stamps()) == 1
    writer.commit(full_changes(2))
    assert len(reader.stamps()) == 2


def test_a_writer_reads_again_what_a_reader_has_read_only_where_somebody_has_written_since(layout, monkeypatch):
    writer = open_writer(layout)
    writer.commit(full_changes())
    writer.close()
    reader = open_reader(layout)
    known = reader.stamps()
    read = []
    monkeypatch.setattr(
        store_module.SqliteStore, "_stamps", lambda self, plain=store_module.SqliteStore._stamps: read.append(1) or plain(self)
    )
    writer = open_writer(layout)
    writer.follow(reader)
    assert (writer.stamps(), read) == (known, [])
    changes = Changes()
    changes.stamps["n3"] = stamp("n3", definition="new")
    writer.commit(changes)
    assert writer.stamps_by_now()["n3"].definition == "new"
    beside = open_writer(layout)  # what was written is in the journal yet
    beside.follow(reader)
    assert beside.stamps()["n3"].definition == "new" and len(read) == 1
    beside.close()
    writer.close()
    last = open_writer(layout)
    last.follow(reader)
    assert last.stamps()["n3"].definition == "new" and len(read) == 2
    last.close()


def test_whoever_writes_drops_the_snapshots_first(layout):
    writer = open_writer(layout)
    with open(layout.snapshot, "w"):
        pass
    writer.close()
    writer = open_writer(layout)
    writer.stamps()
    assert os.path.exists(layout.snapshot), "reading leaves them"
    writer.commit(full_changes(1))
    assert not os.path.exists(layout.snapshot)


def test_a_closed_store_leaves_no_wal(layout):
    writer = open_writer(layout)
    writer.commit(full_changes(1))
    writer.close()
    writer.close()
    assert sorted(os.listdir(layout.folder)) == [".gitignore", "state.db"]


# --- damage ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A state folder with some of everything, and what is in it."""
    layout = Layout(str(tmp_path_factory.mktemp("sound")))
    layout.ensure()
    writer = open_writer(layout)
    for number in range(30):
        writer.digests.put(f"e{number}", (1, 2, 3, number, "f"))
    writer.commit(full_changes())
    expected = contents(writer)
    writer.close()
    with open(layout.database, "rb") as file:
        return file.read(), expected


def check_damaged(root, data, expected):
    """Both a reader and a writer come to an end, believe nothing that was not written, and a writer can write afterwards. Whether anything
    was lost."""
    layout = Layout(str(root))
    layout.ensure()
    with open(layout.database, "wb") as file:
        file.write(data)
    reader = open_reader(layout)
    _assert_believable(reader, expected)
    reader.close()
    writer = open_writer(layout)
    _assert_believable(writer, expected)
    told = History(layout, writer.database).events(RUN)
    assert told in ([], full_changes().events)
    fresh = full_changes(2)
    fresh.stamps = {"new": stamp("new")}
    try:
        writer.commit(fresh)
    except UetError as error:
        raise AssertionError("a damaged file must not keep anybody from building") from error
    assert writer.stamps()["new"] == stamp("new")
    writer.close()
    again = open_writer(layout)
    assert again.stamps()["new"] == stamp("new")
    again.close()
    return bool(writer.warnings) or not told


def _assert_believable(store, expected):
    for found, known in zip(contents(store), expected, strict=True):
        assert found.items() <= known.items() or all(known.get(key) == value for key, value in found.items())
    for number in range(30):
        assert store.digests.get(f"e{number}") in (None, (1, 2, 3, number, "f"))
    assert all(isinstance(text, str) for text in store.warnings)


def test_a_file_truncated_anywhere_is_survived(sound, tmp_path):
    data, expected = sound
    for size in range(0, len(data), 512):
        root = tmp_path / str(size)
        root.mkdir()
        assert check_damaged(root, data[:size], expected) or not data[size:].strip(b"\0"), size
        shutil.rmtree(root)


def test_a_garbled_file_is_survived(sound, tmp_path):
    data, expected = sound
    source = random.Random(7)
    for number in range(80):
        garbled = bytearray(data)
        for _ in range(source.choice([1, 3, 30])):
            place = source.randrange(len(garbled))
            length = source.choice([1, 1, 16, 512])
            garbled[place : place + length] = source.randbytes(len(garbled[place : place + length]))
        root = tmp_path / str(number)
        root.mkdir()
        check_damaged(root, bytes(garbled), expected)
        shutil.rmtree(root)


def test_a_damaged_file_is_set_aside_with_a_warning(layout):
    for number in (1, 2):
        with open(layout.database, "wb") as file:
            file.write(b"not a database at all" * 100)
        writer = open_writer(layout)
        assert f"moved to `state.db.broken-{number}`" in writer.warnings[0]
        writer.close()
    assert os.path.getsize(layout.database + ".broken-1") == 2100


def test_readers_leave_a_damaged_file_alone(layout):
    with open(layout.database, "wb") as file:
        file.write(b"not a database at all" * 100)
    reader = open_reader(layout)
    assert reader.stamps() == {}
    assert len(reader.warnings) == 1 and "taken as empty" in reader.warnings[0]
    assert sorted(os.listdir(layout.folder)) == [".gitignore", "state.db"]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("PRAGMA user_version=99", "newer version"),
        ("PRAGMA application_id=1", "another program"),
        ("DROP TABLE chains", "tables are missing"),
    ],
)
def test_a_file_of_another_version_or_program_is_set_aside(layout, statement, reason):
    writer = open_writer(layout)
    writer.commit(full_changes(1))
    writer.close()
    with sqlite3.connect(layout.database) as connection:
        connection.execute(statement)
    connection.close()
    reader = open_reader(layout)
    assert reader.stamps() == {} and reason in reader.warnings[0]
    writer = open_writer(layout)
    assert writer.stamps() == {} and reason in writer.warnings[0]


def test_a_link_or_folder_in_its_place_is_set_aside(layout, tmp_path):
    (tmp_path / "victim").write_text("")
    os.symlink("../victim", layout.database)
    open_writer(layout).commit(full_changes(1))
    assert (tmp_path / "victim").read_text() == ""
    os.unlink(layout.database)
    os.mkdir(layout.database)
    open_writer(layout).commit(full_changes(1))


def damaged(layout, *statements):
    """A store of three nodes in which somebody else has written."""
    writer = open_writer(layout)
    writer.commit(full_changes(3))
    writer.close()
    with sqlite3.connect(layout.database) as connection:
        for statement in statements:
            connection.execute(*statement)
    connection.close()


def test_a_row_under_another_key_or_in_another_table_is_not_believed(layout):
    damaged(
        layout,
        ("UPDATE stamps SET body = (SELECT body FROM stamps WHERE key = ?) WHERE key = ?", (b"n1", b"n0")),
        ("UPDATE stamps SET body = 7 WHERE key = ?", (b"n2",)),
        ("INSERT OR REPLACE INTO answers SELECT * FROM stamps",),
    )
    reader = open_reader(layout)
    assert list(reader.stamps()) == ["n1"]
    assert sorted(reader.answers()) == ["q0", "q1", "q2"]
    assert "rows of `.uet/state.db` are damaged" in reader.warnings[-1]


def test_damaged_rows_go_with_the_next_commit_and_what_is_written_then_stays(layout):
    damaged(
        layout,
        ("UPDATE stamps SET body = 7 WHERE key IN (?, ?)", (b"n0", b"n1")),
        ("UPDATE durations SET body = 7 WHERE key = ?", (b"n2",)),
        ("INSERT INTO answers VALUES (NULL, 7)",),
    )
    again = open_writer(layout)
    assert list(again.stamps()) == ["n2"] and again.answers()
    changes = full_changes(3)
    del changes.stamps["n1"]
    again.commit(changes)
    again.commit(full_changes(1))
    assert "4 rows of `.uet/state.db` are damaged" in again.warnings[-1]
    again.close()
    reader = open_reader(layout)
    assert sorted(reader.stamps()) == ["n0", "n2"] and sorted(reader.durations()) == ["n0", "n1", "n2"] and reader.answers()
    assert reader.warnings == []


def test_rows_of_records_with_other_fields_read_as_absent(layout, monkeypatch):
    writer = open_writer(layout)
    writer.commit(full_changes(2))
    monkeypatch.setattr(store_module, "STAMPS", store_module.seed("stamps", (*Stamp.__slots__, "more")))
    assert writer.stamps() == {}


def test_network_file_systems_get_a_rollback_journal_and_a_warning(layout, monkeypatch):
    monkeypatch.setattr("uetbuild.state.database.file_system", lambda _: "nfs4")
    writer = open_writer(layout)
    writer.commit(full_changes(1))
    assert writer.database.rows("PRAGMA journal_mode") == [(b"delete",)]
    assert "`.uet` is on a network file system (nfs4)" in writer.warnings[0]


def test_a_write_that_meets_damage_goes_into_a_new_file(layout, monkeypatch):
    writer = open_writer(layout)
    writer.commit(full_changes(1))
    writer.database.write([("DROP TABLE events", [()])])
    writer.commit(full_changes(1))
    assert "n0" in writer.stamps()
    assert "moved to `state.db.broken-1`" in writer.warnings[0]


def test_a_mistake_of_ours_is_no_damage(layout):
    writer = open_writer(layout)
    with pytest.raises(sqlite3.ProgrammingError):
        writer.database.write([("INSERT INTO stamps VALUES (?, ?)", [(1, 2, 3)])])
    assert os.listdir(layout.folder).count("state.db.broken-1") == 0


def test_a_locked_file_is_an_obstacle_and_no_damage(layout, monkeypatch):
    monkeypatch.setattr("uetbuild.state.connection.PATIENCE", 0.01)
    writer = open_writer(layout)
    other = sqlite3.connect(layout.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UetError, match="locked by another program"):
        writer.commit(full_changes(1))
    other.execute("ROLLBACK")
    writer.commit(full_changes(1))


TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
DIGESTS = st.dictionaries(TEXT, TEXT, max_size=4)


@given(st.dictionaries(TEXT, st.tuples(DIGESTS, DIGESTS), max_size=5), st.dictionaries(TEXT, TEXT, max_size=5))
@settings(max_examples=25, deadline=None)
def test_any_text_survives(tmp_path_factory, stamps, answers):
    layout = Layout(str(tmp_path_factory.mktemp("text")))
    layout.ensure()
    changes = Changes()
    changes.stamps = {node: stamp(node, inputs=inputs, env=env) for node, (inputs, env) in stamps.items()}
    changes.answers = dict(answers)
    expected = (dict(changes.stamps), dict(answers))
    writer = open_writer(layout)
    writer.commit(changes)
    writer.close()
    reader = open_reader(layout)
    assert (reader.stamps(), reader.answers()) == expected
    reader.close()


def test_a_database_that_was_never_opened_reads_as_empty(tmp_path):
    database = Database(str(tmp_path / "x"), "x")
    assert database.rows("SELECT 1") == []
    database.close()


def test_who_opens_a_part_reads_the_stamps_of_those_he_asks_about(layout, monkeypatch):
    writer = open_writer(layout)
    writer.commit(full_changes(5))
    writer.close()
    reader = open_reader(layout)
    asked = []
    rows = Database.rows
    monkeypatch.setattr(Database, "rows", lambda self, sql, parameters=(): asked.append(parameters) or rows(self, sql, parameters))
    reader.narrow(["n0", "n1", "n2", "none"])
    stamps = reader.stamps()
    assert (stamps["n1"].node, asked) == ("n1", [(b"n1",)])
    assert sorted(stamps) == ["n0", "n1", "n2"]
    assert asked == [(b"n1",), (b"n0", b"n2", b"none")]
    assert sorted(reader.stamps_by_now()) == ["n0", "n1", "n2"]


def test_who_opens_more_later_reads_how_long_those_took_too_and_forgets_nothing_that_was_not_written(layout):
    writer = open_writer(layout)
    for number in (1, 2):
        learn(writer, number)
    writer.close()
    writer = open_writer(layout)
    writer.narrow(["n1", "n3", "n4"])
    assert writer.seconds() == {"n1": pytest.approx(1)}
    for number in (3, 4):
        learn(writer, number)
    writer.narrow(["n1", "n2", "n3", "n4"])
    assert writer.seconds() == {f"n{number}": pytest.approx(number) for number in (1, 2, 3, 4)}
    writer.close()


def test_in_a_moment_of_rest_much_is_brought_to_the_disk_with_what_was_learnt_and_little_is_not(layout):
    writer = open_writer(layout)
    learn(writer, 1)
    learn(writer, 2)
    writer.rest()
    assert learnt(layout) == (2, [1], [1])
    writer.commit(full_changes(MUCH))
    size = os.path.getsize(layout.database)
    writer.rest()
    assert learnt(layout)[2] == [1, 2]
    assert os.path.getsize(layout.database) > size, "the WAL was folded into the file"
    learn(writer, 3)
    writer.rest()
    assert learnt(layout)[2] == [1, 2]
    writer.close()
