"""The build lock, between real processes and against filelock's own."""

import os
import subprocess
import sys

import filelock
import pytest

from uetbuild.errors import ExitCode, UetError
from uetbuild.state.lock import BuildLock, holder

HOLD = """
import sys
from uetbuild.state.lock import BuildLock
lock = BuildLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "lock")


@pytest.fixture
def other(path):
    """A process that holds the lock until its stdin closes."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_without_waiting_a_held_lock_is_an_error_that_names_the_holder(path, other):
    with pytest.raises(UetError, match=f"process {other.pid}") as caught:
        BuildLock(path).acquire(wait=False)
    assert caught.value.code == ExitCode.LOCKED


def test_who_waits_is_told_once_for_whom_and_gets_the_lock_when_that_one_ends(path, other):
    told = []

    def end(who):
        told.append(who)
        other.stdin.close()

    lock = BuildLock(path)
    lock.acquire(on_wait=end)
    assert [one.pid for one in told] == [other.pid]
    assert holder(path).pid == os.getpid()
    lock.release()
    assert holder(path) is None


def test_the_lock_dies_with_its_process(path, other):
    assert holder(path).pid == other.pid
    other.kill()
    other.wait()
    assert holder(path) is None
    BuildLock(path).acquire(wait=False)


def test_it_excludes_filelock_and_is_excluded_by_it(path):
    foreign = filelock.FileLock(path, timeout=0)
    lock = BuildLock(path)
    lock.acquire()
    with pytest.raises(filelock.Timeout):
        foreign.acquire()
    lock.release()
    with foreign, pytest.raises(UetError):
        BuildLock(path).acquire(wait=False)
    lock.acquire(wait=False)


def test_it_is_held_until_the_last_heir_of_the_descriptor_is_gone(path):
    lock = BuildLock(path)
    lock.acquire()
    reading, writing = os.pipe()
    heir = os.fork()
    if heir == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
    os.close(reading)
    lock.release()
    try:
        with pytest.raises(UetError):
            BuildLock(path).acquire(wait=False)
    finally:
        os.close(writing)
        os.waitpid(heir, 0)
    BuildLock(path).acquire(wait=False)


def test_a_lock_file_that_was_removed_meanwhile_guards_nothing(path, other):
    def remove(_pid):
        os.unlink(path)
        other.stdin.close()

    lock = BuildLock(path)
    lock.acquire(on_wait=remove)
    with pytest.raises(UetError):
        BuildLock(path).acquire(wait=False)


def test_a_planted_link_is_not_followed(path, tmp_path):
    (tmp_path / "victim").write_text("keep me")
    os.symlink("victim", path)
    with pytest.raises(UetError, match="cannot lock"):
        BuildLock(path).acquire()
    assert (tmp_path / "victim").read_text() == "keep me"


def test_what_is_not_held_has_no_descriptor(path):
    lock = BuildLock(path)
    lock.release()
    with pytest.raises(ValueError):
        lock.fileno()
    assert holder(path) is None


def test_the_file_says_who_holds_it_since_when_and_in_which_run(path):
    lock = BuildLock(path)
    lock.acquire()
    first = holder(path)
    assert (first.pid, first.run, first.alive) == (os.getpid(), "", True)
    assert abs(first.since - os.stat(path).st_mtime) < 60
    lock.tell("20260101-000000-000000-abcd")
    assert holder(path) == first.with_(run="20260101-000000-000000-abcd")
    with pytest.raises(UetError, match="run `20260101-000000-000000-abcd`"):
        BuildLock(path).acquire(wait=False)
    lock.release()
    BuildLock(path).acquire()


def test_a_run_that_held_it_before_is_not_told_of_the_next_one(path):
    with open(path, "w") as file:
        file.write("1\n1.0\n20260101-000000-000000-abcd\n")
    lock = BuildLock(path)
    lock.acquire()
    assert (holder(path).pid, holder(path).run) == (os.getpid(), "")
    lock.release()


@pytest.mark.parametrize("text", [b"", b"x", b"\xff\n\xff\n", b"1" * 300, b"12\nnever\n$(run)\n", b"12\n1.2.3\n"])
def test_what_somebody_else_wrote_into_the_file_is_not_believed(path, text):
    lock = BuildLock(path)
    lock.acquire()
    with open(path, "wb") as file:
        file.write(text)
    found = holder(path)
    assert (found.since, found.run) == (0.0, "")
    lock.release()


def test_a_holder_whose_process_is_gone_is_told_as_what_it_is(path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = BuildLock(path)
    lock.acquire()
    with open(path, "w") as file:
        file.write(f"{gone.pid}\n1.0\n\n")
    assert not holder(path).alive
    with pytest.raises(UetError, match=f"process {gone.pid} was killed, and its workers are still ending what it ran") as caught:
        BuildLock(path).acquire(wait=False)
    assert caught.value.code == ExitCode.LOCKED
    lock.release()
