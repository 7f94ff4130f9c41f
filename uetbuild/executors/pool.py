"""The process pool: one supervisor process a slot, and the coordinator's end of the pipes to them.

A supervisor that dies costs the job that it ran, nothing else. The coordinator stays single-threaded, so it may fork at any time.
Knows neither what jobs mean nor how they are run (running.py).
"""

from __future__ import annotations

import os
import select
import time

from uetbuild.core.jobs import Outcome, Progress, Result
from uetbuild.errors import ExitCode, UetError
from uetbuild.executors import tree
from uetbuild.executors.channel import Inbox, frame, write_all
from uetbuild.executors.csignal import signals
from uetbuild.executors.desk import salvage
from uetbuild.executors.orphans import Orphans
from uetbuild.executors.queue import Queue
from uetbuild.executors.running import SIGNAL
from uetbuild.executors.spawn import open_null
from uetbuild.executors.supervisor import JOB, OUTCOME, TAKEN, supervise
from uetbuild.executors.watch import CALL
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.jobs import Job

_PATIENCE = 3.0  # seconds, besides the grace of its job, that a supervisor has to end before it is killed


class _Supervisor:
    """The coordinator's view of one worker process; `job`: what it runs, None while it is idle; `called`: it has not answered
    yet.
    """

    __slots__ = ("called", "grace", "inbox", "job", "orders", "pid")

    def __init__(self, pid: int, orders: int, replies: int) -> None:
        self.pid = pid
        self.orders = orders
        self.inbox = Inbox(replies, "reply.reading")
        self.job: Job | None = None
        self.grace = 0.0
        self.called = False

    def takes(self, job: Job) -> None:
        """It runs this one now."""
        self.job = job
        self.grace = job.grace

    def order(self, message: tuple[object, ...]) -> bool:
        """Send a message; False when the supervisor is dead."""
        try:
            reach("order.sending")
            write_all(self.orders, frame([message]))
        except OSError:
            return False
        return True


class SupervisorPool:
    """`Workers` by processes. `slots`: how many jobs at once; `environ`: that of the build; `keep_fds`: descriptors (the build lock's)
    that stay open in supervisors, so that they are let go only when the last of us is gone.
    """

    shares_disk = True

    def __init__(self, slots: int, environ: dict[str, str], keep_fds: tuple[int, ...] = ()) -> None:
        self._slots = slots
        self._environ = environ
        self._keep = keep_fds
        self._all: dict[int, _Supervisor] = {}  # by the descriptor of its replies
        self._idle: list[_Supervisor] = []
        self._queue = Queue()
        self._queued: dict[int, Job] = {}  # those of which nobody has told yet that it took them
        self._held: list[Job] = []  # the last ones of these, for which the queue had no room
        self._dead: tuple[int, int] | tuple[()] = ()  # pid and exit code of who died while jobs were queued
        self._lost: list[Outcome] = []  # to be told when the orphans are gone
        self._news: list[Outcome | Progress] = []
        self._poller = select.poll()
        self._orphans: Orphans | None = None

    def submit(self, job: Job) -> None:
        """Start a job. Raises UetError when all slots are taken, or when the system gives no more processes."""
        order = (JOB, job.row())
        while True:
            supervisor = self._idle.pop() if self._idle else self._fork()
            if supervisor.order(order):
                break
            self._bury(supervisor)
        supervisor.takes(job)

    def queue(self, jobs: Sequence[Job]) -> None:
        """See `Workers`. Raises UetError when the system gives no more processes."""
        self._queued |= {job.key: job for job in jobs}
        self._held += jobs
        self._pump()

    def recall(self) -> list[int]:
        """See `Workers`. What a supervisor has taken meanwhile it tells as ever."""
        keys = [job.key for job in self._held]
        self._held.clear()
        while (row := self._queue.take()) is not None:
            keys.append(row[0])
        for key in keys:
            del self._queued[key]
        return keys

    def filenos(self) -> list[int]:
        """Descriptors of the replies, and of the timer while a dead supervisor's tree is being ended."""
        found = list(self._all)
        if self._orphans and self._orphans.fd >= 0:
            found.append(self._orphans.fd)
        return found

    def collect(self) -> list[Outcome | Progress]:
        """What supervisors told; a job of a dead supervisor is `lost` only when its tree is gone."""
        for fd, _ in self._poller.poll(0):
            self._hear(self._all[fd])
        if self._queued:
            self._pump()
        if self._orphans and self._orphans.expected:
            self._orphans.press(self._pids())
        if self._lost and not (self._orphans and self._orphans.expected):
            self._news += self._lost
            self._lost = []
        news, self._news = self._news, []
        return news

    def signal(self, key: int, number: int) -> None:
        """Pass a signal on to a job; one that has ended is no error."""
        known = list(self._all.values())
        if key not in self._queued:  # else who took it just now has not been heard yet
            known = [one for one in known if one.job is not None and one.job.key == key]
        for supervisor in known:
            supervisor.order((SIGNAL, key, int(number)))

    def close(self) -> None:
        """End all supervisors, with TERM, grace, KILL for what they run; `collect` afterwards gives what was still told. May be called
        again where it failed half-way."""
        self.recall()
        for supervisor in self._all.values():
            if supervisor.orders >= 0:
                os.close(supervisor.orders)  # their lifeline
                supervisor.orders = -1
        deadline = time.monotonic() + _PATIENCE + max((one.grace for one in self._all.values() if one.job is not None), default=0.0)
        while self._all:
            left = deadline - time.monotonic()
            if left <= 0:
                for supervisor in self._all.values():
                    tree.send(supervisor.pid, signals.SIGKILL)
            for fd, _ in self._poller.poll(max(10, int(left * 1000))):
                self._hear(self._all[fd], "terminated")
        if self._orphans and self._orphans.expected:
            self._orphans.hurry()
            while not self._orphans.press(()):
                select.poll().poll(5)
        self._called()
        self._news += self._lost
        self._lost = []
        self._queue.close()

    def _pump(self) -> None:
        """Hand on what is held, in its order: into the queue, or to who is idle when that is empty."""
        while self._held and not self._called():
            job = self._held[0]
            is_first = len(self._queued) == len(self._held)
            if is_first and (self._idle or len(self._all) < self._slots):
                self.submit(job)
                self._taken(job.key)
            elif not self._queue.offer(job.row()):
                break
            self._held.pop(0)
        if self._queued and not self._all and not self._called():
            self._idle.append(self._fork())  # the last one died, and nobody is there to take what is queued

    def _call(self) -> None:
        """A supervisor died while jobs are queued, and may have been about to tell that it took one: let nobody take any more, and have the
        others tell of theirs.
        """
        rest = []
        while (row := self._queue.take()) is not None:
            rest.append(self._queued[row[0]])
        self._held[:0] = rest
        for supervisor in self._all.values():
            supervisor.called = supervisor.order((CALL, 0))

    def _called(self) -> bool:
        """Whether somebody died and somebody else has not answered yet; when all have, what nobody took and nobody has is what the dead one
        was at.
        """
        if not self._dead:
            return False
        if any(supervisor.called for supervisor in self._all.values()):
            return True
        held = {job.key for job in self._held}
        for key in [key for key in self._queued if key not in held]:
            self._lose(self._queued.pop(key), *self._dead)
        self._dead = ()
        return False

    def _lose(self, job: Job, pid: int, code: int) -> None:
        salvage(job.log, pid)
        self._lost.append(Outcome(key=job.key, result=Result.LOST, code=code, message=f"worker {pid} died"))

    def _taken(self, key: int) -> None:
        del self._queued[key]
        self._news.append(Progress(key, "taken"))

    def _fork(self) -> _Supervisor:
        if len(self._all) >= self._slots:
            raise UetError(f"all {self._slots} slots of the pool are taken", code=ExitCode.INTERNAL)
        if self._orphans is None:
            os.close(open_null())  # 0, 1, 2 are taken from now on
            self._orphans = Orphans()
            tree.become_subreaper()
        before = signals.pthread_sigmask(signals.SIG_BLOCK, signals.valid_signals())
        try:
            supervisor = self._fork_blocked(before)
        finally:
            signals.pthread_sigmask(signals.SIG_SETMASK, before)
        self._all[supervisor.inbox.fd] = supervisor
        self._poller.register(supervisor.inbox.fd, select.POLLIN)
        self._news.append(Progress(key=-1, what="worker", name="spawning", pid=supervisor.pid))
        return supervisor

    def _fork_blocked(self, mask: set[int]) -> _Supervisor:
        """Signals are blocked, so that no handler of the coordinator ever runs in the child."""
        orders, orders_end = os.pipe()
        replies, replies_end = os.pipe()
        try:
            reach("worker.forking")
            pid = os.fork()
        except OSError as error:
            for fd in (orders, orders_end, replies, replies_end):
                os.close(fd)
            raise UetError(f"cannot start a worker process: {error.strerror}", hint="lower `-j` or the load of the machine") from None
        if pid == 0:
            supervise(orders, replies_end, self._queue, self._keep, self._environ, mask)
        os.close(orders)
        os.close(replies_end)
        return _Supervisor(pid, orders_end, replies)

    def _hear(self, supervisor: _Supervisor, state_at_end: str = "lost") -> None:
        for kind, row in supervisor.inbox.receive():
            if kind == OUTCOME:
                self._news.append(Outcome.from_row(row))
                supervisor.job = None
                self._idle.append(supervisor)
            elif kind == TAKEN:
                self._idle.remove(supervisor)
                supervisor.takes(self._queued[row])
                self._taken(row)
            elif kind == CALL:
                supervisor.called = False
            else:
                self._news.append(Progress.from_row(row))
        if supervisor.inbox.closed:
            self._bury(supervisor, state_at_end)

    def _bury(self, supervisor: _Supervisor, state: str = "lost") -> None:
        """A supervisor ended: wait for it (only then its orphans are ours) and note its job as lost."""
        fd = supervisor.inbox.fd
        self._poller.unregister(fd)
        del self._all[fd]
        os.close(fd)
        if supervisor.orders >= 0:
            os.close(supervisor.orders)
        if supervisor in self._idle:
            self._idle.remove(supervisor)
        tree.send(supervisor.pid, signals.SIGKILL)  # it closed its pipe: whatever it still does, it is of no use
        _, status = os.waitpid(supervisor.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        job = supervisor.job
        self._news.append(Progress(key=-1 if job is None else job.key, what="worker", name=state, pid=supervisor.pid, code=code))
        if job is not None:
            self._lose(job, supervisor.pid, code)
        if self._orphans and (code or job is not None):
            self._orphans.expect(supervisor.grace)
        if self._queued:
            self._dead = (supervisor.pid, code)
            self._call()

    def _pids(self) -> set[int]:
        return {supervisor.pid for supervisor in self._all.values()}
