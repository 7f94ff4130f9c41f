"""What the probes need to know of a tool."""

from __future__ import annotations

import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from benchmarks.mishaps.rules import Project
from benchmarks.mishaps.verdicts import NotApplicable


class Tool(ABC):
    """A build tool: how a project is written for it, how it is called, and what it keeps.

    The projects are those of somebody who knows the tool: its documented way, and a trick only where a rule could not be said at
    all without one (a variable of the environment, where the tool has no word for it, goes through a file that changes with it).
    """

    name: str
    install: str  # how one gets it
    programs: tuple[str, ...]  # what it may be called on PATH
    speaks: tuple[str, ...]  # what its `--version` must say, one of them, since names on PATH are not unique
    state: tuple[str, ...] = ()  # files in the project in which it remembers
    bare: tuple[str, ...] = ()  # options of every build
    dry: tuple[str, ...] | None = None  # options for a look at what would be done
    keeps_going: tuple[str, ...] | None = None  # options for going on after a failure

    def command(self) -> list[str] | None:
        """The words that start it, None where it is not installed."""
        here = str(Path(sys.executable).parent)
        for name in self.programs:
            found = shutil.which(name, path=here) or shutil.which(name)
            if found and any(word in _said(found) for word in self.speaks):
                return [found]
        return None

    def version(self) -> str:
        """What it says of its version, the first line; empty where it is not installed."""
        command = self.command()
        return _said(*command).strip().split("\n")[0] if command else ""

    @abstractmethod
    def files(self, project: Project) -> dict[str, str]:
        """The files that its user writes for a project. Raises `NotApplicable` where its language has no words for it."""

    def prepare(self, project: Project) -> list[str] | None:
        """The command that its user runs once, before the first build; None where there is none."""
        return None

    @abstractmethod
    def target(self, name: str, output: str) -> str:
        """How the rule `name`, which makes `output`, is asked for alone."""

    @abstractmethod
    def parallel(self, number: int) -> tuple[str, ...]:
        """Options for `number` recipes at once."""


def without(names: list[str], what: dict[str, str]) -> None:
    """Raise `NotApplicable` where a name holds a character that a language cannot write; `what` says what it is called."""
    for name in names:
        for character, called in what.items():
            if character in name:
                raise NotApplicable(f"its build file cannot name a path with {called}")


def unencodable(names: list[str]) -> None:
    """Raise `NotApplicable` where a name is no text."""
    if any("\udc80" <= character <= "\udcff" for name in names for character in name):
        raise NotApplicable("its build file is text, and cannot name a path that is not UTF-8")


def _said(*command: str) -> str:
    try:
        return subprocess.run([*command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
