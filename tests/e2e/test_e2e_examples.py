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
    left = shutil.ignore_patterns(".uet", "build", "dist", "data", "model", "__pycache__", ".ruff_cache")
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


@pytest.mark.parametrize("example", ["book"], indirect=True)
def test_a_rule_over_what_another_rule_makes(example: Folder) -> None:
    assert len(ran(example)) == 3 + 3 + 2
    assert '<a href="2-more/1-rules.html">Rules for rules</a>' in example.read("build/book/index.html")
    example.write("text/2-more/2-new.md", "# New\n")
    new = ["fragment[text/2-more/2-new.md]", "page[build/fragments/2-more/2-new.html]"]
    assert sorted(ran(example)) == sorted([*new, "index", "links"])
    example.write("text/2-more/2-new.md", "# New\n\n[x](nowhere.html)\n")
    said = example("-j1")
    assert (said.code, "2-new.html: `nowhere.html` leads nowhere" in said.text) == (1, True), said.text
    (example.root / "text/2-more/2-new.md").unlink()
    assert ran(example) == ["index", "links"]
    assert example("clean --orphans").out == "removed 2 paths\n"
    assert ran(example) == []


@pytest.mark.parametrize("example", ["monorepo"], indirect=True)
def test_packages_use_what_others_create(example: Folder) -> None:
    everything = ran(example)
    assert everything.index("text:lib") < everything.index("greet:app") < everything.index("web:pages[pages/ann.txt]")
    assert example.read("packages/web/build/ann.html") == "<h1>Hello, ANN!</h1>\n"
    example.write("packages/web/pages/ann.txt", "Anna")
    assert ran(example) == ["web:pages[pages/ann.txt]"]
    lib = example.read("packages/text/src/upper.sh")
    example.write("packages/text/src/upper.sh", lib + "# the end\n")
    example.cwd = example.root / "packages/greet"
    assert ran(example) == ["text:lib", "greet:app", "greet:test"]
    assert ran(example, ":release version=1.1")[-1] == "release"
    assert example.exists("build/monorepo-1.1.tar")


@pytest.mark.slow
@pytest.mark.parametrize("example", ["monorepo"], indirect=True)
def test_in_a_sandbox_what_is_not_declared_is_missing(example: Folder) -> None:
    greet = example.read("packages/greet/Uetfile.yaml")
    example.write("packages/greet/Uetfile.yaml", greet.replace(", main: src/main.sh", "").replace("{{ inputs.main }}", "src/main.sh"))
    assert example("greet:app -j1").code == 0
    said = example("greet:app -j1 --profile ci")
    assert said.code == 1 and "src/main.sh: No such file" in said.text
    example.write("packages/greet/Uetfile.yaml", greet)
    assert len(ran(example, "--profile ci")) == 5


@pytest.mark.parametrize("example", ["pipeline"], indirect=True)
def test_a_pipeline_goes_on_where_it_was_switched_off(example: Folder) -> None:
    example.write("params.yaml", example.read("params.yaml").replace("200000", "2000"))
    example.environ["STOP_AFTER"] = "3"
    assert example("-j1").code == 1
    del example.environ["STOP_AFTER"]
    assert example("resume").code == 0
    log = example("logs train").out
    assert log.index("epoch 3") < log.index("goes on after epoch 3") < log.index("epoch 4"), log
    assert log.count("epoch 1:") == 1
    assert example.read("report.md").startswith("# What was learnt\n\ny = 2.97 x + 2.0, on 398 rows")
    assert ran(example) == []


@pytest.mark.slow
@pytest.mark.parametrize("example", ["pipeline"], indirect=True)
def test_a_pipeline_repeats_what_a_parameter_concerns(example: Folder) -> None:
    params = example.read("params.yaml").replace("200000", "20000")
    example.write("params.yaml", params)
    assert len(ran(example)) == 6
    for change, concerned in (
        (("{rows", "# a comment\n  {rows"), []),
        (("What was", "All that was"), ["report"]),
        (("epochs: 8", "epochs: 9"), ["train", "evaluate"]),
        (("every: 5", "every: 4"), ["split", "train", "evaluate", "report"]),
    ):
        params = params.replace(*change)
        example.write("params.yaml", params)
        assert ran(example) == concerned, change


def tools(example: Folder) -> None:
    """Python of the environment in which the tests run; others that are installed are no matter of ours."""
    example.write("Uetfile.yaml", example.read("Uetfile.yaml").replace("py: [python3.11, ", "py: [python3, python3.nosuch, "))


@pytest.mark.parametrize("example", ["python-package"], indirect=True)
def test_a_package_is_formatted_linted_and_tested_under_those_interpreters_that_are_there(example: Folder) -> None:
    tools(example)
    assert {"format", "lint", "test[py=python3]"} <= set(ran(example, "format lint 'test[py=python3*]'"))
    example.write("src/roman/numerals.py", example.read("src/roman/numerals.py").replace("LETTERS = ", "LETTERS   =   "))
    assert ran(example, "lint") == ["format"]
    assert "LETTERS = " in example.read("src/roman/numerals.py")
    example.write("src/roman/numerals.py", example.read("src/roman/numerals.py").replace('(4, "IV")', '(4, "VI")'))
    said = example("'test[py=python3]'")
    assert (said.code, "FAILED (failures=" in said.text) == (1, True), said.text


@pytest.mark.slow
@pytest.mark.parametrize("example", ["python-package"], indirect=True)
def test_a_package_is_uploaded_when_all_has_passed_and_somebody_said_yes(example: Folder) -> None:
    tools(example)
    assert set(ran(example)) >= {"types", "wheel"}
    assert example("publish -j1").code == 6
    assert not example.exists("build/index")
    assert example("publish -j1 --yes").code == 0
    assert (example.root / "build/index/roman-1.0-py3-none-any.whl").read_bytes()[:2] == b"PK"
    example.write("src/roman/numerals.py", example.read("src/roman/numerals.py").replace("-> str:", "-> int:", 1))
    refused = example("publish --yes -k -j1")
    assert refused.code == 1 and "`types` failed" in refused.text and "1 blocked" in refused.text


@pytest.mark.slow
@pytest.mark.parametrize("example", ["pipeline"], indirect=True)
def test_the_pipeline_as_it_stands(example: Folder) -> None:
    assert len(ran(example)) == 6
    assert (example.root / "data/raw.csv").stat().st_size > 3_000_000
