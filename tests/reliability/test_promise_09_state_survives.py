"""Promise 9: whatever happened to the state folder, there is no traceback and no false "up to date": what is damaged is set aside with a
clear message and built anew, what cannot be written is a clear error, and afterwards the next build does nothing.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from attacked import BEFORE, MANIFEST, NODES, UP_TO_DATE, Attacked, contents
from nursery import PROGRAM
from rights import without_rights
from transcript import Folder

PAGE = 4096
DAY = 86400.0


@pytest.fixture
def attacked(folder: Folder) -> Attacked:
    return Attacked(folder)


# --- state.db ------------------------------------------------------------------------------------------------------------------


def sizes(whole: int, step: int) -> list[int]:
    """Where the file is cut: in its header, at, before and behind borders of pages, and at its very end."""
    borders = [size + more for size in range(0, whole, step) for more in (0, *([-1, 1] if size % (8 * step) == 0 else []))]
    return sorted({1, 99, 100, whole - 1, *borders} - {-1})


def truncate(attacked: Attacked, step: int) -> None:
    data, fresh = attacked.database, contents()
    for size in sizes(len(data), step):
        attacked.restore()
        attacked.put("state.db", data[:size])
        built = attacked.survives(next(fresh))
        broken = attacked.state / "state.db.broken-1"
        if size <= len(data) - PAGE:  # of the last page less may be missing than is in use
            assert broken.exists() == (size > 0), size
        if broken.exists():
            assert "`.uet/state.db` is not usable (" in built.err and "it was moved to `state.db.broken-1`" in built.err
            assert broken.stat().st_size >= size


def test_a_database_cut_off_anywhere_is_set_aside_and_all_is_built(attacked: Attacked) -> None:
    truncate(attacked, PAGE)


@pytest.mark.slow
def test_a_database_cut_off_at_every_sector_is_set_aside(attacked: Attacked) -> None:
    truncate(attacked, 128)


def garble(attacked: Attacked, dice: random.Random, count: int) -> None:
    data, fresh = attacked.database, contents()
    for number in range(count):
        attacked.restore()
        garbled = bytearray(data)
        for _ in range(dice.choice([1, 3, 30])):
            place = dice.choice([dice.randrange(len(data)), PAGE * dice.randrange(len(data) // PAGE)])
            length = min(dice.choice([1, 1, 16, 512, PAGE]), len(data) - place)
            garbled[place : place + length] = dice.choice([dice.randbytes(length), bytes(length)])
        attacked.put("state.db", bytes(garbled))
        try:
            attacked.survives(next(fresh))
        except BaseException:
            (attacked.root.parent / "garbled.db").write_bytes(garbled)
            print(f"number {number}; the file is {attacked.root.parent}/garbled.db")
            raise


def test_a_garbled_database_never_leads_to_a_wrong_verdict(attacked: Attacked, session_seed: int) -> None:
    garble(attacked, random.Random(session_seed), 16)


@pytest.mark.slow
def test_a_garbled_database_never_leads_to_a_wrong_verdict_in_many_cases(attacked: Attacked, session_seed: int) -> None:
    garble(attacked, random.Random(session_seed + 1), 1000)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("PRAGMA user_version=99", "a newer version of uetbuild wrote it"),
        ("PRAGMA application_id=1", "it is another program's database"),
        ("DROP TABLE chains", "tables are missing"),
    ],
)
def test_a_database_of_a_newer_version_or_of_another_program_is_set_aside(attacked: Attacked, statement: str, words: str) -> None:
    with sqlite3.connect(attacked.state / "state.db") as connection:
        connection.execute(statement)
    connection.close()
    attacked.survives("after\n", f"`.uet/state.db` is not usable ({words}); it was moved to `state.db.broken-1`")


@pytest.mark.parametrize("what", ["empty", "text", "link", "folder", "pipe", "gone"])
def test_something_else_in_the_place_of_the_database(attacked: Attacked, what: str) -> None:
    path = attacked.state / "state.db"
    path.unlink()
    other = attacked.root.parent / "other"
    other.write_text("of somebody else")
    made: dict[str, Callable[[], object]] = {
        "empty": path.touch, "text": lambda: path.write_text("not a database at all\n" * 500), "link": lambda: path.symlink_to(other),
        "folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "gone": lambda: None,
    }  # fmt: skip
    made[what]()
    attacked.survives("after\n", "" if what in ("empty", "gone") else "it was moved to `state.db.broken-1`")
    assert other.read_text() == "of somebody else"


def test_a_database_that_turns_out_to_be_damaged_in_the_middle_of_a_build_costs_only_what_was_in_the_damaged_part(
    attacked: Attacked,
) -> None:
    """The pages of events are not read before something is written to them."""
    with sqlite3.connect(attacked.state / "state.db") as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    connection.close()
    data = bytearray(attacked.database)
    data[PAGE * (page - 1) : PAGE * page] = b"\xff" * PAGE
    attacked.put("state.db", bytes(data))
    attacked.folder.write("b", "more\n")
    built = attacked.folder("-j1")
    assert built.code == 0
    assert f"ran 1 of {NODES}" in built.out, "only `two` is stale"
    assert "`.uet/state.db` is not usable (" in built.err and "it was moved to `state.db.broken-1`" in built.err
    assert attacked.folder("").text == UP_TO_DATE


# --- SQLite's other files ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pending(attacked: Attacked) -> Attacked:
    """Most of what the last build committed stands in the WAL only: it was killed before it could fold that in."""
    shutil.rmtree(attacked.state)
    failing = {"UET_TESTING": "1", "UET_FAILPOINTS": "database.closing=kill"}
    assert attacked.folder.real("-j1", environ=failing).code == -9
    assert (attacked.state / "state.db-wal").stat().st_size > PAGE
    shutil.rmtree(attacked.template)
    shutil.copytree(attacked.state, attacked.template)
    return attacked


def test_what_stands_in_the_wal_only_counts(pending: Attacked) -> None:
    pending.folder.write("b", "b\n")
    assert pending.folder("").text.endswith(UP_TO_DATE)


def test_a_wal_that_was_deleted_cut_off_garbled_or_is_foreign(pending: Attacked, session_seed: int) -> None:
    dice, fresh = random.Random(session_seed), contents()
    wal = (pending.template / "state.db-wal").read_bytes()
    foreign = pending.root.parent / "foreign.db"
    other = sqlite3.connect(foreign)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE stamps (key, body)")
    other.commit()
    kinds = [None, b"", wal[:31], wal[:32], wal[: PAGE + 56], wal[:-1], wal[: len(wal) // 2], Path(f"{foreign}-wal").read_bytes()]
    other.close()
    for _ in range(4):
        garbled = bytearray(wal)
        place = dice.randrange(len(wal))
        garbled[place : place + 40] = dice.randbytes(len(garbled[place : place + 40]))
        kinds.append(bytes(garbled))
    for kind in kinds:
        pending.restore()
        (pending.state / "state.db-wal").unlink()
        if kind is not None:
            pending.put("state.db-wal", kind)
        pending.survives(next(fresh))


@pytest.mark.parametrize(
    "data",
    [None, b"\xff" * 32768, *[pytest.param(data, marks=pytest.mark.slow) for data in (b"", bytes(32768), b"x")]],
    ids=["gone", "ones", "empty", "zeros", "short"],
)
def test_a_shared_memory_file_that_is_gone_garbled_or_of_before(pending: Attacked, data: bytes | None) -> None:
    (pending.state / "state.db-shm").unlink()
    if data is not None:
        pending.put("state.db-shm", data)
    pending.survives("after\n")


# --- what can be made again ----------------------------------------------------------------------------------------------------


def derived(attacked: Attacked) -> list[Path]:
    return [*attacked.state.glob("plan*.bin"), *attacked.state.glob("graph-*.bin")]


def test_a_record_of_a_verdict_or_a_compiled_manifest_that_is_damaged_is_passed_over(attacked: Attacked, session_seed: int) -> None:
    assert attacked.door() == UP_TO_DATE.encode(), "else nothing is proved here"
    dice, fresh = random.Random(session_seed), contents()
    for number in range(12):
        attacked.restore()
        for path in derived(attacked):
            data = bytearray(path.read_bytes())
            place = dice.randrange(len(data))
            ways: list[Callable[[], object]] = [
                lambda d=data, p=place: d.__setitem__(p, d[p] ^ (1 << dice.randrange(8))),
                lambda d=data, p=place: d.__delitem__(slice(p, None)),
                lambda d=data, p=place: d.__setitem__(slice(p, p + 9), dice.randbytes(9)),
                lambda d=data: d.extend(b"more"),
            ]
            ways[number % len(ways)]()
            attacked.put(path.name, bytes(data))
        assert attacked.door() is None, "the door does not open on a damaged record"
        attacked.survives(next(fresh))


def test_a_record_of_another_version_is_passed_over(attacked: Attacked) -> None:
    for path in derived(attacked):
        kind, _, rest = path.read_bytes().partition(b"\n")
        attacked.put(path.name, kind.replace(b" 0.", b" 99.").replace(b" 1.", b" 98.") + b"x\n" + rest)
    assert attacked.door() is None
    attacked.survives("after\n")


@pytest.mark.parametrize("how", ["of another user", "open to others", "a link"])
def test_a_record_that_another_one_may_have_written_is_passed_over(attacked: Attacked, how: str) -> None:
    if how == "of another user" and os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    for path in derived(attacked):
        if how == "of another user":
            os.chown(path, 65534, 65534)
        elif how == "open to others":
            path.chmod(0o666)
        else:
            moved = path.rename(attacked.root.parent / path.name)
            path.symlink_to(moved)
    assert attacked.door() is None
    attacked.survives("after\n")


# --- the ledger ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["truncated", "garbled", "empty", "newer", "link"])
def test_a_damaged_ledger_is_set_aside_and_only_a_budget_refuses(attacked: Attacked, how: str) -> None:
    path = attacked.state / "ledger.db"
    data = path.read_bytes()
    if how == "newer":
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version=99")
        connection.close()
    elif how == "link":
        path.rename(attacked.root.parent / "ledger.db")
        path.symlink_to(attacked.root.parent / "ledger.db")
    else:
        attacked.put("ledger.db", {"truncated": data[: len(data) // 2], "garbled": b"nonsense" * 500, "empty": b""}[how])
    refused = attacked.folder("-B spends --budget-usd 5 --force-budget")
    if how == "empty":
        assert refused.code == 0, "an empty file is a ledger in which nothing stands"
        return
    assert refused.code == 2
    assert "`.uet/ledger.db` is damaged (" in refused.err and "and a budget rests on it" in refused.err and "hint: " in refused.err
    built = attacked.folder("-B spends -j1")
    assert built.code == 0
    assert "it was moved to `ledger.db.broken-1`, and what it knew no longer counts" in built.err
    assert attacked.folder("-B spends --budget-usd 5 --force-budget").code == 0
    assert attacked.folder("").text == UP_TO_DATE


# --- a folder that cannot be written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_state_that_is_read_only_can_be_read_and_is_a_clear_error_for_a_build(attacked: Attacked, what: str) -> None:
    attacked.folder.write("a", "after\n")
    closed = attacked.state if what == "folder" else attacked.state / "state.db"
    closed.chmod(0o500 if what == "folder" else 0o400)

    def tried() -> None:
        looked = attacked.folder("status")
        assert looked.code == 1 and not looked.err, looked.text
        built = attacked.folder("-j1")
        assert built.code == 2, built.text
        assert "error: cannot " in built.err and ".uet" in built.err and "hint: " in built.err, built.text
        assert attacked.folder.read("o/one") == BEFORE["a"], "nothing is half done"

    try:
        without_rights(tried)
    finally:
        closed.chmod(0o700 if what == "folder" else 0o600)
    without_rights(lambda: attacked.check(attacked.folder("-j1"), "after\n"))


FULL = """
set -e
mount -t tmpfs -o size=$1 uetbuild "$2"
cd "$2"
printf '%s' "$3" > Uetfile.yaml; printf 'before\\n' > a; printf 'b\\n' > b; printf 'text\\n' > text
shift 3
"$@" -j1 > /dev/null
dd if=/dev/zero of=filler bs=4096 2> /dev/null || true
printf 'after\\n' 1<> a
set +e
"$@" -j1; echo "full: exit $?"
"$@" status > /dev/null; echo "status: exit $?"
rm filler
"$@" -j1; echo "free: exit $?"; cat o/one
"$@"; echo "again: exit $?"
"""


def test_a_full_disk_is_a_clear_error_and_the_next_build_heals(folder: Folder) -> None:
    own = [] if os.geteuid() == 0 else ["-U", "--map-root-user"]
    disk = folder.root.parent / "disk"
    disk.mkdir()
    if subprocess.run(["unshare", *own, "-m", "mount", "-t", "tmpfs", "none", str(disk)], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    done = subprocess.run(
        ["unshare", *own, "-m", "bash", "-c", FULL, "bash", "2m", str(disk), MANIFEST, *PROGRAM],
        env=folder.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    full, _, rest = done.stdout.partition("full: exit ")
    assert rest.startswith(("1\n", "2\n")), done.stdout
    assert "no space left on device" in full.lower() or "the disk is full" in full, done.stdout
    assert "Traceback" not in done.stdout and "internal error" not in done.stdout, done.stdout
    assert "status: exit 1\n" in rest, done.stdout
    assert "free: exit 0\nafter\n" in rest, done.stdout
    assert rest.endswith(f"{UP_TO_DATE}again: exit 0\n"), done.stdout


# --- a folder that is not ours -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line", ["", "clean", *[pytest.param(line, marks=pytest.mark.slow) for line in ("status", "recover", "--explain")]]
)
@pytest.mark.parametrize("what", ["symlink", "other owner", "file"])
def test_a_planted_state_folder_is_refused(attacked: Attacked, what: str, line: str) -> None:
    words = {"symlink": "it is a symlink", "other owner": "it belongs to another user", "file": "it is not a folder"}[what]
    if what == "symlink":
        attacked.state.symlink_to(attacked.state.rename(attacked.root.parent / "theirs"))
    elif what == "file":
        shutil.rmtree(attacked.state)
        attacked.state.touch()
    elif os.geteuid() == 0:
        os.chown(attacked.state, 65534, 65534)
    else:
        pytest.skip("only root can give a folder away")
    assert attacked.door() is None
    refused = attacked.folder(line)
    assert refused.code == 2
    assert f"refusing to use `.uet`: {words}" in refused.err and "--state DIR" in refused.err


# --- time and place ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [-DAY, DAY], ids=["back", "ahead"])
def test_a_clock_that_jumped_by_a_day_hides_nothing_and_repeats_nothing(
    attacked: Attacked, shift: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    for place in ("uetbuild.cli.clock.SystemClock.now", "uetbuild.state.lock.time", "time.time"):
        monkeypatch.setattr(place, lambda *_: real() + shift)
    assert attacked.folder("").text == UP_TO_DATE
    attacked.survives("after\n")
    monkeypatch.undo()
    attacked.survives("again\n")


@pytest.mark.parametrize("shift", [-DAY, DAY], ids=["past", "future"])
def test_files_with_times_of_another_day_hide_nothing_and_repeat_nothing(attacked: Attacked, shift: float) -> None:
    when = time.time() + shift
    for path in attacked.root.rglob("*"):
        os.utime(path, (when, when))
    assert attacked.folder("").text == UP_TO_DATE
    attacked.folder.write("a", "after\n")
    os.utime(attacked.root / "a", (when, when))
    attacked.check(attacked.folder("-j1"), "after\n")


@pytest.mark.parametrize("way", ["cp -r", "cp -a", "mv"])
def test_a_project_that_was_copied_or_moved_is_judged_by_its_content(attacked: Attacked, way: str) -> None:
    subprocess.run([*way.split(), attacked.root, attacked.root.parent / "elsewhere"], check=True)
    attacked.root = attacked.folder.root = attacked.folder.cwd = attacked.root.parent / "elsewhere"
    attacked.state = attacked.root / ".uet"
    assert attacked.door() is None
    moved = attacked.folder("")
    assert (moved.code, moved.text) == (0, UP_TO_DATE)
    attacked.survives("after\n")


def test_a_copy_and_its_original_do_not_know_of_each_other(attacked: Attacked) -> None:
    original = attacked.root
    shutil.copytree(original, original.parent / "copy", symlinks=True)
    attacked.root = attacked.folder.root = attacked.folder.cwd = original.parent / "copy"
    attacked.survives("after\n")
    attacked.root = attacked.folder.root = attacked.folder.cwd = original
    assert attacked.door() == UP_TO_DATE.encode()
    assert attacked.made()[0] == BEFORE["a"]


def test_a_clone_without_state_builds_everything(attacked: Attacked) -> None:
    git = ["git", "-C", str(attacked.root), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "Uetfile.yaml", *BEFORE], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True, env=attacked.folder.environ)
    clone = attacked.root.parent / "clone"
    subprocess.run(["git", "clone", "-q", attacked.root, clone], check=True, env=attacked.folder.environ)
    attacked.root = attacked.folder.root = attacked.folder.cwd = clone
    built = attacked.folder("-j1")
    assert f"ran {NODES} of {NODES}" in built.out
    attacked.check(built, BEFORE["a"])


@pytest.mark.parametrize("back", [False, True], ids=["newer sources", "sources of then"])
def test_an_older_state_from_a_backup_never_passes_newer_outputs_for_its_own(attacked: Attacked, back: bool) -> None:
    attacked.survives("after\n")
    attacked.restore()
    content = BEFORE["a"] if back else "after\n"
    attacked.folder.write("a", content)
    assert attacked.door() is None
    attacked.check(attacked.folder("-j1"), content)
