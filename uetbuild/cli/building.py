"""Puts a build together: lock, state, workers, loop; and takes it apart again, whatever happens."""

from __future__ import annotations

import os
from itertools import count

from uetbuild.cli.aside import Aside
from uetbuild.cli.clock import SystemClock
from uetbuild.cli.holding import Held, tracker
from uetbuild.cli.person import Audience
from uetbuild.core.conflicts import Conflicts
from uetbuild.core.policies import Limit
from uetbuild.core.ready import Admission
from uetbuild.core.schedule import costs, ranks, remaining
from uetbuild.core.stamps import Stage
from uetbuild.engine.attempt import Bench
from uetbuild.engine.journal import Journal
from uetbuild.engine.loop import Loop
from uetbuild.engine.outputs import Outputs
from uetbuild.engine.preflight import preflight
from uetbuild.engine.purse import Purse
from uetbuild.engine.recipe import Kitchen, Place
from uetbuild.engine.wait import SignalWait
from uetbuild.errors import ExitCode, UetError
from uetbuild.executors.pool import SupervisorPool
from uetbuild.report.modes import followed, output_mode
from uetbuild.state import compiled, reports
from uetbuild.state.disk import RealDisk
from uetbuild.state.feedback import FeedbackFiles
from uetbuild.state.hands import FileHands
from uetbuild.state.layout import new_run_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from uetbuild.cli.options import Options
    from uetbuild.cli.project import OpenProject
    from uetbuild.cli.remember import Remembered, Vouched
    from uetbuild.core.events import Event
    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Settings
    from uetbuild.engine.book import Book
    from uetbuild.engine.request import Request
    from uetbuild.report.lines import Lines

SHOWN_WARNINGS = 3  # about the manifest

_spent: list[object] = []  # of the build that ended last: the process ends sooner than all of that is taken apart


def build(session: OpenProject, options: Options, view: Lines) -> int:
    """Build what the options ask for; returns the exit code. Raises UetError for what keeps the build from starting."""
    request, settings = _wanted(session, options)
    resumed = options.resumed
    with Held(session, not options.no_wait, view.waits_for, view.warn) as held:
        if not session.is_current(bool(held.waited), held.lock.was_abandoned, held.store):  # what was read before may have changed since
            session = session.reopened(options)
            request, settings = _wanted(session, options)
        _warn_of(session, view)
        session.narrow(held.store)
        # a run that is resumed says by itself that it was interrupted
        recovered = [("recovered", data) for data in held.heal() if data["interrupted"] != resumed]
        _remove_sandboxes(session)
        view.several = len({session.graph.nodes[i].workstream for i in request.follow}) > 1
        before = [*held.wait_told(), *recovered]
        earlier = session.history.events(resumed) if resumed else []
        secrets = session.secrets
        known = secrets.forms
        aside = Aside(_keeping(session, options))
        try:
            session, code, found = _run(session, options, request, held, view, settings, earlier, before, aside)
        finally:
            aside.finish()
        if secrets.forms != known and compiled.tells(session.layout, session.key, secrets):
            session.compiled = 0  # a command told a secret that was not known to be one
        if code in (ExitCode.OK, ExitCode.FAILED) and options.typed is not None and request.focus is None and not held.store.warnings:
            _remember(session, options, held, view, found)
    return code


def _keeping(session: OpenProject, options: Options) -> Callable[[], None] | None:
    """Keeps a manifest that was just compiled; not only at the end, so that nobody compiles it again after a crash."""
    fresh = session.fresh
    if fresh is None or not session.may_be_kept(options):
        return None

    def keep() -> None:
        session.compiled = compiled.save(session.layout, session.key, session.project, session.plain, fresh, session.secrets)

    return keep


def _warn_of(session: OpenProject, view: Lines) -> None:
    """Say the first warnings of a manifest that was just read; they are said once for each edit."""
    if session.fresh is None:
        return
    warnings = session.project.warnings
    for text in warnings[:SHOWN_WARNINGS]:
        view.warn(text)
    if len(warnings) > SHOWN_WARNINGS:
        view.warn(f"… and {len(warnings) - SHOWN_WARNINGS} more: `uetbuild check`")


def _wanted(session: OpenProject, options: Options) -> tuple[Request, Settings]:
    """What is asked for, by the manifest and the records as they are now; the project is read no more after that. Raises UetError."""
    request = session.request(options)
    named = frozenset(session.asked(options)[0]) if options.targets else frozenset()
    others = request.settled + request.later
    follow = followed(output_mode(options.output, session.environ), session.graph, request.members, named, others)
    request = request.with_(follow=follow)
    settings = _settings(session, options)
    if options.resumed:
        done = frozenset([i for i in request.members if _done(session, i, options.resumed)])
        request = request.with_(forced=request.forced - done, done=done)
    session.close()
    return request, settings


def _remember(session: OpenProject, options: Options, held: Held, view: Lines, found: Remembered | Vouched) -> None:
    """See to it that the next build of the same finds the fast door open, if that can be."""
    from uetbuild.cli.remember import Vouched, judged_again  # after the last spawn

    try:
        seen = judged_again(session, options, held.store, held.quiet, found) if isinstance(found, Vouched) else found
    except UetError:  # what went wrong since the build ended is for the next one to say
        return
    if seen is not None:  # also where something failed: then it is known what is left to do
        kept, said = seen, view.nothing_to_do(seen.workstreams)
        held.at_close = lambda: session.remember(options, kept.request, kept.judged, kept.seen, said)


def _settings(session: OpenProject, options: Options) -> Settings:
    """The settings with the budget that the options say. Raises UetError where it will probably not do."""
    settings = session.project.settings
    if not options.budget_usd:
        return settings
    from uetbuild.cli.money import check_forecast, read_usd  # decimal: only for who asks

    usd = read_usd(options.budget_usd)
    if not options.force_budget:
        check_forecast(session.layout, session.plan(options).usd[0], usd, options.resumed)
    return settings.with_(budget=(settings.budget or Limit()).with_(usd=usd))


def _done(session: OpenProject, i: int, run: str) -> bool:
    """Whether a node was built by an earlier part of this run."""
    stamp = session.stamps.get(session.graph.nodes[i].id)
    return stamp is not None and stamp.stage == Stage.DONE and stamp.run == run


def _run(
    session: OpenProject, options: Options, request: Request, held: Held, view: Lines, settings: Settings, earlier: Sequence[Event],
    before: Sequence[tuple[str, dict[str, Any]]], aside: Aside,
) -> tuple[OpenProject, int, Remembered | Vouched]:  # fmt: skip
    """Build under the lock. Returns as much of the project as had to be opened, the exit code, and on what the verdict rests if nothing had
    to be done, else what is known of it. `earlier`: the events of a run that goes on; `before`: events, with their data, of what happened
    before this one begins; `aside`: what is done beside it.
    """
    store = held.store
    shell = held.shell(session)
    run = earlier[0].run if earlier else new_run_id(SystemClock.now(), os.urandom(2))
    held.lock.tell(run)
    audience = _audience(view)
    journal = Journal(run, store, audience.views, SystemClock(), earlier[-1].seq if earlier else 0, session.secrets)
    for event, data in before:
        journal.precede(event, **data)
    purse = _purse(session, settings, request, journal, view, earlier)
    workers = SupervisorPool(request.jobs, dict(session.environ), (held.lock.fileno(),))

    def opened(session: OpenProject, request: Request) -> tuple[Loop, RealDisk]:
        disk = RealDisk(session.root, store.digests, session.environ)
        disk.observing = not journal.begun
        if disk.observing:
            preflight(session.graph, session.unproven(request), disk)
        survey, seconds = session.survey(request, store, disk, shell), store.seconds()
        hands = FileHands(session.root, session.layout, tracker(shell, session.root))
        bench = Bench(survey, Outputs(disk, hands, survey.memory, settings.exclude, session.graph.nodes))
        rank, admission = priorities(session.graph, request, seconds, settings)
        kitchen = Kitchen(place(session, run), settings, survey.answers)
        loop = Loop(survey, bench, kitchen, workers, journal, waiting, SystemClock(), audience.person, rank, admission, dice, purse)
        audience.watch(loop, seconds)
        return loop, disk

    try:
        with SignalWait() as wait:
            waiting = aside.beside(audience.wait(wait))
            loop, disk = opened(session, request)
            loop.run()
            spared = session.beyond(loop, options)
            if not isinstance(spared, int):
                session, spared, first = spared, 0, loop
                session.narrow(store)
                loop, disk = opened(session, _wanted(session, options)[0])
                loop.run(first)
            code = loop.finish(spared)
    finally:
        audience.leave()
        workers.close()
        held.quiet = SystemClock.monotonic()
        purse.close()
    if journal.begun:
        _close_run(session, held, run, settings)
    elif not code:
        view.up_to_date(loop.tally.size)
    from uetbuild.cli.remember import Vouched, nothing_to_do  # after the last spawn

    found = None if code or journal.begun else nothing_to_do(session, loop.survey, disk)
    _spent[:] = (session, held, loop)
    return session, code, found or Vouched(loop.survey.standing, disk.vouched)


def _audience(view: Lines) -> Audience:
    """Who follows the build."""
    if not view.live:
        return Audience(view)
    from uetbuild.cli.looking import Looking  # only on a terminal

    return Looking(view)


def dice() -> float:
    """A number in [0, 1), another one each time."""
    return (int.from_bytes(os.urandom(8), "big") >> 11) / (1 << 53)  # `random` is not loaded for this


def _purse(
    session: OpenProject, settings: Settings, request: Request, journal: Journal, view: Lines, earlier: Sequence[Event]
) -> Purse:  # fmt: skip
    """What the build may spend; without a budget no ledger is opened before something was spent."""
    nodes, run = session.graph.nodes, journal.run
    budgeted = settings.budget is not None or bool(settings.phases) or not session.graph.budgeted.isdisjoint(request.members)

    def make() -> Book:
        from uetbuild.cli.money import open_book  # decimal and json: most builds spend nothing

        models = {node.id: node.agent.model for node in nodes if node.agent is not None}
        return open_book(session.layout, settings, run, budgeted, earlier, models, view.warn, session.secrets)

    def read(log: str, number: int) -> bytes:
        path = reports.path_of(log)
        said = reports.read(path, session.secrets, session.layout.folder)
        if said and number:
            os.rename(path, reports.path_of(log, number))
        return said

    book = make() if budgeted or earlier else None
    return Purse(request.jobs, journal, read, make, book)


def _close_run(session: OpenProject, held: Held, run: str, settings: Settings) -> None:
    from uetbuild.state.history import close_run  # after the last spawn: prunes and writes the summary

    _remove_sandboxes(session)
    close_run(session.layout, run, settings.keep_runs, held.store.database)


def _remove_sandboxes(session: OpenProject) -> None:
    """Nothing runs: then every sandbox is one that was left."""
    folder = session.layout.sandboxes
    if os.path.isdir(folder):
        from uetbuild.state.history import remove_tree  # few builds have any

        remove_tree(folder)


def priorities(graph: Graph, request: Request, seconds: dict[str, float], settings: Settings) -> tuple[list[int], Admission]:
    """Place of each node in the order of preference, and what may run beside what."""
    # in tenths of a second: the noise of milliseconds must not decide the order
    cost = costs(graph, request.members, {name: max(0.1, round(value, 1)) for name, value in seconds.items()})
    keys = ranks(graph, remaining(graph, request.members, cost))
    rank = [0] * len(keys)
    any(map(rank.__setitem__, sorted(range(len(keys)), key=keys.__getitem__), count()))  # None each time: `any` goes on to the end
    return rank, Admission(graph.nodes, request.jobs, settings.pools, Conflicts(graph.nodes, settings.exclude))


def place(session: OpenProject, run: str) -> Place:
    """Where the build of this run works."""
    layout = session.layout
    made = False

    def log(node: str) -> str:
        nonlocal made
        if not made:
            layout.ensure_run(run)
            made = True
        return layout.log(run, node)

    return Place(
        root=session.root, run=run, python=python(session), environ=session.environ, log=log,
        sandbox=lambda node: layout.sandbox(run, node), feedback=FeedbackFiles(layout),
    )  # fmt: skip


def python(session: OpenProject) -> str:
    """The interpreter of Python steps: of the active virtual environment, else of `.venv` in the root, else python3."""
    active = session.environ.get("VIRTUAL_ENV")
    if active:
        return f"{active}/bin/python"
    own = f"{session.root}/.venv/bin/python"
    return own if os.access(own, os.X_OK) else "python3"
