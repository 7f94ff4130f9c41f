"""The loop: judge what is ready, start what is stale and admitted, wait once, take what ended, again.

How a node starts is the matter of `departures`, how it ends that of `arrivals`; what follows from it is decided here. The loop knows
nothing of YAML, terminals, git and SQL. Every decision is asked of `core` or of the survey; every change of the world goes through a port.
One transaction a turn: what ended and what is about to start is durable before the turn's first spawn.
"""

from __future__ import annotations

from heapq import heappop, heappush

from uetbuild.core.jobs import Outcome
from uetbuild.core.nodes import Node
from uetbuild.core.ready import ReadyList
from uetbuild.core.verdicts import Verdict
from uetbuild.engine.arrivals import Arrivals
from uetbuild.engine.departures import Departures
from uetbuild.engine.gates import Gates
from uetbuild.engine.interrupts import Interrupts
from uetbuild.engine.request import Request
from uetbuild.engine.states import FINAL, GOOD, State, States
from uetbuild.engine.waiting import Waiting
from uetbuild.engine.waves import Waves
from uetbuild.errors import ExitCode, UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from uetbuild.core.jobs import Job, Progress
    from uetbuild.core.ports import Clock, Person, Workers
    from uetbuild.core.ready import Admission
    from uetbuild.core.verdicts import Judged
    from uetbuild.engine.attempt import Attempt, Bench
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.purse import Purse
    from uetbuild.engine.recipe import Kitchen
    from uetbuild.engine.survey import Survey
    from uetbuild.engine.wait import Wait

PRECEDENCE = (ExitCode.FAILED, ExitCode.GATE_FAILED, ExitCode.CONFLICT, ExitCode.BUDGET, ExitCode.WAITS)  # of codes that apply at once
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
        dice: Callable[[], float],
        purse: Purse,
    ) -> None:
        self.graph = survey.graph
        self.request = survey.request
        self.states = States(len(self.graph.nodes), self.request.members)
        self.failures: list[int] = []
        self._survey = survey
        self._bench = bench
        self._recorded = survey.recorded
        self._kitchen = kitchen
        self._workers = workers
        self._journal = journal
        self._wait = wait
        self._clock = clock
        self._rank = rank
        self._ready = ReadyList(rank, admission)
        self._fresh: list[tuple[int, int]] = []
        self._waiting: dict[int, int] = {}
        self._reasons: dict[int, Judged] = {}
        self._attempts: dict[int, Attempt] = {}
        self._spawn: list[Job] = []
        self._interrupts = Interrupts(workers, journal)
        self._waves = Waves(self.graph, self.request, journal)
        self._purse = purse
        self._gates = Gates(self.graph, self.states, survey.memory, journal)
        self._later = Waiting(survey.memory, journal, clock, dice)
        self._departures = Departures(survey, bench, kitchen, journal, clock, person, admission, self._waves, self._later, self.size)
        self._arrivals = Arrivals(bench, survey.memory, journal, clock, self._later)
        self._began = 0.0

    @property
    def stopping(self) -> bool:
        """Whether nothing new starts."""
        return bool(self._interrupts.signal) or self._purse.halted or (bool(self.failures) and self.request.stop != Request.KEEP_GOING)

    # --- the turns --------------------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Build. Raises UetError for what stops the whole build (exit 2); running jobs are ended by whoever closes the workers."""
        self._began = self._clock.monotonic()
        try:
            self._arm()
            self._turn()
        except Exception:
            self._abandon()
            raise
        return self._finish()

    def _turn(self) -> None:
        while True:
            if not self.stopping:
                self._advance()
            self._launch()
            if not self._attempts and (self.stopping or not (self._fresh or self._later)):
                break
            self._interrupts.pass_on(self._wait.poll(self._workers.filenos(), self._patience()), self._attempts)
            for news in self._workers.collect():
                self._hear(news)

    def _abandon(self) -> None:
        """The state cannot be written (a full disk, say): end what runs, and leave nothing half made that might even be the reason."""
        self._workers.close()
        for attempt in self._attempts.values():
            try:
                self._bench.give_up(attempt)
            except UetError:
                pass  # the first error is told

    def _patience(self) -> float | None:
        """Seconds to wait: none while there is something to judge, else until something happens or an attempt is due."""
        if self.stopping:
            return None
        return 0.0 if self._fresh else self._later.seconds

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
        for i in self._later.due():
            self._ready.push(i)
        judged = 0
        while not self.stopping:
            self._fill()
            if not self._fresh or (judged >= JUDGED_A_TURN and (self._attempts or self._spawn)):
                return
            _, i = heappop(self._fresh)
            self._judge(i)
            judged += 1

    def _fill(self) -> None:
        while len(self._attempts) < self._purse.jobs and not self.stopping:
            for freed in self._purse.freed():
                self._ready.push(freed)
            i = self._ready.take()
            if i is None:
                return
            self._begin(i)

    def _launch(self) -> None:
        """Make the turn durable, then spawn."""
        self._purse.flush()
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
            self._end(i, self._departures.refuse(i, None, error))
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

    def _begin(self, i: int) -> None:
        """From admitted to about to be submitted; a node that need not or must not run after all, or not yet, is released."""
        judged = self._reasons.get(i)
        kept = self._purse.keeps(i, self.graph.nodes[i], self._rank[i])
        started = self._departures.start(i, judged) if kept is None else self._departures.keep(i, judged, kept, self._purse.why)
        if isinstance(started, int):
            self._ready.release(i)
            if started != State.STALE:
                self._end(i, started)
            return
        attempt, job = started
        self.states.set(i, State.RUNNING)
        self._attempts[i] = attempt
        self._spawn.append(self._purse.start(attempt, job))

    def _hear(self, news: Outcome | Progress) -> None:
        """Something happened at the workers."""
        if isinstance(news, Outcome):
            self._take(news)
            return
        attempt = self._attempts.get(news.key)
        self._arrivals.tell(attempt, news, "" if attempt is None else self._kitchen.log(attempt.node.id))

    def _take(self, outcome: Outcome) -> None:
        """A job ended: let others go on, or start it once more, now or later."""
        attempt = self._attempts.pop(outcome.key)
        outcome = self._purse.end(attempt, outcome)
        state = self._arrivals.end(attempt, outcome, self._kitchen.log(attempt.node.id), not self.stopping)
        state = self._gates.state(attempt.i, state)
        if state == State.STALE:
            self.states.set(attempt.i, state)
            if attempt.i in self._later:
                self._ready.release(attempt.i)
            else:
                self._begin(attempt.i)
            return
        self._ready.release(attempt.i)
        self._end(attempt.i, state)
        if state == State.FAILED and self.request.stop == Request.KILL:
            self._interrupts.end_all(self._attempts)

    # --- what follows -----------------------------------------------------------------------------------------------------------

    def _end(self, i: int, state: int) -> None:
        """A node is final: free or block what waits for it."""
        state = self._gates.state(i, state)
        self.states.set(i, state)
        self._gates.ended(i)
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
        """How many workstreams take part, groups and gates not counted."""
        return len([i for i in self.request.members if self._counts(i)])

    def _counts(self, i: int) -> bool:
        return self.graph.nodes[i].kind not in (Node.GROUP, Node.GATE)

    def _tally(self, state: int) -> int:
        return len([i for i in self.request.members if self.states.of[i] == state and self._counts(i)])

    def _finish(self) -> int:
        """Exit code by the contract's precedence; the last event of the run."""
        if self.failures and not self._interrupts.signal:
            for i in self._later.abandon():
                self._end(i, State.FAILED)
        failed = ExitCode.GATE_FAILED if self._gates.rejected and set(self.failures).issubset(self._gates.rejected) else ExitCode.FAILED
        codes = {self._departures.code, self._purse.code, failed if self.failures else ExitCode.OK}
        code = next((code for code in PRECEDENCE if code in codes), ExitCode.OK)
        if self._interrupts.signal:
            code = ExitCode.SIGNAL + self._interrupts.signal
        elif not code and any(self.states.of[i] not in FINAL for i in self.request.members):
            code = ExitCode.INTERNAL  # nothing failed, yet something is not built: never say that all is well
        self._journal.changes.answers |= self._survey.answers.learnt
        if self._journal.begun:
            counts: dict[str, Any] = {
                "ran": self._tally(State.SUCCEEDED) + self._tally(State.FAILED), "total": self.size,
                "up_to_date": self._tally(State.UP_TO_DATE), "failed": self._tally(State.FAILED), "blocked": self._tally(State.BLOCKED),
                "skipped": self._tally(State.SKIPPED), "cancelled": self._tally(State.CANCELLED),
                "seconds": round(self._clock.monotonic() - self._began, 6), "usd": self._purse.usd, "code": code,
            }  # fmt: skip
            if self._purse.code:
                counts["halted"] = True  # whatever else made the exit code
            if self.graph.gated:
                counts["gates"] = {"passed": self._gates.passed, "failed": len(self._gates.rejected), "warned": self._gates.warned}
            state = "cancelled" if self._interrupts.signal else "failed" if code else "succeeded"
            self._journal.emit("run_finished", state=state, **counts)
            self._journal.changes.run = (self._journal.run, state, self.request.words() | counts)
        self._journal.flush()
        return code
