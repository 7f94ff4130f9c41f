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


@pytest.fixture
def three(tmp_path):
    """Three folders and the PATH over them; `tool` lies in the second, ends with 2 and was started from there."""
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    executable(folders[1] / "tool", "#!/bin/sh\nexit 2\n")
    path = ":".join(map(str, folders))
    assert run(("tool",), PATH=path) == 2
    return (*folders, path)


def test_a_program_that_was_started_before_is_still_the_first_of_its_name(three):
    first, _, _, path = three
    executable(first / "tool", "#!/bin/sh\nexit 1\n")
    assert run(("tool",), PATH=path) == 1
    (first / "tool").chmod(0o644)
    assert run(("tool",), PATH=path) == 2


@pytest.mark.parametrize("change", ["gone", "plain", "folder"])
def test_a_program_that_was_started_before_is_looked_for_behind_where_it_was(three, change):
    _, second, third, path = three
    executable(third / "tool", "#!/bin/sh\nexit 3\n")
    os.chmod(second / "tool", 0o644)
    if change != "plain":
        os.unlink(second / "tool")
    if change == "folder":
        (second / "tool").mkdir()
    assert run(("tool",), PATH=path) == 3


def test_a_folder_of_the_name_of_a_program_is_passed_over_each_time(three):
    first, _, _, path = three
    (first / "tool").mkdir()
    assert [run(("tool",), PATH=path) for _ in range(2)] == [2, 2]


def test_another_path_is_another_search(three):
    _, second, third, path = three
    executable(third / "tool", "#!/bin/sh\nexit 3\n")
    assert [run(("tool",), PATH=f"{third}:{second}"), run(("tool",), PATH=path)] == [3, 2]


def test_a_relative_part_of_the_path_is_meant_from_where_the_program_starts(three, monkeypatch):
    first, second, third, _ = three
    executable(third / "tool", "#!/bin/sh\nexit 3\n")
    for folder, code in ((second, 2), (third, 3), (second, 2)):
        monkeypatch.chdir(folder)
        assert run(("tool",), PATH=f"{first}:.") == code


@pytest.mark.parametrize(("change", "code", "words"), [("gone", 127, "tool: command not found"), ("plain", 126, "Permission denied")])
def test_a_program_that_was_started_before_and_cannot_be_any_more_is_told_as_ever(three, change, code, words):
    _, second, _, path = three
    os.unlink(second / "tool")
    if change == "plain":
        executable(second / "tool", mode=0o644)
    with pytest.raises(spawn.NotStarted, match=words) as caught:
        run(("tool",), PATH=path)
    assert caught.value.code == code


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
