"""Counts, over all workers of a test run, how many kills hit while a recipe ran; a run with the whole sweep and too few of them fails."""

from __future__ import annotations

import pytest

from uetbuild.failpoints import points

HIT = "hit_a_recipe"  # of a kill of the sweep
HITS = "tally:kills while a recipe ran"  # of a case of the property test
ENOUGH = 40


class Count:
    """What the tests said in `record_property`, which reaches the process that prints the summary."""

    def __init__(self) -> None:
        self.swept: list[bool] = []
        self.more = 0

    @property
    def hits(self) -> int:
        return sum(self.swept) + self.more

    @property
    def falls_short(self) -> bool:
        """Whether every point was killed, and yet too few kills hit while a recipe ran."""
        return len(self.swept) >= len(points()) and self.hits < ENOUGH

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, value in report.user_properties:
                self.swept += [bool(value)] if name == HIT else []
                self.more += int(value) if name == HITS else 0

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.falls_short:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.swept or self.more:
            short = f"; fewer than {ENOUGH}: the run fails" if self.falls_short else ""
            of = f"{sum(self.swept)} of {len(self.swept)} at failpoints, {self.more} at random{short}"
            terminalreporter.write_line(f"kills that hit while a recipe ran: {self.hits} ({of})")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Count())
