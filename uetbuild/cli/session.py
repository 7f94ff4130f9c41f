"""What the commands need of an opened project. Only named in annotations; `wiring` makes the real one, tests a small one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from uetbuild.cli.options import Options
from uetbuild.core.events import Event
from uetbuild.core.focus import Focus
from uetbuild.core.graph import Graph
from uetbuild.core.ledger import Entry
from uetbuild.core.nodes import Project
from uetbuild.report.history import PastRun
from uetbuild.report.lines import Lines
from uetbuild.report.wreckview import Wreck


class PlanLike(Protocol):
    """core.plan.Plan, as far as the face looks at it."""

    def as_json(self) -> dict[str, Any]:
        """The plan object of interface section 4."""


class History(Protocol):
    """state.history.History, as far as the commands look at it."""

    def runs(self) -> Sequence[PastRun]:
        """All runs, the newest first."""

    def run(self, reference: str = "last") -> PastRun:
        """One run, by id, beginning of an id, or `last`. Raises UetError."""

    def events(self, run: str, after: int = 0) -> Sequence[Event]:
        """Events of a run with a `seq` above `after`, in order."""

    def log(self, run: str, node: str) -> str:
        """Path of what a node printed in a run. Raises UetError where there is none."""


class Session(Protocol):
    """A project with its manifest loaded."""

    @property
    def project(self) -> Project: ...

    @property
    def root(self) -> str: ...

    @property
    def graph(self) -> Graph: ...

    @property
    def history(self) -> History: ...

    def is_id(self, word: str) -> bool:
        """Whether a word is the id of a workstream or node here (then it is no command)."""

    def targets(self, words: Sequence[str]) -> list[int]:
        """The nodes that words of the command line name; without words the default. Raises UetError."""

    def asked(self, options: Options) -> tuple[list[int], Focus | None]:
        """The nodes that the options name, and what a build of them is limited to. Raises UetError."""

    def narrowed(self, options: Options) -> tuple[list[str], Focus | None]:
        """The words that name nodes, and the files that a build is limited to, None where it is not. Raises UetError."""

    def members(self, options: Options) -> Sequence[int]:
        """The nodes that take part in a build of them, in topological order. Raises UetError."""

    def plan(self, options: Options) -> PlanLike:
        """The plan for `options`; runs and writes nothing."""

    def spent(self) -> tuple[list[Entry], list[str]]:
        """All entries of the ledger, and warnings about it."""

    def build(self, options: Options, view: Lines) -> int:
        """Build; returns the exit code."""

    def accept(self, ids: Sequence[str], wait: bool, view: Lines) -> None:
        """Stamp nodes without running them."""

    def approve(self, options: Options, view: Lines) -> Event:
        """Record what a person says about what a run made; returns the event. Raises UetError."""

    def wreck(self) -> Wreck:
        """What a crash left; looks only."""

    def recover(self, wait: bool, view: Lines) -> Wreck:
        """Clean it up; what there was."""

    def clean(self, words: Sequence[str], orphans: bool, wait: bool, view: Lines) -> list[str]:
        """Remove what was produced; returns the removed paths."""
