"""The pages about reliability name tests that exist, and the list of proofs is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PAGE = ROOT / "docs/explanation/reliability.md"


def test_every_file_here_is_listed_and_every_listed_file_is_here() -> None:
    listed = set(re.findall(r"`([\w.]+\.(?:py|sh))`", (HERE / "README.md").read_text()))
    assert listed == {path.name for path in HERE.iterdir() if path.suffix in (".py", ".sh") and path.name != "__init__.py"}


@pytest.mark.parametrize("page", [PAGE, ROOT / "SECURITY.md"], ids=lambda page: page.name)
def test_the_tests_that_a_page_names_exist_and_hold_tests(page: Path) -> None:
    for name in re.findall(r"`(tests/[\w/]+\.py)`", page.read_text()):
        assert re.search(r"^(    )?def test_", (ROOT / name).read_text(), re.M), name


def test_every_promise_and_every_test_of_security_is_on_the_page() -> None:
    text = PAGE.read_text()
    promises = re.findall(r"^\*\*(\d+)\. .*?(?=^\*\*|^\| )", text, re.M | re.S)
    assert promises == [str(number) for number in range(1, 13)]
    for part in re.split(r"^\*\*\d+\. ", text.partition("**Security.**")[0], flags=re.M)[1:]:
        assert "*Tested*" in part and "`tests/" in part
    for path in HERE.glob("test_[ps]*.py"):
        assert f"tests/reliability/{path.name}" in text
