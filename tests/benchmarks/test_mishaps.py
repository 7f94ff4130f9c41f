"""uetbuild passes every probe of benchmarks/mishaps; tools that people trust fail a share of them, so the probes can be failed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from benchmarks.mishaps.__main__ import main
from benchmarks.mishaps.probes import PROBES, Probe
from benchmarks.mishaps.probes.stages import COPY
from benchmarks.mishaps.rules import Project, Rule
from benchmarks.mishaps.runner import FAIL, NOT_APPLICABLE, PASS, Verdict, run
from benchmarks.mishaps.table import BEGIN, END, Table, write_markdown
from benchmarks.mishaps.tools import TOOLS, Tool

PATIENCE = 30.0  # seconds
JOBS = 2 * (os.cpu_count() or 1)
PAGE = Path(__file__).parents[2] / "docs/explanation/mishaps.md"
UETBUILD, *PEERS = TOOLS


def unhappy(probes: list[Probe]) -> list[Verdict]:
    return [verdict for verdict in run([UETBUILD], probes, JOBS, PATIENCE) if verdict.verdict not in (PASS, NOT_APPLICABLE)]


@pytest.mark.slow  # .ci/run puts all of them to uetbuild by the command line
@pytest.mark.timeout(300)
def test_uetbuild_passes_every_probe() -> None:
    assert unhappy(list(PROBES)) == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("tool", PEERS, ids=lambda tool: tool.name)
def test_a_peer_fails_between_15_and_60_percent(tool: Tool) -> None:
    if not tool.version():
        pytest.skip(f"{tool.name} is missing: {tool.install}")
    verdicts = list(run([tool], PROBES, 2 * JOBS, 15.0))
    table = Table([tool], PROBES, verdicts)
    assert [verdict for verdict in verdicts if verdict.verdict not in (PASS, FAIL, NOT_APPLICABLE)] == []
    assert 0.15 <= table.failing(tool) <= 0.60, table.text()


def test_probes_have_names_of_their_own_and_expectations_that_are_sentences() -> None:
    assert len({probe.name for probe in PROBES}) == len(PROBES) >= 60
    assert [probe.name for probe in PROBES if not probe.expectation.endswith(".")] == []


def test_the_page_shows_every_probe_and_no_other() -> None:
    block = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    cells = [line[2:].split(" | ") for line in block.splitlines() if line.startswith("| ")]
    shown = [(row[0], row[1]) for row in cells if len(row) == 2 + len(TOOLS) and row[0] != "what happens"]
    assert shown == [(probe.mishap, probe.expectation) for probe in PROBES]


def test_a_recipe_that_does_not_do_its_work_is_seen() -> None:
    """A tool that builds nothing fails what everybody passes."""

    class Lazy(type(UETBUILD)):  # type: ignore[misc]
        name = "lazy"

        def files(self, project: Project) -> dict[str, str]:
            return super().files(Project(tuple(Rule(rule.name, ":", (), rule.inputs) for rule in project.rules)))

    chosen = [probe for probe in PROBES if probe.name in ("edited-input", "deleted-output", "reads-stdin")]
    assert [verdict.verdict for verdict in run([Lazy()], chosen, JOBS, PATIENCE)] == [FAIL] * 3


def test_a_table_goes_between_the_marks_of_a_page_and_leaves_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n")
    write_markdown(page, "new")
    assert page.read_text() == f"before\n\n{BEGIN}\n\nnew\n{END}\n\nafter\n"


def test_one_command_prints_the_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "seen.json"
    assert main(["--tool", "uetbuild", "--probe", "edited-input", "--probe", "name-with-surrogate", "--json", str(file)]) == 0
    printed = capsys.readouterr()
    assert ["edited-input", "✓"] in [line.split() for line in printed.out.splitlines()]
    assert "uetbuild: name-with-surrogate: n/a: its build file is text" in printed.out
    assert printed.err == f"uetbuild: {UETBUILD.version()}\n"
    seen = json.loads(file.read_text())
    assert seen["tools"][0]["passed"] == seen["tools"][0]["not_applicable"] == 1


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_every_tool_is_told_every_file_of_a_rule(tool: Tool) -> None:
    written = "\n".join(tool.files(Project((COPY,))).values())
    assert "cat in > out" in written
    assert tool.install
