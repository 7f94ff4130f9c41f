"""`approve`: record what a person says about what a run made. Runs nothing, and needs no terminal."""

from __future__ import annotations

import os
import pwd

from uetbuild.cli.clock import SystemClock
from uetbuild.cli.holding import Held
from uetbuild.core.approval import Answer
from uetbuild.core.changes import Changes
from uetbuild.core.events import Event
from uetbuild.engine.approvals import Approvals
from uetbuild.engine.memory import Memory
from uetbuild.errors import UetError
from uetbuild.report.amounts import moment
from uetbuild.state.disk import RealDisk
from uetbuild.state.history import History

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uetbuild.cli.options import Options
    from uetbuild.cli.project import OpenProject
    from uetbuild.core.nodes import Node


def approve(session: OpenProject, options: Options, waiting: Callable[[int, str, float, bool], None], warn: Callable[[str], None]) -> Event:
    """Record `--yes` or `--no` to what a run asked; returns the `approval_given`. Raises UetError, and then nothing is recorded."""
    if options.yes == options.no:
        raise UetError("`uetbuild approve` needs one of `--yes` and `--no`", hint="write `uetbuild approve RUN GATE --yes`")
    if session.environ.get("UET_NODE"):
        hint = "it was typed by a recipe; look at what was made, and type it yourself"
        raise UetError("an approval is for a person to give", hint=hint)
    reference, word = options.targets
    run = session.history.run(reference).id
    gates = _gates(session, word)
    session.reader.close()
    with Held(session, not options.no_wait, waiting, warn) as held:
        history, memory = History(session.layout, held.store.database), Memory(held.store)
        disk = RealDisk(session.root, held.store.digests, session.environ)
        events = history.events(run)
        asked = _asked(run, word, gates, events)
        node = _one(word, gates, asked)
        guards = frozenset(asked[node.id].data["guards"])
        approvals = Approvals(session.graph, memory, disk, lambda gate: frozenset(() if gate.guard is None else gate.guard.guards) - guards)
        _refuse_changed(node, approvals, asked[node.id].data["digest"])
        answer = approvals.answer(node)
        if answer is not None:
            raise _already(node, answer)
        changes = Changes()
        given = _given(session.secrets.masked(options.comment), options.yes, run, node, approvals, events[-1].seq + 1)
        changes.approvals[approvals.key(node)] = Answer(
            yes=options.yes, who=given.data["who"], time=given.time, run=run, comment=given.data["comment"]
        )
        changes.events.append(given)
        held.store.commit(changes)
        return given


def _gates(session: OpenProject, word: str) -> list[Node]:
    """The approvals that a word names. Raises UetError."""
    nodes, approvals = session.graph.nodes, session.graph.approvals
    named = session.targets([f"gate:{word.removeprefix('gate:')}"])
    found = [nodes[i] for i in named if i in approvals]
    if not found:
        known = sorted({f"`{nodes[i].workstream}`" for i in approvals})
        hint = f"approvals: {', '.join(known)}" if known else "the manifest declares no gate with `type: approval`"
        raise UetError(f"`{word}` is a gate that decides by itself", hint=hint)
    return found


def _asked(run: str, word: str, gates: Sequence[Node], events: Sequence[Event]) -> dict[str, Event]:
    """What the run asked last about these gates, by id. Raises UetError where it asked nothing."""
    every = {event.node: event for event in events if event.event == "approval_requested"}
    found = {node.id: every[node.id] for node in gates if node.id in every}
    if not found:
        names = ", ".join([f"`{name}`" for name in every])
        raise UetError(f"run `{run}` did not ask for approval by `{word}`", hint=f"it asked by {names}" if names else "it asked for none")
    return found


def _one(word: str, gates: Sequence[Node], asked: dict[str, Event]) -> Node:
    """The only one that is meant. Raises UetError."""
    found = [node for node in gates if node.id in asked]
    if len(found) > 1:
        names = ", ".join([f"`{node.id}`" for node in found])
        raise UetError(f"`{word}` asked {len(found)} times in this run", hint=f"say which: {names}")
    return found[0]


def _refuse_changed(node: Node, approvals: Approvals, digest: str) -> None:
    """An answer is about what the person saw: nothing else may lie there."""
    touched = approvals.touched(node)
    if not touched and approvals.digest(node) == digest:
        return
    what = f": `{touched[0]}` is not what was made" if touched else ", it was made anew since"
    raise UetError(f"what `{node.id}` is about has changed{what}", hint="build again; it will be asked anew")


def _already(node: Node, answer: Answer) -> UetError:
    said = "approved" if answer.yes else "refused"
    hint = "`uetbuild` goes on" if answer.yes else f"`uetbuild -B gate:{node.id}` asks anew"
    return UetError(f"`{node.id}` was already {said} by {answer.who} at {moment(answer.time)}", hint=hint)


def _given(comment: str, yes: bool, run: str, node: Node, approvals: Approvals, seq: int) -> Event:
    said = {
        "approved": yes, "who": f"{_user()}@{os.uname().nodename}", "comment": comment,
        "files": approvals.files(node), "digest": approvals.digest(node),
    }  # fmt: skip
    return Event(seq=seq, time=round(SystemClock.now(), 6), run=run, event="approval_given", node=node.id, data=said)


def _user() -> str:
    """The name of who runs this process; not what the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # of a container, say
        return str(os.getuid())
