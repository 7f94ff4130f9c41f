"""`accept` and `clean`: change what is remembered or produced, without running anything of the manifest."""

from __future__ import annotations

import os

from uetbuild.cli.clock import SystemClock
from uetbuild.cli.holding import Held, tracker
from uetbuild.core.changes import Changes
from uetbuild.core.kinds import Kind
from uetbuild.engine.attempt import Bench
from uetbuild.engine.outputs import Outputs
from uetbuild.engine.remnants import half_made
from uetbuild.engine.request import Request
from uetbuild.errors import ExitCode, UetError
from uetbuild.state.disk import RealDisk
from uetbuild.state.hands import FileHands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.cli.project import OpenProject
    from uetbuild.report.lines import Lines


def accept(session: OpenProject, ids: Sequence[str], wait: bool, view: Lines) -> None:
    """Stamp nodes as if they had made what lies there. Raises UetError where something that they should create is missing."""
    indices = sorted(session.members_of(session.targets(ids)), key=session.graph.position.__getitem__)
    with Held(session, wait, view.waits_for, view.warn) as held:
        held.heal()
        shell = held.shell(session)
        disk = RealDisk(session.root, held.store.digests, session.environ)
        survey = session.survey(Request(members=tuple(indices)), held.store, disk, shell)
        hands = FileHands(session.root, session.layout, tracker(shell, session.root))
        bench = Bench(survey, Outputs(disk, hands, survey.memory, session.project.settings.exclude, session.graph.nodes))
        changes = Changes()
        for i in indices:
            if i in session.graph.approvals:
                raise UetError(f"cannot accept `{session.graph.nodes[i].id}`: a person approves it", hint="`uetbuild approve RUN GATE`")
            ending = bench.adopt(i, "", SystemClock.now())
            if ending.stamp is None:
                raise UetError(f"cannot accept `{session.graph.nodes[i].id}`: {ending.fault}", code=ExitCode.FAILED)
            survey.memory.link(ending.chains, changes)
            survey.memory.put(ending.stamp, changes)
        changes.answers |= survey.answers.learnt
        held.store.commit(changes)


def clean(session: OpenProject, words: Sequence[str], orphans: bool, wait: bool, view: Lines) -> list[str]:
    """Remove what nodes are recorded to have produced, inside the root, never through a link; returns the removed paths.

    Without words everything that the manifest's workstreams produced; with `orphans` instead what belongs to none of them any more.
    What was changed by hand since is copied to `.uet/kept/` first. A node with `keep` is cleaned only when named.
    """
    known = session.graph.index
    if orphans:
        wanted = {name for name in session.stamps if name not in known}
    else:
        members = session.members_of(session.targets(words)) if words else frozenset(range(len(session.graph.nodes)))
        wanted = {session.graph.nodes[i].id for i in members if words or not session.graph.nodes[i].keep}
    removed: list[str] = []
    if not session.layout.check():
        return removed
    with Held(session, wait, view.waits_for, view.warn) as held:
        held.heal()
        disk = RealDisk(session.root, held.store.digests, session.environ)
        hands = FileHands(session.root, session.layout, lambda paths: set(), through_links=False)
        stamps = held.store.stamps()
        owned = {path for name, stamp in stamps.items() if name not in wanted for path in stamp.outputs}
        changes = Changes()
        run = f"clean-{os.getpid()}"
        for name in sorted(wanted & stamps.keys()):
            outputs = dict.fromkeys(half_made(stamps[name], disk, session.project.settings.exclude), "") | stamps[name].outputs
            for path in sorted(outputs, reverse=True):
                kind = disk.kind(path)
                if path in owned or kind == Kind.ABSENT:
                    continue
                why = hands.refusal(path)
                if why:
                    view.warn(why)
                    continue
                if kind == Kind.FOLDER:
                    hands.remove_empty(path)
                else:
                    if outputs[path] and disk.digest(path) != outputs[path]:
                        hands.save_copy(path, run)
                    hands.remove(path)
                    hands.remove_empty(path.rpartition("/")[0])
                removed.append(path)
            changes.dropped.append(name)
        held.store.commit(changes)
    return removed
