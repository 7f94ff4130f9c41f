"""The code blocks of our Markdown files as tests: read, run in a fresh folder, compared.

A block may have one HTML comment in front of it that says what it is for:

- `<!-- file: PATH -->`: the block is the content of a file that the next console block finds in its folder; `+PATH` adds it to what is there.
- `<!-- broken: PATH -->`: the same, of a manifest that is wrong on purpose.
- `<!-- debian: PACKAGE -->` before a console block: it begins in the source of this package of Debian, a program that nobody here wrote. Such a
  story is slow.
- `<!-- continue -->` before a console block: it goes on in the folder of the console block before it.
- `<!-- json: COMMAND; COMMAND -->` before a `json` block: an example of what the commands print there, compared but for what differs from run to run.

A console block holds `$ COMMAND` lines (`> ` goes on with one) and what they print; `[TIME]`, `[RUN]` and `[WHEN]` (and `[DAY]`) stand for durations, ids
of runs and dates. Lines of workstreams that ran side by side may come in any order.

`python tests/docs/docs_transcripts.py` writes what the commands print into the console blocks.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "e2e"))  # where pytest does not see to it

import docs_debian
from nursery import Program, get_used

ROOT = Path(__file__).resolve().parents[2]
FILES = ("file", "broken")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(r"(?:^<!-- (?P<say>[a-z]+)(?:: (?P<what>[^\n]*?))? -->\n+)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
_VOLATILE = (
    (re.compile(r"\b\d{8}-\d{6}-\d{6}-[0-9a-f]{4}\b"), "[RUN]"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "[WHEN]"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "[DAY]"),
    (re.compile(r"\b(\d+h \d\dm|\d+m \d\ds|\d+\.\d+s)(?!\w)"), "[TIME]"),
    (re.compile(r"\bby [\w.-]+@[\w.-]+"), "by [WHO]"),
)
_SHELL = re.compile(r"[|&;<>()$`*?~#\n]")


class Block:
    """A fenced block: its `language` and `text`, where it is, what the comment before it says (`say`, `what`), and its `span` in the page."""

    def __init__(self, page: Path, match: re.Match[str], source: str) -> None:
        self.page = page
        self.line = source.count("\n", 0, match.start("language")) + 1
        self.language = match["language"]
        self.text = match["text"]
        self.say = match["say"] or ""
        self.what = match["what"] or ""
        self.span = match.span("text")

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    source = page.read_text(encoding="utf-8")
    return [Block(page, match, source) for match in _FENCE.finditer(source)]


def stories(page: Path) -> list[list[Block]]:
    """Blocks that are run in one folder, one after the other: files, console and JSON blocks. Files alone are no story."""
    found: list[list[Block]] = []
    begun = False  # the last story has run something, so a file without `continue` begins another
    for block in blocks(page):
        if block.language != "console" and block.say not in (*FILES, "json"):
            continue
        fresh = block.say in FILES and begun and not block.what.startswith("+")
        if not found or fresh or (block.language == "console" and block.say != "continue" and begun):
            found.append([])
            begun = False
        begun = begun or block.say not in FILES
        found[-1].append(block)
    return [story for story in found if any(block.say not in FILES for block in story)]


def slow(story: list[Block]) -> bool:
    """Whether a story takes long, or needs what is not there everywhere."""
    return any(block.say == "debian" for block in story)


def told(story: list[Block]) -> Iterator[tuple[Block, str]]:
    """Run a story; gives each console and JSON block with what it should have been. Raises docs_debian.Missing."""
    with tempfile.TemporaryDirectory(prefix="docs-") as scratch:
        folder = Path(scratch) / "project"
        folder.mkdir()
        environ = _environment(Path(scratch))
        for block in story:
            if block.say in FILES:
                target = folder / block.what.removeprefix("+").strip()
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.text, encoding="utf-8")
                continue
            if block.say == "debian":
                docs_debian.unpack(block.what, folder)
            if block.language == "console":
                yield block, scrubbed(_transcript(block.text, folder, environ), folder)
            else:
                yield block, scrubbed("".join(_run(block.what.split("; "), folder, environ, errors=False)), folder)


def scrubbed(text: str, folder: Path) -> str:
    """The text without what differs from run to run."""
    text = text.replace(str(folder), "/home/me/project")
    for pattern, stand_in in _VOLATILE:
        text = pattern.sub(stand_in, text)
    return text


def settled(transcript: str) -> list[str]:
    """The lines, those of workstreams that ran one beside the other (`id  what  [TIME]`) in one order."""
    lines: list[str] = []
    together: list[str] = []
    for line in scrubbed(transcript, Path("/home/me/project")).split("\n"):
        if line.endswith("  [TIME]"):
            together.append(line)
            continue
        lines += sorted(together)
        together = []
        lines.append(line)
    return lines + sorted(together)


def values(text: str) -> list[object]:
    """The JSON values of a text, one a line or one over all lines; numbers that differ from run to run are left out."""
    try:
        found = [json.loads(text)]
    except json.JSONDecodeError:
        found = [json.loads(line) for line in text.splitlines()]
    return [_steady(value) for value in found]


def _steady(value: object) -> object:
    if isinstance(value, dict):
        return {name: name if name in ("pid", "seq") else _steady(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    return "seconds" if isinstance(value, float) else value


def _environment(scratch: Path) -> dict[str, str]:
    """What a person at a plain terminal has; `uetbuild` is the one of this repository."""
    programs = scratch / "bin"
    programs.mkdir()
    program = programs / "uetbuild"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m uetbuild "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return {
        "PATH": f"{programs}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}", "HOME": str(scratch), "LANG": "C.UTF-8",
        "TERM": "dumb",
    }  # fmt: skip


def _transcript(text: str, folder: Path, environ: dict[str, str]) -> str:
    """The console text with what its commands print now."""
    commands: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            commands.append([line[2:]])
        elif line.startswith("> ") and commands:
            commands[-1].append(line[2:])
    outputs = _run(["\n".join(lines) for lines in commands], folder, environ)
    told_lines = []
    for lines, output in zip(commands, outputs, strict=True):
        told_lines.append("$ " + "\n> ".join(lines) + "\n")
        told_lines.append(output if output.endswith("\n") or not output else output + "\n")
    return "".join(told_lines)


def _run(commands: list[str], folder: Path, environ: dict[str, str], errors: bool = True) -> list[str]:
    """What each command prints. A plain `uetbuild …` is run by the nursery, which spares it the imports, all else by bash."""
    outputs = []
    code = 0
    for command in commands:
        with tempfile.TemporaryFile() as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output if errors else subprocess.DEVNULL}
            if f"{command} ".startswith("uetbuild ") and not _SHELL.search(command):
                code = Program(shlex.split(command)[1:], cwd=folder, env=environ, **streams).wait()
            else:
                script = f"(exit {code})\n{command}"  # so that `$?` is what it was
                code = subprocess.run(["bash", "-c", script], cwd=folder, env=environ, check=False, **streams).returncode
            output.seek(0)
            outputs.append(output.read().decode("utf-8"))
    return outputs


def update(page: Path) -> None:
    """Write into the console blocks of a page what their commands print."""
    source = page.read_text(encoding="utf-8")
    changes = [(block.span, actual) for story in stories(page) for block, actual in told(story) if block.language == "console"]
    for (start, end), actual in reversed(changes):
        if settled(source[start:end]) != settled(actual):
            source = source[:start] + actual + source[end:]
    page.write_text(source, encoding="utf-8")


if __name__ == "__main__":
    get_used()
    for name in sys.argv[1:] or PAGES:
        update(Path(name).resolve())
