"""The loop: judge what is ready, start what is stale and admitted, wait once, take what ended, again.

Knows nothing of YAML, terminals, git and SQL. Every decision is asked of `core` or of the survey; every change of the world goes
through a port. One transaction a turn: what ended and what is about to start is durable before the turn's first spawn.
"""

from __future__ import annotations

from heapq import heappop, heappush

from uetbuild.core.jobs import Outcome, Result
from uetbuild.core.ready import ReadyList
from uetbuild.core.stamps import Stage
from uetbuild.core.verdicts import Verdict
from uetbuild.engine.attempt import Attempt
from uetbuild.engine.interrupts import Interrupts
from uetbuild.engine.request import Request
from uetbuild.engine.states import FINAL, GOOD, State, States
from uetbuild.engine.waves import Waves
from uetbuild.errors import ExitCode, UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.jobs import Job, Progress
    from uetbuild.core.ports import Clock, Person, Workers
    from uetbuild.core.ready import Admission
    from uetbuild.core.verdicts import Judged
    from uetbuild.engine.attempt import Bench, Ending
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.recipe import Kitchen
    from uetbuild.engine.survey import Survey
    from uetbuild.engine.wait import Wait

JUDGED_A_TURN = 64  # while all places are taken: few enough that an ending is noticed soon, enough that judging is no bottleneck


class Loop:
    """One build. `run()` returns the exit code; `states` and `failures` tell the rest."""

    def __init__(
        self,
        survey: Survey,
        bench: Bench,
        kitchen: Kitchen,
        workers: Workers,
        journal: Journal,
        wait: Wait,
        clock: Clock,
        person: Person,
        rank: Sequence[int],
        admission: Admission,
    ) -> None:
        self.graph = survey.graph
        self.request = survey.request
        self.states = States(len(self.graph.nodes), self.request.members)
        self.failures: list[int] = []
        self.code = ExitCode.OK
        self._survey = survey
        self._recorded = survey.recorded
        self._bench = bench
        self._kitchen = kitchen
        self._workers = workers
        self._journal = journal
        self._wait = wait
        self._clock = clock
        self._person = person
        self._rank = rank
        self._admission = admission
        self._ready = ReadyList(rank, admission)
        self._fresh: list[tuple[int, int]] = []
        self._waiting: dict[int, int] = {}
        self._reasons: dict[int, Judged] = {}
        self._attempts: dict[int, Attempt] = {}
        self._spawn: list[Job] = []
        self._interrupts = Interrupts(workers, journal)
        self._waves = Waves(self.graph, self.request, journal)
        self._began = 0.0

    @property
    def stopping(self) -> bool:
        """Whether nothing new starts."""
        return bool(self._interrupts.signal) or (bool(self.failures) and self.request.stop != Request.KEEP_GOING)

    # --- the turns --------------------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Build. Raises UetError for what stops the whole build (exit 2); running jobs are ended by whoever closes the workers."""
        self._began = self._clock.monotonic()
        self._arm()
        while True:
            if not self.stopping:
                self._advance()
            self._launch()
            if not self._attempts and (self.stopping or not self._fresh):
                break
            self._interrupts.pass_on(self._wait.poll(self._workers.filenos(), self._patience()), self._attempts)
            for news in self._workers.collect():
                self._hear(news)
        return self._finish()

    def _patience(self) -> float | None:
        """Seconds to wait: none while there is something to judge, else until something happens."""
        return 0.0 if self._fresh and not self.stopping else None

    def _arm(self) -> None:
        members = frozenset(self.request.members)
        for i in self.request.members:
            self._waiting[i] = len({j for j in (*self.graph.before[i], *self._recorded.before.get(i, ())) if j in members})
        for i in self.request.members:
            if not self._waiting[i]:
                self._freshen(i)

    def _freshen(self, i: int) -> None:
        self.states.set(i, State.FRESH)
        heappush(self._fresh, (self._rank[i], i))

    def _advance(self) -> None:
        """Fill the free places; with none free, judge some more, so that what is up to date does not wait for a place."""
        judged = 0
        while not self.stopping:
            self._fill()
            if not self._fresh or (judged >= JUDGED_A_TURN and (self._attempts or self._spawn)):
                return
            _, i = heappop(self._fresh)
            self._judge(i)
            judged += 1

    def _fill(self) -> None:
        while len(self._attempts) < self.request.jobs and not self.stopping:
            i = self._ready.take()
            if i is None:
                return
            self._begin(i)

    def _launch(self) -> None:
        """Make the turn durable, then spawn."""
        self._journal.flush()
        spawn, self._spawn = self._spawn, []
        for job in spawn:
            self._workers.submit(job)

    # --- one node ---------------------------------------------------------------------------------------------------------------

    def _judge(self, i: int) -> None:
        if self.graph.nodes[i].is_group:
            self._end(i, State.UP_TO_DATE)
            return
        try:
            judged = self._survey.judge(i)
        except UetError as error:
            self._fail(i, error.message, error)
            return
        if judged.verdict == Verdict.SKIPPED:
            self._end(i, State.SKIPPED)
        elif judged.verdict == Verdict.UP_TO_DATE:
            self._end(i, State.UP_TO_DATE)
        else:
            self.states.set(i, State.STALE)
            self._reasons[i] = judged
            if self._waves.holds(i):
                return
            self._ready.push(i)

    def _begin(self, i: int, number: int = 1) -> None:
        """From admitted to submitted; a node that need not or must not run after all is released."""
        node = self.graph.nodes[i]
        try:
            if number == 1 and self._survey.answers.skip(node):
                self._end(i, State.UP_TO_DATE)
                self._ready.release(i)
                return
            if number == 1 and node.confirm and not self._confirmed(i):
                self._ready.release(i)
                return
            attempt = Attempt(i, node, number, self._survey.seen[i], self._survey.memory.stamps.get(node.id))
            self._announce(i)
            self._submit(attempt)
        except UetError as error:
            self._ready.release(i)
            self._fail(i, error.message, error)

    def _submit(self, attempt: Attempt) -> None:
        i, node, journal = attempt.i, attempt.node, self._journal
        has_args = i in self.request.arguments
        attempt.keeps_stamp = has_args
        judged = self._reasons.get(i)
        attempt.overtakes = judged is None or any(reason.code != "edit_modified" for reason in judged.reasons)
        stamp = self._bench.prepare(attempt, journal.run, self._clock.now())
        job = self._kitchen.job(i, attempt, self.request.args if has_args else (), self._admission.places(i), i in self.request.follow)
        if not has_args or node.outputs or node.edits:
            self._survey.memory.put(stamp, journal.changes)
        for path, copy in attempt.saved:
            journal.emit("node_judged", node.id, verdict="stale", reasons=[{"code": "output_modified", "detail": path}], saved=copy)
        attempt.spoken = self._kitchen.spoken(node, job)
        command = attempt.spoken[0] if attempt.spoken else ""
        journal.emit("node_started", node.id, attempt=attempt.number, title=node.title, log=job.log, command=command)
        self.states.set(i, State.RUNNING)
        self._attempts[i] = attempt
        self._spawn.append(job)

    def _announce(self, i: int) -> None:
        """First words about a stale node; with the first one the run begins."""
        if not self._journal.begun:
            self._journal.emit(
                "run_started", targets=list(self.request.targets), jobs=self.request.jobs, nodes=self.size,
            )  # fmt: skip
            self._journal.changes.run = (self._journal.run, "running", {"targets": list(self.request.targets)})
        self._waves.started(i)
        judged = self._reasons.get(i)
        if judged is not None:
            reasons = [{"code": reason.code, "detail": reason.detail} for reason in judged.reasons]
            self._journal.emit("node_judged", self.graph.nodes[i].id, verdict=judged.verdict, reasons=reasons)

    def _confirmed(self, i: int) -> bool:
        node = self.graph.nodes[i]
        answer = True if self.request.yes else self._person.confirm(node.confirm)
        if answer:
            return True
        if answer is None:
            self.code = self.code or ExitCode.WAITS
        else:
            self.code = self.code or ExitCode.FAILED
        self._announce(i)
        message = "declined" if answer is False else f"waits for a person: {node.confirm} (answer with `--yes`)"
        self._journal.emit("node_finished", node.id, outcome="cancelled", seconds=0.0, code=0, message=message, log="", command="")
        self._end(i, State.CANCELLED)
        return False

    def _hear(self, news: Outcome | Progress) -> None:
        """Something happened at the workers."""
        if isinstance(news, Outcome):
            self._take(news)
            return
        attempt = self._attempts.get(news.key)
        name = attempt.node.id if attempt is not None else ""
        if news.what == "output" and attempt is not None:
            self._journal.output(name, self._kitchen.log(name))
        elif news.what == "spawned" and attempt is not None:
            self._journal.changes.pids.append((name, news.pid, news.start))
        elif news.what == "step" and attempt is not None and len(attempt.node.steps) > 1:
            self._journal.emit("step_finished", name, step=news.name, code=news.code, seconds=round(news.seconds, 6))
        elif news.what == "worker" and self._journal.begun and news.name in ("spawning", "lost", "terminated"):
            self._journal.emit({"spawning": "worker_spawned"}.get(news.name, f"worker_{news.name}"), name, pid=news.pid)

    def _take(self, outcome: Outcome) -> None:
        """A job ended: check, stamp, and let others go on."""
        attempt = self._attempts.pop(outcome.key)
        i, node = attempt.i, attempt.node
        if outcome.result != Result.SUCCEEDED:
            self._bench.give_up(attempt)
            self._conclude(attempt, outcome, outcome.result, outcome.message)
            return
        try:
            ending = self._bench.finish(attempt, outcome.seconds, self._clock.now())
        except UetError as error:
            self._bench.give_up(attempt)
            self._conclude(attempt, outcome, Result.FAILED, error.message)
            return
        if ending.again and not self.stopping:
            self.states.set(i, State.STALE)
            self._survey.judge(i)
            self._begin(i, attempt.number + 1)
            return
        if ending.fault:
            if ending.violation:
                self._journal.emit("scope_violation", node.id, path=ending.violation)
            if not ending.fault.startswith("inputs changed"):
                self._bench.give_up(attempt)
            self._conclude(attempt, outcome, Result.FAILED, ending.fault)
            return
        self._stamp(attempt, ending)
        self._conclude(attempt, outcome, Result.SUCCEEDED, "")

    def _stamp(self, attempt: Attempt, ending: Ending) -> None:
        memory, changes = self._survey.memory, self._journal.changes
        memory.link(ending.chains, changes)
        stamp = ending.stamp
        if stamp is not None and (stamp.stage == Stage.DONE or stamp.outputs or stamp.edits):
            memory.put(stamp.with_(run=self._journal.run), changes)

    def _conclude(self, attempt: Attempt, outcome: Outcome, result: str, message: str) -> None:
        node = attempt.node
        command = attempt.spoken[outcome.step] if outcome.step < len(attempt.spoken) else ""
        self._journal.emit(
            "node_finished", node.id, outcome=result, seconds=round(outcome.seconds, 6), code=outcome.code, message=message,
            log=self._kitchen.log(node.id), command=command,
        )  # fmt: skip
        self._ready.release(attempt.i)
        if result == Result.SUCCEEDED:
            self._end(attempt.i, State.SUCCEEDED)
        elif result == Result.CANCELLED:
            self._end(attempt.i, State.CANCELLED)
        else:
            self._end(attempt.i, State.FAILED)
            if self.request.stop == Request.KILL:
                self._interrupts.end_all(self._attempts)

    def _fail(self, i: int, message: str, error: UetError) -> None:
        """A node that could not even start."""
        self._announce(i)
        shown = f"{message}\nhint: {error.hint}" if error.hint else message
        self._journal.emit(
            "node_finished", self.graph.nodes[i].id, outcome="failed", seconds=0.0, code=0, message=shown, log="", command=""
        )
        self._end(i, State.FAILED)

    # --- what follows -----------------------------------------------------------------------------------------------------------

    def _end(self, i: int, state: int) -> None:
        """A node is final: free or block what waits for it."""
        self.states.set(i, state)
        if state == State.FAILED:
            self.failures.append(i)
        elif state in GOOD:
            self._survey.settled.add(self.graph.nodes[i].id)
        for held in self._waves.ended(i):
            self._ready.push(held)
        todo = [i]
        while todo:
            j = todo.pop()
            good = self.states.of[j] in GOOD
            for k in {*self.graph.behind[j], *self._recorded.behind.get(j, ())}:
                if k not in self._waiting or self.states.of[k] != State.WAITING:
                    continue
                if not good and j in self.graph.deps[k]:
                    self._block(k, j)
                    todo.append(k)
                    continue
                self._waiting[k] -= 1
                if not self._waiting[k]:
                    self._freshen(k)

    def _block(self, i: int, by: int) -> None:
        self.states.set(i, State.BLOCKED)
        for held in self._waves.ended(i):
            self._ready.push(held)
        if not self.graph.nodes[i].is_group:
            self._journal.emit("node_finished", self.graph.nodes[i].id, outcome="blocked", by=self.graph.nodes[by].id)

    @property
    def size(self) -> int:
        """How many workstreams take part, groups not counted."""
        return len([i for i in self.request.members if not self.graph.nodes[i].is_group])

    def _tally(self, state: int) -> int:
        return len([i for i in self.request.members if self.states.of[i] == state and not self.graph.nodes[i].is_group])

    def _finish(self) -> int:
        """Exit code by the contract's precedence; the last event of the run."""
        code = self.code
        if self.failures:
            code = ExitCode.FAILED
        if self._interrupts.signal:
            code = ExitCode.SIGNAL + self._interrupts.signal
        elif not code and any(self.states.of[i] not in FINAL for i in self.request.members):
            code = ExitCode.INTERNAL  # nothing failed, yet something is not built: never say that all is well
        self._journal.changes.answers |= self._survey.answers.learnt
        if self._journal.begun:
            counts = {
                "ran": self._tally(State.SUCCEEDED) + len(self.failures), "total": self.size,
                "up_to_date": self._tally(State.UP_TO_DATE), "failed": len(self.failures), "blocked": self._tally(State.BLOCKED),
                "skipped": self._tally(State.SKIPPED), "cancelled": self._tally(State.CANCELLED),
                "seconds": round(self._clock.monotonic() - self._began, 6), "usd": 0.0, "code": code,
            }  # fmt: skip
            state = "cancelled" if self._interrupts.signal else "failed" if code else "succeeded"
            self._journal.emit("run_finished", state=state, **counts)
            self._journal.changes.run = (self._journal.run, state, {"targets": list(self.request.targets), **counts})
        self._journal.flush()
        return code
