"""What starts a node: from admitted to a job for the workers, with the words about it in the journal.

Knows nothing of what ends a node, and not what else is running.
"""

from __future__ import annotations

from uetbuild.core.approval import Standing
from uetbuild.engine.attempt import Attempt
from uetbuild.engine.states import State
from uetbuild.errors import ExitCode, UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.jobs import Job
    from uetbuild.core.ports import Clock, Person
    from uetbuild.core.ready import Admission
    from uetbuild.core.verdicts import Judged
    from uetbuild.engine.attempt import Bench
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.recipe import Kitchen
    from uetbuild.engine.survey import Survey
    from uetbuild.engine.waiting import Waiting
    from uetbuild.engine.waves import Waves


class Departures:
    """Starts the nodes of one build; `size`: how many workstreams take part. `codes`: what persons who declined, or were not there,
    make of the exit code.
    """

    __slots__ = (
        "codes", "_admission", "_bench", "_clock", "_journal", "_kitchen", "_met", "_person", "_size", "_survey", "_told", "_waiting",
        "_waves",
    )  # fmt: skip

    def __init__(
        self,
        survey: Survey,
        bench: Bench,
        kitchen: Kitchen,
        journal: Journal,
        clock: Clock,
        person: Person,
        admission: Admission,
        waves: Waves,
        waiting: Waiting,
        size: int,
    ) -> None:
        self.codes: set[int] = set()
        self._survey = survey
        self._bench = bench
        self._kitchen = kitchen
        self._journal = journal
        self._clock = clock
        self._person = person
        self._admission = admission
        self._waves = waves
        self._waiting = waiting
        self._met: set[int] = set()  # those that were asked for once
        self._told: set[int] = set()  # those whose verdict was told
        self._size = size

    def start(self, i: int, judged: Judged | None, ahead: bool = False) -> tuple[Attempt, Job] | int:
        """The next attempt at a stale node and its job, with STARTED among the changes of the turn; or the state in which the node ends at
        once, because it need not, cannot or must not run; `STALE`: it waits, since an earlier build, and is due later. `ahead`: it waits
        for a place, so nothing is said before it has one (`arrive`).
        """
        node, survey = self._survey.graph.nodes[i], self._survey
        try:
            if i in self._met:
                survey.look_again(i)  # its inputs have changed, or may have while it waited
            else:
                self._met.add(i)
                state = self._refrain(i, judged)
                if state is not None:
                    return state
            attempt = Attempt(i, node, self._waiting.next(i), survey.seen[i], survey.memory.stamps.get(node.id))
            if not ahead:
                self._announce(i, judged)
            job = self._prepare(attempt, judged, ahead)
            if not ahead:
                self._tell(attempt)
            return attempt, job
        except UetError as error:
            return self.refuse(i, judged, error)

    def arrive(self, attempt: Attempt, judged: Judged | None) -> None:
        """An attempt that was prepared ahead has its place: say what was not said yet."""
        self._announce(attempt.i, judged)
        self._tell(attempt)

    def _tell(self, attempt: Attempt) -> None:
        node = attempt.node
        command = attempt.spoken[0] if attempt.spoken else ""
        self._journal.emit("node_started", node.id, attempt=attempt.number, title=node.title, log=attempt.log, command=command)

    def take_back(self, attempt: Attempt) -> None:
        """An attempt that was prepared never starts: its node is as it was."""
        self._met.discard(attempt.i)
        self._bench.take_back(attempt)
        self._survey.memory.restore(attempt.node.id, attempt.last, self._journal.changes)

    def _refrain(self, i: int, judged: Judged | None) -> int | None:
        """The state of a node that is not to be started, None where it is; asked once a build."""
        node, survey = self._survey.graph.nodes[i], self._survey
        if survey.answers.skip(node):
            return State.UP_TO_DATE
        if node.confirm and not self._confirmed(i, judged):
            return State.CANCELLED
        if i in survey.request.forced or i in survey.request.arguments:
            return None  # starts anew
        rest = self._waiting.resume(i, node, survey.seen[i])
        if not rest:
            return None
        self._announce(i, judged)
        self._waiting.go_on(i, node, rest)
        return State.STALE

    def forget(self, i: int) -> None:
        """It is to be asked for anew."""
        self._met.discard(i)

    def refuse(self, i: int, judged: Judged | None, error: UetError) -> int:
        """Say why a node could not even start; returns the state in which it ends."""
        self._announce(i, judged)
        self._without_running(i, "failed", f"{error.message}\nhint: {error.hint}" if error.hint else error.message)
        return State.FAILED

    def ask(self, i: int, judged: Judged) -> int:
        """Ask for an approval that was not given, or say that it was refused; returns the state in which the gate ends."""
        survey, journal = self._survey, self._journal
        node, approvals = survey.graph.nodes[i], survey.approvals
        anew = i in survey.request.forced
        found = approvals.standing(node, anew)
        self._announce(i, judged)
        if found != Standing.OPEN:
            self._without_running(i, "failed", approvals.complaint(node, found))
            return State.FAILED
        if anew:
            survey.memory.unsay(approvals.key(node), journal.changes)
        assert node.guard is not None
        alone = sum([other.workstream == node.workstream for other in survey.graph.nodes]) == 1
        journal.emit(
            "approval_requested", node.id, gate=node.workstream if alone else node.id, message=node.guard.message,
            guards=approvals.guarded(node), files=approvals.files(node), digest=approvals.digest(node),
        )  # fmt: skip
        return State.WAITS

    def keep(self, i: int, judged: Judged | None, state: int, why: str) -> int:
        """Say that a node was kept from starting, where it has to be said; `state` is what `Purse.keeps` made of it."""
        if why:
            self._announce(i, judged)
        if state != State.STALE:
            self._without_running(i, "failed" if state == State.FAILED else "cancelled", why)
        return state

    def _prepare(self, attempt: Attempt, judged: Judged | None, ahead: bool) -> Job:
        i, node, journal, request = attempt.i, attempt.node, self._journal, self._survey.request
        has_args = i in request.arguments
        attempt.focus = request.focus if request.focus is not None and i in request.focus.narrowed else None
        attempt.overtakes = judged is None or any(reason.code != "edit_modified" for reason in judged.reasons)
        stamp = self._bench.prepare(attempt, journal.run, self._clock.now(), ahead and attempt.number == 1)  # as `Runway` saw
        job = self._kitchen.job(i, attempt, request.args if has_args else (), self._admission.places(i), i in request.follow)
        attempt.keeps_stamp = has_args or (attempt.focus is not None and len(attempt.changed) < len(attempt.differing))
        if not attempt.keeps_stamp or node.outputs or node.edits:
            self._survey.memory.put(stamp, journal.changes)
        for path, copy in attempt.saved:
            journal.emit("node_judged", node.id, verdict="stale", reasons=[{"code": "output_modified", "detail": path}], saved=copy)
        attempt.log = job.log
        attempt.spoken = self._kitchen.spoken(node, job)
        return job

    def _announce(self, i: int, judged: Judged | None) -> None:
        """First words about a stale node; with the first one the run begins."""
        journal, request = self._journal, self._survey.request
        if not journal.begun:
            journal.begin(targets=list(request.targets), jobs=request.jobs, nodes=self._size)
            journal.changes.run = (journal.run, "running", request.words())
            self._survey.disk.observing = False
        self._waves.started(i)
        if judged is not None and i not in self._told:
            self._told.add(i)
            reasons = [{"code": reason.code, "detail": reason.detail} for reason in judged.reasons]
            journal.emit("node_judged", self._survey.graph.nodes[i].id, verdict=judged.verdict, reasons=reasons)

    def _confirmed(self, i: int, judged: Judged | None) -> bool:
        question = self._survey.graph.nodes[i].confirm
        answer = True if self._survey.request.yes else self._person.confirm(question)
        if answer:
            return True
        self.codes.add(ExitCode.WAITS if answer is None else ExitCode.FAILED)
        self._announce(i, judged)
        message = "declined" if answer is False else f"waits for a person: {question} (answer with `--yes`)"
        self._without_running(i, "cancelled", message)
        return False

    def _without_running(self, i: int, outcome: str, message: str) -> None:
        node = self._survey.graph.nodes[i]
        more = {} if node.guard is None else {"gate": node.guard.type, "blocking": node.guard.blocking}
        self._journal.emit("node_finished", node.id, outcome=outcome, seconds=0.0, code=0, message=message, log="", command="", **more)
