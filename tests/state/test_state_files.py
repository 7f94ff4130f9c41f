"""Sealed values, whole files, and what kind of file system a folder lies on."""

import os
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.state import atomic
from uetbuild.state.mounts import file_system, fine_device, granularity, is_network
from uetbuild.state.sealed import key_of, seal, seed, text_of, unseal

VALUES = st.recursive(
    st.integers() | st.floats(allow_nan=False) | st.text(st.characters(exclude_categories=())) | st.booleans(),
    lambda inner: st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.binary(max_size=5), st.integers(0, 2**32 - 1))
def test_a_sealed_value_is_read_with_its_own_key_and_start_only(value, key, start):
    blob = seal(value, key, start)
    assert unseal(blob, key, start) == value
    assert unseal(blob, key + b"x", start) is None
    assert unseal(blob, key, start ^ 1) is None


@given(VALUES, st.data())
def test_a_sealed_value_with_a_flipped_bit_or_a_lost_end_is_not_read(value, data):
    blob = bytearray(seal(value))
    assert unseal(bytes(blob[: data.draw(st.integers(0, len(blob) - 1))])) is None
    place = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[place // 8] ^= 1 << place % 8
    assert unseal(bytes(blob)) is None


@pytest.mark.parametrize("blob", [None, 7, "text", b"", b"1234"])
def test_what_is_no_sealed_value_is_not_read(blob):
    assert unseal(blob) is None


def test_seeds_differ_by_table_and_fields():
    assert len({seed("a"), seed("b"), seed("a", ("x",)), seed("a", ("x", "y"))}) == 4


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_a_key(text):
    assert text_of(key_of(text)) == text


def test_what_is_no_key_is_no_text():
    assert text_of(b"\xff") is None
    assert text_of("text") is None


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = str(tmp_path / "a")
    atomic.write(path, b"one")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        atomic.write(path, b"two")
    assert atomic.read_own(path) == b"one"
    assert os.listdir(tmp_path) == ["a"]
    assert atomic.read_own(str(tmp_path)) is None


MOUNTS = r"""21 1 8:1 / / rw - ext4 /dev/sda1 rw
30 21 0:40 / /home rw,nosuid shared:1 - nfs4 server:/home rw
31 30 8:2 / /home/me/fast rw - xfs /dev/sdb1 rw
32 21 0:41 / /mnt/with\040blank rw - fuse.sshfs host: rw
33 21 0:42 / /mnt rw - vfat /dev/sdc rw
not a mount
34 21 0:43 / /mnt rw - exfat /dev/sdd rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/homes", "ext4"),
        ("/home", "nfs4"),
        ("/home/me/fast", "xfs"),
        ("/home/me/fast/project", "xfs"),
        ("/mnt/with blank/x", "fuse.sshfs"),
        ("/mnt/other", "exfat"),
    ],
)
def test_the_file_system_is_that_of_the_longest_and_latest_mount_point(path, kind):
    assert file_system(path, MOUNTS) == kind


def test_network_file_systems_are_known(monkeypatch):
    assert all(map(is_network, ["nfs", "nfs4", "cifs", "fuse", "fuse.sshfs"]))
    assert not any(map(is_network, ["ext4", "btrfs", "", "fuseblk", "overlay"]))
    for kind, window in (("ext4", 10_000_000), ("nfs", 2_000_000_000), ("vfat", 2_000_000_000)):
        monkeypatch.setattr("uetbuild.state.mounts.file_system", lambda _, kind=kind: kind)
        assert granularity("/").of(-2) == window
        assert kind == "ext4" or granularity("/").fine == -1, "there other machines write too, or times are whole seconds"


def test_times_are_fine_where_each_change_after_a_look_gives_a_new_one(tmp_path, monkeypatch):
    fine = fine_device(str(tmp_path))
    assert fine in (-1, tmp_path.stat().st_dev)
    assert os.listdir(tmp_path) == []
    assert fine_device("/proc") == fine_device(str(tmp_path / "nowhere")) == -1

    def found(times, each):
        given, now = iter(times), iter(range(0, 10**9, each))
        system = SimpleNamespace(O_TMPFILE=0, O_RDWR=0, O_CLOEXEC=0, open=lambda *_: 3, close=int, pwrite=lambda *_: 1)
        system.fstat = lambda _: SimpleNamespace(st_ctime_ns=next(given), st_dev=7)
        monkeypatch.setattr("uetbuild.state.mounts.os", system)
        monkeypatch.setattr("uetbuild.state.mounts.monotonic_ns", lambda: next(now))
        return fine_device(str(tmp_path))

    assert found((1, 2, 3, 4), 10_000) == 7
    assert found((1, 2, 2, 3), 10_000) == found((5, 5, 5, 5), 10_000) == -1
    assert found((1, 2, 3, 4), 1_000_000) == -1, "so slow that a coarse clock may have moved on each time"


def test_a_file_is_created_whole_with_its_mode_and_never_over_another(tmp_path):
    before = os.umask(0o022)
    try:
        atomic.create(str(tmp_path / "hook"), b"one", 0o777)
    finally:
        os.umask(before)
    assert (tmp_path / "hook").stat().st_mode & 0o777 == 0o755
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("hook", "link"):
        with pytest.raises(FileExistsError):
            atomic.create(str(tmp_path / name), b"two")
    assert (tmp_path / "hook").read_bytes() == b"one"
    assert sorted(os.listdir(tmp_path)) == ["hook", "link"]


def test_a_file_is_replaced_whole_with_its_mode_and_leaves_no_draft(tmp_path):
    (tmp_path / "hook").write_bytes(b"old")
    atomic.replace(str(tmp_path / "hook"), b"new", 0o700)
    assert ((tmp_path / "hook").read_bytes(), (tmp_path / "hook").stat().st_mode & 0o777) == (b"new", 0o700)
    with pytest.raises(OSError):
        atomic.replace(str(tmp_path), b"new")
    assert os.listdir(tmp_path) == ["hook"]
