"""The state folder: where things lie, and which folders are refused."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.secrets import Secrets
from uetbuild.errors import ExitCode, UetError
from uetbuild.state import reports
from uetbuild.state.layout import Layout, new_run_id


def test_the_state_folder_is_private_and_ignores_itself(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    layout.ensure()
    assert stat.S_IMODE((tmp_path / ".uet").stat().st_mode) == 0o700
    assert (tmp_path / ".uet/.gitignore").read_text() == "*\n"


def test_checking_never_makes_the_folder(tmp_path):
    assert Layout(str(tmp_path)).check() is False
    assert list(tmp_path.iterdir()) == []


def test_a_state_folder_open_to_others_is_closed(tmp_path):
    (tmp_path / ".uet").mkdir(mode=0o755)
    Layout(str(tmp_path)).ensure()
    assert stat.S_IMODE((tmp_path / ".uet").stat().st_mode) == 0o700


@pytest.mark.parametrize("method", ["check", "ensure"])
def test_a_planted_link_is_refused(tmp_path, method):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".uet").symlink_to("elsewhere")
    with pytest.raises(UetError, match="it is a symlink") as caught:
        getattr(Layout(str(tmp_path)), method)()
    assert caught.value.code == ExitCode.USAGE
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("method", ["check", "ensure"])
def test_a_file_in_its_place_is_refused(tmp_path, method):
    (tmp_path / ".uet").write_text("")
    with pytest.raises(UetError, match="it is not a folder"):
        getattr(Layout(str(tmp_path)), method)()


@pytest.mark.parametrize("method", ["check", "ensure"])
def test_a_folder_of_another_user_is_refused(tmp_path, monkeypatch, method):
    (tmp_path / ".uet").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UetError, match="belongs to another user"):
        getattr(Layout(str(tmp_path)), method)()


def test_a_state_folder_elsewhere_is_made_with_its_parents(tmp_path):
    layout = Layout(str(tmp_path / "project"), str(tmp_path / "var/state"))
    layout.ensure()
    layout.ensure()
    assert (tmp_path / "var/state/.gitignore").exists()
    assert layout.shown(layout.database) == str(tmp_path / "var/state/state.db")


def test_a_state_folder_elsewhere_that_a_build_was_killed_in_is_taken(tmp_path):
    (tmp_path / ".gitignore.123.tmp").write_text("")
    layout = Layout(str(tmp_path / "project"), str(tmp_path))
    layout.ensure()
    layout.clear_drafts()
    assert [path.name for path in tmp_path.iterdir()] == [".gitignore"]


def test_a_state_folder_elsewhere_that_holds_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UetError, match="holds other things"):
        Layout(str(tmp_path), str(tmp_path)).ensure()
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_logs_have_names_that_every_file_system_takes(tmp_path):
    layout = Layout(str(tmp_path))
    assert layout.shown(layout.log("R", "obj[src/a.c]")).startswith(".uet/runs/R/logs/obj")
    names = {os.path.basename(layout.log("R", "é" * length)) for length in range(1, 300)}
    assert len(names) == 299
    assert max(map(len, names)) <= 255
    assert all(name.endswith(".log") and "/" not in name for name in names)


@given(st.lists(st.integers(0, 4_000_000_000_000_000), min_size=2))
def test_run_ids_sort_by_time(micros):
    times = sorted(micro / 1_000_000 for micro in micros)
    ids = [new_run_id(time, b"\xab\x12") for time in times]
    assert ids == sorted(ids)


def test_a_run_id_is_made_of_its_time_and_entropy():
    assert new_run_id(1795253400.123456, b"\xab\x12\xff") == "20261121-093000-123456-ab12"


def test_all_snapshots_are_dropped_and_nothing_else(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    for name in ("plan.bin", "plan-ci.bin", "graph-1.bin", "state.db"):
        (tmp_path / ".uet" / name).write_text("")
    layout.drop_snapshots()
    assert sorted(os.listdir(layout.folder)) == [".gitignore", "graph-1.bin", "state.db"]


def test_a_report_that_is_being_masked_when_we_are_killed_leaves_nothing_where_nobody_looks(tmp_path, monkeypatch):
    layout = Layout(str(tmp_path))
    layout.ensure()
    layout.ensure_run("R")
    report = reports.path_of(layout.log("R", "a"))
    Path(report).write_text('{"model": "secret-1234"}')

    def killed(*paths: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        reports.read(report, Secrets(("secret-1234",)), layout.folder)
    assert [name for name in os.listdir(layout.folder) if name.endswith(".tmp")]
    layout.clear_drafts()
    assert {path for path in Path(layout.folder).rglob("*") if path.is_file()} == {Path(report), Path(layout.folder, ".gitignore")}
