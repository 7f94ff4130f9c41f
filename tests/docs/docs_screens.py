"""The screenshots of the documentation: what uetbuild shows on a real terminal, as pictures (SVG) in `docs/pictures/`.

`python tests/docs/docs_screens.py [NAME…]` takes them anew; needs tmux and a C compiler. Durations differ from time to time, so nothing checks
that the pictures are the latest.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from docs_terminal import Run, Terminal, picture, runs

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs/pictures"
COLUMNS, LINES = 80, 34
PARTS = (
    "arena", "bytes", "codegen", "emitter", "folding", "grammar", "hashing", "lexer", "liveness", "optimizer", "parser", "peephole",
    "registers", "scheduler", "symbols", "types",
)  # fmt: skip
SLOW = 250  # functions in a source: a second or so to compile
MANIFEST = """\
version: 1
default: [app, test]
vars:
  level: -O2
workstreams:
  obj:
    title: Compile
    foreach: "src/*.c"
    outputs: ["build/{{ item.stem }}.o"]
    depfile: "build/{{ item.stem }}.d"
    run: "cc {{ vars.level }} -MMD -MF {{ depfile }} -c {{ item }} -o {{ outputs }}"
  app:
    title: Link
    inputs: ["build/*.o"]
    outputs: [build/app]
    run: "cc {{ inputs }} -o {{ outputs }}"
  test:
    title: Run the tests
    inputs: [build/app, "tests/*.txt"]
    run: "build/app < tests/words.txt"
"""


def running(terminal: Terminal, folder: Path) -> list[str]:
    """A build that goes on, of a program that was built before with other flags."""
    for part in PARTS:
        body = [f"double {part}_{i}(double x) {{ for (int j = 0; j < 99; ++j) x += x * j / (x + {i}); return x; }}" for i in range(SLOW)]
        (folder / f"src/{part}.c").write_text("\n".join(body) + "\n", encoding="utf-8")
    terminal.type("uetbuild -q -j4; clear")
    terminal.until(r"\A\$ *\Z")
    terminal.type("uetbuild -j4 level=-O3")
    lines = terminal.until(r"^━+·+  1\d of 20")
    terminal.press("C-c")
    return lines


def failing(terminal: Terminal, folder: Path) -> list[str]:
    """A slip in a source, and all that does not depend on it."""
    source = folder / "src/count.c"
    source.write_text(source.read_text(encoding="utf-8").replace("return count;", "return count"), encoding="utf-8")
    terminal.type("uetbuild -k")
    return terminal.until(r"^ran \d")


def wrong(terminal: Terminal, folder: Path) -> list[str]:
    """Slips in the manifest."""
    manifest = folder / "Uetfile.yaml"
    text = MANIFEST.replace("inputs: [build/app,", "input: [build/app,").replace("default: [app, test]", "default: [app, tset]")
    manifest.write_text(text, encoding="utf-8")
    terminal.type("uetbuild")
    return terminal.until(r"^hint: did you mean `inputs`\?\n")


def why(terminal: Terminal, folder: Path) -> list[str]:
    """What is stale after an edit, and why."""
    terminal.type("uetbuild -q; clear")
    terminal.until(r"\A\$ *\Z")
    header = folder / "src/count.h"
    header.write_text(header.read_text(encoding="utf-8") + "int lines(const char *text);\n", encoding="utf-8")
    terminal.type("uetbuild status")
    terminal.until(r"stale\n(.*\n)+\$ *\Z")
    terminal.type("uetbuild explain app")
    terminal.until(r"^app: .*\n(.*\n)+\$ *\Z")
    terminal.type("uetbuild --explain")
    return terminal.until(r"^ran \d")


SCENES: dict[str, Callable[[Terminal, Path], list[str]]] = {"running": running, "failing": failing, "wrong": wrong, "why": why}


def shot(name: str) -> list[str]:
    """The lines of the screen at the end of a scene."""
    with tempfile.TemporaryDirectory(prefix="words-") as made:
        folder = Path(made)
        for path, text in _FILES.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        with Terminal(folder, COLUMNS, LINES, environ) as terminal:
            lines = SCENES[name](terminal, folder)
    return lines[:-1] if runs(lines)[-1] == [Run(0, "$", bold=True)] else lines


_FILES = {
    "Uetfile.yaml": MANIFEST,
    "src/count.h": "int words(const char *text);\n",
    "src/count.c": """\
#include "count.h"
#include <ctype.h>

int words(const char *text) {
    int count = 0;
    for (; *text; ++text)
        if (!isspace(text[0]) && (isspace(text[1]) || !text[1])) ++count;
    return count;
}
""",
    "src/main.c": """\
#include "count.h"
#include <stdio.h>

int main(void) {
    char line[1000];
    while (fgets(line, sizeof line, stdin)) printf("%d\\n", words(line));
}
""",
    "tests/words.txt": "one two\n",
}


if __name__ == "__main__":
    for each in sys.argv[1:] or SCENES:
        PICTURES.joinpath(f"screen-{each}.svg").write_text(picture(shot(each), COLUMNS, "uetbuild"), encoding="utf-8")
