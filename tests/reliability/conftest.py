"""Counts, over all workers of a test run, how many kills of the sweep hit while the long recipe ran."""

from __future__ import annotations

import pytest

HIT = "hit_a_recipe"


class Count:
    """What the tests said in `record_property(HIT, …)`, which reaches the process that prints the summary."""

    def __init__(self) -> None:
        self.hits: list[bool] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.hits += [bool(value) for name, value in report.user_properties if name == HIT]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.hits:
            terminalreporter.write_line(f"failpoints: {sum(self.hits)} of {len(self.hits)} kills hit while `long` ran")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Count())
