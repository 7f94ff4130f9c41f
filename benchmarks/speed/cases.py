"""What is timed, and how a project is brought into the state before it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .peers import Floor, Peer, Starts, StatCalls, Uetbuild
from .shapes import Shape, edit
from .stopwatch import Taken, timed, weighed

LONG = 1.0  # seconds: a tool that takes more is not timed in every round
TICK = 0.02  # seconds after which an edit shows in the times of files, by which some tools go


@dataclass(slots=True)
class Site:
    """One tool's copy of the project, built once. `files`: its build files, by path."""

    peer: Peer
    shape: Shape
    root: Path
    jobs: int
    files: dict[str, str] = field(default_factory=dict)

    def lay(self) -> None:
        """Write sources and build files."""
        self.shape.write(self.root)
        self.files = self.peer.files(self.shape)
        for path, text in self.files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        if words := self.peer.prepare():
            subprocess.run(words, cwd=self.root, check=True)

    def build(self) -> Taken:
        return self.run(self.peer.words(self.jobs))

    def ask(self) -> Taken:
        return self.run(self.peer.asked_only() or [])

    def forget(self) -> None:
        """As in a fresh clone. What goes is moved aside and stays: ext4 is slow for minutes at making files where many were deleted."""
        aside = self.root.with_name(f"{self.root.name}.gone") / str(time.time_ns())
        for path in [*self.peer.state, *(step.output for step in self.shape.steps)]:
            if (self.root / path).exists():
                (aside / path).parent.mkdir(parents=True, exist_ok=True)
                (self.root / path).rename(aside / path)

    def clean(self) -> None:
        """All that was built is gone, and what was known of it; the build file was read before."""
        read = {path: path.read_bytes() for pattern in self.peer.reads for path in self.root.glob(pattern)}
        self.forget()
        for path, content in read.items():
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o600)

    def reword(self) -> None:
        """Change the build file in a way that changes no step."""
        path = self.root / next(iter(self.files))
        path.write_text(f"{path.read_text()}# \n")

    def run(self, words: Sequence[str]) -> Taken:
        """Time a command. Raises SystemExit where it fails."""
        taken = timed(words, self.root, self.root / "said")
        if taken.code != 0:
            raise SystemExit(
                f"{self.peer.name}: {' '.join(words)}: exit {taken.code} in {self.root}\n{(self.root / 'said').read_text()[-2000:]}"
            )
        return taken

    def check(self) -> None:
        """Every output is what its step makes of its first input. Raises SystemExit where one is not: then nothing was measured."""
        for step in self.shape.steps if not isinstance(self.peer, StatCalls) else ():
            made, wanted = (self.root / path for path in (step.output, step.inputs[0]))
            if not made.exists() or made.read_bytes()[:2048] != wanted.read_bytes()[:2048]:
                raise SystemExit(f"{self.peer.name}: {step.output} is not what {step.command!r} makes, in {self.root}")


@dataclass(frozen=True, slots=True)
class Case:
    """`before` is done in front of every round and not timed; `run` is timed. `fits`: tools for whom it means something."""

    name: str
    before: Callable[[Site], object]
    run: Callable[[Site], Taken]
    fits: Callable[[Peer], bool]
    builds: bool = True
    few: bool = False  # rounds: a long one


def _builds(peer: Peer) -> bool:
    return not isinstance(peer, Floor)


def _looks(peer: Peer) -> bool:
    return not isinstance(peer, Starts)


def _runs(peer: Peer) -> bool:
    return not isinstance(peer, StatCalls)


def _touch(site: Site) -> None:
    time.sleep(TICK)
    edit(site.root, site.shape.sources[:1])


def _reword(site: Site) -> None:
    site.reword()
    _touch(site)


CASES = {
    case.name: case
    for case in (
        Case("null", lambda site: None, Site.build, _looks, builds=False),
        Case("touched", _touch, Site.build, _builds),
        Case("dry", lambda site: None, Site.ask, lambda peer: peer.asked_only() is not None, builds=False),
        Case("cold", _reword, Site.build, lambda peer: isinstance(peer, Uetbuild)),
        Case("full", Site.clean, Site.build, _runs, few=True),
        Case("first", Site.forget, Site.build, _builds, few=True),
    )
}
MEANS = {
    "null": "nothing changed",
    "touched": "one source edited",
    "dry": "nothing changed, asked only",
    "cold": "build file reworded, one source edited",
    "full": "everything, after a clean",
    "first": "everything, in a fresh clone",
}


def weigh(case: Case, site: Site) -> int:
    """KiB of the biggest process in one more round."""
    case.before(site)
    words = site.peer.asked_only() or [] if case.run is Site.ask else site.peer.words(site.jobs)
    return weighed(words, site.root, site.root / "said")


def rounds(case: Case, sites: Sequence[Site], count: int, few: int = 3) -> Iterator[dict[str, Taken]]:
    """Time all tools in turns, `count` rounds; every other round in the opposite order. One that takes long has `few` rounds."""
    slow: set[str] = set()
    for number in range(count):
        taken = {}
        for site in sites if number % 2 == 0 else reversed(sites):
            if number < few or site.peer.name not in slow:
                case.before(site)
                taken[site.peer.name] = case.run(site)
        slow |= {name for name, each in taken.items() if each.seconds > LONG}
        yield taken
    for site in sites:
        if case.builds:
            site.check()
