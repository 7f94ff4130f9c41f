"""Changes of project files by us: only what is named, only in the root, never behind a link that leads out."""

import os
import stat

import pytest

from uetbuild.errors import ExitCode, UetError
from uetbuild.state.hands import FileHands
from uetbuild.state.layout import Layout


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    return root


@pytest.fixture
def outside(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("keep me")
    return outside


@pytest.fixture
def hands(root):
    layout = Layout(str(root))
    layout.ensure()
    return FileHands(str(root), layout, lambda paths: {path for path in paths if path == "tracked"})


def test_files_and_links_are_removed_and_their_targets_stay(root, outside, hands):
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/file").write_text("")
    (root / "link").symlink_to(outside / "precious")
    (root / "folder_link").symlink_to(outside)
    for path in ("a/b/file", "link", "folder_link", "absent", "absent/below", "a/b/file/below", str(root / "a/b/other")):
        hands.remove(path)
    assert not (root / "a/b/file").exists()
    assert not os.path.lexists(root / "link") and not os.path.lexists(root / "folder_link")
    assert (outside / "precious").exists()


def test_a_folder_is_never_removed_as_a_file(root, hands):
    (root / "a").mkdir()
    hands.remove("a")
    assert (root / "a").is_dir()


@pytest.mark.parametrize("act", ["remove", "remove_empty", "make_folder", "save_copy"])
def test_a_link_out_of_the_root_is_refused(root, outside, hands, act):
    (outside / "empty").mkdir()
    (root / "out").symlink_to(outside)
    paths = {"remove": "out/precious", "remove_empty": "out/empty", "make_folder": "out/new", "save_copy": "out/precious"}
    with pytest.raises(UetError, match=f"refusing to touch `{paths[act]}.*`out` is a link out of the root") as caught:
        getattr(hands, act)(paths[act], *(["R"] if act == "save_copy" else []))
    assert caught.value.code == ExitCode.FAILED
    assert sorted(os.listdir(outside)) == ["empty", "precious"]


def test_a_link_within_the_root_is_followed_unless_it_was_said_otherwise(root, hands):
    (root / "real").mkdir()
    (root / "alias").symlink_to("real")
    for name in ("a", "b"):
        (root / "real" / name).write_text("")
    hands.remove("alias/a")
    assert os.listdir(root / "real") == ["b"]
    strict = FileHands(str(root), Layout(str(root)), lambda _: set(), through_links=False)
    with pytest.raises(UetError, match="`alias` is a link"):
        strict.remove("alias/b")
    assert os.listdir(root / "real") == ["b"]


@pytest.mark.parametrize("path", ["../outside/precious", "a/../../outside/precious", "/etc/passwd", "/"])
def test_nothing_outside_the_root_is_touched(hands, outside, path):
    for act in (hands.remove, hands.make_folder, hands.remove_empty):
        with pytest.raises(UetError, match="outside the root"):
            act(path)
    assert (outside / "precious").exists()


@pytest.mark.parametrize("path", [".git/config", ".GIT/config", "sub/.git/config", ".uet/state.db", "alias/config"])
def test_git_and_our_own_state_are_never_touched(root, hands, path):
    for folder in (".git", "sub/.git"):
        (root / folder).mkdir(parents=True)
        (root / folder / "config").write_text("")
    (root / ".uet/state.db").write_text("")
    (root / "alias").symlink_to(".git")
    for act in (hands.remove, lambda path: hands.make_folder(path + "/x")):
        with pytest.raises(UetError, match="refusing to touch"):
            act(path)
    assert (root / ".git/config").exists() and (root / ".uet/state.db").exists()


def test_a_state_folder_elsewhere_in_the_root_is_ours_as_well(root):
    layout = Layout(str(root), "state")
    layout.ensure()
    (root / "state/state.db").write_text("")
    with pytest.raises(UetError, match="it is in the state folder"):
        FileHands(str(root), layout, lambda _: set()).remove("state/state.db")


def test_a_root_that_is_itself_reached_through_a_link_is_the_root(root, tmp_path, hands):
    (tmp_path / "way").symlink_to(root)
    (root / "a").mkdir()
    (root / "a/file").write_text("")
    FileHands(str(tmp_path / "way"), Layout(str(tmp_path / "way")), lambda _: set()).remove(str(tmp_path / "way/a/file"))
    assert os.listdir(root / "a") == []


def test_empty_folders_are_removed_up_to_the_first_that_is_not(root, hands):
    (root / "a/b/c").mkdir(parents=True)
    (root / "a/file").write_text("")
    hands.remove_empty("a/b/c")
    assert os.listdir(root / "a") == ["file"]
    hands.remove_empty("a")
    hands.remove_empty("absent")
    hands.remove_empty("")
    assert root.exists()


def test_empty_folders_are_removed_up_to_the_first_that_is_needed(root, hands):
    (root / "a/b/c").mkdir(parents=True)
    hands.remove_empty("a/b/c", {"a/b"})
    assert os.listdir(root / "a") == ["b"] and os.listdir(root / "a/b") == []


def test_a_linked_folder_is_not_an_empty_one(root, hands):
    (root / "real").mkdir()
    (root / "alias").symlink_to("real")
    hands.remove_empty("alias")
    assert os.path.lexists(root / "alias") and (root / "real").exists()


def test_folders_are_made_with_their_parents(root, hands):
    assert hands.make_folder("a/b/c")
    assert not hands.make_folder("a/b/c")
    assert not hands.make_folder("")
    assert (root / "a/b/c").is_dir()
    (root / "alias").symlink_to("a")
    assert hands.make_folder("alias/d")
    assert not hands.make_folder("alias/b")
    assert (root / "a/d").is_dir()


@pytest.mark.parametrize("path", ["file", "file/below"])
def test_a_file_in_the_way_of_a_folder_is_an_error(root, hands, path):
    (root / "file").write_text("")
    with pytest.raises(UetError, match=f"cannot make the folder `{path}`"):
        hands.make_folder(path)


def test_a_folder_that_was_seen_is_believed_until_others_may_have_changed_it(root, outside, hands):
    (root / "out").mkdir()
    assert hands.refusal("out/a") == "" and not hands.make_folder("out")
    assert hands.refusal("out/.git") == "refusing to touch `out/.git`: `.git` is not a recipe's to write"
    (root / "out").rmdir()
    (root / "out").symlink_to(outside)
    hands.look_again()
    assert "is a link out of the root" in hands.refusal("out/a")
    (root / "out").unlink()
    assert hands.make_folder("out")


def test_a_folder_that_we_removed_ourselves_is_not_believed_to_be_there(hands):
    assert hands.make_folder("a/b") and not hands.make_folder("a/b")
    hands.remove_empty("a/b")
    assert hands.make_folder("a/b")


def test_a_copy_has_bytes_mode_and_times_and_a_link_stays_one(root, outside, hands):
    (root / "out").mkdir()
    (root / "out/tool").write_bytes(b"x" * 3_000_000)
    (root / "out/tool").chmod(0o751)
    os.utime(root / "out/tool", (1, 2))
    (root / "out/link").symlink_to(outside / "precious")
    assert hands.save_copy("out/tool", "R") == ".uet/kept/R/out/tool"
    copy = root / ".uet/kept/R/out/tool"
    assert copy.read_bytes() == b"x" * 3_000_000
    assert stat.S_IMODE(copy.stat().st_mode) == 0o751 and copy.stat().st_mtime == 2
    assert hands.save_copy("out/link", "R") == ".uet/kept/R/out/link"
    assert os.readlink(root / ".uet/kept/R/out/link") == str(outside / "precious")


def test_a_second_copy_in_one_run_never_replaces_the_first(root, hands):
    (root / "a").write_text("1")
    hands.save_copy("a", "R")
    (root / "a").write_text("2")
    assert hands.save_copy("a", "R") == ".uet/kept/R/a~2"
    assert (root / ".uet/kept/R/a").read_text() == "1"


def test_a_copy_of_nothing_is_nothing(hands):
    assert hands.save_copy("absent", "R") == ""


def test_git_is_asked_what_it_tracks(hands):
    assert hands.tracked(["tracked", "other"]) == {"tracked"}
