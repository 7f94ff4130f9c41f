"""Counts, over all workers of a test run, how many kills of the sweep hit while a recipe ran; too few of them fail the run."""

from __future__ import annotations

import pytest

HIT = "hit_a_recipe"
FEWEST = 40


class Count:
    """What the tests said in `record_property(HIT, …)`, which reaches the process that prints the summary."""

    def __init__(self) -> None:
        self.hits: list[bool] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.hits += [bool(value) for name, value in report.user_properties if name == HIT]

    @property
    def is_too_small(self) -> bool:
        """Only a whole sweep can tell."""
        from uetbuild.failpoints import points  # not before the tests that look at what is imported

        return len(self.hits) == len(points()) and sum(self.hits) < FEWEST

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.is_too_small:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.hits:
            words = f"failpoints: {sum(self.hits)} of {len(self.hits)} kills hit while a recipe ran"
            terminalreporter.write_line(words + (f", {FEWEST} are wanted" if self.is_too_small else ""))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Count())
