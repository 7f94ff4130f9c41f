"""The loop: judge what is ready, start what is stale and admitted, wait once, take what ended, again.

How a node starts is the matter of `departures`, how it ends that of `arrivals`; what follows from it is decided here. The loop knows
nothing of YAML, terminals, git and SQL. Every decision is asked of `core` or of the survey; every change of the world goes through a port.
One transaction a turn: what ended and what is about to start is durable before the turn's first spawn.
"""

from __future__ import annotations

from _heapq import heappop, heappush

from uetbuild.core.jobs import Outcome
from uetbuild.core.verdicts import Verdict
from uetbuild.engine.arrivals import Arrivals
from uetbuild.engine.cells import Cells
from uetbuild.engine.departures import Departures
from uetbuild.engine.gates import Gates
from uetbuild.engine.interrupts import Interrupts
from uetbuild.engine.order import Order
from uetbuild.engine.places import Places
from uetbuild.engine.request import Request
from uetbuild.engine.runway import Runway
from uetbuild.engine.standing import settle
from uetbuild.engine.states import FINAL, GOOD, State, States
from uetbuild.engine.tally import Tally
from uetbuild.engine.waiting import Waiting
from uetbuild.engine.waves import Waves
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uetbuild.core.jobs import Progress
    from uetbuild.core.ports import Clock, Person, Workers
    from uetbuild.core.ready import Admission
    from uetbuild.core.verdicts import Judged
    from uetbuild.engine.attempt import Bench
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.purse import Purse
    from uetbuild.engine.recipe import Kitchen
    from uetbuild.engine.survey import Survey
    from uetbuild.engine.wait import Wait


class Loop:
    """One build, or a part of one: `run()`, then, where no other part follows, `finish()`. `states` and `failures` tell the rest."""

    def __init__(
        self, survey: Survey, bench: Bench, kitchen: Kitchen, workers: Workers, journal: Journal, wait: Wait, clock: Clock, person: Person,
        rank: Sequence[int], admission: Admission, dice: Callable[[], float], purse: Purse,
    ) -> None:  # fmt: skip
        self.survey = survey
        self.graph = survey.graph
        self.request = survey.request
        self.states = States(len(self.graph.nodes), self.request.members)
        self.failures: list[int] = []
        self.tally = Tally(self.graph, self.request, self.states)
        self._bench = bench
        self._order = Order(self.graph, survey.recorded, self.states, self.request.members)
        self._workers, self._journal, self._wait, self._clock = workers, journal, wait, clock
        self._rank = rank
        self._fresh: list[tuple[int, int]] = []
        self._reasons: dict[int, Judged] = {}
        self._runway = Runway(self.graph, self.request, bench.is_free)
        self._places = Places(workers, rank, admission, purse, self._runway)
        self.interrupts = Interrupts(workers, journal)
        self._waves = Waves(self.graph, self.request, journal)
        self._purse = purse
        self._gates = Gates(self.graph, self.states, survey.memory, journal)
        self._later = Waiting(survey.memory, journal, clock, dice)
        self._departures = Departures(survey, bench, kitchen, journal, clock, person, admission, self._waves, self._later, self.tally.size)
        self._cells = Cells(self.graph, self.states, self._order, self._gates, journal, self._later, kitchen)
        self._arrivals = Arrivals(bench, survey.memory, journal, clock, self._later, self._cells)
        self.began = 0.0

    @property
    def stopping(self) -> bool:
        """Whether nothing new starts."""
        if self.interrupts.signal or self._purse.halted:
            return True
        return self.request.stop != Request.KEEP_GOING if self.failures else False

    # --- the turns --------------------------------------------------------------------------------------------------------------

    def run(self, first: Loop | None = None) -> None:
        """Build, on top of what `first` has built. Raises UetError for what stops all (exit 2); who closes the workers ends the jobs."""
        self.began = self._clock.monotonic() if first is None else first.began
        built: dict[int | None, int] = {}
        if first is not None:
            built = {self.graph.index.get(first.graph.nodes[i].id): first.states.of[i] for i in first.request.members}
            self.interrupts = first.interrupts
            self._departures.codes |= first._departures.codes
        try:
            for i in self._order.begin(self._cells.of):
                if i not in built:
                    self._freshen(i)
                    continue
                if self.states.repeat(i, built[i]):
                    self.survey.has_run(i)
                self._end(i, built[i])
            self._turn()
        except Exception:
            self._abandon()
            raise

    def _turn(self) -> None:
        while True:
            if not self.stopping:
                self._advance()
            if self.stopping:
                self._recall()
            self._launch()
            if not self._places and (self.stopping or not (self._fresh or self._later)):
                break
            if numbers := self._listen():
                self._recall()
                self.interrupts.pass_on(numbers, self._places.taken)
            self._bench.look_again()
            for news in self._workers.collect():
                self._hear(news)

    def _listen(self) -> list[int]:
        """Wait until something happens or an attempt is due, but not while there is something to judge; the signals that came."""
        hurries = bool(self._fresh) and not self.stopping
        numbers = self._wait.poll((), pause) if not hurries and (pause := self._runway.pause) else []
        if not (hurries or numbers or self._places.ready or self._later):
            self._journal.rest()
        seconds = 0.0 if hurries or numbers else None if self.stopping else self._later.seconds
        return numbers + self._wait.poll(self._workers.filenos(), seconds)

    def _recall(self) -> None:
        """Nothing new starts: what is prepared and waits for a place is as it was."""
        for attempt in self._places.recall():
            self._departures.take_back(attempt)
            self.states.set(attempt.i, State.STALE)

    def _abandon(self) -> None:
        """The state cannot be written (a full disk, say): end what runs, and leave nothing half made that might even be the reason."""
        self._workers.close()
        for attempt in self._places.taken.values():
            try:
                self._bench.give_up(attempt)
            except UetError:
                pass  # the first error is told

    def _freshen(self, i: int) -> None:
        self.states.set(i, State.FRESH)
        heappush(self._fresh, (self._rank[i], i))

    def _advance(self) -> None:
        """Fill the free places; with none free, judge some more, so that what is up to date does not wait for a place."""
        for i in self._later.due():
            self._places.push(i)
        self._places.count()
        judged, most = 0, self._runway.judged
        while not self.stopping:
            self._regroup()
            while not self.stopping and (found := self._places.next()):
                self._begin(*found)
            if self._cells.touched:
                continue
            if not self._fresh or (judged >= most and self._places):
                return
            _, i = heappop(self._fresh)
            self._judge(i)
            judged += 1

    def _launch(self) -> None:
        """Make the turn durable, then spawn."""
        self._purse.flush()
        self._journal.flush()
        self._places.launch()

    # --- one node ---------------------------------------------------------------------------------------------------------------

    def _judge(self, i: int) -> None:
        if self.graph.nodes[i].is_group:
            self._end(i, State.UP_TO_DATE)
            return
        try:
            judged = self.survey.judge(i)
        except UetError as error:
            self._end(i, self._departures.refuse(i, None, error))
            return
        if judged.verdict == Verdict.SKIPPED:
            self._end(i, State.SKIPPED)
        elif judged.verdict == Verdict.UP_TO_DATE:
            self._end(i, State.UP_TO_DATE)
        elif i in self.graph.approvals:
            self._end(i, self._departures.ask(i, judged))
        else:
            self.states.set(i, State.STALE)
            self._reasons[i] = judged
            if self._waves.holds(i):
                return
            self._places.push(i)

    def _begin(self, i: int, ahead: bool = False) -> None:
        """From admitted to about to be submitted; a node that need not or must not run after all, or not yet, is released. `ahead`: it is
        to wait for a place.
        """
        judged = self._reasons.get(i)
        kept = self._purse.keeps(i, self.graph.nodes[i], self._rank[i])
        started = self._departures.start(i, judged, ahead) if kept is None else self._departures.keep(i, judged, kept, self._purse.why)
        if isinstance(started, int):
            self._places.release(i)
            if started != State.STALE:
                self._end(i, started)
            return
        attempt, job = started
        self.states.set(i, State.RUNNING)
        self._places.start(attempt, job, ahead)

    def _hear(self, news: Outcome | Progress) -> None:
        """Something happened at the workers."""
        if isinstance(news, Outcome):
            self._take(news)
        elif news.what != "taken":
            self._arrivals.tell(self._places.taken.get(news.key), news)
        elif (waited := self._places.arrived(news.key)) is not None:
            self._departures.arrive(waited, self._reasons.get(news.key))

    def _take(self, outcome: Outcome) -> None:
        """A job ended: let others go on, or start it once more, now or later."""
        attempt = self._places.end(outcome)
        outcome = self._purse.end(attempt, outcome)
        state = self._arrivals.end(attempt, outcome, not self.stopping)
        if state == State.STALE:
            self.states.set(attempt.i, state)
            if attempt.i in self._later:
                self._places.release(attempt.i)
            else:
                self._begin(attempt.i, bool(self._runway.waiting))
            return
        self._places.release(attempt.i)
        if self._end(attempt.i, state) == State.FAILED:
            self._end_all()

    def _end_all(self) -> None:
        """After a failure: with `--fail-fast` nothing else goes on."""
        if self.request.stop == Request.KILL:
            self._recall()
            self.interrupts.end_all(self._places.taken)

    # --- what follows -----------------------------------------------------------------------------------------------------------

    def _end(self, i: int, state: int) -> int:
        """A node is final: free or block what waits for it. Returns the state in which it is."""
        state = self._gates.state(i, state)
        self.states.set(i, state)
        self._cells.ended(i)
        if state == State.HELD:
            return state
        self._gates.ended(i)
        if state == State.FAILED:
            self.failures.append(i)
        elif state in GOOD:
            settle(self.survey, i)
        for held in self._waves.ended(i):
            self._places.push(held)
        freed, blocked = self._order.ended(i)
        for k, by in blocked:
            self._blocked(k, by)
        for k in freed:
            self._freshen(k)
        return state

    def _blocked(self, i: int, by: int) -> None:
        self._cells.ended(i)
        for held in self._waves.ended(i):
            self._places.push(held)
        if not self.graph.nodes[i].is_group:
            why = {"message": "waits for approval"} if self.states.of[i] == State.WAITS else {}
            self._journal.emit("node_finished", self.graph.nodes[i].id, outcome="blocked", by=self.graph.nodes[by].id, **why)

    def _regroup(self) -> None:
        """Where it is decided what becomes of a cell: begin it again, or let go on what waits for it."""
        for cell in self._cells.ripe():
            for gate in self._cells.concede(cell):
                self._end(gate, State.FAILED)
                self._end_all()
            if self.stopping:
                return
            if cell.held:
                self._begin_again(*self._cells.begin_again(cell))
            elif not cell.open:
                for k in self._order.closed(cell):
                    self._freshen(k)

    def _begin_again(self, starting: list[int], later: list[int]) -> None:
        for i in (*starting, *later):
            if self.states.of[i] in FINAL:
                self._waves.again(i)
            if self.states.of[i] != State.WAITING:
                self.states.set(i, State.WAITING)
        for i in later:
            self._departures.forget(i)
            self._later.forget(i)
        for i in self._order.recount((*starting, *later)):
            self.states.set(i, State.STALE)

    def finish(self, spared: int = 0) -> int:
        """Exit code by the contract's precedence; the last event of the run. `spared`: see `Tally.counts`."""
        if self.failures and not self.interrupts.signal:
            for i, outcome in self._later.abandon():
                self._end(i, State.CANCELLED if outcome == "cancelled" else State.FAILED)
            for i in self._cells.abandon():
                self._end(i, State.FAILED)
        code = self.tally.code(self.failures, {*self._departures.codes, self._purse.code}, self.interrupts.signal)
        self._journal.changes.answers |= self.survey.answers.learnt
        if self._journal.begun:
            seconds = round(self._clock.monotonic() - self.began, 6)
            counts = self.tally.counts(spared) | {"seconds": seconds, "usd": self._purse.usd, "code": code}
            if self._purse.code:
                counts["halted"] = True  # whatever else made the exit code
            state = "cancelled" if self.interrupts.signal else "failed" if code else "succeeded"
            self._journal.end(state, self.request.words(), counts)
        self._journal.flush()
        return code
