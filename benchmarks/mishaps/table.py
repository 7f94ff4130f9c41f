"""What was seen, as lines for a terminal, as markdown, as JSON."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from pathlib import Path

from .probes import Probe
from .runner import BROKEN, FAIL, NOT_APPLICABLE, PASS, Verdict
from .tools import Tool

BEGIN, END = "<!-- mishaps: begin -->", "<!-- mishaps: end -->"
SIGNS = {PASS: "✓", FAIL: "✗", NOT_APPLICABLE: "–", BROKEN: "?"}


class Table:
    """The verdicts of one run over `tools` and `probes`."""

    def __init__(self, tools: Sequence[Tool], probes: Sequence[Probe], verdicts: Sequence[Verdict]) -> None:
        self.tools = tools
        self.probes = probes
        self.verdicts = verdicts
        self._of = {(verdict.tool, verdict.probe): verdict for verdict in verdicts}

    def count(self, tool: Tool, verdict: str) -> int:
        """How many probes ended so for a tool."""
        return sum(each.tool == tool.name and each.verdict == verdict for each in self.verdicts)

    def failing(self, tool: Tool) -> float:
        """The share of the probes that a tool fails, of those that can be put to it."""
        judged = self.count(tool, PASS) + self.count(tool, FAIL)
        return self.count(tool, FAIL) / judged if judged else 0.0

    def rows(self) -> list[list[str]]:
        """For each probe its name and a sign for each tool."""
        return [[probe.name, *(SIGNS[self._of[tool.name, probe.name].verdict] for tool in self.tools)] for probe in self.probes]

    def text(self) -> str:
        """The table for a terminal, with what was seen where something failed, and the sums."""
        widths = [max(len(probe.name) for probe in self.probes), *(max(len(tool.name), 5) for tool in self.tools)]
        head = ["", *(tool.name for tool in self.tools)]
        sums = [["passed", *(str(self.count(tool, PASS)) for tool in self.tools)]]
        sums += [["failed", *(str(self.count(tool, FAIL)) for tool in self.tools)]]
        sums += [["failed, %", *(f"{self.failing(tool):.0%}" for tool in self.tools)]]
        lines = [_spaced(row, widths) for row in (head, *self.rows(), *sums)]
        seen = [f"{each.tool}: {each.probe}: {each.verdict}: {each.seen}" for each in self.verdicts if each.verdict != PASS]
        return "\n".join([*lines, "", *sorted(seen), ""])

    def markdown(self) -> str:
        """The table for a page, with versions, date, and why a probe could not be put to a tool."""
        names = [tool.name for tool in self.tools]
        versions = "; ".join(f"{tool.name}: {tool.version()}" for tool in self.tools)
        today = datetime.date.today().isoformat()
        lines = [f"Measured on {today}, {platform.system()} {platform.machine()}. {versions}.", ""]
        lines += [f"| | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
        lines += [f"| passed | {' | '.join(str(self.count(tool, PASS)) for tool in self.tools)} |"]
        lines += [f"| failed | {' | '.join(f'{self.count(tool, FAIL)} ({self.failing(tool):.0%})' for tool in self.tools)} |"]
        lines += [f"| not applicable | {' | '.join(str(self.count(tool, NOT_APPLICABLE)) for tool in self.tools)} |"]
        for topic in dict.fromkeys(probe.topic for probe in self.probes):
            lines += ["", f"### {topic.capitalize()}", "", f"| what happens | what is expected | {' | '.join(names)} |"]
            lines += [f"|---|---|{'---|' * len(names)}"]
            lines += [self._row(probe) for probe in self.probes if probe.topic == topic]
        return "\n".join([*lines, *self._reasons(), ""])

    def _row(self, probe: Probe) -> str:
        signs = [SIGNS[self._of[tool.name, probe.name].verdict] for tool in self.tools]
        return f"| {probe.mishap} | {probe.expectation} | {' | '.join(signs)} |"

    def _reasons(self) -> list[str]:
        """Why probes could not be put to tools."""
        why: dict[tuple[str, str], list[str]] = {}
        for each in self.verdicts:
            if each.verdict == NOT_APPLICABLE:
                why.setdefault((each.tool, each.seen), []).append(f"`{each.probe}`")
        lines = [f"- {tool}: {seen} ({', '.join(probes)})" for (tool, seen), probes in sorted(why.items())]
        return ["", "### Not applicable", "", *lines] if lines else []

    def json(self) -> dict[str, object]:
        """All of it as values for JSON."""
        return {
            "schema": "uetbuild.mishaps/1",
            "date": datetime.date.today().isoformat(),
            "tools": [
                {
                    "name": tool.name, "version": tool.version(), "passed": self.count(tool, PASS), "failed": self.count(tool, FAIL),
                    "not_applicable": self.count(tool, NOT_APPLICABLE), "failing": round(self.failing(tool), 3),
                }
                for tool in self.tools
            ],
            "probes": [
                {
                    "name": probe.name, "topic": probe.topic, "mishap": probe.mishap, "expectation": probe.expectation,
                    "verdicts": {
                        tool.name: {"verdict": (found := self._of[tool.name, probe.name]).verdict, "seen": found.seen}
                        for tool in self.tools
                    },
                }
                for probe in self.probes
            ],
        }  # fmt: skip


def write_markdown(path: Path, text: str) -> None:
    """Put `text` between the two marks of a page; a page without them is written anew."""
    block = f"{BEGIN}\n\n{text}\n{END}\n"
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN in page and END in page:
        before, rest = page.split(BEGIN, 1)
        block = before + block + rest.split(END, 1)[1].removeprefix("\n")
    path.write_text(block, encoding="utf-8")


def _spaced(row: list[str], widths: list[int]) -> str:
    first, *others = row
    return "  ".join([first.ljust(widths[0]), *(cell.center(width) for cell, width in zip(others, widths[1:], strict=True))]).rstrip()
