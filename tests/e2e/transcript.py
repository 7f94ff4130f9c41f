"""Transcripts: text files that say what somebody types and what they then read, to the letter.

A transcript is prose, files and commands:

    What it shows, in a sentence.                     (prose: all up to the first file or command, and lines that begin with `## `)

    --- Uetfile.yaml                                  (a file, up to a line `---`)
    version: 1
    ---
    $ uetbuild hello                                  (a command, followed by all that it prints, stdout and stderr together)
    hi
    hello  echo hi  [TIME]
    ran 1 of 1 in [TIME]
    $ uetbuild nonsense
    error: unknown target `nonsense`
    hint: declared: `hello`
    [exit 2]                                          (an exit code that is not 0)

A line `$ uetbuild …` without shell syntax runs in this process, `$ cd DIR` moves, all else is bash with the program on PATH.
What differs from run to run is replaced: `[TIME]`, `[RUN]`, `[PID]`, `[ROOT]`. `UETBUILD_RECORD=1` writes what came out into the file.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from nursery import Program

from uetbuild.cli.app import guarded
from uetbuild.cli.face import Face
from uetbuild.report.stream import Stream

_SHELL_SYNTAX = re.compile(r"[|&;<>`]|\$\(")
_CHANGING = (
    (re.compile(r"\b\d{8}-\d{6}-\d{6}-[0-9a-f]{4}\b"), "[RUN]"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"), "[WHEN]"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "[DAY]"),
    (re.compile(r"(?<![\d.])\d+\.\ds\b|\b\d+m \d\ds\b"), "[TIME]"),
    (re.compile(r"\bprocess \d+\b"), "process [PID]"),
    (re.compile(r"\bby [\w.-]+@[\w.-]+"), "by [WHO]"),
)


class Paper(Stream):
    """A stream that keeps what is written, on a sheet that several may share."""

    def __init__(self, sheet: list[str]) -> None:
        super().__init__(-1)
        self.sheet = sheet

    def put(self, data: bytes) -> None:
        self.sheet.append(data.decode())


class Said:
    """What a command line said: exit `code`, `out`, `err`, and `text`, both as a terminal shows them."""

    def __init__(self, code: int, out: str, err: str, text: str = "") -> None:
        self.code = code
        self.out = out
        self.err = err
        self.text = text or out + err


class Folder:
    """A project in a folder of its own, with an environment of its own. Leaves the process where it was when `close` is called."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.root = root
        self.cwd = root
        self.environ = environ
        root.mkdir(parents=True, exist_ok=True)

    def write(self, path: str, text: str) -> Path:
        """Write a file; one that begins with `#!` can be executed."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if text.startswith("#!"):
            file.chmod(0o755)
        return file

    def manifest(self, text: str) -> None:
        """Write `Uetfile.yaml`; `version: 1` is put in front where the text does not say it."""
        self.write("Uetfile.yaml", text if "version:" in text else "version: 1\n" + text)

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.root / path)

    def __call__(self, line: str | Sequence[str], **environ: str) -> Said:
        """Run `uetbuild` with these words in this process."""
        words = shlex.split(line) if isinstance(line, str) else list(line)
        before, folder = dict(os.environ), os.getcwd()
        both: list[str] = []
        out, err = _Side(both), _Side(both)
        os.environ.clear()
        os.environ.update(self.environ | environ)
        os.chdir(self.cwd)
        try:
            code = guarded(Face(out, err, os.environ), words)
        finally:
            os.environ.clear()
            os.environ.update(before)
            os.chdir(folder)
        return Said(int(code), "".join(out.own), "".join(err.own), "".join(both))

    def start(self, *words: str, **more: object) -> subprocess.Popen[str]:
        """Start the real program; stdout and stderr are pipes unless said otherwise."""
        settings: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        environ = self.environ | more.pop("environ", {})  # type: ignore[operator, call-overload]
        return Program(words, cwd=self.cwd, env=environ, **(settings | more))

    def real(self, *words: str, **more: object) -> Said:
        """Run the real program to its end."""
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=60)
        return Said(process.returncode, out or "", err or "")

    def bash(self, line: str) -> Said:
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.cwd, env=self.environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, timeout=60,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, "")

    def plain(self, text: str) -> str:
        """`text` without what differs from run to run."""
        text = text.replace(str(self.root), "[ROOT]")
        for pattern, name in _CHANGING:
            text = pattern.sub(name, text)
        return text

    def tree(self) -> dict[str, tuple[int, int, str]]:
        """Every path below the root with its mode, mtime and content: two are equal when nothing was touched."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                look = path.lstat()
                content = path.read_bytes().hex() if stat.S_ISREG(look.st_mode) else ""
                found[str(path.relative_to(self.root))] = (look.st_mode, look.st_mtime_ns, content)
        return found


class _Side(Paper):
    """One of two streams that share a sheet and keep their own text, too."""

    def __init__(self, sheet: list[str]) -> None:
        super().__init__(sheet)
        self.own: list[str] = []

    def put(self, data: bytes) -> None:
        super().put(data)
        self.own.append(data.decode())


def play(text: str, folder: Folder) -> str:
    """The transcript as it really goes: the same prose, files and commands, with what they print now."""
    lines = text.split("\n")
    told: list[str] = []
    i = 0
    while i < len(lines):
        line = lines[i]
        i += 1
        if line.startswith("--- "):
            end = lines.index("---", i)
            folder.write(line[4:], "".join(each + "\n" for each in lines[i:end]))
            told += lines[i - 1 : end + 1]
            i = end + 1
        elif line.startswith("$ "):
            while i < len(lines) and not lines[i].startswith(("$ ", "--- ", "## ")):
                i += 1
            told += [line, *_typed(line[2:], folder)]
        else:
            told.append(line)
    return "\n".join(told) + ("\n" if told[-1] else "")


def _typed(line: str, folder: Folder) -> list[str]:
    words = shlex.split(line)
    environ = {}
    while words and re.match(r"[A-Z_]+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    if words[0] == "cd":
        folder.cwd = folder.root / words[1]
        return []
    said = folder(words[1:], **environ) if words[0] == "uetbuild" and not _SHELL_SYNTAX.search(line) else folder.bash(line)
    told = folder.plain(said.text).removesuffix("\n").split("\n") if said.text else []
    return [*told, f"[exit {said.code}]"] if said.code else told
