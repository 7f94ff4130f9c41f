"""What may run beside what: pools, conflict groups, `exclusive`, files in common; and who gets the terminal."""

from __future__ import annotations

import os
import pty
import select
import time

import pytest
from nursery import PROGRAM
from transcript import Folder

SPAN = "echo {{ ws }} + $(date +%s%N) >> ../spans; sleep 0.15; echo {{ ws }} - $(date +%s%N) >> ../spans"


def most_at_once(folder: Folder) -> int:
    """How many of the recipes that wrote to `spans` ran at the same time."""
    moments = sorted((int(line.split()[2]), line.split()[1]) for line in (folder.root / "../spans").read_text().splitlines())
    running = most = 0
    for _, sign in moments:
        running += 1 if sign == "+" else -1
        most = max(most, running)
    return most


def workstreams(count: int, more: str) -> str:
    return "".join(
        f'  w{number}: {{{more.replace("N", str(number))}, outputs: [o{number}], run: "{SPAN}; touch o{number}"}}\n'
        for number in range(count)
    )


@pytest.mark.parametrize(
    ("more", "most"),
    [
        ("priority: 0", 4),
        ("mutex: db", 1),
        pytest.param("mutex: [db, tN]", 1, marks=pytest.mark.slow),
        ("exclusive: true", 1),
        ("resources: {two: 1}", 2),
        pytest.param("resources: {two: 2}", 1, marks=pytest.mark.slow),
        ("edits: [shared]", 1),
        ("edits: [dN]", 4),
    ],
)
def test_what_runs_at_once(folder: Folder, more: str, most: int) -> None:
    folder.manifest(f"pools: {{two: 2}}\nworkstreams:\n{workstreams(4, more)}")
    folder.write("shared", "")
    for number in range(4):
        folder.write(f"d{number}", "")
    said = folder("-j4")
    assert said.code == 0, said.text
    assert most_at_once(folder) <= most
    assert most == 1 or most_at_once(folder) > 1
    assert folder("-j4").text == "up to date (4 workstreams)\n"


def test_no_more_than_j_at_once(folder: Folder) -> None:
    folder.manifest(f"workstreams:\n{workstreams(4, 'priority: N')}")
    assert folder("-j2").code == 0
    assert most_at_once(folder) == 2


def test_a_reader_never_runs_beside_an_editor_of_what_it_reads(folder: Folder) -> None:
    folder.manifest(f"""
workstreams:
  reads: {{inputs: [text], outputs: [r], run: "{SPAN}; cp text r"}}
  edits: {{after: [reads], edits: [text], run: "{SPAN}; echo more >> text"}}
""")
    folder.write("text", "x\n")
    assert folder("-j4").code == 0
    assert (most_at_once(folder), folder.read("r")) == (1, "x\n")


def test_places_of_a_pool_have_numbers_of_their_own(folder: Folder) -> None:
    folder.manifest("""
pools: {gpu: 2}
workstreams:
  a: {resources: {gpu: 1}, outputs: [a], run: "echo $UET_POOL_GPU > a; while [ ! -e b ]; do sleep 0.01; done"}
  b: {resources: {gpu: 1}, outputs: [b], run: "echo $UET_POOL_GPU > b; while [ ! -e a ]; do sleep 0.01; done"}
  both: {resources: {gpu: 2}, depends_on: [a, b], outputs: [both], run: "echo $UET_POOL_GPU > both"}
""")
    assert folder("-j2").code == 0
    assert sorted([folder.read("a"), folder.read("b")]) == ["0\n", "1\n"]
    assert folder.read("both") == "0,1\n"


def test_a_pool_that_is_too_small_is_an_error_of_the_manifest(folder: Folder) -> None:
    folder.manifest("pools: {gpu: 2}\nworkstreams: {a: {resources: {gpu: 3}, run: x}, b: {resources: {cpu: 1}, run: x}}")
    said = folder("a")
    assert said.code == 2
    assert "`gpu`" in said.err
    assert "`cpu`" in said.err


# --- the terminal --------------------------------------------------------------------------------------------------------------


def at_a_terminal(folder: Folder, words: list[str], typed: dict[str, str]) -> tuple[int, str]:
    """Run the program at a terminal, typing a line whenever a text has come up; exit code and all that was shown."""
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(folder.cwd)
        os.execve(PROGRAM[0], [*PROGRAM, *words], folder.environ)
    shown, waiting, end = "", dict(typed), time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part.decode()
        for text in [text for text in waiting if text in shown]:
            os.write(terminal, waiting.pop(text).encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return code, shown


def test_an_interactive_recipe_has_the_terminal(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  talk: {interactive: true, outputs: [answer], run: "test -t 0; test -t 1; read -p 'your name? ' name; echo $name > answer"}
""")
    code, shown = at_a_terminal(folder, ["talk"], {"your name? ": "Ada\n"})
    assert (code, folder.read("answer")) == (0, "Ada\n"), shown


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("yes\n", 0), ("n\n", 1), ("\n", 1)])
def test_confirm_asks_at_the_terminal(folder: Folder, answer: str, code: int) -> None:
    folder.manifest('workstreams: {publish: {confirm: "Upload?", run: touch published}}')
    found, shown = at_a_terminal(folder, ["publish", "--color=never"], {"Upload? [y/N] ": answer})
    assert (found, folder.exists("published")) == (code, code == 0), shown


def test_confirm_without_a_terminal_waits_for_a_person(folder: Folder) -> None:
    folder.manifest('workstreams: {publish: {confirm: "Upload?", run: touch published}}')
    assert folder.real("publish").code == 6
    assert not folder.exists("published")
    assert folder.real("publish", "--yes").code == 0


def test_interactive_without_a_terminal_gets_an_empty_input(folder: Folder) -> None:
    folder.manifest('workstreams: {talk: {interactive: true, run: "cat; echo end"}}')
    said = folder.real("talk")
    assert (said.code, "end" in said.out) == (0, True), said.text


def test_who_fails_leaves_the_folder_that_another_is_about_to_write_to(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  slow: {outputs: [out/deep/slow], run: "touch runs; while [ ! -e failed ]; do sleep 0.02; done; sleep 0.3; date > out/deep/slow"}
  bad: {outputs: [out/deep/bad], run: "while [ ! -e runs ]; do sleep 0.02; done; date > out/deep/bad; touch failed; exit 1"}
  worse: {outputs: [out/worse], depends_on: [bad], run: "date > out/worse"}
""")
    done = folder(["slow", "bad", "-k", "-j2"])
    assert done.code == 1
    assert (folder.exists("out/deep/slow"), folder.exists("out/deep/bad")) == (True, False)
