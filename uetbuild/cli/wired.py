"""Joins what looks at a project (`project`) with what changes it (`building`, `keeping`). Decides nothing."""

from __future__ import annotations

from uetbuild.cli.project import OpenProject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uetbuild.cli.options import Options
    from uetbuild.cli.recovery import Wreck
    from uetbuild.core.events import Event
    from uetbuild.engine.request import Request
    from uetbuild.report.lines import Lines
    from uetbuild.state.observations import Observations


class Wired(OpenProject):
    """Implements cli/session.py for a folder on disk."""

    def build(self, options: Options, view: Lines) -> int:
        """Build; returns the exit code."""
        from uetbuild.cli.building import build  # workers, lock and loop: not needed to look

        return build(self, options, view)

    def accept(self, ids: Sequence[str], wait: bool, view: Lines) -> None:
        """Stamp nodes without running them."""
        from uetbuild.cli.keeping import accept  # no build needs it

        accept(self, ids, wait, view)

    def approve(self, options: Options, view: Lines) -> Event:
        """Record what a person says about what a run made."""
        from uetbuild.cli.approving import approve  # no build needs it

        return approve(self, options, view.waits_for, view.warn)

    def wreck(self) -> Wreck:
        """What a crash left; looks only."""
        from uetbuild.cli.recovery import look  # no build needs it

        return look(self)

    def recover(self, wait: bool, view: Lines) -> Wreck:
        """Clean it up; what there was."""
        from uetbuild.cli.recovery import recover  # no build needs it

        return recover(self, wait, view.waits_for, view.warn)

    def clean(self, words: Sequence[str], orphans: bool, wait: bool, view: Lines) -> list[str]:
        """Remove what nodes produced, and only that."""
        from uetbuild.cli.keeping import clean  # no build needs it

        return clean(self, words, orphans, wait, view)

    def remember(self, options: Options, request: Request, judged: Mapping[int, bool], seen: Observations, said: str) -> None:
        """Keep a verdict "up to date" for the fast door; the database is closed, the lock held."""
        from uetbuild.cli.remember import save  # after the last spawn

        save(self, options, request, judged, seen, said)
