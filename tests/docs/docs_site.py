"""What the site adds to the pages of `docs/` (hooks of mkdocs, see `mkdocs.yml`).

The site holds all that its pages link to: the examples, and the Markdown files that lie outside of `docs/`, become pages of it, and links to them lead
there. The name of the file that a block is the content of, an HTML comment for our tests, is shown above the block.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # mkdocs is there only with the extra `docs`
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
PROJECT = {
    "CHANGELOG.md": ("Changes", "project/changelog.md"),
    "CONTRIBUTING.md": ("Contributing", "project/contributing.md"),
    "SECURITY.md": ("Security", "project/security.md"),
    "tests/reliability/README.md": ("Tests of reliability", "project/reliability-tests.md"),
}
EXAMPLES = {f"examples/{path.parent.name}": f"examples/{path.parent.name}.md" for path in sorted(ROOT.glob("examples/*/Uetfile.yaml"))}
LINKED = {
    "examples": "examples/index.md",
    **EXAMPLES,
    **{path: page for path, (_, page) in PROJECT.items()},
}  # path in the repository -> page

_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)((?:#[^)\s]+)?)\)")
_CELL = re.compile(r"<td>.*?</td>", re.S)
_NAMED_BLOCK = re.compile(r"^<!-- (?:file|broken): \+?(\S+) -->\n+```(\w*)$", re.M)


def on_config(config: MkDocsConfig) -> None:
    """The examples and the pages of the project come last in the navigation."""
    assert config.nav is not None
    config.nav.append({"Examples": ["examples/index.md", *({Path(path).name: page} for path, page in EXAMPLES.items())]})
    config.nav.append({"Project": [{title: page} for title, page in PROJECT.values()]})


def on_files(files: Files, *, config: MkDocsConfig) -> None:
    """Add the pages that are made from files outside of `docs/`."""
    from mkdocs.structure.files import File

    def add(page: str, content: str) -> None:
        files.append(File.generated(config, page, content=content))

    for path, (_, page) in PROJECT.items():
        add(page, (ROOT / path).read_text(encoding="utf-8"))
    for path, page in EXAMPLES.items():
        add(page, example(ROOT / path))
    add("examples/index.md", overview())


def on_page_markdown(markdown: str, *, page: Page, **_: Any) -> str:
    """The page with links that stay within the site, and with names above the blocks that are files."""
    return _NAMED_BLOCK.sub(r'```\2 title="\1"', relinked(markdown, page.file.src_uri))


def on_page_content(html: str, **_: Any) -> str:
    """A bar in a table's code stands there with a backslash, which GitHub takes away, and Python-Markdown does not."""
    return _CELL.sub(lambda cell: cell[0].replace("\\|", "|"), html)


def relinked(markdown: str, page: str) -> str:
    """The text of a page of the site, with links to paths of the repository turned into links to pages. What is no page stays, for mkdocs to complain."""
    source = next((path for path, made in LINKED.items() if made == page), f"docs/{page}")
    folder = source if (ROOT / source).is_dir() else posixpath.dirname(source)

    def link(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[1]))
        target = LINKED.get(path.removesuffix("/README.md") if path.startswith("examples/") else path)
        if target is None and path.startswith("docs/"):
            target = path.removeprefix("docs/")
        if target is None:
            return match[0]
        return f"]({posixpath.relpath(target, posixpath.dirname(page) or '.')}{match[2]})"

    return _LINK.sub(link, markdown)


def example(folder: Path) -> str:
    """The page of an example: what its README says, then its manifests."""
    readme = folder / "README.md"
    parts = [readme.read_text(encoding="utf-8") if readme.exists() else f"# {folder.name}\n\n{summary(folder)}\n"]
    parts.append("\n## Manifest\n" if readme.exists() else "")
    for manifest in sorted(folder.rglob("Uetfile.yaml"), key=lambda path: (len(path.parts), path)):
        name = manifest.relative_to(folder.parent.parent)
        parts.append(f'```yaml title="{name}"\n{manifest.read_text(encoding="utf-8")}```\n')
    return "\n".join(parts)


def overview() -> str:
    """The page that lists the examples."""
    lines = [f"| [{Path(path).name}]({Path(page).name}) | {summary(ROOT / path)} |" for path, page in EXAMPLES.items()]
    return "\n".join(
        [
            "# Examples",
            "",
            "Each lies in `examples/` of the repository, and is run by the tests.",
            "",
            "| example | shows |",
            "|---|---|",
            *lines,
            "",
        ]
    )


def summary(folder: Path) -> str:
    """What an example shows: the first paragraph of its README, else the comment at the head of its manifest."""
    readme = folder / "README.md"
    if readme.exists():
        return " ".join(readme.read_text(encoding="utf-8").split("\n\n")[1].split())
    lines = (folder / "Uetfile.yaml").read_text(encoding="utf-8").splitlines()
    head = lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]
    return " ".join(line.removeprefix("#").strip() for line in head)
