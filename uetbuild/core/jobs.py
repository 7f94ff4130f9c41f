"""What crosses from the loop to the workers and back: plain values, so that any process or machine can take them.

Knows nothing of nodes, stamps and graphs.
"""

from __future__ import annotations

from uetbuild.core.record import Record, Spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Env = tuple[tuple[str, str], ...]
    Lists = tuple[tuple[tuple[str, ...], str], ...]
    Plain = tuple[tuple[str, ...], str, Env, str, Env, bool, int, Lists]


class Command(Spelled):
    """One process to run. `argv` as executed; `cwd` absolute; `env` adds to the job's; `timeout` in seconds, 0 = none; `stdin`: the
    absolute path of the file that is its standard input, "" = the empty one.
    """

    __slots__ = ("argv", "cwd", "env", "timeout", "allow_failure", "name", "stdin")

    def __init__(
        self, argv: tuple[str, ...], cwd: str, env: tuple[tuple[str, str], ...] = (), timeout: float = 0.0, allow_failure: bool = False,
        name: str = "", stdin: str = "",
    ) -> None:  # fmt: skip
        self.argv = argv
        self.cwd = cwd
        self.env = env
        self.timeout = timeout
        self.allow_failure = allow_failure
        self.name = name
        self.stdin = stdin


class Sandbox(Record):
    """A folder that holds only the declared inputs. `root`: the real root; `folder`: the sandbox's absolute path; `files`: root-relative
    paths to bring in (files and links); `folders`: root-relative folders to make; `outputs`: ((pattern, is_glob), …) to bring out
    when the job succeeds, as are the `edits` files. Commands' `cwd` lies under `root` and is moved under `folder`.
    """

    __slots__ = ("root", "folder", "files", "folders", "outputs", "edits")
    DEFAULTS = {"folders": (), "outputs": (), "edits": ()}

    root: str
    folder: str
    files: tuple[str, ...]
    folders: tuple[str, ...]
    outputs: tuple[tuple[str, bool], ...]
    edits: tuple[str, ...]


class Job(Spelled):
    """A recipe, ready to run. `key` is unique in a run; `log` the absolute path of its output file, appended to.

    `env`: what is set besides (or, with `clear_env`, instead of) the environment of the build; `masks`: texts to be shown as `***`;
    `follow`: tell (`Progress`) when output was written; `interactive`: gets the terminal; `output_limit` in bytes, 0 = none;
    `grace`: seconds between TERM and KILL. `finally_` runs after `commands`, whatever became of them.
    `notes`: ((absolute path, text), …), small files that the worker writes before the first command (their folder exists);
    `lists`: ((names of variables, text), …), files that last as long as the job, each of which is the value of these variables.
    """

    __slots__ = (
        "key", "node", "commands", "log", "finally_", "env", "clear_env", "timeout", "grace", "masks", "follow",
        "interactive", "output_limit", "sandbox", "notes", "lists",
    )  # fmt: skip
    NESTED = {"commands": Command, "finally_": Command, "sandbox": Sandbox}

    def __init__(
        self, key: int, node: str, commands: tuple[Command, ...], log: str, finally_: tuple[Command, ...] = (),
        env: tuple[tuple[str, str], ...] = (), clear_env: bool = False, timeout: float = 0.0, grace: float = 5.0,
        masks: tuple[str, ...] = (), follow: bool = False, interactive: bool = False, output_limit: int = 0,
        sandbox: Sandbox | None = None, notes: tuple[tuple[str, str], ...] = (), lists: tuple[tuple[tuple[str, ...], str], ...] = (),
    ) -> None:  # fmt: skip
        self.key = key
        self.node = node
        self.commands = commands
        self.log = log
        self.finally_ = finally_
        self.env = env
        self.clear_env = clear_env
        self.timeout = timeout
        self.grace = grace
        self.masks = masks
        self.follow = follow
        self.interactive = interactive
        self.output_limit = output_limit
        self.sandbox = sandbox
        self.notes = notes
        self.lists = lists


_SOON = 1.0  # seconds: an earlier limit of time matters from the first moment on


def plain(row: tuple[Any, ...]) -> Plain | None:
    """What is to be done for the job of a row, where that is one command that only writes to its log; None for any other: the command's
    argv, cwd and own env, the job's log, env, clear_env, output_limit and lists.
    """
    _, _, _, log, finally_, env, clear_env, timeout, _, masks, follow, interactive, limit, _, notes, lists, *late = row
    if finally_ or masks or follow or interactive or notes or 0 < timeout < _SOON or not late:
        return None
    commands = late[0].get("commands", ())
    if len(commands) != 1 or len(late[0]) != 1:
        return None
    argv, cwd, own_env, own_timeout, _, _, stdin = commands[0][1]
    if stdin or 0 < own_timeout < _SOON:
        return None
    return argv, cwd, own_env, log, env, clear_env, limit, lists


class Result:
    """How a job ended; names of the contract where it has them."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    LOST = "lost"  # its worker died
    CANCELLED = "cancelled"  # a signal was passed on to it on purpose


class Outcome(Spelled):
    """The end of a job. `result` from `Result`; `code`: exit code, or -N for signal N; `step`: index of the command that decided it;
    `steps`: ((name, code, seconds), …) of what ran; `message`: why, where the code does not say it (`output limit`, …);
    `started` (seconds since 1970) and `seconds` are the worker's clock; `logged`: whether there is a log.
    """

    __slots__ = ("key", "result", "code", "step", "steps", "message", "started", "seconds", "logged")

    def __init__(
        self, key: int, result: str, code: int = 0, step: int = 0, steps: tuple[tuple[str, int, float], ...] = (), message: str = "",
        started: float = 0.0, seconds: float = 0.0, logged: bool = True,
    ) -> None:  # fmt: skip
        self.key = key
        self.result = result
        self.code = code
        self.step = step
        self.steps = steps
        self.message = message
        self.started = started
        self.seconds = seconds
        self.logged = logged


def succeeded(row: tuple[Any, ...], started: float, seconds: float, logged: bool) -> tuple[Any, ...]:
    """The row of the Outcome of the job of a row that is `plain`, when its command ended well."""
    return (row[0], Result.SUCCEEDED, 0, 0, ((row[-1]["commands"][0][1][5], 0, seconds),), "", started, seconds, logged)


class Progress(Spelled):
    """News of a running job. `what`: `spawned` (`pid`, `start` = the kernel's start time of it in clock ticks), `output` (its log
    grew), `taken` (a queued one starts), `step` (a command ended: `name`, `code`, `seconds`), `worker` (a worker process: `name` is its
    state of interface section 4, `pid`; `key` is -1 where it belongs to no job).
    """

    __slots__ = ("key", "what", "pid", "start", "name", "code", "seconds")

    def __init__(self, key: int, what: str, pid: int = 0, start: int = 0, name: str = "", code: int = 0, seconds: float = 0.0) -> None:
        self.key = key
        self.what = what
        self.pid = pid
        self.start = start
        self.name = name
        self.code = code
        self.seconds = seconds
