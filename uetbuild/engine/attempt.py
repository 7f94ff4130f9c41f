"""One attempt at a node: everything ready for a worker, and afterwards everything checked before the stamp.

Order (promise 2): outputs cleared, STARTED, recipe, inputs looked at again, outputs verified, DONE. The caller makes them durable.
"""

from __future__ import annotations

from itertools import chain

from uetbuild.core.kinds import Kind
from uetbuild.core.paths import Inside
from uetbuild.core.scope import grounds, single
from uetbuild.core.stamps import Stage
from uetbuild.errors import ExitCode, Location, UetError
from uetbuild.failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.focus import Focus
    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Disk
    from uetbuild.core.stamps import Chain, Stamp
    from uetbuild.engine.outputs import Outputs, Standing
    from uetbuild.engine.survey import FileList, Survey


class Attempt:
    """State of one attempt: node index `i`, `number` from 1, what was `present` when it began, what stood `before` in open outputs,
    digests of the files of `edits` and `forbid` then, the `files` of its inputs, the `feedback` of the gates that rejected the one before.
    `keeps_stamp`: it runs with ARGS, or is told of a part of what has changed only, so it leaves none; `focus`: that part, None = all;
    `overtakes`: it runs for a reason of its own, not only because other editors of its files did.
    """

    __slots__ = (
        "i",
        "node",
        "number",
        "present",
        "last",
        "before",
        "edits",
        "forbidden",
        "files",
        "saved",
        "log",
        "keeps_stamp",
        "overtakes",
        "spoken",
        "usd",
        "broke",
        "guarded",
        "feedback",
        "focus",
    )

    def __init__(self, i: int, node: Node, number: int, present: Stamp, last: Stamp | None) -> None:
        self.i = i
        self.node = node
        self.number = number
        self.present = present
        self.last = last
        self.before: Standing = ()
        self.edits: dict[str, str] = {}
        self.forbidden: dict[str, str] = {}
        self.files: FileList = []
        self.saved: list[tuple[str, str]] = []
        self.log = ""  # absolute path of what it prints
        self.keeps_stamp = False
        self.overtakes = True
        self.guarded: list[str] = []  # what a gate checks
        self.feedback = ""
        self.focus: Focus | None = None
        self.spoken: list[str] = []  # its commands as people read them
        self.usd = 0.0  # what it cost
        self.broke = False  # it used more than it was given

    @property
    def changed(self) -> list[str]:
        """What differs from the stamp, as far as it is in the focus."""
        return self.differing if self.focus is None else [path for path in self.differing if path in self.focus]

    @property
    def differing(self) -> list[str]:
        """Inputs and edits that differ from the stamp; all of them where it is that of an attempt that came to nothing."""
        then = {} if self.last is None or self.last.stage in (Stage.STARTED, Stage.REJECTED) else self.last.inputs | self.last.edits
        now = self.present.inputs | self.edits
        return [path for path in now if now[path] != then.get(path)]


class Ending:
    """What became of an attempt whose recipe ended well: a `stamp` and `chains`, or `fault` says why it is none; `again`: inputs
    changed while it ran, for the first time.
    """

    __slots__ = ("stamp", "chains", "fault", "again", "violation")

    def __init__(self, stamp: Stamp | None = None, chains: dict[str, Chain] | None = None, fault: str = "") -> None:
        self.stamp = stamp
        self.chains = chains or {}
        self.fault = fault
        self.again = False
        self.violation = ""


class Bench:
    """Prepares attempts and checks what came of them."""

    __slots__ = ("_disk", "_graph", "_outputs", "_survey", "_tried")

    def __init__(self, survey: Survey, outputs: Outputs) -> None:
        self._survey = survey
        self._outputs = outputs
        self._graph: Graph = survey.graph
        self._disk: Disk = survey.disk
        self._tried: dict[int, dict[str, tuple[str, str]]] = {}  # of editors that failed: path -> (what it found, what it left)

    def prepare(self, attempt: Attempt, run: str, now: float, is_free: bool) -> Stamp:
        """Clear the way for the recipe; returns the STARTED stamp. `is_free`: that nothing stands in it was seen just now. Raises UetError
        (exit 1) where outputs are not ours to replace.
        """
        node, last = attempt.node, attempt.last
        is_free = is_free or self._outputs.is_free(node, last)
        if not is_free:
            self._clear(attempt, run)
        self._outputs.prepare(node)
        if not is_free:
            self._disk.forget([source.pattern for source in node.outputs])
            attempt.before = self._outputs.standing(node)
        if node.edits:
            # an unordered editor of the same files may have run since this node was judged
            attempt.edits = self._digests(node, attempt.present.edits)
            # what its own failed attempt left it did not find: no foreign hand was there, and the editors before it stay up to date
            tried = self._tried.pop(attempt.i, {})
            attempt.edits |= {path: found for path, (found, left) in tried.items() if attempt.edits.get(path, "") == left}
        if node.forbid:
            attempt.forbidden = {path: self._disk.digest(path) for _, path in self._survey.matching(node.forbid, node)}
        attempt.files = self._survey.take_files(attempt.i)
        attempt.guarded = self._survey.guarded(node)
        kept = last.outputs if last is not None and node.keep else {}
        # the time stays that of the last success: the order of editors is the order of these (engine/recorded.py)
        return attempt.present.with_(
            stage=Stage.STARTED, run=run, time=now if last is None else last.time, outputs=kept,
            edits={} if last is None else last.edits, before=attempt.before, attempt=attempt.number - 1,
            makes=tuple([(source.kind, source.pattern, source.folder) for source in node.outputs]),
        )  # fmt: skip

    def look_again(self) -> None:
        """Recipes may have run since the turn began."""
        self._outputs.look_again()

    def is_free(self, i: int) -> bool:
        """Whether nothing stands in the way of a node (`Outputs.is_free`)."""
        node = self._graph.nodes[i]
        return self._outputs.is_free(node, self._survey.memory.stamps.get(node.id))

    def _clear(self, attempt: Attempt, run: str) -> None:
        """Remove what the node made before. Raises UetError where that is not ours to replace."""
        node, last = attempt.node, attempt.last
        refusal = self._outputs.refusal(node, last, attempt.i in self._survey.request.forced)
        if refusal:
            hint = (
                "write the `/` at its end if it is one"
                if "the folder" in refusal
                else f"`uetbuild accept {node.id}`, `-B`, or narrow `outputs`"
            )
            raise UetError(refusal, Location(node.file, node.line, node.column), hint, code=ExitCode.FAILED)
        attempt.saved = self._outputs.clear(node, last, run)

    def finish(self, attempt: Attempt, run: str, seconds: float, now: float) -> Ending:
        """Check everything after a recipe that ended with 0; see `Ending`."""
        node, present, disk = attempt.node, attempt.present, self._disk
        reach("inputs.checking")
        self._look_afresh(attempt)
        ending = Ending()
        touched = self._moved_inputs(attempt)
        if touched:
            ending.again = attempt.number == 1
            ending.fault = f"inputs changed while it ran: `{touched}` (does the recipe write it? then it belongs under `edits`)"
            return ending
        for path, digest in attempt.forbidden.items():
            if disk.digest(path) != digest:
                return self._violation(f"changed `{path}`, which it must not touch", path)
        reach("outputs.checking")
        made, missing = self._outputs.collect(node, attempt.before)
        if missing:
            names = ", ".join(f"`{path}`" for path in missing)
            ending.fault = f"did not create {names}"
            return ending
        ending.fault = self._outputs.astray(made)
        if ending.fault:
            return ending
        discovered, fault = self._discovered(attempt, made)
        if fault:
            ending.fault = fault
            return ending
        after: dict[str, str] = {}
        if node.edits:
            from uetbuild.core.chains import advance  # few nodes edit anything

            after = self._digests(node, attempt.edits)
            ending.chains = advance(self._survey.memory.chains, node.id, attempt.edits, after, lambda other: self._stays(attempt, other))
        stage = Stage.STARTED if attempt.keeps_stamp else Stage.PRODUCED if self._graph.held(attempt.i) else Stage.DONE
        ending.stamp = present.with_(
            stage=stage, attempt=attempt.number - 1 if stage == Stage.PRODUCED else 0,
            run=run, time=now, seconds=seconds, outputs=made, discovered=discovered, edits=after, before=(),
        )  # fmt: skip
        return ending

    def give_up(self, attempt: Attempt) -> None:
        """After a failure: nothing half-made stays, but for what was edited."""
        self._outputs.over(attempt.node)
        reach("failure.clearing")
        self._look_afresh(attempt)
        self._outputs.discard(attempt.node, attempt.last, attempt.before)
        try:
            left = self._digests(attempt.node, attempt.edits) if attempt.node.edits else {}
        except UetError:
            return  # one that cannot be read is nobody's own; who tries again will be told
        self._tried[attempt.i] = {path: (attempt.edits.get(path, ""), digest) for path, digest in left.items()}

    def take_back(self, attempt: Attempt) -> None:
        """Its recipe does not run after all."""
        self._outputs.over(attempt.node)

    def adopt(self, i: int, run: str, now: float) -> Ending:
        """The stamp for `accept`: what lies there is taken for what the node would make."""
        node = self._graph.nodes[i]
        present = self._survey.present(i)
        attempt = Attempt(i, node, 2, present, self._survey.memory.stamps.get(node.id))
        attempt.edits = present.edits
        return self.finish(attempt, run, attempt.last.seconds if attempt.last is not None else 0.0, now)

    def _stays(self, attempt: Attempt, other: str) -> bool:
        """Whether an editor that came after this one in a chain stays up to date now that this one has run again.

        It does where it is settled in this build or the manifest puts it first; and where this one ran only because its chain broke and
        the manifest does not order the two. Else editors in opposite orders on two files would make each other stale for ever.
        """
        place = self._graph.index.get(other)
        if place is None or other in self._survey.settled:
            return place is not None
        reach = self._survey.reach
        return reach.precedes(place, attempt.i) or (not attempt.overtakes and not reach.precedes(attempt.i, place))

    def _look_afresh(self, attempt: Attempt) -> None:
        """Its recipe has ended, and may have changed any of this; of what else it changed nothing is believed that comes after it."""
        node, last = attempt.node, attempt.last
        self._survey.has_run(attempt.i)
        known = (attempt.present.inputs, attempt.edits, attempt.forbidden, {} if last is None else last.outputs)
        paths = [*grounds((*node.inputs, *node.edits, *node.outputs)), *chain(*known)]
        if node.depfile:
            paths.append(node.depfile)
        self._disk.forget([*dict.fromkeys(paths)])

    def _moved_inputs(self, attempt: Attempt) -> str:
        """The first input that is not what it was when the recipe started, "" if all are."""
        then, node = attempt.present.inputs, attempt.node
        digest = self._disk.digest
        if single(node.inputs) == [*then] and [*map(digest, then)] == [*then.values()]:
            return ""
        chains = self._survey.memory.chains
        edited = {*attempt.edits, *(path for _, path in self._survey.matching(node.edits, node))} if node.edits else ()
        now = [path for _, path in self._survey.input_files(attempt.i) if path not in edited and path not in chains]
        for path in now:
            if digest(path) != then.get(path):
                return path
        if len({*now}) < len(then):
            for path in then:
                if path not in chains and not digest(path):
                    return path
        return ""

    def _discovered(self, attempt: Attempt, made: dict[str, str]) -> tuple[dict[str, str], str]:
        """What the depfile names besides the inputs (path -> digest), or why that is an error."""
        node = attempt.node
        if not node.depfile:
            return {}, ""
        content = self._disk.read(node.depfile)
        if content is None:
            return {}, f"did not create its depfile `{node.depfile}`"
        from uetbuild.core.depfile import parse  # few nodes have one

        try:
            names = parse(content.decode("utf-8", "surrogateescape"))
        except ValueError as error:
            return {}, f"depfile `{node.depfile}` cannot be read: {error}"
        paths = [Inside(self._disk.root, node.cwd)(name) for name in names]
        self._disk.forget(paths)
        found: dict[str, str] = {}
        for path in paths:
            if path in attempt.present.inputs or path in made or self._disk.kind(path) == Kind.FOLDER:
                continue
            producer = self._outputs.owners.get(path, "") or self._survey.memory.producer(path)
            if producer not in ("", node.id) and self._undeclared(producer, attempt.i):
                hint = f"add it to `inputs`, or `depends_on: [{producer}]`"
                return {}, f"undeclared generated input: `{path}`, which `{producer}` creates ({hint})"
            found[path] = self._disk.digest(path)
        return found, ""

    def _undeclared(self, producer: str, reader: int) -> bool:
        place = self._graph.index.get(producer)
        return place is not None and not self._survey.reach.precedes(place, reader)

    def _digests(self, node: Node, known: dict[str, str]) -> dict[str, str]:
        """Digests of all files of the node's `edits`, those that it knew of included."""
        self._disk.forget(list(known))
        paths = dict.fromkeys([*known, *(path for _, path in self._survey.matching(node.edits, node))])
        return {path: self._disk.digest(path) for path in paths}

    def _violation(self, fault: str, path: str) -> Ending:
        ending = Ending(fault=fault)
        ending.violation = path
        return ending
