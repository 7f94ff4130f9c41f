"""All probes against all tools, each in a folder of its own, several at a time."""

from __future__ import annotations

import shutil
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .case import Case
from .probes import Probe
from .tools import Tool
from .verdicts import Mishap, NotApplicable

PASS, FAIL, NOT_APPLICABLE, BROKEN = "pass", "fail", "n/a", "broken"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one probe showed of one tool: `pass`, `fail`, `n/a`, or `broken` where the benchmark itself is at fault.

    `seen` says what was seen instead of the expected, or why the probe cannot be put to the tool.
    """

    tool: str
    probe: str
    verdict: str
    seen: str = ""


def run(tools: Iterable[Tool], probes: Iterable[Probe], jobs: int, patience: float) -> Iterator[Verdict]:
    """The verdicts, in the order of probes, then tools, as they come."""
    pairs = [(tool, probe) for probe in probes for tool in tools]
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda pair: put(pair[0], pair[1], patience), pairs)


def put(tool: Tool, probe: Probe, patience: float) -> Verdict:
    """Put one probe to one tool, in a new temporary folder, and leave neither files nor processes."""
    folder = Path(tempfile.mkdtemp(prefix="mishaps-")).resolve()
    try:
        return _judged(tool, probe, folder, patience)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _judged(tool: Tool, probe: Probe, folder: Path, patience: float) -> Verdict:
    case = Case(tool, folder, patience)
    try:
        probe.act(case)
    except Mishap as seen:
        return Verdict(tool.name, probe.name, FAIL, str(seen).replace(str(folder), "…"))
    except NotApplicable as why:
        return Verdict(tool.name, probe.name, NOT_APPLICABLE, str(why))
    except Exception:
        return Verdict(tool.name, probe.name, BROKEN, traceback.format_exc())
    finally:
        case.close()
    return Verdict(tool.name, probe.name, PASS)
