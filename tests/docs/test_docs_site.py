"""The site is all of the documentation, in order, and complete in itself. Building it takes seconds and the extra `docs`, so that is slow."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import docs_site
import pytest
from ruamel.yaml import YAML

ROOT = docs_site.ROOT
SETTINGS = YAML(typ="safe").load(ROOT / "mkdocs.yml")
needs_mkdocs = pytest.mark.skipif(not importlib.util.find_spec("material"), reason="needs the extra `docs`: mkdocs-material")


def test_every_page_stands_in_the_navigation_in_the_order_of_diataxis() -> None:
    sections = [next(iter(entry.items())) for entry in SETTINGS["nav"]]
    assert [title for title, _ in sections] == ["Home", "Tutorial", "How-to", "Reference", "Explanation"]
    pages = {path for _, entries in sections[1:] for entry in entries for path in entry.values()} | {"README.md"}
    assert pages == {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    for title, entries in sections[1:]:
        assert {path.split("/")[0] for entry in entries for path in entry.values()} == {title.lower()}, title


def test_a_page_of_the_site_is_made_of_every_example_and_of_every_file_of_the_project_that_is_linked() -> None:
    for path in docs_site.LINKED:
        assert (ROOT / path).exists(), path
    assert {path.name for path in (ROOT / "examples").iterdir() if (path / "Uetfile.yaml").exists()} == {
        Path(path).name for path in docs_site.EXAMPLES
    }


@pytest.mark.parametrize(
    ("page", "link", "leads_to"),
    [
        ("README.md", "[a](../examples)", "[a](examples/index.md)"),
        ("tutorial/first-steps.md", "[a](../../examples/c-project)", "[a](../examples/c-project.md)"),
        ("explanation/reliability.md", "[a](../../SECURITY.md#secrets)", "[a](../project/security.md#secrets)"),
        ("project/contributing.md", "[a](docs/explanation/architecture.md)", "[a](../explanation/architecture.md)"),
        ("examples/guarded.md", "[a](../hello/README.md)", "[a](hello.md)"),
        ("how-to/gates.md", "[a](approval.md)", "[a](approval.md)"),
        ("how-to/gates.md", "[a](https://example.org) [b](#here)", "[a](https://example.org) [b](#here)"),
        ("how-to/gates.md", "[a](../../nowhere.md)", "[a](../../nowhere.md)"),  # mkdocs --strict complains
    ],
)
def test_links_out_of_the_docs_lead_to_pages_of_the_site(page: str, link: str, leads_to: str) -> None:
    assert docs_site.relinked(link, page) == leads_to


def test_a_bar_in_a_table_is_shown_without_its_backslash() -> None:
    assert docs_site.on_page_content(r"<p>a\|b</p><td><code>a\|b</code></td>") == r"<p>a\|b</p><td><code>a|b</code></td>"


def build(root: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


class Links(HTMLParser):
    """What a page links to and loads, and the anchors that it has."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif (name == "src" and value) or (name == "href" and value and tag == "link"):
                self.loads.append(value)
            elif name == "href" and value:
                self.links.append(value)


@pytest.mark.slow
@needs_mkdocs
def test_the_site_loads_nothing_from_other_hosts_and_all_its_links_lead_somewhere(tmp_path: Path) -> None:
    done = build(ROOT, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    pages = {page: Links(page) for page in (tmp_path / "site").rglob("*.html") if page.name != "404.html"}
    assert len(pages) > 25
    for page, found in pages.items():
        for link in found.loads + found.links:
            path, anchor = urldefrag(unquote(link))
            if re.match(r"[a-z]+:", path):
                assert link in found.links, f"{page} loads {link}"
                continue
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), f"{page}: {link}"
            assert not anchor or anchor in pages[target].anchors, f"{page}: {link}"
    for sheet in (tmp_path / "site").rglob("*.css"):
        assert not re.search(r"url\(\W?(https?:)?//|@import", sheet.read_text(encoding="utf-8")), sheet


@pytest.mark.slow
@needs_mkdocs
@pytest.mark.parametrize("link", ["[a](nowhere.md)", "[a](approval.md#nowhere)", "[a](../../nowhere.py)"])
def test_a_link_that_leads_nowhere_fails_the_build_of_the_site(link: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for name in (
        "docs",
        "examples",
        "tests/docs",
        "tests/reliability/README.md",
        "mkdocs.yml",
        *(path for path in docs_site.PROJECT if "/" not in path),
    ):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / name, target) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, target)
    with (copy / "docs/how-to/gates.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{link}\n")
    done = build(copy, tmp_path / "site")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
