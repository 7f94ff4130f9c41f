"""What is remembered of a node: its stamp, and the chains of files that several nodes edit. Values only.

Digests are texts whose first letter is the type (`f` file, `x` executable file, `l` link, `d` folder), then hex; absence is "".
"""

from __future__ import annotations

from _operator import attrgetter

from uetbuild.core.record import Record, Spelled

_NOTHING: dict[str, str] = {}  # never changed, as no part of a record is


class Stage:
    """How far a node came; only `DONE` can be up to date (promise 2)."""

    STARTED = 0
    PRODUCED = 1  # recipe succeeded and outputs verified, so it is not repeated; blocking gates are due
    REJECTED = 2  # a blocking gate failed
    DONE = 3


class Stamp(Spelled):
    """The record of a node's last run. Maps go from path, name or node id to digest.

    `inputs` keeps the order in which `{{ inputs }}` shows them; `discovered` is what the depfile named; `outputs` all that it
    created; `edits`: path -> digest it left; `before`: for an unfinished attempt, (path, signature) of the files that stood in
    folder and glob outputs before it began (they are not ours to remove); `makes`: its declared outputs (kind, pattern, folder).
    `deps`: node id -> digest of what that dependency creates and edits. `time` in seconds since 1970 when it last succeeded (when it
    started, if it never did), `seconds` how long it took. `attempt`: how many attempts failed so far and are to be followed by another,
    `not_before` (seconds since 1970) when; both 0 unless it is tried again.
    """

    __slots__ = (
        "node", "stage", "run", "time", "seconds", "definition", "env", "programs", "probes", "sh_vars",
        "inputs", "discovered", "deps", "outputs", "edits", "before", "makes", "attempt", "not_before",
    )  # fmt: skip

    def __init__(
        self, node: str, stage: int, run: str = "", time: float = 0.0, seconds: float = 0.0, definition: str = "",
        env: dict[str, str] = _NOTHING, programs: dict[str, str] = _NOTHING, probes: dict[str, str] = _NOTHING,
        sh_vars: dict[str, str] = _NOTHING, inputs: dict[str, str] = _NOTHING, discovered: dict[str, str] = _NOTHING,
        deps: dict[str, str] = _NOTHING, outputs: dict[str, str] = _NOTHING, edits: dict[str, str] = _NOTHING,
        before: tuple[tuple[str, str], ...] = (), makes: tuple[tuple[int, str, bool], ...] = (), attempt: int = 0,
        not_before: float = 0.0,
    ) -> None:  # fmt: skip
        self.node = node
        self.stage = stage
        self.run = run
        self.time = time
        self.seconds = seconds
        self.definition = definition
        self.env = env
        self.programs = programs
        self.probes = probes
        self.sh_vars = sh_vars
        self.inputs = inputs
        self.discovered = discovered
        self.deps = deps
        self.outputs = outputs
        self.edits = edits
        self.before = before
        self.makes = makes
        self.attempt = attempt
        self.not_before = not_before


counted = attrgetter("definition", "inputs", "discovered", "deps", "env", "sh_vars", "programs", "probes")
"""Of a stamp: what must be as it was for its recipe to come to the same, all at once."""


class Link(Record):
    """One editor of a file in its chain: the digest that it found and the digest that it left."""

    __slots__ = ("node", "found", "left")

    node: str
    found: str
    left: str


Chain = tuple[Link, ...]  # of one file, in the order in which its editors last ran
