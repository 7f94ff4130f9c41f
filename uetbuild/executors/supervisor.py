"""A worker process: forked from the coordinator, runs one job after the other until the coordinator closes its pipe or dies.

It is the subreaper of its jobs, so that nobody can leave its tree. The pipe of orders is its lifeline too: only the coordinator
holds the writing end, so its end is the coordinator's end, and then the tree is ended before this process is (promise 7).
"""

from __future__ import annotations

import gc
import os

from uetbuild.core.jobs import Progress
from uetbuild.executors import tree
from uetbuild.executors.channel import Inbox, Outbox
from uetbuild.executors.csignal import signals
from uetbuild.executors.desk import Desk
from uetbuild.executors.moment import run_row
from uetbuild.executors.watch import Watch
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

    from uetbuild.executors.queue import Queue

JOB = "job"
"""Orders: (JOB, row of a Job), (SIGNAL, key, number), (CALL, 0). The queue holds rows of Jobs."""
PROGRESS, OUTCOME, TAKEN = "progress", "outcome", "taken"
"""Replies: (PROGRESS, row of a Progress), (OUTCOME, row of an Outcome), (TAKEN, key): that job of the queue is mine, (CALL, 0): I live, and
what I took I have told.
"""

_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGTTOU", "SIGTTIN", "SIGPIPE", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGWINCH")


def supervise(
    orders: int, replies: int, queue: Queue, keep: Iterable[int], environ: dict[str, str], mask: Iterable[int]
) -> NoReturn:  # fmt: skip
    """Be a supervisor, in a process just forked, with all signals blocked; `mask` is to be blocked from now on. Never returns."""
    code = 1
    try:
        gc.freeze()  # what the coordinator left here is never collected: its finalizers would run a second time
        signals.set_wakeup_fd(-1)
        _take_signals()
        signals.pthread_sigmask(signals.SIG_SETMASK, mask)
        _close_all_but({0, 1, 2, orders, replies, queue.reading, *keep})
        tree.become_subreaper()
        tree.rename_process("uet-worker")
        reach("worker.started")
        _serve(Watch(Inbox(orders, "order.reading"), outbox := Outbox(replies)), outbox, queue, environ)
        code = 0
    finally:
        os._exit(code)  # never back into the coordinator's stack, not even with an exception


def _serve(watch: Watch, outbox: Outbox, queue: Queue, environ: dict[str, str]) -> None:
    desk = Desk()

    def tell(news: Progress) -> None:
        outbox.post((PROGRESS, news.row()))
        outbox.flush()

    def run(row: tuple[Any, ...]) -> None:
        outcome = run_row(row, environ, watch, tell, desk)
        reach("outcome.telling")
        outbox.post((OUTCOME, outcome))

    while not watch.abandoned:
        watch.listen_to(queue.reading)
        watch.wait()
        watch.listen_to(-1)
        watch.reap()
        jobs = [order for order in watch.orders if order[0] == JOB]
        watch.orders = [order for order in watch.orders if order[0] != JOB and jobs]
        for order in jobs:  # before anything of the queue: that was filled later
            run(order[1])
        while not outbox.closed and (row := queue.take()) is not None:
            outbox.post((TAKEN, row[0]))
            outbox.flush()  # together with the outcome before, and before anything can happen to us
            if not outbox.closed:  # else the coordinator is gone: nothing more is begun
                run(row)
        outbox.flush()
    desk.clear()


def _take_signals() -> None:
    """No handler of the coordinator stays; what a terminal or a person sends to all of us is the coordinator's to answer."""
    for number in signals.valid_signals():
        if callable(signals.getsignal(number)):
            signals.signal(number, signals.SIG_DFL)
    for name in _IGNORED:
        signals.signal(getattr(signals, name), signals.SIG_IGN)


def _close_all_but(kept: set[int]) -> None:
    """Close every descriptor that came over by the fork: pipe ends of other supervisors, the database, what our caller left open."""
    for fd in _open_descriptors():
        if fd not in kept:
            try:
                os.close(fd)
            except OSError:
                pass  # the listing's own one


def _open_descriptors() -> list[int]:
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return [int(name) for name in os.listdir(folder)]
        except OSError:
            continue
    return list(range(3, 1024))
