"""`python -m benchmarks.profile CASE`: where the time of the coordinator goes in one of the cases of `benchmarks.speed`."""

from __future__ import annotations

import argparse
import marshal
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.speed.__main__ import SHAPES, installed
from benchmarks.speed.cases import CASES, Site
from benchmarks.speed.peers import Uetbuild
from benchmarks.speed.stopwatch import timed

from .driver import LOADING, REST
from .phases import PHASES

DRIVER = Path(__file__).with_name("driver.py")
INTERPRETER = "interpreter"

Seen = tuple[float, float, int, dict[str, tuple[float, int]]]  # seconds before ours, of workers, modules loaded, (seconds, calls) by phase


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description="Where the time of uetbuild goes.")
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--shape", choices=list(SHAPES), default="1000", help="the project (default: 1000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="the median of so many (default: 5)")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="commands at once (default: 2)")
    parser.add_argument("--uetbuild", metavar="PROGRAM", help="profile this one; by default a wheel is made and installed")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        root = Path(folder, "project")
        root.mkdir()
        site = Site(Uetbuild(options.uetbuild or installed(Path(folder, "venv"))), SHAPES[options.shape](), root, options.jobs)
        site.lay()
        for _ in range(2):
            site.build()
        print(text([profiled(site, options.case, Path(folder)) for _ in range(options.rounds)]), end="")
    return 0


def profiled(site: Site, case: str, folder: Path) -> Seen:
    """One round of a case. Raises SystemExit where it fails."""
    CASES[case].before(site)
    with open(folder / "phases", "wb") as file:
        marshal.dump(PHASES, file)
    typed = site.peer.asked_only() or [] if CASES[case].run is Site.ask else site.peer.words(site.jobs)
    line = [_interpreter(site.peer.program), str(DRIVER), str(folder / "seen"), str(folder / "phases"), *typed[1:]]
    if timed(line, site.root, folder / "said").code:
        raise SystemExit((folder / "said").read_text())
    with open(folder / "seen", "rb") as file:
        seen: Seen = marshal.load(file)
    return seen


def _interpreter(program: str) -> str:
    """The one in the first line of the script."""
    with open(program, "rb") as file:
        return os.fsdecode(file.readline().removeprefix(b"#!").strip())


def text(rounds: Sequence[Seen]) -> str:
    """Milliseconds by phase, in the order of the table; phases that did not happen are left out."""
    rows = [(INTERPRETER, median(seen[0] for seen in rounds), 0)]
    for phase in (LOADING, *PHASES, REST):
        spent = [seen[3][phase] for seen in rounds if phase in seen[3]]
        if spent and (phase in (LOADING, REST) or any(calls for _, calls in spent)):
            rows.append((phase, median(seconds for seconds, _ in spent), round(median(calls for _, calls in spent))))
    total = sum(seconds for _, seconds, _ in rows)
    lines = [f"{phase:30} {1000 * seconds:8.1f} ms {100 * seconds / total:4.0f} % {calls or '':>8}" for phase, seconds, calls in rows]
    workers, modules = median(seen[1] for seen in rounds), median(seen[2] for seen in rounds)
    lines.append(f"{'coordinator':30} {1000 * total:8.1f} ms, {modules:.0f} modules; workers and commands {1000 * workers:.1f} ms")
    return "\n".join([*lines, f"processor time, medians of {len(rounds)}; load {os.getloadavg()[0]:.1f}", ""])


if __name__ == "__main__":
    sys.exit(main())
