"""What the commands need of an opened project. Only named in annotations; `wiring` makes the real one, tests a small one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from uetbuild.cli.options import Options
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Project
from uetbuild.report.lines import Lines


class PlanLike(Protocol):
    """core.plan.Plan, as far as the face looks at it."""

    def as_json(self) -> dict[str, Any]:
        """The plan object of interface section 4."""


class Session(Protocol):
    """A project with its manifest loaded."""

    @property
    def project(self) -> Project: ...

    @property
    def graph(self) -> Graph: ...

    @property
    def history(self) -> Any: ...

    def is_id(self, word: str) -> bool:
        """Whether a word is the id of a workstream or node here (then it is no command)."""

    def targets(self, words: Sequence[str]) -> list[int]:
        """The nodes that words of the command line name; without words the default. Raises UetError."""

    def plan(self, options: Options) -> PlanLike:
        """The plan for `options`; runs and writes nothing."""

    def build(self, options: Options, view: Lines) -> int:
        """Build; returns the exit code."""

    def accept(self, ids: Sequence[str]) -> None:
        """Stamp nodes without running them."""

    def clean(self, words: Sequence[str], orphans: bool) -> list[str]:
        """Remove what was produced; returns the removed paths."""
