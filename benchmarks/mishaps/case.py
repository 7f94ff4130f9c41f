"""One probe put to one tool: a folder, the tool's program, and what was seen."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from .building import Build, Said
from .processes import MARK, at_rest, kill_marked, marked, until
from .rules import Project, Rule
from .smalldisk import SmallDisk
from .tools import Tool
from .verdicts import Mishap, NotApplicable

LONG_AGO = 1_600_000_000  # seconds since 1970: a date long before any probe


class Case:
    """What a probe works with. Paths are relative to the project's folder; `../` is outside of what the tool knows."""

    def __init__(self, tool: Tool, folder: Path, patience: float) -> None:
        self.tool = tool
        self.patience = patience  # seconds until what must happen counts as not happening
        self.root = folder / "project"
        self.seen = self.root  # where the harness sees it
        self._outside = folder
        self._prefix: list[str] = []
        (folder / "home").mkdir(parents=True)
        (folder / "bin").mkdir()
        self.root.mkdir()
        self.mark = str(folder)
        self.environ = {
            "PATH": f"{folder}/bin:/usr/local/bin:/usr/bin:/bin",
            "HOME": f"{folder}/home",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }
        command = tool.command()
        if command is None:
            raise NotApplicable(f"{tool.name} is not installed")
        self._command = [*command, *tool.bare]
        self._builds: list[Build] = []
        self._preparing: list[str] | None = None

    # --- files --------------------------------------------------------------------------------------------------------------

    def path(self, path: str) -> Path:
        return self._outside / path[3:] if path.startswith("../") else self.seen / path

    def write(self, path: str, text: str) -> None:
        """Write a file anew; one that begins with `#!` can be executed."""
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        if text.startswith("#!"):
            file.chmod(0o755)

    def read(self, path: str) -> str:
        return self.path(path).read_bytes().decode("utf-8", "surrogateescape")

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.path(path))

    def remove(self, path: str) -> None:
        self.path(path).unlink()

    def date(self, path: str, seconds: float) -> None:
        """Give a file this time of modification, in seconds since 1970."""
        os.utime(self.path(path), (seconds, seconds))

    def keep_date(self, path: str, text: str) -> None:
        """Write a file and give it the time that it had, to the nanosecond."""
        look = self.path(path).stat()
        self.write(path, text)
        os.utime(self.path(path), ns=(look.st_atime_ns, look.st_mtime_ns))

    @contextmanager
    def small_disk(self, size: int) -> Iterator[None]:
        """From here on the project lies on a disk of `size` bytes."""
        with SmallDisk(str(self.root), size, self.environ) as disk:
            self._prefix, self.seen = disk.prefix, Path(disk.seen)
            yield
            self.kill()

    def fill_disk(self, leave: int) -> None:
        """Write the file `filler` until there is room for only `leave` bytes."""
        look = os.statvfs(self.seen)
        self.write("filler", "x" * (look.f_bavail * look.f_frsize - leave))

    def move(self, path: str) -> None:
        """Rename the project's folder."""
        self.root = self.root.rename(self.path(path))
        self.seen = self.root

    def tree(self) -> dict[str, tuple[int, int, bytes]]:
        """Every file of the project with its mode, date and bytes."""
        files = [path for path in self.seen.rglob("*") if not path.is_dir()]
        return {str(file): (file.lstat().st_mode, file.lstat().st_mtime_ns, file.read_bytes()) for file in files}

    def remembered(self) -> list[Path]:
        """The files in which the tool keeps what it knows of former builds."""
        found = [self.path(path) for path in self.tool.state if self.exists(path)]
        return [file for path in found for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]

    # --- builds -------------------------------------------------------------------------------------------------------------

    def project(self, *rules: Rule, comment: str = "a project") -> None:
        """Write the build file."""
        project = Project(rules, comment)
        for name, text in self.tool.files(project).items():
            self.write(name, text)
        self._preparing = self.tool.prepare(project) if not self._builds else None

    def start(self, *options: str, stdin: int = subprocess.DEVNULL) -> Build:
        """Start a build."""
        self.prepare()
        return self._start([*self._command, *options], {}, stdin)

    def build(self, *options: str, **environ: str) -> Said:
        """A build from its start to its end."""
        self.prepare(**environ)
        return self._start([*self._command, *options], environ).ended(self.patience)

    def shell(self, line: str) -> Said:
        """A line of bash in which `"$@"` is a build."""
        self.prepare()
        return self._start(["bash", "-c", line, "bash", *self._command], {}).ended(self.patience)

    def prepare(self, **environ: str) -> None:
        """Do what the user of this tool does once, when the first files are there. Every build does it where nobody did."""
        if words := self._preparing:
            self._preparing = None
            said = self._start(words, environ).ended(self.patience)
            if said.code:
                raise Mishap(f"the project cannot be prepared: {said.last}")

    def _start(self, words: list[str], environ: dict[str, str], stdin: int = subprocess.DEVNULL) -> Build:
        folder = "/" if self._prefix else str(self.root)
        paper = self._outside / f"printed-{len(self._builds)}"
        build = Build([*self._prefix, *words], folder, self.environ | {MARK: self.mark} | environ, paper, stdin)
        self._builds.append(build)
        return build

    def close(self) -> None:
        """Leave nobody behind."""
        self.kill()
        for build in self._builds:
            build.ended(self.patience)

    # --- waiting ------------------------------------------------------------------------------------------------------------

    def comes(self, path: str, build: Build | None = None) -> None:
        """Wait until a file is there, to which a recipe of `build` has to come."""
        until(lambda: self.exists(path) or (build is not None and build.is_over()), self.patience)
        if not self.exists(path):
            raise Mishap("the recipe does not run")

    def settles(self, build: Build) -> bool:
        """Wait until a build has ended, or all that runs waits for something; says whether it is still there."""
        resting = at_rest(self.mark)
        until(lambda: build.is_over() or resting(), self.patience)
        return not build.is_over()

    def flag(self, *names: str) -> None:
        """Make files `../NAME`, for which recipes wait or by which they decide."""
        for name in names:
            self.write(f"../{name}", "")

    def lower(self, *names: str) -> None:
        """Take such files away."""
        for name in names:
            self.path(f"../{name}").unlink(missing_ok=True)

    def kill(self) -> None:
        """Kill all that this probe started, at once: the machine goes down."""
        kill_marked(self.mark)

    # --- expectations -------------------------------------------------------------------------------------------------------

    def ran(self) -> list[str]:
        """What recipes wrote into the log since it was last looked at."""
        log = self._outside / "log"
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    def builds(self, *options: str, **environ: str) -> list[str]:
        """Expect a build to succeed; returns the names of the rules that ran."""
        self.ran()
        said = self.build(*options, **environ)
        if said.code:
            raise Mishap(f"the build fails: {said.last}")
        return self.ran()

    def rests(self, *options: str, **environ: str) -> None:
        """Expect a build to succeed and to run nothing."""
        if ran := self.builds(*options, **environ):
            raise Mishap(f"runs {_listed(ran)} for nothing")

    def reruns(self, *names: str, **environ: str) -> None:
        """Expect a build to succeed and to run these rules and no others."""
        ran = set(self.builds(**environ))
        if missed := set(names) - ran:
            raise Mishap(f"says that all is done, and did not run {_listed(missed)}")
        if more := ran - set(names):
            raise Mishap(f"runs {_listed(more)} for nothing")

    def refuses(self, *options: str, **environ: str) -> Said:
        """Expect a build to fail."""
        said = self.build(*options, **environ)
        if not said.code:
            raise Mishap("says that all went well (exit 0)")
        return said

    def holds(self, path: str, text: str) -> None:
        """Expect a file with this text."""
        if not self.exists(path):
            raise Mishap(f"`{path}` is missing")
        found = self.read(path)
        if found != text:
            raise Mishap(f"`{path}` holds {_short(found)}, not {_short(text)}")

    def lacks(self, path: str, why: str) -> None:
        """Expect that a file is not there."""
        if self.exists(path):
            raise Mishap(why)

    def not_applicable(self, why: str) -> NoReturn:
        """Say that this tool has no such thing."""
        raise NotApplicable(why)

    def expect(self, holds: object, seen: str) -> None:
        """Expect something; `seen` says what is the case otherwise."""
        if not holds:
            raise Mishap(seen)

    def nobody_left(self) -> None:
        """Expect that what builds started comes to its end."""
        if not until(lambda: not marked(self.mark), self.patience):
            raise Mishap("a process that the recipe started is still alive")


def _listed(names: set[str] | list[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(set(names)))


def _short(text: str) -> str:
    """A text as a word in a message."""
    return repr(text if len(text) < 30 else text[:27] + "...")
