from __future__ import annotations

import os

import pytest

from uetbuild.executors import spawn


def executable(path, text="#!/bin/sh\nexit 0\n", mode=0o755):
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def run(argv, **env):
    null = spawn.open_null()
    try:
        pid = spawn.start(argv, env, spawn.redirect(null, null, null))
    finally:
        os.close(null)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_program_is_the_first_executable_file_of_its_name_on_the_path(tmp_path):
    first, second, third = (tmp_path / name for name in "abc")
    for folder in (first, second, third):
        folder.mkdir()
    executable(first / "tool", mode=0o644)
    (second / "tool").mkdir()
    wanted = executable(third / "tool")
    assert spawn.find_program("tool", f"{first}:{second}:{third}") == wanted


def test_a_program_is_looked_for_each_time(tmp_path):
    """Also one that was found before: a recipe may have made another one meanwhile, or removed it."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir(), second.mkdir()
    search, found = f"{first}:{second}", [executable(second / "tool")]
    assert spawn.find_program("tool", search) == found[0]
    found.append(executable(first / "tool"))
    assert spawn.find_program("tool", search) == found[1]
    os.unlink(found[1])
    assert spawn.find_program("tool", search) == found[0]


def test_an_empty_part_of_the_path_is_the_current_folder(tmp_path, monkeypatch):
    executable(tmp_path / "tool")
    monkeypatch.chdir(tmp_path)
    assert spawn.find_program("tool", ":/nowhere") == "./tool"


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("tool-that-is-not", 127, "tool-that-is-not: command not found"),
        ("", 127, ": command not found"),
        ("./missing", 127, "./missing: No such file or directory"),
        ("./folder", 126, "./folder: Is a directory"),
        ("./plain", 126, "./plain: Permission denied"),
        ("./lost", 126, "./lost: bad interpreter: No such file or directory"),
    ],
)
def test_what_cannot_be_started_is_told_as_a_shell_does(tmp_path, monkeypatch, name, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    executable(tmp_path / "plain", mode=0o644)
    executable(tmp_path / "lost", "#!/no/such/interpreter\n")
    with pytest.raises(spawn.NotStarted) as caught:
        run((name,), PATH="/usr/bin:/bin")
    assert (caught.value.code, caught.value.message) == (code, message)


def test_a_file_that_is_there_but_not_executable_is_126(tmp_path):
    executable(tmp_path / "tool", mode=0o644)
    with pytest.raises(spawn.NotStarted) as caught:
        spawn.find_program("tool", str(tmp_path))
    assert caught.value.code == 126


def test_a_file_without_an_interpreter_line_is_run_by_sh(tmp_path):
    assert run((executable(tmp_path / "tool", 'exit "$1"\n'), "7")) == 7


def test_words_that_no_program_can_get_are_an_error(tmp_path):
    for argv, env in ((("true", "a\0b"), {}), (("true",), {"A=B": "c"}), (("true", "x" * 3_000_000), {})):
        with pytest.raises(spawn.NotStarted) as caught:
            run(argv, PATH=os.defpath, **env)
        assert caught.value.code == 126


def test_the_first_three_descriptors_are_never_pipes():
    fd = spawn.open_null()
    assert fd > 2
    os.close(fd)
