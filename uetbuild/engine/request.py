"""What is asked of a build: values only."""

from __future__ import annotations

from uetbuild.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.focus import Focus


class Request(Record):
    """`members`: indices of all nodes that take part, in topological order; `named`: those named on the
    command line (groups: their members).

    `forced`: rebuilt whatever their stamps say; `arguments`: indices that get `args`. `jobs` parallel workers. `stop`: what a
    failure does: `KEEP_GOING`, `FINISH` (start nothing new) or `KILL`. `follow`: indices whose output is shown as it comes. `yes` answers
    every `confirm`. `targets`: the words as typed, for the journal; `options`: what `resume` takes up again; `done`: indices that
    an earlier part of this run has built, which are not repeated only because they always run. `settled`: how many workstreams besides
    are known to be up to date; `later`: how many more may be concerned by what is built here. `focus`: the files that it is limited to,
    None = it is not.
    """

    FINISH, KEEP_GOING, KILL = 0, 1, 2

    __slots__ = (
        "members", "named", "forced", "args", "arguments", "jobs", "stop", "strict_waves", "follow", "yes", "targets", "options", "done",
        "settled", "later", "focus",
    )  # fmt: skip
    DEFAULTS = {
        "named": frozenset(), "forced": frozenset(), "args": (), "arguments": frozenset(), "jobs": 1, "stop": 0, "strict_waves": False,
        "follow": frozenset(), "yes": False, "targets": (), "options": {}, "done": frozenset(),
        "settled": 0, "later": 0, "focus": None,
    }  # fmt: skip

    members: tuple[int, ...]
    named: frozenset[int]
    forced: frozenset[int]
    args: tuple[str, ...]
    arguments: frozenset[int]
    jobs: int
    stop: int
    strict_waves: bool
    follow: frozenset[int]
    yes: bool
    targets: tuple[str, ...]
    options: dict[str, object]
    done: frozenset[int]
    settled: int
    later: int
    focus: Focus | None

    def words(self) -> dict[str, object]:
        """What the record of the run says of it."""
        said: dict[str, object] = {"targets": list(self.targets)}
        return said | {"options": self.options} if self.options else said
