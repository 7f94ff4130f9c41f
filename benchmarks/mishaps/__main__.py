"""`python -m benchmarks.mishaps`: put the probes to the tools, print the table."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .probes import PROBES, Probe
from .runner import BROKEN, FAIL, Verdict, run
from .table import Table, write_markdown
from .tools import TOOLS, Tool


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0 when uetbuild passed all that it was asked, 1 when not, 2 when a probe is broken or its verdicts differ."""
    options = _parser().parse_args(words)
    probes = [probe for probe in PROBES if _chosen(probe, options.probe)]
    if options.list:
        for probe in probes:
            print(f"{probe.topic}/{probe.name}: {probe.mishap}. {probe.expectation}")
        return 0
    tools = _installed([tool for tool in TOOLS if not options.tool or tool.name in options.tool])
    if not probes or not tools:
        print("error: nothing to do: no such probe, or no tool", file=sys.stderr)
        return 2
    rounds = [_round(tools, probes, options) for _ in range(options.repeat)]
    table = Table(tools, probes, rounds[0])
    print(table.text())
    if options.markdown:
        write_markdown(Path(options.markdown), table.markdown())
    if options.json:
        Path(options.json).write_text(json.dumps(table.json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return _code(rounds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mishaps", description="Ordinary mishaps, put to build tools.")
    parser.add_argument("--tool", action="append", choices=[tool.name for tool in TOOLS], help="only this tool; may be repeated")
    parser.add_argument("--probe", action="append", metavar="NAME", help="only this probe, or all of a topic; may be repeated")
    parser.add_argument("-j", "--jobs", type=int, default=2 * (os.cpu_count() or 1), help="probes at once (default: two a core)")
    parser.add_argument("--patience", type=float, default=15, metavar="S", help="seconds until a hang is called one (default: 15)")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run all N times, and say which verdicts differ")
    parser.add_argument("--markdown", metavar="FILE", help="write the table into this page, between its marks")
    parser.add_argument("--json", metavar="FILE", help="write all that was seen")
    parser.add_argument("--list", action="store_true", help="list the probes")
    return parser


def _chosen(probe: Probe, names: Sequence[str] | None) -> bool:
    return not names or probe.name in names or probe.topic in names


def _installed(tools: Sequence[Tool]) -> list[Tool]:
    """Those that are there; the others are said, with what installs them."""
    found = []
    for tool in tools:
        if version := tool.version():
            print(f"{tool.name}: {version}", file=sys.stderr)
            found.append(tool)
        else:
            print(f"{tool.name}: not installed, left out; to install it: {tool.install}", file=sys.stderr)
    return found


def _round(tools: Sequence[Tool], probes: Sequence[Probe], options: argparse.Namespace) -> list[Verdict]:
    verdicts = []
    for verdict in run(tools, probes, options.jobs, options.patience):
        verdicts.append(verdict)
        if sys.stderr.isatty():
            print(f"\r{len(verdicts)} of {len(tools) * len(probes)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    return verdicts


def _code(rounds: Sequence[Sequence[Verdict]]) -> int:
    unsteady = [each for each in zip(*rounds, strict=True) if len({verdict.verdict for verdict in each}) > 1]
    for each in unsteady:
        print(f"unsteady: {each[0].tool}: {each[0].probe}: {', '.join(verdict.verdict for verdict in each)}")
    broken = any(verdict.verdict == BROKEN for verdicts in rounds for verdict in verdicts)
    failed = any(verdict.tool == "uetbuild" and verdict.verdict == FAIL for verdict in rounds[0])
    return 2 if broken or unsteady else int(failed)


if __name__ == "__main__":
    sys.exit(main())
