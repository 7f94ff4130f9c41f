"""Looks at real files: digests, memory, observations."""

import hashlib
import os
import random
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.errors import UetError
from uetbuild.state import content, observations
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk
from uetbuild.state.mounts import Granularity
from uetbuild.state.observations import Observations, is_settled, still_holds


def plain(data, letter="f"):
    return letter + hashlib.sha256(data).hexdigest()


def settle(_root):
    """Make everything older than the clock's granularity. The change time cannot be set, so the clock is waited for."""
    time.sleep(0.03)


@pytest.fixture
def disk(tmp_path):
    return RealDisk(str(tmp_path), Digests(), {"PATH": str(tmp_path / "bin"), "HOME": "/h"})


def test_a_digest_tells_content_x_bit_and_type(tmp_path, disk):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "run").write_bytes(b"one")
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert disk.digest("a") == plain(b"one")
    assert disk.digest("run") == plain(b"one", "x")
    assert disk.digest("folder") == disk.kind("folder") == "d"
    assert disk.digest("pipe") == disk.kind("pipe") == "o"
    assert disk.digest("absent") == disk.kind("absent") == ""
    assert disk.digest("a/below/a/file") == ""
    assert disk.digest("bad\0name") == ""
    assert disk.digest("x" * 300) == ""


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (1 << 21) + 7])
def test_files_of_every_size_are_read_to_their_end(tmp_path, disk, size):
    data = random.Random(size).randbytes(size)
    (tmp_path / "a").write_bytes(data)
    assert disk.digest("a") == plain(data)
    assert disk.read("a") == data


def test_files_that_tell_no_size_are_read_to_their_end(disk):
    with open("/proc/version", "rb") as file:
        assert disk.read("/proc/version") == file.read()


def test_an_absolute_path_in_the_root_is_the_same_file(tmp_path, disk):
    (tmp_path / "a").write_text("1")
    first = disk.digest(str(tmp_path / "a"))
    (tmp_path / "a").write_text("2")
    assert disk.digest("a") == first
    disk.forget([str(tmp_path / "a")])
    assert disk.digest("a") == plain(b"2")
    assert list(disk.observations.files) == ["a"]


def test_a_link_counts_by_its_text_and_by_what_it_leads_to(tmp_path, disk):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_text("1")
    (tmp_path / "sub/link").symlink_to("../a")
    (tmp_path / "same").symlink_to("sub/../a")
    (tmp_path / "chain").symlink_to("sub/link")
    seen = [disk.digest(path) for path in ("sub/link", "same", "chain")]
    assert {digest[0] for digest in seen} == {"l"}
    assert len(set(seen)) == 3
    (tmp_path / "a").write_text("2")
    disk.forget(["unrelated"])
    again = [disk.digest(path) for path in ("sub/link", "same", "chain")]
    assert all(old != new for old, new in zip(seen, again, strict=True))


def test_links_that_lead_nowhere_or_round_have_a_digest(tmp_path, disk):
    (tmp_path / "dangling").symlink_to("nothing")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "folder").symlink_to("/")
    for path in ("dangling", "a", "b", "folder"):
        assert len(disk.digest(path)) == 65
    assert disk.read("dangling") is None
    assert disk.read("a") is None


def test_what_was_seen_holds_until_it_is_forgotten(tmp_path, disk):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_text("1")
    assert disk.digest("sub/a") == plain(b"1")
    assert disk.entries("sub") == [("a", "f")]
    assert disk.kind("sub/b") == ""
    (tmp_path / "sub/a").write_text("22")
    (tmp_path / "sub/b").write_text("")
    assert (disk.digest("sub/a"), disk.entries("sub"), disk.kind("sub/b")) == (plain(b"1"), [("a", "f")], "")
    disk.forget(["sub/b"])
    assert (disk.digest("sub/a"), disk.entries("sub"), disk.kind("sub/b")) == (plain(b"1"), [("a", "f"), ("b", "f")], "f")
    disk.forget(["sub"])
    assert disk.digest("sub/a") == plain(b"22")


def test_forgetting_a_path_makes_the_folders_above_it_seen_anew(tmp_path, disk):
    assert disk.kind("a") == "" and disk.entries("") == []
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").write_text("")
    disk.forget(["a/b/c"])
    assert (disk.kind("a"), disk.entries(""), disk.entries("a/b")) == ("d", [("a", "d")], [("c", "f")])


def test_what_is_seen_through_a_linked_folder_is_never_older_than_the_last_forget(tmp_path, disk):
    (tmp_path / "real").mkdir()
    (tmp_path / "alias").symlink_to("real")
    (tmp_path / "real/a").write_text("1")
    assert disk.digest("alias/a") == plain(b"1")
    (tmp_path / "real/a").write_text("2")
    disk.forget(["real/a"])
    assert disk.digest("alias/a") == plain(b"2")


def test_entries_are_sorted_and_their_kinds_are_those_of_the_names_themselves(tmp_path, disk):
    (tmp_path / "z").mkdir()
    (tmp_path / "b").write_text("")
    (tmp_path / "a").symlink_to("z")
    os.mkfifo(tmp_path / "c")
    assert disk.entries("") == [("a", "l"), ("b", "f"), ("c", "o"), ("z", "d")]
    assert disk.entries("nowhere") == disk.entries("b") == []


def test_odd_bytes_in_names_are_kept(tmp_path, disk):
    with open(os.fsencode(tmp_path) + b"/\xff\xfe", "wb") as file:
        file.write(b"odd")
    assert disk.entries("") == [("\udcff\udcfe", "f")]
    assert disk.digest("\udcff\udcfe") == plain(b"odd")


def test_a_file_that_may_not_be_read_is_an_error_with_its_name(tmp_path, disk, monkeypatch):
    (tmp_path / "a").write_text("1")
    real = os.open

    def refuse(path, *rest, **named):
        if str(path).endswith("/a"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UetError, match="cannot read `a`: permission denied"):
        disk.digest("a")
    with pytest.raises(UetError, match="cannot read `a`"):
        disk.read("a")
    (tmp_path / "link").symlink_to("a")
    assert disk.digest("link")[0] == "l"


@pytest.fixture(params=["times of the grain there is", "coarse times"])
def grain(request, monkeypatch):
    """Both ways in which the times of files are relied on, where the file system here knows both."""
    if request.param == "coarse times":
        monkeypatch.setattr("uetbuild.state.mounts.fine_device", lambda _: -1)


def test_quick_edits_of_the_same_size_are_never_missed(tmp_path, grain):
    known = Digests()
    path = tmp_path / "a"
    for number in range(500):
        path.write_text(f"{number:06}")
        assert RealDisk(str(tmp_path), known).digest("a") == plain(f"{number:06}".encode())
        path.write_text(f"{number:06}"[::-1])
        assert RealDisk(str(tmp_path), known).digest("a") == plain(f"{number:06}"[::-1].encode())


def test_a_change_right_after_a_look_never_leaves_what_was_seen_standing(tmp_path, grain):
    path = tmp_path / "a"
    path.write_text("0" * 6)
    for number in range(300):
        disk = RealDisk(str(tmp_path), Digests())
        assert disk.digest("a") and disk.entries("")
        how = number % 3
        if how == 0:
            path.write_text(f"{number:06}")
        elif how == 1:
            path.chmod(0o644 if number % 2 else 0o755)
        else:
            (tmp_path / f"new{number}").touch()
        assert not still_holds(disk.observations, str(tmp_path), ENV)


def test_where_times_are_fine_a_file_that_was_just_written_is_hashed_once(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("1")
    device = (tmp_path / "a").stat().st_dev
    known = Digests()
    monkeypatch.setattr("uetbuild.state.disk.granularity", lambda _: Granularity(60_000_000_000, device))
    disk = RealDisk(str(tmp_path), known)
    disk.digest("a")
    assert known.learnt and disk.observations.files["a"] != ()
    known = Digests()
    monkeypatch.setattr("uetbuild.state.disk.granularity", lambda _: Granularity(60_000_000_000, device + 1))
    disk = RealDisk(str(tmp_path), known)
    disk.digest("a")
    assert not known.learnt and disk.observations.files["a"] == (), "what lies elsewhere may be coarse"


def test_files_are_vouched_for_that_were_looked_at_with_these_digests_and_then_all_of_them(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "folder").mkdir()
    device = tmp_path.stat().st_dev
    monkeypatch.setattr("uetbuild.state.disk.granularity", lambda _: Granularity(60_000_000_000, device))
    disk = RealDisk(str(tmp_path), Digests())
    disk.observing = False
    files = {path: disk.digest(path) for path in ("a", "b")}
    assert disk.vouch(files, 3) and disk.vouched.files.keys() == {"a", "b"} and disk.vouched.readers == {"a": 3, "b": 3}
    assert not disk.observations.files
    assert still_holds(disk.vouched, str(tmp_path), ENV)
    before = dict(disk.vouched.readers)
    for path in ("link", "folder", "absent"):
        assert not disk.vouch({"a": files["a"], path: disk.digest(path)}, 4)
    assert not disk.vouch({**files, "b": files["a"]}, 4)
    disk.forget(["b"])
    assert not disk.vouch(files, 4), "nobody knows what is in it now"
    assert disk.vouched.readers == before
    (tmp_path / "b").write_text("3")
    assert not still_holds(disk.vouched, str(tmp_path), ENV)
    monkeypatch.setattr("uetbuild.state.disk.granularity", lambda _: Granularity(60_000_000_000))
    disk = RealDisk(str(tmp_path), Digests())
    assert not disk.vouch({"a": disk.digest("a")}, 3), "a later change might not show"


def test_a_settled_file_is_hashed_once(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("1")
    known = Digests()
    settle(tmp_path)
    assert RealDisk(str(tmp_path), known).digest("a") == plain(b"1")
    assert known.learnt
    monkeypatch.setattr("uetbuild.state.content.digest", lambda *_: pytest.fail("read again"))
    assert RealDisk(str(tmp_path), known).digest("a") == plain(b"1")


def test_a_file_that_changed_just_now_is_not_remembered(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("1")
    monkeypatch.setattr("uetbuild.state.disk.granularity", lambda _: Granularity(60_000_000_000))
    known = Digests()
    RealDisk(str(tmp_path), known).digest("a")
    assert known.learnt == {}


@pytest.mark.parametrize("moment", [0, 1, 4_000_000_000])
def test_ancient_and_future_times_neither_hide_a_change_nor_loop(tmp_path, moment):
    path = tmp_path / "a"
    known = Digests()
    for text in ("1", "2", "3"):
        path.write_text(text)
        os.utime(path, (moment, moment))
        assert RealDisk(str(tmp_path), known).digest("a") == plain(text.encode())
        settle(tmp_path)
        assert RealDisk(str(tmp_path), known).digest("a") == plain(text.encode())


def test_the_racy_rule_compares_with_the_newest_time():
    def status(modified, changed):
        return SimpleNamespace(st_mtime_ns=modified, st_ctime_ns=changed)

    second = 1_000_000_000
    now, window = 100 * second + 7, 10_000_000
    assert is_settled(status(now - window - 1, now - window - 1), now, window)
    assert not is_settled(status(now - window, 0), now, window)
    assert not is_settled(status(0, now - window), now, window)
    assert not is_settled(status(0, now + second), now, window), "a change time in the future never settles"
    assert is_settled(status(now + second, now - window - 1), now, window), "a modification time in the future says nothing"
    assert not is_settled(status(99 * second, 99 * second), now, window), "whole seconds: the clock of the file system is coarse"


def test_a_file_that_is_gone_is_dropped_from_memory(tmp_path):
    (tmp_path / "a").write_text("1")
    settle(tmp_path)
    known = Digests()
    RealDisk(str(tmp_path), known).digest("a")
    known.written()
    (tmp_path / "a").unlink()
    assert RealDisk(str(tmp_path), known).digest("a") == ""
    assert known.learnt == {"a": None}


def test_a_signature_changes_with_every_write(tmp_path, disk):
    (tmp_path / "a").write_text("1")
    first = disk.signature("a")
    settle(tmp_path)
    (tmp_path / "a").write_text("2")
    assert disk.signature("a") == first
    disk.forget(["a"])
    assert disk.signature("a") not in ("", first)
    assert disk.signature("absent") == ""


# --- observations ----------------------------------------------------------------------------------------------------------------

ENV = {"PATH": "bin", "HOME": "/h"}


def look_at_everything(root):
    disk = RealDisk(str(root), Digests(), ENV)
    for path in ("a", "absent", "link", "sub/b"):
        disk.digest(path)
    disk.read("a")
    disk.kind("sub")
    disk.kind("sub/.git")
    disk.entries("sub")
    disk.entries("nowhere")
    disk.env("HOME")
    disk.env("UNSET")
    disk.which("tool")
    disk.which("missing")
    return disk.take_observations()


def test_who_does_not_observe_sees_the_same_and_keeps_nothing(project):
    disk, other = RealDisk(str(project), Digests(), ENV), RealDisk(str(project), Digests(), ENV)
    other.observing = False
    for path in ("a", "absent", "sub", "link"):
        assert (disk.kind(path), disk.digest(path)) == (other.kind(path), other.digest(path))
    assert (
        len(disk.observations.files) == 4 and not other.observations.kinds and not {"a", "absent", "sub"} & other.observations.files.keys()
    )


@pytest.fixture
def project(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tool").write_text("")
    (tmp_path / "bin/tool").chmod(0o755)
    (tmp_path / "a").write_text("1")
    (tmp_path / "sub/b").write_text("1")
    (tmp_path / "link").symlink_to("sub/b")
    settle(tmp_path)
    return tmp_path


CHANGES = {
    "an input": lambda root: (root / "a").write_text("2"),
    "a file that was absent": lambda root: (root / "absent").write_text(""),
    "the target of a link": lambda root: (root / "sub/b").write_text("2"),
    "a link": lambda root: (os.unlink(root / "link"), os.symlink("a", root / "link")),
    "a listed folder": lambda root: (root / "sub/new").write_text(""),
    "a folder that was absent": lambda root: (root / "nowhere").mkdir(),
    "a nested repository": lambda root: (root / "sub/.git").mkdir(),
    "a program": lambda root: os.unlink(root / "bin/tool"),
    "a program that was missing": lambda root: (os.mkdir(root / "x"), os.symlink("tool", root / "bin/missing")),
    "the x bit": lambda root: (root / "a").chmod(0o755),
}


def test_observations_hold_while_nothing_changed(project):
    seen = look_at_everything(project)
    assert still_holds(seen, str(project), ENV)
    (project / "bystander").write_text("not looked at")
    assert still_holds(seen, str(project), ENV)
    assert still_holds(Observations.from_row(seen.row()), str(project), ENV)


@pytest.mark.parametrize("change", CHANGES)
def test_observations_do_not_hold_after_a_change_of(project, change):
    seen = look_at_everything(project)
    CHANGES[change](project)
    assert not still_holds(seen, str(project), ENV)


@pytest.mark.parametrize("environ", [{"PATH": "bin"}, ENV | {"HOME": "/g"}, ENV | {"UNSET": ""}, ENV | {"PATH": "bin2:bin"}])
def test_observations_do_not_hold_in_another_environment(project, environ):
    assert not still_holds(look_at_everything(project), str(project), environ)


@pytest.mark.parametrize(("look", "path"), [("digest", "a"), ("read", "a"), ("digest", "link"), ("entries", "sub")])
def test_what_changed_just_now_vouches_for_nothing(project, monkeypatch, look, path):
    for window, holds in ((10_000_000, True), (60_000_000_000, False)):
        monkeypatch.setattr("uetbuild.state.disk.granularity", lambda _, window=window: Granularity(window))
        disk = RealDisk(str(project), Digests(), ENV)
        getattr(disk, look)(path)
        assert still_holds(disk.observations, str(project), ENV) is holds


def test_what_was_seen_in_two_states_never_holds(project):
    disk = RealDisk(str(project), Digests(), ENV)
    disk.digest("a")
    (project / "a").write_text("2")
    disk.forget(["a"])
    disk.digest("a")
    settle(project)
    assert not still_holds(disk.observations, str(project), ENV)


def test_a_file_that_changes_between_look_and_reading_never_holds(project):
    disk = RealDisk(str(project), Digests(), ENV)
    disk.kind("a")
    (project / "a").write_text("2")
    assert disk.digest("a") == plain(b"2")
    settle(project)
    assert not still_holds(disk.observations, str(project), ENV)


def test_a_file_that_is_written_while_it_is_read_is_read_again_and_never_remembered(project, monkeypatch):
    path, real, written = project / "a", content.digest, []

    def digest_while_someone_writes(descriptor, size):
        found = real(descriptor, size)
        if len(written) < limit:
            written.append(path.write_text(str(len(written))))
        return found

    monkeypatch.setattr("uetbuild.state.content.digest", digest_while_someone_writes)
    monkeypatch.setattr(
        "uetbuild.state.disk.granularity", lambda _: Granularity(1)
    )  # so that nothing but the writing keeps it from being remembered
    for limit in (1, 100):
        settle(project)
        written.clear()
        known = Digests()
        disk = RealDisk(str(project), known, ENV)
        found = disk.digest("a")
        assert len(written) == (1 if limit == 1 else 3)
        assert limit > 1 or found == plain(path.read_bytes())
        assert known.learnt == {}
        assert not still_holds(disk.observations, str(project), ENV)


def test_observations_of_two_looks_add_up(project):
    first = look_at_everything(project)
    other = Observations()
    other.env["EXTRA"] = None
    first.add(other)
    assert still_holds(first, str(project), ENV)
    assert not still_holds(first, str(project), ENV | {"EXTRA": "1"})
    torn = Observations()
    torn.kinds["sub"] = "f"
    first.add(torn)
    assert not still_holds(first, str(project), ENV)


def test_programs_are_found_as_execvp_finds_them(project):
    root = str(project)
    (project / "bin/plain").write_text("")
    assert observations.find_program("tool", "nowhere:bin", root) == f"{root}/bin/tool"
    assert observations.find_program("bin/tool", "", root) == f"{root}/bin/tool"
    assert observations.find_program("plain", "bin", root) == ""
    assert observations.find_program("bin", "", root) == ""
    assert observations.find_program("sh", None, root) in ("/bin/sh", "/usr/bin/sh")


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["write", "remove", "link", "look"]), st.sampled_from(["a", "d/a", "d/e/a", "d"]), st.integers(0, 3)),
    max_size=12,
)


@given(ACTIONS)
def test_after_forgetting_what_changed_a_disk_sees_what_a_new_one_sees(tmp_path_factory, actions):
    root = tmp_path_factory.mktemp("disk")
    disk = RealDisk(str(root), Digests())
    paths = ["a", "d", "d/a", "d/e", "d/e/a"]
    for action, path, number in actions:
        if action != "look":
            _change(root / path, action, number)
            disk.forget([path])
        fresh = RealDisk(str(root), Digests())
        for name in paths:
            assert (disk.kind(name), disk.digest(name), disk.entries(name)) == (fresh.kind(name), fresh.digest(name), fresh.entries(name))
        assert disk.entries("") == fresh.entries("")


def _change(path, action, number):
    try:
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            path.rename(path.with_name(f"old{time.time_ns()}")) if action != "write" else None
            return
        if action == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x" * number)
        elif action == "link":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to("a")
    except OSError:
        pass
