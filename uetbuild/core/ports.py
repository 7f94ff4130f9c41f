"""The seams to the world. Only named in annotations, so this module costs nothing at run time."""

from __future__ import annotations

from collections.abc import Container, Mapping, MutableMapping, Sequence
from typing import Protocol

from uetbuild.core.approval import Answer
from uetbuild.core.changes import Changes
from uetbuild.core.events import Event
from uetbuild.core.jobs import Job, Outcome, Progress
from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Hole
from uetbuild.core.stamps import Chain, Stamp


class Disk(Protocol):
    """Every look at files. Paths are root-relative with `/` ("" is the root) or absolute; bytes that are no UTF-8 are surrogates.

    What was seen of a path holds until `forget`. While `observing` every look is recorded as an observation, so that a verdict can be
    repeated cheaply (promise 11) and a compiled manifest be trusted.
    """

    root: str
    """Absolute path of the root."""

    reader: int
    """Number of the node for which the next looks are, -1 for none; whoever sets it sets it back."""

    observing: bool
    """Whether looks are recorded: a build that executes something has no use for what was seen before it ended."""

    def kind(self, path: str) -> str:
        """A letter of `Kind`."""

    def digest(self, path: str) -> str:
        """Digest of a file or link (core/stamps.py), "" where nothing is; "d" for a folder. Raises UetError when it cannot be read."""

    def signature(self, path: str) -> str:
        """A token that changes whenever the file is written or replaced; "" where nothing is."""

    def vouch(self, files: Mapping[str, str], reader: int) -> bool:
        """Whether regular files with these digests, by path, stood there when they were looked at, and a later change of one would show.
        Then it is recorded that a verdict on the node `reader` rests on them, whether `observing` or not; apart from all other looks."""

    def entries(self, folder: str) -> list[tuple[str, str]]:
        """(name, kind) of what stands in a folder, sorted by name; [] where there is no folder."""

    def read(self, path: str) -> bytes | None:
        """Content of a file, None where there is none."""

    def env(self, name: str) -> str | None:
        """A variable of the environment."""

    def which(self, program: str) -> str:
        """Absolute path of a program on PATH, "" where there is none."""

    def forget(self, paths: list[str] | None = None) -> None:
        """Look afresh next time at these paths, at what is below them and at their folders; None: at everything."""


class Hands(Protocol):
    """Every change of project files by us (not by recipes). Paths as in Disk. Implementations never follow links out of the root."""

    def look_again(self) -> None:
        """Recipes may have run: of the folders that were seen nothing is believed any more."""

    def refusal(self, path: str) -> str:
        """Why what stands at a path is not touched, "" where it may be: the way to it leads out of the root, or to what is nobody's."""

    def remove(self, path: str) -> None:
        """Remove a file or link; nothing happens where there is none."""

    def remove_empty(self, folder: str, needed: Container[str] = ()) -> None:
        """Remove a folder and its parents up to the root, as long as they are empty and not `needed`."""

    def make_folder(self, folder: str) -> bool:
        """Make a folder and its parents; whether it was not there."""

    def save_copy(self, path: str, run: str) -> str:
        """Copy a file or link to `.uet/kept/RUN/path`; returns the copy's path as shown to people."""

    def tracked(self, paths: list[str]) -> set[str]:
        """Those of the paths that git tracks; empty where there is no git."""


class Store(Protocol):
    """What is remembered between builds. Reading never writes; a store that does not exist reads as empty."""

    def stamps(self) -> MutableMapping[str, Stamp]:
        """All stamps by node id; rows that fail their checksum are left out (absence is the safe state)."""

    def chains(self) -> dict[str, Chain]:
        """All chains of edited files by path."""

    def answers(self) -> dict[str, str]:
        """What `sh` variables, probes and `skip_if` said last time."""

    def approvals(self) -> dict[str, Answer]:
        """What persons said about what was made, by `answer_key`; a damaged row was never said."""

    def seconds(self) -> dict[str, float]:
        """Estimated duration of nodes that ran before, by node id."""

    def commit(self, changes: Changes) -> None:
        """Make all of it durable, in one transaction, before this returns; empties `changes`."""

    def rest(self) -> None:
        """Nobody waits for us for some milliseconds: what would be done at the end may be done now."""


class Workers(Protocol):
    """Where jobs run. The loop owns the one wait: it polls `filenos()` and then calls `collect()`."""

    shares_disk: bool

    def submit(self, job: Job) -> None:
        """Start a job now; there is room for it (the loop counts)."""

    def queue(self, jobs: Sequence[Job]) -> None:
        """Have jobs run in their order by whoever is free next, after those that were queued before; `taken` (`Progress`) tells that one
        starts.
        """

    def recall(self) -> list[int]:
        """Take back the queued jobs that nobody has taken; their keys. They never start."""

    def filenos(self) -> list[int]:
        """Descriptors that become readable when `collect` has something."""

    def collect(self) -> list[Outcome | Progress]:
        """What happened since the last call, in order; never waits."""

    def signal(self, key: int, number: int) -> None:
        """Pass a signal on to the process group of a job, once. SIGKILL (and SIGTERM) end the whole tree, TERM, grace, KILL."""

    def close(self) -> None:
        """End all that is left and wait for it."""


class Clock(Protocol):
    """Time: `now` since 1970, `monotonic` for durations; both in seconds."""

    def now(self) -> float: ...

    def monotonic(self) -> float: ...


class Shell(Protocol):
    """Short questions that are answered before a node starts: `sh` variables, probes, `skip_if`."""

    def ask(self, argv: tuple[str, ...], cwd: str, env: dict[str, str], clear_env: bool) -> tuple[int, str, str]:
        """Exit code, stdout without its last newlines, stderr. `cwd` is absolute."""


class Evaluator(Protocol):
    """Jinja2 expressions that need a value of the moment."""

    def evaluate(self, hole: Hole, names: dict[str, object]) -> object:
        """Value of an `expr` hole: text, number, bool, list. Raises UetError."""


class Person(Protocol):
    """Whoever sits at the terminal."""

    def confirm(self, question: str) -> bool | None:
        """True or False as answered; None where nobody can be asked."""


class Feedback(Protocol):
    """What failed gates said, as files of the history."""

    def path(self, run: str, node: str) -> str:
        """Absolute path of what was said of a node in a run, whether there is such a file or not."""

    def read(self, path: str) -> str:
        """A text, "" where there is none."""

    def write(self, path: str, text: str) -> None:
        """Keep what was said. Raises UetError where it cannot be written."""

    def tail(self, run: str, node: str, start: int, most: int) -> tuple[str, int]:
        """(what a node printed into its log from byte `start` on, of it the last `most` bytes; how long the log is)."""


class View(Protocol):
    """Whoever shows the build; told everything as it happens, causes nothing."""

    def on(self, events: Sequence[Event]) -> None:
        """What happened in a turn, in order, right after it was made durable."""

    def output(self, node: str, log: str) -> None:
        """The log file of a followed node grew."""


__all__ = ["Changes", "Clock", "Disk", "Evaluator", "Feedback", "Hands", "Kind", "Person", "Shell", "Store", "View", "Workers"]
