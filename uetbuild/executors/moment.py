"""A job in its first moment: most of a build of many small commands are over in it, and for these nothing more is set up.

What turns out otherwise (it takes its time, it fails, it leaves a process behind, it could not be started) is run by `running.py`, from the
start or from where it is. Knows nothing of the coordinator.
"""

from __future__ import annotations

import errno
import os
import time

from uetbuild.core.jobs import Job, plain, succeeded
from uetbuild.executors import spawn, tree
from uetbuild.executors.running import ENDED, OVER, STARTED, STARTING, Running
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from uetbuild.core.jobs import Plain, Progress
    from uetbuild.executors.desk import Desk
    from uetbuild.executors.watch import Watch


def run_row(
    row: tuple[Any, ...], environ: dict[str, str], watch: Watch, tell: Callable[[Progress], None], desk: Desk
) -> tuple[Any, ...]:  # fmt: skip
    """Run the `Job` of a row to its end and give the row of its `Outcome`; afterwards no process of it is left. `environ`: that of the
    build. Never raises: what goes wrong in here is a failure of the job.
    """
    job = plain(row) if tree.CAN_SEE and not watch.orders and not watch.abandoned else None
    begun = None
    if job is not None:
        now = time.time(), time.monotonic()
        try:
            sheet = _begin(job, environ, watch, desk)
            begun = now
            if _is_over(watch, now[1] + watch.moment):
                logged = _close(job, desk, sheet)
                return succeeded(row, now[0], time.monotonic() - now[1], logged)
        except Exception:
            pass  # the thorough way comes to it, too, and has the words for it
    return Running(Job.from_row(row), environ, watch, tell, desk, begun).run().row()


def _begin(job: Plain, environ: dict[str, str], watch: Watch, desk: Desk) -> int:
    """Start the command; the descriptor of the sheet that it writes to. Raises NotStarted, or OSError, also where the log is there."""
    argv, cwd, own_env, log, job_env, clear_env, _, lists = job
    if os.access(log, os.F_OK):
        raise FileExistsError(log)
    folder = log.rpartition("/")[0]
    env = {} if clear_env else environ.copy()
    env.update(job_env)
    desk.lay(folder, (), lists, env)
    sheet = desk.sheet(folder)
    env.update(own_env)
    env["PWD"] = cwd
    reach(STARTING)
    os.chdir(cwd)
    watch.follow(spawn.start(argv, env, spawn.redirect(desk.null, sheet, sheet)))
    return sheet


def _is_over(watch: Watch, over: float) -> bool:
    """Whether the command ended well in time, and nobody of its tree is left."""
    reach(STARTED)
    while watch.status is None and (left := over - time.monotonic()) > 0:
        watch.nap(left)
        watch.reap()
    return watch.status == 0 and watch.is_alone


def _close(job: Plain, desk: Desk, sheet: int) -> bool:
    """Whether there is a log, which then is in its place. Raises OSError, also where it is too long."""
    _, _, _, log, _, _, limit, _ = job
    reach(ENDED)
    size = os.lseek(sheet, 0, os.SEEK_END)  # nobody else holds it any more
    if size:
        if size > limit > 0:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        desk.keep(log)
        os.close(sheet)
    reach(OVER)
    return size > 0
