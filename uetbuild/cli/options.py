"""The one table of options and commands: the pre-pass of argv, typer's signatures and the help are all made from it.

On the way from argv to the first spawn, so it imports nothing that costs. Knows neither how words are parsed (`argv`) nor what a
command does (`commands/`).
"""

from __future__ import annotations

from uetbuild.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

COLORS = ("auto", "always", "never")
OUTPUTS = ("auto", "stream", "group", "failed", "github")
GRAPH_FORMATS = ("text", "dot", "mermaid", "svg", "json")


class Option(Record):
    """One option. `name` is the field of `Options` that it sets; `flags` as typed, the first long one is shown in errors.

    `kind`: `FLAG` (given or not), `VALUE` (the next word), `OPTIONAL` (the next word only if `takes` it; `bare` without it).
    `choices`: the values that are allowed (empty = any); `number`: a count from 1, or `auto`. `env`: a variable that stands in for the
    option. `commands`: where it is allowed (empty = everywhere). `later`: of the contract, but not built yet: known, and not in the help.
    """

    FLAG, VALUE, OPTIONAL = 0, 1, 2

    __slots__ = ("name", "flags", "kind", "metavar", "help", "choices", "number", "bare", "env", "commands", "later")
    DEFAULTS = {
        "kind": 0, "metavar": "", "help": "", "choices": (), "number": False, "bare": "", "env": "", "commands": (), "later": False,
    }  # fmt: skip

    name: str
    flags: tuple[str, ...]
    kind: int
    metavar: str
    help: str
    choices: tuple[str, ...]
    number: bool
    bare: str
    env: str
    commands: tuple[str, ...]
    later: bool

    @property
    def shown(self) -> str:
        """The flag that errors name: the long one where there is one."""
        return next((flag for flag in self.flags if flag.startswith("--")), self.flags[0])

    def takes(self, word: str) -> bool:
        """Whether an option whose value may be left out takes this next word as its value."""
        if self.number:
            return word == "auto" or (word.isascii() and word.isdigit())
        return word in self.choices


class Command(Record):
    """One command. `words`: how its positional words are shown; at least `least` and at most `most` of them (-1 = any number)."""

    __slots__ = ("name", "help", "words", "least", "most", "later")
    DEFAULTS = {"help": "", "words": "", "least": 0, "most": -1, "later": False}

    name: str
    help: str
    words: str
    least: int
    most: int
    later: bool


FLAG, VALUE, OPTIONAL = Option.FLAG, Option.VALUE, Option.OPTIONAL
BUILDS = ("build", "plan", "resume")
WRITES = (*BUILDS, "clean", "accept", "approve", "recover")
READS = ("build", "plan", "list", "status", "explain", "graph")

OPTIONS: tuple[Option, ...] = (
    Option(
        name="jobs", flags=("-j", "--jobs"), kind=OPTIONAL, metavar="N", number=True, bare="auto", commands=BUILDS,
        help="parallel workers; bare or `auto`: the cores (without it: `settings.jobs`)",
    ),
    Option(name="keep_going", flags=("-k", "--keep-going"), commands=BUILDS, help="run all that does not depend on a failure"),
    Option(name="fail_fast", flags=("--fail-fast",), commands=BUILDS, help="kill what is running at the first failure"),
    Option(name="dry_run", flags=("-n", "--dry-run"), commands=BUILDS, help="show the plan, run nothing"),
    Option(
        name="graph", flags=("--graph",), kind=OPTIONAL, metavar="FORMAT", choices=GRAPH_FORMATS, bare="text", commands=(*BUILDS, "graph"),
        help="show the graph: text (the default), dot, mermaid, svg or json",
    ),
    Option(name="force", flags=("-B", "--force"), commands=BUILDS, help="rebuild the named targets, without names everything"),
    Option(name="only", flags=("--only",), commands=BUILDS, help="the named targets without their dependencies"),
    Option(name="explain", flags=("--explain",), commands=BUILDS, help="print why each workstream runs as it starts"),
    Option(name="json", flags=("--json",), help="JSON on stdout: one document, or one event a line while building"),
    Option(name="probe", flags=("--probe",), commands=READS, help="run probes, `sh` variables and `skip_if` to know better"),
    Option(
        name="since", flags=("--since",), kind=VALUE, metavar="REV", commands=READS,
        help="only what the changes since REV affect: since the merge base with HEAD, with what is not committed or not tracked",
    ),
    Option(
        name="files_from", flags=("--files-from",), kind=VALUE, metavar="FILE", commands=READS,
        help="only what these files affect; `-` is standard input, one a line or ended by NUL",
    ),
    Option(name="profile", flags=("--profile",), kind=VALUE, metavar="NAME", help="the profile of the manifest to use"),
    Option(name="yes", flags=("--yes",), commands=(*BUILDS, "approve"), help="answer yes to every `confirm`; of `approve`: it may go on"),
    Option(name="no", flags=("--no",), commands=("approve",), help="it must not go on"),
    Option(name="comment", flags=("--comment",), kind=VALUE, metavar="TEXT", commands=("approve",), help="why, for the record"),
    Option(name="no_wait", flags=("--no-wait",), commands=WRITES, help="exit 7 at once when another build holds the lock"),
    Option(name="strict_waves", flags=("--strict-waves",), commands=BUILDS, help="start a wave only when the one before it is done"),
    Option(
        name="budget_usd", flags=("--budget-usd",), kind=VALUE, metavar="X", commands=BUILDS,
        help="the run may cost so many USD (instead of `budgets.run.usd`)",
    ),
    Option(name="force_budget", flags=("--force-budget",), commands=BUILDS, help="start even if the forecast says that it will cost more"),
    Option(name="state", flags=("--state",), kind=VALUE, metavar="DIR", env="UET_STATE", help="the state folder instead of `.uet`"),
    Option(name="file", flags=("-f", "--file"), kind=VALUE, metavar="FILE", help="the manifest instead of the nearest `Uetfile.yaml`"),
    Option(name="directory", flags=("-C", "--directory"), kind=VALUE, metavar="DIR", help="change to this folder first"),
    Option(name="command", flags=("-c", "--command"), kind=VALUE, metavar="NAME", help="this command, even if a workstream has its name"),
    Option(
        name="output", flags=("--output",), kind=VALUE, metavar="MODE", choices=OUTPUTS, commands=BUILDS,
        help="whose output is shown, and when: auto, stream, group, failed or github",
    ),
    Option(name="orphans", flags=("--orphans",), commands=("clean",), help="what workstreams that no longer exist left behind"),
    Option(name="follow", flags=("--follow",), commands=("events",), help="go on as they happen, until the run ends"),
    Option(name="failpoints", flags=("--failpoints",), commands=("doctor",), help="list the places at which tests make it fail"),
    Option(name="list_only", flags=("--list",), commands=("recover",), help="only say what there is, and what would be done"),
    Option(name="quiet", flags=("-q", "--quiet"), help="say only what went wrong"),
    Option(name="verbose", flags=("-v", "--verbose"), help="say more"),
    Option(name="color", flags=("--color",), kind=VALUE, metavar="WHEN", choices=COLORS, help="auto, always or never"),
    Option(name="no_progress", flags=("--no-progress",), help="no live display"),
    Option(name="help", flags=("-h", "--help"), help="show help and exit"),
    Option(name="version", flags=("--version",), help="show the version and exit"),
    # Of the contract, with issues that come later.
    Option(name="load", flags=("-l", "--load"), kind=VALUE, metavar="LOAD", commands=BUILDS, later=True),
    Option(name="executor", flags=("--executor",), kind=VALUE, metavar="NAME", commands=BUILDS, later=True),
    Option(name="no_cache", flags=("--no-cache",), commands=BUILDS, later=True),
    Option(name="watch", flags=("--watch",), commands=BUILDS, later=True),
    Option(name="trace", flags=("--trace",), kind=VALUE, metavar="FILE", commands=BUILDS, later=True),
)  # fmt: skip

# With these and no others the verdict "up to date" of a build is remembered for the same command line (uetbuild/front.py).
REMEMBERED = frozenset(
    (
        "jobs", "keep_going", "fail_fast", "only", "explain", "profile", "yes", "no_wait", "strict_waves", "file", "output", "quiet",
        "color", "command", "no_progress",
    )
)  # fmt: skip

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command(name="build", words="TARGET", help="build targets; what `uetbuild` does without a command"),
        Command(name="list", words="TARGET", help="the declared targets"),
        Command(name="status", words="TARGET", help="what is stale and why; exit 1 if anything is"),
        Command(name="explain", words="ID", least=1, help="all reasons why a workstream is stale"),
        Command(name="graph", words="TARGET", help="the graph of workstreams"),
        Command(name="plan", words="TARGET", help="what a build would do: `--dry-run`"),
        Command(name="check", most=0, help="validate the manifest, find files that it forgets"),
        Command(name="schema", most=0, help="print the JSON Schema of the manifest"),
        Command(name="runs", most=0, help="the runs so far, newest first"),
        Command(name="show", words="RUN", most=1, help="one run: what ran, how it ended (without RUN: the last)"),
        Command(name="logs", words="[RUN] ID", least=1, most=2, help="the output of a workstream"),
        Command(name="events", words="RUN", most=1, help="the events of a run, one JSON object a line"),
        Command(name="cost", words="RUN", most=1, help="what was spent, by whom and when (without RUN: by all runs)"),
        Command(name="resume", words="RUN", most=1, help="go on with a run that was interrupted or halted"),
        Command(name="approve", words="RUN GATE", least=2, most=2, help="answer what a run asked: `--yes` or `--no`"),
        Command(name="recover", most=0, help="find and clean up what a crash left: processes and files"),
        Command(name="clean", words="TARGET", help="remove what was produced, and only that"),
        Command(name="doctor", most=0, help="whether machine and project are in order; exit 1 if not"),
        Command(name="accept", words="ID", least=1, help="take what lies there as the result, without running"),
        Command(name="init", most=0, help="write a starter manifest for what lies in the folder"),
        Command(name="hook", words="install [TARGET]", least=1, help="make git build these targets before each commit"),
        Command(name="completion", words="bash|zsh|fish", least=1, most=1, help="print the script that makes a shell complete words"),
        *[
            Command(name=name, later=True)
            for name in (
                "import", "monitor", "serve", "report", "compare", "metrics",
                "rollback", "breaker", "tune", "merge", "conflicts", "worktrees", "context", "cache", "gc",
            )
        ],
    )
}  # fmt: skip

BY_FLAG: dict[str, Option] = {flag: option for option in OPTIONS for flag in option.flags}

EXCLUDING = (("keep_going", "fail_fast"), ("quiet", "verbose"), ("yes", "no"))


class Options:
    """What the command line said. `jobs`: None = not said, 0 = the cores. Texts are "" where nothing was said.

    `assignments`: NAME=VALUE in the order typed, `args`: the words after `--`, None where there is no `--`; `resumed`: the id of the run
    that goes on; `typed`: the whole command line, None unless it is that of a build whose verdict may be remembered;
    `files`: what `--since` and `--files-from` came to, None before they were asked and without them.
    """

    __slots__ = (
        "targets", "assignments", "args", "command", "jobs", "keep_going", "fail_fast", "dry_run", "graph", "force", "only", "explain",
        "json", "probe", "profile", "yes", "no_wait", "strict_waves", "state", "file", "directory", "output", "orphans", "follow",
        "quiet", "verbose", "color", "no_progress", "help", "version", "since", "files_from", "budget_usd", "force_budget", "resumed",
        "failpoints", "files", "no", "comment", "typed", "list_only",
    )  # fmt: skip

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.assignments: list[tuple[str, str]] = []
        self.args: list[str] | None = None
        self.command = "build"
        self.jobs: int | None = None
        self.keep_going = False
        self.fail_fast = False
        self.dry_run = False
        self.graph = ""
        self.force = False
        self.only = False
        self.explain = False
        self.json = False
        self.probe = False
        self.profile = ""
        self.yes = False
        self.no_wait = False
        self.strict_waves = False
        self.state = ""
        self.file = ""
        self.directory = ""
        self.output = "auto"
        self.orphans = False
        self.follow = False
        self.no = False
        self.comment = ""
        self.failpoints = False
        self.list_only = False
        self.quiet = False
        self.verbose = False
        self.color = "auto"
        self.no_progress = False
        self.help = False
        self.version = False
        self.since = ""
        self.files_from = ""
        self.files: list[str] | None = None
        self.typed: tuple[str, ...] | None = None
        self.budget_usd = ""
        self.force_budget = False
        self.resumed = ""

    KEPT = (
        "jobs", "keep_going", "fail_fast", "force", "only", "profile", "assignments", "args", "yes", "strict_waves", "budget_usd",
        "file", "files",
    )  # fmt: skip

    def kept(self) -> dict[str, Any]:
        """What `resume` takes up again, as far as something was said."""
        unsaid = Options()
        return {name: value for name in self.KEPT if (value := getattr(self, name)) != getattr(unsaid, name)}

    def as_dict(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Options) and self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"Options({self.as_dict()})"
