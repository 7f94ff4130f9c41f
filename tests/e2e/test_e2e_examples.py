"""The examples run as they stand, and do again only what must be done."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from transcript import Folder

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
COMPILER = pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")


@pytest.fixture
def example(request: pytest.FixtureRequest, folder: Folder) -> Folder:
    """A copy of an example, without what a build in the checkout left there."""
    left = shutil.ignore_patterns(".uet", "build")
    shutil.copytree(EXAMPLES / request.param, folder.root, ignore=left, dirs_exist_ok=True)
    return folder


def ran(folder: Folder, line: str = "") -> list[str]:
    """The ids of the workstreams that a build ran, in order; it must succeed, and the next one must do nothing."""
    said = folder(line + " -j1")
    assert said.code == 0, said.text
    again = folder(line + " -j1")
    assert again.out.startswith("up to date"), again.text
    return [text.split("  ")[0] for text in said.out.splitlines() if "  " in text and not text.startswith(" ")]


@pytest.mark.parametrize("example", ["hello"], indirect=True)
def test_hello(example: Folder) -> None:
    assert ran(example) == ["greeting"]
    assert example.read("build/greeting.txt") == "Hello, world!\n"
    assert ran(example, "whom=you") == ["greeting"]
    said = example("hello whom=you")
    assert example.plain(said.text) == "Hello, you!\nhello  Say it  [TIME]\nran 1 of 2 in [TIME] (1 up to date)\n"


@COMPILER
@pytest.mark.parametrize("example", ["c-project"], indirect=True)
def test_touching_a_header_compiles_only_its_users(example: Folder) -> None:
    assert sorted(ran(example)) == sorted([
        "obj[src/count.c]", "obj[src/main.c]", "obj[src/reverse.c]", "lib", "app",
        "test-obj[tests/run.c]", "test-obj[tests/test_count.c]", "test-obj[tests/test_reverse.c]", "test-bin", "test",
    ])  # fmt: skip
    (example.root / "include/reverse.h").touch()
    assert ran(example) == []
    example.write("include/reverse.h", example.read("include/reverse.h") + "\n/* a comment: the objects come out the same */\n")
    assert compiled(example) == users(example, "reverse.h")
    example.write("include/config.h", example.read("include/config.h") + "\n#define UNUSED 1\n")
    assert compiled(example) == users(example, "config.h")
    example.write("src/count.c", example.read("src/count.c") + "\nint one_more(void);\nint one_more(void) { return 1; }\n")
    assert {"obj[src/count.c]", "lib", "app", "test-bin", "test"} == set(ran(example))


def compiled(folder: Folder) -> set[str]:
    return {name for name in ran(folder) if "obj[" in name}


def users(folder: Folder, header: str) -> set[str]:
    """The nodes of the sources whose depfile names a header."""
    found = set()
    for rule, where, sources in (("obj", "build", "src"), ("test-obj", "build/tests", "tests")):
        for depfile in (folder.root / where).glob("*.d"):
            if header in depfile.read_text():
                found.add(f"{rule}[{sources}/{depfile.stem}.c]")
    assert found, f"nobody uses {header}"
    return found


@COMPILER
@pytest.mark.parametrize("example", ["c-project"], indirect=True)
def test_what_is_cleaned_is_made_again(example: Folder) -> None:
    everything = len(ran(example))
    assert example("clean").code == 0
    assert not example.exists("build/words")
    assert len(ran(example)) == everything


@pytest.mark.parametrize("example", ["guarded"], indirect=True)
def test_notes_are_guarded_paid_for_and_published_by_a_person(example: Folder) -> None:
    told = example("-j1")
    assert told.code == 0, told.text
    assert "gate `headings[notes]` failed: exit 1, tried again" in told.text
    assert "warning: gate `spelling[notes]` failed" in told.text
    assert "$0.20" in told.out
    assert "## Fixed" in example.read("build/notes.md")
    example.write("src/changes.txt", example.read("src/changes.txt").replace("teh", "the"))
    assert set(ran(example)) == {"notes", "headings[notes]", "spelling[notes]", "page"}
    assert example("publish -j1").code == 6
    assert not example.exists("build/published.txt")
    assert example("approve last look[draft] --yes").code == 0
    assert ran(example, "publish") == ["publish"]
    assert ran(example, "publish") == []


@pytest.mark.parametrize("example", ["guarded"], indirect=True)
def test_a_budget_that_is_less_than_the_agent_may_use_stops_before_it(example: Folder) -> None:
    halted = example("-j1 --budget-usd 0.20 --force-budget")
    assert (halted.code, "stopped before `notes`" in halted.text) == (4, True), halted.text
    assert example("resume --budget-usd 1").code == 0
    assert "$0.20, 3,600 tokens" in example("cost last").out
