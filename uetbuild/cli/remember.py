"""Whether a verdict "up to date" can be remembered, and on what it rests: makes the snapshot that `uetbuild/front.py` checks.

Right after a build that ran something all are judged once more, as the next build would do it, but for those whose verdict stands.
"""

from __future__ import annotations

import os
from time import monotonic, sleep

from uetbuild.cli.dividing import divide
from uetbuild.core.changes import Changes
from uetbuild.core.verdicts import Verdict
from uetbuild.engine.memory import Memory
from uetbuild.engine.preflight import preflight
from uetbuild.manifest.discover import observe
from uetbuild.state import snapshot
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk
from uetbuild.state.observations import still_holds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uetbuild.cli.options import Options
    from uetbuild.cli.project import OpenProject
    from uetbuild.engine.request import Request
    from uetbuild.engine.survey import Survey
    from uetbuild.state.observations import Observations
    from uetbuild.state.store import SqliteStore

GOOD = (Verdict.UP_TO_DATE, Verdict.SKIPPED)
GRANULARITY = 0.0105  # seconds after which a change of a file shows in its times, but on coarse file systems


class Remembered:
    """A verdict: all that was `seen` for it, what was asked, which nodes were `judged` and whether they are up to date (as all others
    are), and how many `workstreams` take part."""

    __slots__ = ("judged", "request", "seen", "workstreams")

    def __init__(self, seen: Observations, request: Request, judged: Mapping[int, bool], workstreams: int) -> None:
        self.judged = judged
        self.seen = seen
        self.request = request
        self.workstreams = workstreams


class Vouched:
    """What a build that did something knows at its end: the `nodes` whose verdict stands, and what was `seen` of that on which it rests."""

    __slots__ = ("nodes", "seen")

    def __init__(self, nodes: set[int], seen: Observations) -> None:
        self.nodes = nodes
        self.seen = seen


def nothing_to_do(session: OpenProject, survey: Survey, disk: RealDisk) -> Remembered | None:
    """The verdict of a survey that found nothing to do; None where it rests on what only a command can tell."""
    return _remembered(session, survey, disk, dict.fromkeys(survey.seen, True))


def _remembered(session: OpenProject, survey: Survey, disk: RealDisk, judged: Mapping[int, bool]) -> Remembered | None:
    if survey.answers.asked:
        return None
    seen = disk.observations
    seen.add(session.rests_on)
    request = survey.request
    return Remembered(seen, request, judged, len(session.graph.workstreams(request.members)) + request.settled + request.later)


def judged_again(session: OpenProject, options: Options, store: SqliteStore, ended: float, known: Vouched) -> Remembered | None:
    """The verdict that the next build of the same will come to. `ended`: when (`time.monotonic`) the last file had been written; `known`
    is used up.

    Digests that are learnt on the way go into the store, which spares the next build the work.
    """
    disk = RealDisk(session.root, store.digests, session.environ)
    if disk.granularity.fine == -1:
        sleep(max(0.0, ended + GRANULARITY - monotonic()))  # so that a later change of what was written last shows
    if not still_holds(session.rests_on, session.root, session.environ):
        return None  # the manifest will be read anew
    memory = Memory(store, store.stamps_by_now())
    session.renew(memory.stamps)
    request = session.request(options)
    disk.observations = known.seen
    preflight(session.graph, [i for i in session.unproven(request) if i not in known.nodes], disk)
    survey = session.survey(request, store, disk, None, memory)
    survey.standing = known.nodes
    verdicts = survey.all()
    store.commit(Changes())
    judged = filter((survey.seen.keys() | known.nodes).__contains__, request.members)
    return _remembered(session, survey, disk, {i: verdicts[i].verdict in GOOD for i in judged})


def save(
    session: OpenProject, options: Options, request: Request, judged: Mapping[int, bool], seen: Observations, said: str
) -> None:  # fmt: skip
    """Write the snapshot, and what tells whom a change concerns; the database is closed, the lock held."""
    unfinished = [i for i, is_done in judged.items() if not is_done]
    cwd = os.getcwd()
    disk = RealDisk(session.root, Digests(), session.environ)
    if options.typed is not None and (options.file or observe(cwd, session.root, disk)):
        seen.add(disk.observations)
        divided = divide(session, request)
        if unfinished and divided is None:
            return  # who cannot be opened in part is looked at whole
        asked = said if divided is not None and not session.project.warnings else ""  # else a plan may have more to say
        snapshot.save(session.layout, options.typed, cwd, said, seen, session.environ, session.secrets, divided, asked, unfinished)
