"""What the documentation shows is what the program does: every transcript, every manifest, every JSON example, every link."""

from __future__ import annotations

import re
import shutil
import tomllib

import docs_debian
import docs_pictures
import pytest
from docs_transcripts import PAGES, ROOT, Block, blocks, settled, slow, stories, told, values
from ruamel.yaml import YAML

from uetbuild.cli import reference
from uetbuild.manifest.generated import current
from uetbuild.manifest.load import load
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk

STORIES = [story for page in PAGES for story in stories(page)]
BUILT = {block.place for story in STORIES if not slow(story) for block in story}
MANIFESTS = [
    block for page in PAGES for block in blocks(page)
    if block.language == "yaml" and block.place not in BUILT and re.match(r"(#[^\n]*\n)*version:", block.text)
]  # fmt: skip
"""Those that no story builds: they are at least loaded."""
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#([^)\s]+))?\)")

MODULE = re.compile(r"`((?:core|manifest|engine|executors|state|report|cli)/[\w/]+\.py)`")
MEMBER = re.compile(r"`([\w.]+)`\s\(`([\w/]+\.py)`\)")


@pytest.mark.parametrize(
    "story", [pytest.param(story, id=story[0].place, marks=[pytest.mark.slow] if slow(story) else []) for story in STORIES]
)
def test_transcripts_and_json_examples_show_what_the_program_prints(story: list[Block]) -> None:
    if any(" cc " in f" {block.text}" for block in story) and not shutil.which("cc"):
        pytest.skip("no C compiler")
    try:
        told_blocks = list(told(story))
    except docs_debian.Missing as missing:
        pytest.skip(str(missing))
    for block, actual in told_blocks:
        if block.language == "console":
            assert settled(block.text) == settled(actual), block.place
        else:
            for example in values(block.text):
                assert example in values(actual), block.place


@pytest.mark.parametrize("block", MANIFESTS, ids=lambda block: block.place)
def test_manifests_that_no_story_builds_load(block: Block, tmp_path) -> None:
    (tmp_path / "Uetfile.yaml").write_text(block.text, encoding="utf-8")
    for name in re.findall(r"\{load: (\S+)\}", block.text):
        (tmp_path / name).write_text("a: 1\n", encoding="utf-8")
    load(str(tmp_path), "Uetfile.yaml", RealDisk(str(tmp_path), Digests(), {}))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_yaml_in_the_documentation_can_be_read(page) -> None:
    for block in blocks(page):
        if block.language == "yaml" and block.say != "broken":
            assert YAML(typ="safe", pure=True).load(block.text), block.place


def test_the_readme_shows_a_manifest_and_the_tutorial_tells_a_story() -> None:
    assert any(block.page.name == "README.md" for block in MANIFESTS)
    assert any(block.page.name == "first-steps.md" for story in STORIES for block in story)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page) -> None:
    for path, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = (page.parent / path).resolve()
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{path}#{anchor}"


def test_modules_and_functions_that_the_documentation_names_are_there() -> None:
    for page in PAGES:
        source = page.read_text(encoding="utf-8")
        for module in MODULE.findall(source):
            assert (ROOT / "uetbuild" / module).exists(), f"{page.name}: {module}"
        for name, module in MEMBER.findall(source):
            code = (ROOT / "uetbuild" / module).read_text(encoding="utf-8")
            for part in name.split("."):
                assert re.search(rf"^ *(def|class) {part}\b", code, re.M), f"{page.name}: {name} in {module}"


def test_every_dependency_has_its_sentence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(name for extra in project["optional-dependencies"].values() for name in extra)]
    told = (ROOT / "docs/explanation/dependencies.md").read_text(encoding="utf-8")
    listed = {name for line in told.splitlines() if line.startswith("| ") for name in line.split(" | ")[0][2:].split(", ")}
    assert {re.split(r"[<>=~! ]", name)[0] for name in wanted} <= listed


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_tables_of_the_command_line_are_made_from_its_table_of_options() -> None:
    assert current(reference.PATH) == reference.page(current(reference.PATH)), "run `python -m uetbuild.cli.reference`"


def test_the_picture_of_the_graph_is_the_one_that_the_program_draws() -> None:
    assert current(docs_pictures.PATH) == docs_pictures.picture(), "run `python tests/docs/docs_pictures.py`"
