"""`python -m benchmarks.speed`: time uetbuild and other tools on the same projects, print the figures.

uetbuild is measured as somebody has it who installed it: a wheel of this folder in a virtual environment of its own, with the accelerator
where `UETBUILD_ACCELERATOR=1` asks for it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .cases import CASES, Case, Site, rounds, weigh
from .peers import PEERS, InPython, Peer, Uetbuild
from .shapes import Shape, flat, layers, scopes
from .table import Row, markdown, text, write_between_marks

ROOT = Path(__file__).parents[2]
SHAPES = {
    "100": lambda: flat(100),
    "1000": lambda: flat(1_000),
    "10000": lambda: flat(10_000),
    "layers": lambda: layers(10, 100),
    "scopes-100": lambda: scopes(100, 100),
    "scopes-1000": lambda: scopes(100, 1_000),
}


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 where a tool failed or made something else than it should."""
    options = _parser().parse_args(words)
    with tempfile.TemporaryDirectory(prefix="speed-", dir=options.folder) as folder:
        peers = _peers(options, Path(folder))
        rows = []
        for name in options.shape or SHAPES:
            shape = SHAPES[name]()
            fitting = [peer for peer in peers if peer.suits(shape)]
            rows += measure(shape, fitting, [CASES[case] for case in options.case or CASES], Path(folder), options)
    if options.markdown:
        write_between_marks(Path(options.markdown), markdown(rows, {peer.name: peer.version() or peer.name for peer in peers}))
    return 0


def measure(shape: Shape, peers: Sequence[Peer], cases: Sequence[Case], folder: Path, options: argparse.Namespace) -> list[Row]:
    """All cases over one shape; the tools' copies of the project are built once before."""
    sites = []
    for peer in peers:
        root = folder / f"{shape.name} {peer.name}".replace(" ", "-").replace(",", "")
        root.mkdir()
        sites.append(Site(peer, shape, root, options.jobs))
        sites[-1].lay()
        sites[-1].build()
        sites[-1].build()
    rows = []
    for case in cases:
        fitting = [site for site in sites if case.fits(site.peer)]
        before = os.getloadavg()[0]
        seen = list(rounds(case, fitting, options.few if case.few else options.rounds, options.few))
        load = max(before, os.getloadavg()[0])
        peaks = {site.peer.name: weigh(case, site) for site in fitting if not case.few or isinstance(site.peer, Uetbuild)}
        rows.append(Row(case.name, shape.name, len(shape.steps), seen, load, peaks))
        print(text(rows[-1:]), end="", flush=True)
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description="uetbuild and other build tools, timed in turns.")
    parser.add_argument("--shape", action="append", choices=list(SHAPES), help="only this project; may be repeated")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only this case; may be repeated")
    parser.add_argument("--tool", action="append", choices=[peer.name for peer in PEERS], help="only this one beside uetbuild")
    parser.add_argument("--rounds", type=int, default=20, metavar="N", help="rounds of each case (default: 20)")
    parser.add_argument(
        "--few", type=int, default=3, metavar="N", help="rounds of full builds, and of tools that take more than a second (default: 3)"
    )
    parser.add_argument("-j", "--jobs", type=int, default=2, help="commands at once (default: 2)")
    parser.add_argument("--uetbuild", metavar="PROGRAM", help="measure this one; by default a wheel is made and installed")
    parser.add_argument("--folder", metavar="DIR", help="where the projects are laid out (default: where temporary files are)")
    parser.add_argument("--markdown", metavar="FILE", help="write the table into this page, between its marks")
    return parser


def _peers(options: argparse.Namespace, folder: Path) -> list[Peer]:
    """The tools that are there; the others are said, with what installs them."""
    found: list[Peer] = [Uetbuild(options.uetbuild or installed(folder / "venv"))]
    for make in PEERS:
        if make is Uetbuild or (options.tool and make.name not in options.tool):
            continue
        if make is InPython:
            if options.tool:
                found.append(make(installed(folder / "venv-python", UETBUILD_ACCELERATOR="0")))
            continue
        peer = make()
        if version := peer.version():
            print(f"{peer.name}: {version}", file=sys.stderr)
            found.append(peer)
        else:
            print(f"{peer.name}: not installed, left out; to install it: {peer.install}", file=sys.stderr)
    return found


def installed(folder: Path, **environ: str) -> str:
    """A wheel of this project in a new virtual environment; returns its program."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    command = [str(folder / "bin/pip"), "install", "-q", "--disable-pip-version-check", str(ROOT)]
    subprocess.run(command, check=True, env={**os.environ, **environ})
    return str(folder / "bin/uetbuild")


if __name__ == "__main__":
    sys.exit(main())
