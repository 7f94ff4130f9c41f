"""The figures of benchmarks/speed are of what they say: every tool builds the same, and what is timed was in the state that is named."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from benchmarks.speed import __main__ as speed
from benchmarks.speed import cases
from benchmarks.speed.cases import CASES, Site, rounds
from benchmarks.speed.peers import Make, Uetbuild
from benchmarks.speed.shapes import Shape, flat, layers, scopes
from benchmarks.speed.stopwatch import Taken, timed, weighed
from benchmarks.speed.table import BEGIN, END, Row, markdown


@pytest.fixture
def make_site(tmp_path: Path) -> Site:
    site = Site(Make(), flat(3), tmp_path, 2)
    site.lay()
    return site


@pytest.mark.parametrize("shape", [flat(101), layers(2, 3), scopes(2, 3)], ids=lambda shape: shape.name)
def test_make_and_uetbuild_build_the_same(tmp_path: Path, shape: Shape) -> None:
    for peer in (Make(), Uetbuild()):
        site = Site(peer, shape, tmp_path / peer.name, 2)
        site.root.mkdir()
        site.lay()
        if len(shape.steps) < 100 or peer.name == "make":
            site.build()
            site.check()


def test_a_build_that_makes_something_else_ends_the_measuring(make_site: Site) -> None:
    make_site.build()
    (make_site.root / make_site.shape.steps[1].output).write_text("something else")
    with pytest.raises(SystemExit, match="is not what"):
        make_site.check()


def test_a_failing_tool_ends_the_measuring(make_site: Site) -> None:
    shutil.rmtree(make_site.root / "src")
    with pytest.raises(SystemExit, match="exit 2"):
        make_site.build()


def test_before_a_first_build_nothing_is_left_and_before_a_touched_one_something_is_to_do(make_site: Site) -> None:
    make_site.build()
    output = make_site.root / make_site.shape.steps[0].output
    CASES["touched"].before(make_site)
    assert "cp " in _asked(make_site)
    make_site.build()
    assert "cp " not in _asked(make_site)
    CASES["full"].before(make_site)
    assert not output.exists()


def _asked(site: Site) -> str:
    site.ask()
    return (site.root / "said").read_text()


def test_the_time_is_that_of_the_program_and_its_own_processor_time_is_not_its_childrens(tmp_path: Path) -> None:
    burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
    itself = timed(["sh", "-c", burn], tmp_path, tmp_path / "said")
    child = timed(["sh", "-c", f"sh -c '{burn}'; :"], tmp_path, tmp_path / "said")
    assert child.own < itself.own / 2
    assert child.cpu > child.own and child.seconds >= child.cpu / 2


def test_memory_is_that_of_the_program_alone(tmp_path: Path) -> None:
    """Not less than what it takes, and nothing of what the measuring process has, which is much more."""
    ballast = bytearray(64 << 20)
    small = weighed(["sh", "-c", ":"], tmp_path, tmp_path / "said")
    big = weighed([sys.executable, "-I", "-S", "-c", "bytearray(48 << 20)"], tmp_path, tmp_path / "said")
    assert small < 8 << 10 < 48 << 10 < big < len(ballast) >> 10


def test_a_program_that_fails_is_not_weighed(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="exit 3"):
        weighed(["sh", "-c", "exit 3"], tmp_path, tmp_path / "said")


def test_tools_are_timed_in_turns_and_the_ratio_is_of_the_same_round(make_site: Site) -> None:
    make_site.build()
    seen = list(rounds(CASES["null"], [make_site], 3))
    assert [list(each) for each in seen] == [["make"]] * 3
    turns = [
        {"uetbuild": _taken(2.0), "make": _taken(1.0)},
        {"uetbuild": _taken(3.0), "make": _taken(6.0)},
        {"uetbuild": _taken(1.0), "make": _taken(1.0)},
    ]
    row = Row("null", "3 nodes", 3, turns, 0.5, {"uetbuild": 1024})
    assert (sorted(row.ratios("make")), row.seconds("make")) == ([0.5, 1.0, 2.0], 1.0)
    assert "| 3 nodes | nothing changed | 2000 ms, 1 MB | 1000 ms (1.00) | 3, 0.5 |" in markdown([row], {"uetbuild": "1", "make": "4"})


def test_a_tool_that_takes_long_is_timed_in_few_rounds(make_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "LONG", 0.0)
    assert [list(each) for each in rounds(CASES["null"], [make_site], 3, few=1)] == [["make"], [], []]
    row = Row("null", "", 3, [{"uetbuild": _taken(2.0), "scons": _taken(4.0)}, {"uetbuild": _taken(1.0)}], 0.0, {})
    assert (row.seconds("scons"), row.ratios("scons"), row.seconds("uetbuild")) == (4.0, [0.5], 1.5)


def _taken(seconds: float) -> Taken:
    return Taken(seconds, 0.0, 0.0, 0)


def test_one_command_writes_the_table_between_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(speed.SHAPES, "100", lambda: flat(3))
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    words = [
        "--shape",
        "100",
        "--case",
        "null",
        "--tool",
        "make",
        "--rounds",
        "1",
        "--uetbuild",
        Uetbuild().program,
        "--markdown",
        str(page),
    ]
    assert speed.main(words) == 0
    assert "3 nodes, nothing changed (1 rounds" in capsys.readouterr().out
    assert page.read_text().startswith(f"before\n{BEGIN}\n\nMeasured on") and page.read_text().endswith(f"{END}\nafter\n")
    assert "old" not in page.read_text()
