"""The screenshots of the documentation: pictures of what stood on a terminal."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ElementTree

import docs_screens
import pytest
from docs_terminal import CELL, MARGIN, Run, picture, runs

SVG = "{http://www.w3.org/2000/svg}"


def test_cells_stand_where_they_stood_and_look_as_they_looked() -> None:
    lines = ["\x1b[1m$\x1b[0m make   \x1b[32mall\x1b[39m 日 \x1b[2mx", "still", "\x1b[0m", ""]
    assert runs(lines)[:2] == [
        [
            Run(0, "$", bold=True), Run(2, "make"), Run(9, "all", "#56d364"), Run(13, "日"), Run(16, "x", dim=True),
        ],
        [Run(0, "still", dim=True)],
    ]  # fmt: skip
    drawn = ElementTree.fromstring(picture(lines, 20, "a <b>"))
    words = {text.text: text for text in drawn.iter(f"{SVG}text")}
    assert list(words) == ["a <b>", "$", "make", "all", "日", "x", "still"]
    assert float(words["all"].get("x", "")) == pytest.approx(MARGIN + 9 * CELL)
    assert float(words["日"].get("textLength", "")) == 2 * CELL


def test_the_screenshots_are_small_and_there_is_one_of_each_scene() -> None:
    taken = sorted(docs_screens.PICTURES.glob("screen-*.svg"))
    assert [path.stem.removeprefix("screen-") for path in taken] == sorted(docs_screens.SCENES)
    assert all(path.stat().st_size < 50_000 for path in taken)


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("tmux") and shutil.which("cc")), reason="needs tmux and a C compiler")
@pytest.mark.parametrize("name", sorted(docs_screens.SCENES))
def test_a_screenshot_can_be_taken(name: str) -> None:
    assert "uetbuild" in picture(docs_screens.shot(name), docs_screens.COLUMNS, "")
