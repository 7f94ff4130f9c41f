"""`changed_sweeps` in Python and in C: they give the same answers, whatever happened to the files."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import accelerator
import pytest
from accelerator import Sweeper
from hatchling.builders.wheel import WheelBuilder
from rights import without_rights

import hatch_build
from uetbuild import front
from uetbuild.state import snapshot

ROOT = Path(__file__).parents[1]


@pytest.fixture(params=["in Python", "in Python, by two processes", "in C"])
def sweep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sweeper:
    monkeypatch.chdir("/")  # the one in Python leaves the folder
    if request.param == "in C":
        return accelerator.loaded().changed_sweeps
    monkeypatch.setattr(front, "WORTH_FORKING", 10**9 if request.param == "in Python" else 0)
    return front.changed_sweeps


def recorded(root: Path) -> list[front.Sweep]:
    """All that is no folder below `root`, as it is now."""
    paths = [os.path.join(folder, name) for folder, folders, names in os.walk(root) for name in [*folders, *names]]
    looks = {path: front.print_of(path) for path in paths if not os.path.isdir(path) or os.path.islink(path)}
    sweeps, _ = snapshot.sweeps_of({path: look for path, look in looks.items() if look is not None})
    return sweeps


def laid(root: Path, folders: int = 3, files: int = 3) -> Path:
    for folder in range(folders):
        (root / f"d{folder}").mkdir()
        for file in range(files):
            (root / f"d{folder}" / f"f{file}").write_text("text")
    return root


def renewed(path: Path) -> None:
    status = path.stat()
    path.rename(path.with_name("other"))
    path.write_text("text")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda path: path.write_text("text more"),
    "as long": lambda path: path.write_text("next"),
    "touched": lambda path: os.utime(path, (1, 1)),
    "another mode": lambda path: path.chmod(0o600),
    "another of the same size and time": renewed,
    "gone": lambda path: path.unlink(),
    "a link": lambda path: (path.unlink(), path.symlink_to("f0")),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "its folder gone": lambda path: shutil.rmtree(path.parent),
    "its folder a file": lambda path: (shutil.rmtree(path.parent), path.parent.write_text("")),
    "its folder a link that leads nowhere": lambda path: (shutil.rmtree(path.parent), path.parent.symlink_to("nowhere")),
    "its folder a link that leads to itself": lambda path: (shutil.rmtree(path.parent), path.parent.symlink_to("d1")),
    "its folder another": lambda path: (path.parent.rename(path.parents[1] / "e"), shutil.copytree(path.parents[1] / "e", path.parent)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_found_in_its_folder_and_nowhere_else(sweep: Sweeper, tmp_path: Path, what: str) -> None:
    sweeps = recorded(laid(tmp_path))
    assert sweep(sweeps, 0) == []
    CHANGES[what](tmp_path / "d1" / "f1")
    assert sweep(sweeps, 1) == [1]


def test_what_is_not_in_the_record_is_none_of_its_business(sweep: Sweeper, tmp_path: Path) -> None:
    sweeps = recorded(laid(tmp_path))
    (tmp_path / "d1" / "more").touch()
    (tmp_path / "d1" / "f1").read_text()
    (tmp_path / "d2").rename(tmp_path / "moved")
    (tmp_path / "d2").symlink_to("moved")  # where a folder is a link it is the folder that this leads to
    assert sweep(sweeps, 0) == []


def test_of_a_link_it_is_the_link_that_counts(sweep: Sweeper, tmp_path: Path) -> None:
    laid(tmp_path)
    (tmp_path / "d0" / "link").symlink_to("f0")
    (tmp_path / "d1" / "link").symlink_to("nowhere")
    sweeps = recorded(tmp_path)
    (tmp_path / "d0" / "f0").unlink()
    (tmp_path / "d1" / "nowhere").touch()
    assert sweep(sweeps, 3) == [0]
    assert sweep([each for each in sweeps if b"f0" not in each[1]], 0) == []


FAR = {
    "before 1970": -1,
    "a second before it": -1_000_000_000,
    "long before it": -2_147_483_648_000_000_000,
    "after 2262": 9_300_000_000_000_000_000,  # nanoseconds that 63 bits do not hold
    "as late as ext4 can": 15_032_385_535_999_999_999,
    "one that hashes to 0": (1 << 61) - 1,
    "one that hashes to -1": (1 << 61) - 2,
}


@pytest.mark.parametrize("when", FAR)
def test_times_are_those_that_python_sees(sweep: Sweeper, tmp_path: Path, when: str) -> None:
    file = laid(tmp_path, 1, 1) / "d0" / "f0"
    os.utime(file, ns=(0, FAR[when]))
    sweeps = recorded(tmp_path)
    assert sweep(sweeps, 0) == []
    os.utime(file, ns=(0, FAR[when] + 1))
    assert sweep(sweeps, 1) == [0]


def test_files_may_be_bigger_than_31_bits_can_say(sweep: Sweeper, tmp_path: Path) -> None:
    file = laid(tmp_path, 1, 1) / "d0" / "f0"
    os.truncate(file, 5 << 40)
    sweeps = recorded(tmp_path)
    assert sweep(sweeps, 0) == []
    os.truncate(file, (5 << 40) + (1 << 32))
    assert sweep(sweeps, 1) == [0]


def test_names_are_bytes(sweep: Sweeper, tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    folders = [b"caf\xe9", "žluť".encode(), b" spaces\tand\nlines ", b"-rf", b"$(x)'\""]
    for folder in folders:
        os.mkdir(os.path.join(root, folder))
        for name in folders:
            with open(os.path.join(root, folder, name), "wb"):
                pass
    sweeps = recorded(tmp_path)
    assert sweep(sweeps, 0) == []
    os.unlink(os.path.join(root, folders[0], folders[0]))
    (number,) = sweep(sweeps, 1)
    assert os.fsencode(sweeps[number][0]) == os.path.join(root, folders[0])


def test_a_folder_that_may_not_be_listed_is_looked_into_and_one_that_may_not_be_entered_is_not(sweep: Sweeper, tmp_path: Path) -> None:
    sweeps = recorded(laid(tmp_path))
    (tmp_path / "d0").chmod(0o100)
    (tmp_path / "d1").chmod(0o600)

    def tried() -> None:
        found = sweep(sweeps, 1)
        assert found == [1], found

    try:
        without_rights(tried)
    finally:
        (tmp_path / "d1").chmod(0o700)


def test_more_than_one_wants_to_know_is_an_error_and_as_many_is_none(sweep: Sweeper, tmp_path: Path) -> None:
    sweeps = recorded(laid(tmp_path, 8, 2))
    for number in (0, 3, 6, 7):
        (tmp_path / f"d{number}" / "f1").write_text("changed")
    assert sweep(sweeps, 4) == [0, 3, 6, 7]
    for most in range(4):
        with pytest.raises(OSError):
            sweep(sweeps, most)


def test_nothing_at_all_has_not_changed(sweep: Sweeper) -> None:
    assert sweep([], 0) == []


def test_many_files_are_all_looked_at_by_threads_too(sweep: Sweeper, tmp_path: Path) -> None:
    sweeps = recorded(laid(tmp_path, 5, 220))  # one for every 500
    for folder in (0, 2, 3):
        (tmp_path / f"d{folder}" / f"f{219 - folder}").unlink()
    for _ in range(20):
        assert sweep(sweeps, 3) == [0, 2, 3]
    with pytest.raises(OSError):
        sweep(sweeps, 2)


def edited(root: Path, dice: random.Random) -> None:
    """One change of anything, or of nothing."""
    folder = root / f"d{dice.randrange(5)}"
    path = folder / f"f{dice.randrange(5)}"
    change = dice.choice([*CHANGES.values(), lambda path: path.parent.mkdir(), lambda path: path.write_text("new"), Path.read_text])
    try:
        change(path)
    except OSError:  # it is not there any more
        pass


def test_both_say_the_same_of_random_trees_after_random_edits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    in_c = accelerator.loaded().changed_sweeps
    answers = set()
    for seed in range(60):
        dice = random.Random(seed)
        root = tmp_path / str(seed)
        root.mkdir()
        laid(root, 5, 5)
        for _ in range(dice.randrange(10)):
            edited(root, dice)
        sweeps = recorded(root)
        for _ in range(dice.randrange(5)):
            edited(root, dice)
            for most in (0, 2, 9):
                said = [outcome(one, sweeps, most) for one in (front.changed_sweeps, in_c)]
                assert said[0] == said[1], f"seed {seed}"
                answers.add(said[0])
    assert len(answers) > 20


def outcome(sweep: Sweeper, sweeps: list[front.Sweep], most: int) -> str:
    try:
        return str(sweep(sweeps, most))
    except OSError as error:
        return type(error).__name__


# --- in C only ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sweeps",
    [
        None, (), [None], [()], [("/", b"a", 1)], [("/", b"a", 1, 2, 3)], [("/", "a", 1, 2)], [(1, b"a", 1, 2)], [("/", b"a", "1", 2)],
        [("/", b"a", 1, None)], [("/", b"a", 1, 1 << 64)], [("/", b"a", 1 << 64, 1)], [("/\0", b"a", 1, 1)], [("/", b"a", 1, 1), 7],
        [("/", bytearray(b"a"), 1, 1)], [("\udfff\ud800", b"a", 1, 1)],
    ],
)  # fmt: skip
def test_what_is_no_list_of_sweeps_is_an_error(sweeps: object) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        accelerator.loaded().changed_sweeps(sweeps, 1)


def test_names_without_names_and_numbers_that_are_not_theirs_are_changes() -> None:
    sweep = accelerator.loaded().changed_sweeps
    for names in (b"", b"\0", b"\0\0", b"nowhere", b"\0" * 5000):
        for count in (0, 1, -1, 1 << 62):
            assert sweep([("/", names, count, 0)], 1) == [0]
    assert sweep([("", b"etc", 1, 0)], 1) == [0]


def test_it_neither_moves_nor_keeps_anything_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweeps = recorded(laid(tmp_path))
    monkeypatch.chdir(tmp_path)
    wrong: list[object] = [(*sweeps[0][:2], "no number", 0)]
    sweep = accelerator.loaded().changed_sweeps

    def called() -> None:
        assert sweep(sweeps, 0) == []
        with pytest.raises(TypeError):
            sweep(wrong, 0)

    called()
    before = os.listdir("/proc/self/fd")
    held, blocks = [sys.getrefcount(part) for part in sweeps[0][:2]], sys.getallocatedblocks()
    for _ in range(50):
        called()
    assert os.listdir("/proc/self/fd") == before
    assert Path.cwd() == tmp_path
    assert [sys.getrefcount(part) for part in sweeps[0][:2]] == held
    assert sys.getallocatedblocks() < blocks + 100


def test_where_files_may_not_be_opened_the_door_does_not_say_that_they_changed(tmp_path: Path) -> None:
    """It says that it does not know them, which is safe; the full program, or a look at each file, knows."""
    resource = pytest.importorskip("resource")
    sweeps = recorded(laid(tmp_path))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    sweep = accelerator.loaded().changed_sweeps
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        found = sweep(sweeps, 3)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert found == [0, 1, 2]


# --- which of them is taken, and how it gets there ---------------------------------------------------------------------------------


def test_the_one_in_c_is_taken_where_it_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ModuleType(accelerator.NAME)
    made.changed_sweeps = lambda sweeps, most: []  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, accelerator.NAME, made)
    assert front.sweeper() is made.changed_sweeps
    monkeypatch.setitem(sys.modules, accelerator.NAME, None)
    assert front.sweeper() is front.changed_sweeps


def wheel(folder: Path) -> tuple[str, list[str], str]:
    """The name of a wheel of this folder, the files in it, and what it says of itself."""
    (made,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    with ZipFile(made) as file:
        (about,) = [name for name in file.namelist() if name.endswith(".dist-info/WHEEL")]
        return Path(made).name, file.namelist(), file.read(about).decode()


def test_a_wheel_holds_python_only_and_does_for_all_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(hatch_build.ASKED, raising=False)
    monkeypatch.setenv("CC", "no-such-compiler")
    name, files, about = wheel(tmp_path)
    assert name.endswith("-py3-none-any.whl") and "Root-Is-Purelib: true" in about
    assert not [file for file in files if file.endswith((".so", ".c"))]


def test_a_wheel_that_is_asked_for_the_accelerator_has_it_for_every_python_of_this_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accelerator.library()
    monkeypatch.setenv(hatch_build.ASKED, "1")
    name, files, about = wheel(tmp_path)
    assert name.endswith(f"-cp311-abi3-{hatch_build.platform()}.whl") and "Root-Is-Purelib: false" in about
    assert [file for file in files if file.endswith((".so", ".c"))] == [hatch_build.MODULE]


@pytest.mark.parametrize(("compiler", "said"), [("no-such-compiler", "no C compiler `no-such-compiler`"), ("false", "failed:")])
def test_who_asks_for_it_where_it_cannot_be_compiled_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], compiler: str, said: str
) -> None:
    accelerator.library()  # where Python's headers are missing that is said first
    monkeypatch.setenv(hatch_build.ASKED, "1")
    monkeypatch.setenv("CC", compiler)
    with pytest.raises(SystemExit):
        wheel(tmp_path)
    assert said in capsys.readouterr().err
