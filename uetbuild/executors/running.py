"""One job from its first command to the last process of its tree: the code that every worker shares, wherever it runs.

Knows nothing of the coordinator: it tells `Progress`, is told of signals through a `Watch`, and gives the `Outcome`.
"""

from __future__ import annotations

import os
import time

from uetbuild.core.jobs import Outcome, Progress, Result
from uetbuild.executors import spawn, tree
from uetbuild.executors.csignal import signals
from uetbuild.executors.output import Log, Output, Pipe
from uetbuild.executors.watch import Watch
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.core.jobs import Command, Job
    from uetbuild.executors.desk import Desk

    Begun = tuple[float, float]  # of `time.time`, and of `time.monotonic`
    Tell = Callable[[Progress], None]

COURTESY = 0.1  # seconds for what outlives its command by a moment, such as the tee of `> >(tee log)`
LEFTOVERS = 1.0  # seconds between TERM and KILL, at most, for what a job left behind; and before TERM after a Ctrl-C
LOOK_AT_SIZE = 0.25  # seconds between looks at the size of a log that a command writes by itself

TOO_LONG = "output limit"
_NEVER = (tree.NEVER, "")  # a limit of time

SIGNAL = "signal"  # the one order that a running job understands: (SIGNAL, key, number)
STARTING, STARTED, ENDED, OVER = "recipe.starting", "recipe.started", "recipe.ended", "job.ended"  # failpoints, on whichever way it runs


class Running:
    """The state of a job while it runs. `result` is SUCCEEDED until something decides otherwise; the first to decide wins."""

    output = Output()  # until we know better
    result, code, step, message = Result.SUCCEEDED, 0, 0, ""
    limit = stop = _NEVER  # when the time of the job, of the running command is over, and words for it
    ending: tree.Ending | None = None  # the tree is being ended on purpose
    cancelled = killed = left_alone = False

    def __init__(self, job: Job, environ: dict[str, str], watch: Watch, tell: Tell, desk: Desk, begun: Begun | None = None) -> None:
        """`environ`: that of the build. `begun`: when the job's only command was started, which `watch` follows and the sheet hears."""
        self.job = job
        self.watch = watch
        self.tell = tell
        self.desk = desk
        self.env = dict(job.env) if job.clear_env else environ | dict(job.env)
        self.steps: list[tuple[str, int, float]] = []
        self.room = job.output_limit  # how big the log may become
        self.is_begun = begun is not None
        self.started, self.begin = begun or (time.time(), time.monotonic())
        self.group = watch.main if begun else 0  # of the command that ran last

    def run(self) -> Outcome:
        """The whole course of a job; afterwards no process of it is left. Never raises: what goes wrong in here is its failure."""
        for part in (self._run, self._empty, self._close):
            try:
                part()
            except Exception as error:  # the worker goes on; whoever reads the outcome sees what happened
                self._decide(Result.FAILED, 1, _words_for(error))
        return Outcome(
            key=self.job.key, result=self.result, code=self.code, step=self.step, steps=tuple(self.steps), message=self.message,
            started=self.started, seconds=time.monotonic() - self.begin, logged=self.output.is_log,
        )  # fmt: skip

    def _close(self) -> None:
        self.output.close(self.result != Result.SUCCEEDED)
        reach(OVER)

    def _run(self) -> None:
        job = self.job
        if not self.is_begun:
            self.desk.lay(job.log.rpartition("/")[0], job.notes, job.lists, self.env)
        self.output = self._output(job)
        if job.sandbox is None:
            self._run_all(lambda cwd: cwd)
            return
        from uetbuild.executors.sandbox import Box  # lazy: few jobs have one, and it needs shutil and patterns

        with Box(job.sandbox) as box:
            self._run_all(box.moved)
            self._empty()
            if self.result == Result.SUCCEEDED:
                box.bring_back()

    def _output(self, job: Job) -> Output:
        if job.interactive:
            from uetbuild.executors.terminal import Terminal  # lazy: few jobs are

            return Terminal()
        return Pipe(job, self.watch, self.tell, self.desk) if job.masks or job.follow else Log(job.log, self.desk, is_begun=self.is_begun)

    def _run_all(self, moved: Callable[[str], str]) -> None:
        """The commands up to the first failure, then the final ones; `moved` says in which folder a command really runs."""
        self.limit = _limit(self.job.timeout, self.begin)
        for index, command in enumerate(self.job.commands):
            if index:
                self.watch.look()  # those before may have been too short to heed anything
            self._obey()
            if self.result != Result.SUCCEEDED:
                break
            self._step(index, command, moved(command.cwd))
        if self.job.finally_:
            self.watch.look()
            self.limit = _limit(self.job.timeout, time.monotonic())  # anew: they would else have no time left
        self._obey()
        for index, command in enumerate(self.job.finally_, len(self.job.commands)):
            if not self.killed and not self.left_alone:
                self._step(index, command, moved(command.cwd))

    def _step(self, index: int, command: Command, cwd: str) -> None:
        """Run a command and judge how it ended."""
        begin = self.begin if self.is_begun else time.monotonic()
        before = self.result
        if before == Result.SUCCEEDED:
            self.step = index
        try:
            code, message = self._run_command(command, cwd, begin), ""
        except spawn.NotStarted as error:
            self.output.say(error.message)
            code, message = error.code, error.message
        seconds = time.monotonic() - begin
        self.steps.append((command.name, code, seconds))
        if len(self.job.commands) + len(self.job.finally_) > 1:  # else the outcome says it all
            self.tell(Progress(key=self.job.key, what="step", name=command.name, code=code, seconds=seconds))
        if self.result != before:
            self.code = code  # we ended it
        elif code and not command.allow_failure:
            self._decide(Result.FAILED, code, message)

    def _run_command(self, command: Command, cwd: str, begin: float) -> int:
        """Start a command and wait for it; its exit code, or -N for signal N. Raises NotStarted."""
        if not self.is_begun:
            self._begin(command, cwd)
        self.stop = min(_limit(command.timeout, begin), self.limit)
        try:
            self._await(begin + self.watch.moment)
        finally:
            self.output.take_back()
        reach(ENDED)
        self.output.drain()
        self._settle()
        return os.waitstatus_to_exitcode(self.watch.status or 0)

    def _begin(self, command: Command, cwd: str) -> None:
        env = self.env | dict(command.env) if command.env else self.env
        env["PWD"] = cwd  # as any shell would; the value that we inherited would be a lie
        try:
            reach(STARTING)
            os.chdir(cwd)
        except OSError as error:
            raise spawn.NotStarted(1, f"{cwd}: {os.strerror(error.errno or 0)}") from None
        self.group = self._start(command, env)
        self.watch.follow(self.group)
        reach(STARTED)

    def _start(self, command: Command, env: dict[str, str]) -> int:
        """The pid of a command that was started, reading what it is to read. Raises NotStarted."""
        if not command.stdin:
            return self.output.start(command.argv, env, self.desk.null)
        source = spawn.open_input(command.stdin)
        try:
            return self.output.start(command.argv, env, source)
        finally:
            os.close(source)

    def _await(self, over: float) -> None:
        """Until the running command has ended; of one that has not when its moment is `over` it is told which process it is."""
        if self._ends_before(min(over, self.stop[0])):
            return
        self.output.publish()
        self.tell(Progress(key=self.job.key, what="spawned", pid=self.group, start=tree.start_time(self.group)))
        watch = self.watch
        while True:
            self._obey()
            self._press()
            if watch.stopped:
                watch.stopped = False
                self.output.resume(self.group)
            if watch.wait(self._next_look()):
                self.output.pass_on()
            if self._has_ended():
                return

    def _ends_before(self, over: float) -> bool:
        """Meanwhile nothing is heeded but its end, and what it prints through us."""
        while not self._has_ended():
            left = over - time.monotonic()
            if left <= 0:
                return False
            if self.output.is_direct:
                self.watch.nap(left)
            elif self.watch.wait(left):
                self.output.pass_on()
        return True

    def _has_ended(self) -> bool:
        if not self.watch.reap() and self.watch.status is None:
            raise RuntimeError("somebody else waited for our command")
        return self.watch.status is not None

    def _settle(self) -> None:
        """After a command that was ended on purpose: nothing of it lives on beside the final commands, and these have room in the log."""
        if self.ending or self.cancelled:
            self._empty()
        if self.room and self.output.is_over(self.room):
            self._decide(Result.FAILED, 1, TOO_LONG)
            self.output.cut(self.room)
            self.room += self.job.output_limit

    def _next_look(self) -> float | None:
        """Seconds until `_press` has something to do; None: never."""
        now = time.monotonic()
        looks = []
        if self.ending:
            looks.append(self.ending.next_look(now))
        elif self.stop is not _NEVER:
            looks.append(max(0.0, self.stop[0] - now))
        if self.room and self.output.is_direct:
            looks.append(LOOK_AT_SIZE)
        if self.output.news_in:
            looks.append(self.output.news_in)
        return min(looks, default=None)

    def _press(self) -> None:
        """What is due by the clock: the limits of time and size, KILL after TERM, news of output that were held back."""
        self.output.tell_news()
        if self.room and self.output.is_over(self.room):
            self._decide(Result.FAILED, 1, TOO_LONG)
            self._end_tree(0)
        now = time.monotonic()
        if now >= self.stop[0] and not self.ending:
            self._decide(Result.TIMED_OUT, 0, self.stop[1])
            self._end_tree(self.job.grace)
        if self.ending and now >= self.ending.kill_at:
            tree.send_group(self.group, signals.SIGKILL)
            self.ending.press(tree.family(), now)

    def _obey(self) -> None:
        """Do what the coordinator ordered meanwhile; its death is an order to end."""
        watch = self.watch
        if not watch.orders and not watch.abandoned:
            return
        orders, watch.orders = watch.orders, []
        for order in orders:
            if order[0] == SIGNAL and order[1] == self.job.key:
                self._signal(order[2])
        if watch.abandoned and not self.left_alone:
            self.left_alone = True
            self._signal(signals.SIGTERM)

    def _signal(self, number: int) -> None:
        self.cancelled = True
        self._decide(Result.CANCELLED, -number, "")
        if number == signals.SIGKILL:
            self.killed = True
            self._end_tree(0)
        elif number == signals.SIGTERM:
            self._end_tree(self.job.grace)
        elif self._is_running():
            tree.send_group(self.group, number)

    def _is_running(self) -> bool:
        return bool(self.group) and self.watch.main == self.group and self.watch.status is None

    def _decide(self, result: str, code: int, message: str) -> None:
        if self.result == Result.SUCCEEDED:
            self.result, self.code, self.message = result, code, message

    def _end_tree(self, grace: float) -> None:
        """TERM to the command's group, and to what of the tree left that group; KILL to all when the grace is over."""
        now = time.monotonic()
        if self.ending:
            self.ending.term_at = min(self.ending.term_at, now)
            self.ending.kill_at = min(self.ending.kill_at, now + grace)
        elif self._is_running():
            family = tree.family()
            tree.send_group(self.group, signals.SIGTERM if grace else signals.SIGKILL)
            tree.send_group(self.group, signals.SIGCONT)  # one that is stopped would not hear it
            self.ending = tree.Ending(now, now + grace, told=[pid for pid in family if tree.group_of(pid) == self.group])
            self.ending.press(family, now)

    def _empty(self) -> None:
        """Return when nobody of the tree is left: what does not go by itself gets TERM, a short grace, KILL."""
        watch = self.watch
        if not watch.reap():
            if self.group and not tree.CAN_SEE:
                tree.send_group(self.group, signals.SIGKILL)  # orphans do not come to us there; those in the group can be had
        else:
            term_at = time.monotonic() + (min(LEFTOVERS, self.job.grace) if self.cancelled else COURTESY)
            if self.ending is None:
                self.ending = tree.Ending(term_at, term_at + min(LEFTOVERS, self.job.grace))
            while watch.reap():
                now = time.monotonic()
                if not self.ending.press(tree.family(), now):
                    self.output.publish()  # what is left runs as somebody else: we may not end it, and it may go on writing
                    break
                if watch.wait(self.ending.next_look(now)):
                    self.output.pass_on()
                self._obey()
        self.ending = None
        self.output.drain()


def _limit(seconds: float, since: float) -> tuple[float, str]:
    """When so many seconds (0: as many as it takes) are over, and words for it."""
    return (since + seconds, f"timed out after {seconds:g}s") if seconds else _NEVER


def _words_for(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return getattr(error, "message", "") or f"{type(error).__name__}: {error}"
