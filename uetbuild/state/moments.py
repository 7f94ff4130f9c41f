"""The failpoints of a commit, by what it makes durable. Loaded where one is armed."""

from __future__ import annotations

from uetbuild.core.stamps import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.changes import Changes

STAGES = (  # before and after the commit of a stamp
    (Stage.STARTED, ("started.committing", "started.committed")),
    (Stage.PRODUCED, ("produced.committing", "produced.committed")),
    (Stage.REJECTED, ("rejected.committing", "rejected.committed")),
    (Stage.DONE, ("done.committing", "done.committed")),
)


def moments(changes: Changes, ends: bool) -> list[tuple[str, str]]:
    """(before, after) of a commit; `ends`: the run ends with it."""
    found = []
    if changes.run is not None:
        found.append(("ended.committing", "ended.committed") if ends else ("run.committing", "run.committed"))
    if changes.pids:
        found.append(("pid.committing", "pid.committed"))
    if changes.dropped:
        found.append(("dropped.committing", "dropped.committed"))
    if any(stamp.not_before for stamp in changes.stamps.values()):
        found.append(("retry.committing", "retry.committed"))
    stages = {stamp.stage for stamp in changes.stamps.values()}
    return [*found, *[names for stage, names in STAGES if stage in stages]]
