"""The door: what it sees to in its process before anything of ours is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import uetbuild
from uetbuild import __main__ as door

HOME = str(Path(uetbuild.__file__).parent.parent)


@pytest.fixture
def search_path(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    return lambda *folders: monkeypatch.setattr(sys, "path", list(folders))


def test_the_current_folder_is_no_place_for_modules(tmp_path, monkeypatch, search_path):
    monkeypatch.chdir(tmp_path)
    search_path("", ".", str(tmp_path), "/usr/lib/python3")
    door._forget_current_folder()
    assert sys.path == ["/usr/lib/python3"]


@pytest.mark.parametrize("name", ["site-packages", "dist-packages"])
def test_a_folder_of_installed_modules_stays_one_even_if_it_is_the_current_one(tmp_path, monkeypatch, search_path, name):
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    search_path("", str(folder))
    door._forget_current_folder()
    assert sys.path == [str(folder)]


def test_a_current_folder_that_is_gone_is_none(tmp_path, monkeypatch, search_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    search_path("", "/usr/lib/python3")
    door._forget_current_folder()
    assert sys.path == ["/usr/lib/python3"]


def test_a_module_of_the_project_never_stands_in_for_one_of_ours(tmp_path):
    for name in ("json", "typing", "zlib", "select"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('this is the module of the project')")
    (tmp_path / "Uetfile.yaml").write_text("version: 1\nworkstreams: {a: {run: echo hello}}\n")
    environ = dict(os.environ, PYTHONPATH=HOME)
    done = subprocess.run(
        [sys.executable, "-m", "uetbuild", "list", "--json"], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and '"a"' in done.stdout, done.stderr


def test_windows_is_refused_in_so_many_words(monkeypatch, capsys):
    monkeypatch.setattr(os, "name", "nt")
    assert door.main() == 2
    monkeypatch.undo()
    assert capsys.readouterr().err == "error: uetbuild does not run on Windows\nhint: it does in WSL\n"


def test_a_closed_standard_descriptor_is_opened_on_nothing():
    program = f"import sys; sys.path.insert(0, {HOME!r}); import os; os.close(0); os.close(2); from uetbuild import __main__ as door; " \
        "door._open_standard_streams(); print(os.readlink('/proc/self/fd/0'), os.readlink('/proc/self/fd/2'))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "/dev/null /dev/null\n"


def test_the_door_hands_over_and_gives_back_the_exit_code(monkeypatch, capfd, search_path):
    monkeypatch.setattr(sys, "argv", ["uetbuild", "--version"])
    assert door.main() == 0
    assert capfd.readouterr().out == f"uetbuild {uetbuild.__version__}\n"


@pytest.mark.parametrize("how", ["ignore", "block"])
def test_a_caller_that_ignores_or_blocks_sigchld_hides_no_failure(tmp_path, how):
    """`skip_if` exits 1, so `work` runs; it exits 3, and that is seen."""
    (tmp_path / "Uetfile.yaml").write_text(
        'version: 1\nworkstreams: {work: {outputs: [out], skip_if: "test -e skipped", run: "echo x > out; exit 3"}}\n'
    )
    program = (
        f"import signal, os, sys; how = {how!r}\n"
        "if how == 'ignore': signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "else: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'uetbuild', 'work'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=dict(os.environ, PYTHONPATH=HOME), capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, "`work` failed: exit 3" in done.stderr) == (1, True), done.stderr


def without(module: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program while a module of the standard library cannot be read."""
    program = f"import sys; sys.modules[{module!r}] = None; from uetbuild.__main__ import main; sys.argv[1:] = {words!r}; sys.exit(main())"
    environ = dict(os.environ, PYTHONPATH=HOME)
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )


def test_a_library_that_panics_is_an_error_and_no_traceback(tmp_path):
    """pydantic's core, written in Rust, panics where `datetime` is the one written in Python; a panic is no Exception."""
    (tmp_path / "Uetfile.yaml").write_text('version: 1\nworkstreams: {work: {outputs: [out], run: "echo x > out"}}\n')
    done = without("_datetime", tmp_path)
    assert done.returncode == 8
    assert "error: a library gave up: failed to import `datetime`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_build_needs_no_algorithm_but_the_one_it_uses(tmp_path):
    """`hashlib` shows a traceback where the file of any algorithm cannot be read."""
    (tmp_path / "Uetfile.yaml").write_text('version: 1\nworkstreams: {work: {outputs: [out], run: "echo x > out"}}\n')
    subprocess.run([sys.executable, "-m", "uetbuild"], cwd=tmp_path, env=dict(os.environ, PYTHONPATH=HOME), capture_output=True, check=True)
    done = without("_blake2", tmp_path, "-B")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_openssl_it_is_the_same_sha_256(tmp_path):
    (tmp_path / "Uetfile.yaml").write_text('version: 1\nworkstreams: {work: {outputs: [out], run: "echo x > out"}}\n')
    assert without("_hashlib", tmp_path).returncode == 0
    done = subprocess.run(
        [sys.executable, "-m", "uetbuild"], cwd=tmp_path, env=dict(os.environ, PYTHONPATH=HOME), capture_output=True, text=True
    )
    assert done.stdout == "up to date (1 workstream)\n"


@pytest.mark.parametrize(
    ("before", "waits"),
    [
        ("", False),
        ("import threading;", False),
        ("import atexit; atexit.register(print, 'waited');", True),
        ("import threading; threading.Thread(target=lambda: (threading.main_thread().join(), print('waited'))).start();", True),
    ],
)
def test_the_interpreter_is_not_taken_apart_at_the_end_unless_somebody_waits_for_it(before, waits):
    """What an object does at its end shows whether it is."""
    last = "class Last:\n    def __del__(self): print('taken apart')\nlast = Last()\n"
    program = f"{last}{before}\nimport sys; from uetbuild.__main__ import leave\nprint('all of it'); leave(3)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=dict(os.environ, PYTHONPATH=HOME), capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 3
    assert sorted(done.stdout.splitlines()) == (["all of it", "taken apart", "waited"] if waits else ["all of it"])
