"""The survey: look at the world, compare with the stamps, execute nothing. Serves `status`, `--dry-run`, `explain` and the loop alike."""

from __future__ import annotations

from uetbuild.core.fingerprint import digest_text, pieces_row
from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source
from uetbuild.core.paths import PathIndex
from uetbuild.core.reach import Reach
from uetbuild.core.scope import Scope, files, grounds
from uetbuild.core.staleness import DEPENDS, SKIPPED, UP_TO_DATE, edit_reasons, judge
from uetbuild.core.stamps import Stage, Stamp
from uetbuild.core.verdicts import Judged, Reason, Verdict
from uetbuild.engine.gates import checks_of
from uetbuild.engine.recorded import RecordedOrder
from uetbuild.engine.remnants import remnants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence, Set

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node, Project, Sources
    from uetbuild.core.ports import Disk
    from uetbuild.engine.answers import Answers
    from uetbuild.engine.approvals import Approvals
    from uetbuild.engine.memory import Memory
    from uetbuild.engine.request import Request
    from uetbuild.engine.unsure import Unsure

FileList = list[tuple[str, str]]  # (name of the input, path) in the order in which templates show them

NOTHING = PathIndex(())


class Survey:
    """Judges nodes. `present(i)` is what the world says now in the shape of a stamp; what `judge` saw last is kept in `seen`."""

    __slots__ = (
        "project", "graph", "disk", "memory", "answers", "request", "reach", "recorded", "settled", "seen", "stirred",
        "endings", "gone", "known", "ran", "standing", "_files", "_later", "_members",
    )  # fmt: skip

    def __init__(self, project: Project, graph: Graph, disk: Disk, memory: Memory, answers: Answers, request: Request) -> None:
        self.project = project
        self.graph = graph
        self.disk = disk
        self.memory = memory
        self.answers = answers
        self.request = request
        self.reach = Reach(graph)
        self.recorded = RecordedOrder(graph, memory.chains, memory.stamps, request.strict_waves)
        self.settled: set[str] = set()  # ids of nodes that ran or were found up to date in this build
        self.seen: dict[int, Stamp] = {}
        self.ran: set[int] = set()
        self.standing: set[int] = set()  # nodes whose verdict need not be asked for again (engine/standing.py)
        self.stirred: set[int] = set()  # nodes that ran in this build, and those judged so far that come after one
        self.endings = 0  # recipes that have ended, each of which may have written anything
        # (node, `endings`): whether a node before which nothing ran is what it was, for less than a verdict
        self.known: Callable[[int, int], bool] | None = None
        self._files: dict[int, FileList] = {}
        self._members = frozenset(request.members)
        self.gone: frozenset[str] | None = None  # what nodes that are gone left behind, once it is asked for
        self._later: dict[int, frozenset[str]] = {}

    @property
    def approvals(self) -> Approvals:
        """How the approvals of the project stand."""
        from uetbuild.engine.approvals import Approvals  # few projects have any

        return Approvals(self.graph, self.memory, self.disk, self.absent)

    # --- verdicts ---------------------------------------------------------------------------------------------------------------

    def all(self) -> dict[int, Judged]:
        """Verdicts of all members without running anything: what hangs on a stale node `depends`."""
        verdicts: dict[int, Judged] = {}
        pending: set[int] = set()
        sure = (self.standing - self.request.forced - self.request.arguments) | self.graph.groups
        for i in self.request.members:
            if not pending and i in sure:
                verdicts[i] = UP_TO_DATE
                continue
            waits = [j for j in (*self.graph.deps[i], *self.recorded.before.get(i, ())) if j in pending]
            if i in sure:
                verdict = DEPENDS if waits else UP_TO_DATE
            else:
                verdict = self.judge(i, waits)
                if verdict.verdict == Verdict.STALE and self.answers.skip(self.graph.nodes[i]):
                    verdict = UP_TO_DATE
                if waits and verdict is UP_TO_DATE:
                    verdict = DEPENDS
            if verdict.verdict in (Verdict.STALE, Verdict.DEPENDS):
                pending.add(i)
            verdicts[i] = verdict
        return verdicts

    def judge(self, i: int, pending: Sequence[int] = ()) -> Judged:
        """The verdict on one node; `pending` are its dependencies that are not done, whose files are not held against it yet."""
        self.disk.reader = i
        try:
            return self._judge(i, pending)
        finally:
            self.disk.reader = -1

    def has_run(self, i: int) -> None:
        """The recipe of a node has ended."""
        self.ran.add(i)
        self.standing.discard(i)
        self.stirred.add(i)
        self.endings += 1

    def _judge(self, i: int, pending: Sequence[int]) -> Judged:
        node = self.graph.nodes[i]
        if node.skipped:
            return SKIPPED
        if self.known is not None and not self._comes_after(self.ran, i) and self.known(i, self.endings):
            return UP_TO_DATE
        if self.known is not None or (self.stirred and self._comes_after(self.stirred, i)):
            self.stirred.add(i)
            self._forget(i)  # also what no node declares may have been written meanwhile
        if node.guard is not None and node.guard.only and not self.guarded(node):
            return UP_TO_DATE  # nothing to check
        if i in self.graph.approvals:
            return UP_TO_DATE if pending else self.approvals.judge(node, i in self.request.forced)
        last = self._counted(node)
        commanded = []
        if i in self.request.forced:
            commanded.append(Reason(code="forced"))
        if i in self.request.arguments:
            commanded.append(Reason(code="arguments"))
        present = self.seen[i] = self.present(i)
        outputs = {path: self.disk.digest(path) for path in last.outputs} if last is not None else {}
        edits: list[Reason] = []
        unsure: Container[str] = self._unsure(pending) if pending else ()
        if node.edits and node.agent is None:  # an agent is dear, and need not go over what somebody else changed
            now = present.edits if last is None else present.edits | {path: self.disk.digest(path) for path in last.edits}
            edits = edit_reasons(node.id, last, now, self.memory.chains)  # a broken chain stays broken, whatever runs first
        judged = judge(
            node, present, last, outputs=outputs, edits=edits, unsure=unsure, commanded=commanded, approved=self.graph.is_approved(i)
        )
        if not judged.reasons:
            del self._files[i]
        if i in self.request.done and all(reason.code == "always" for reason in judged.reasons):
            return UP_TO_DATE  # the run goes on
        focus = self.request.focus
        return UP_TO_DATE if focus is not None and judged.reasons and focus.passes_over(i, judged.reasons) else judged

    def _unsure(self, pending: Sequence[int]) -> Unsure:
        from uetbuild.engine.unsure import Unsure  # a build judges nobody before all that it waits for is done

        return Unsure(self._without_groups(pending), self.memory)

    def look_again(self, i: int) -> Judged:
        """The verdict on a node that was judged before, with a fresh look at the files that count."""
        self._forget(i)
        return self.judge(i)

    def _forget(self, i: int) -> None:
        """Look afresh at the files that count for a node."""
        node, last, seen = self.graph.nodes[i], self.memory.stamps.get(self.graph.nodes[i].id), self.seen.get(i)
        paths = dict.fromkeys(grounds((*node.inputs, *node.edits)))
        for stamp in (last, seen):
            if stamp is not None:
                paths |= dict.fromkeys((*stamp.inputs, *stamp.edits, *stamp.discovered))
        self.disk.forget(list(paths))

    def _comes_after(self, others: set[int], i: int) -> bool:
        """Whether the node waited for one of these, and so might have meant to see what it did."""
        todo = list(self.graph.deps[i])
        while todo:
            j = todo.pop()
            if j in others:
                return True
            if self.graph.nodes[j].is_group:
                todo.extend(self.graph.deps[j])
        return False

    # --- what the world says ----------------------------------------------------------------------------------------------------

    def present(self, i: int) -> Stamp:
        """What counts for a node as it is now. Its `edits` are the files that match and their digests."""
        node = self.graph.nodes[i]
        digest = self.disk.digest
        edits = {path: digest(path) for _, path in self.matching(node.edits, node)} if node.edits else {}
        chains = self.memory.chains
        files = self._files[i] = self.input_files(i)
        inputs = {
            path: digest(path) if path not in chains else self._as_read(i, path)
            for _, path in files
            if path not in edits
        }  # fmt: skip
        last = self.memory.stamps.get(node.id)
        discovered = {}
        if node.depfile and last is not None:
            discovered = {path: digest(path) for path in last.discovered}
        return Stamp(
            node=node.id, stage=Stage.STARTED, definition=node.definition, env=self._env(node),
            programs={name: self.program(name) for name in node.programs} if node.programs else {},
            probes={step.shown: self.answers.digest(self.answers.probe(node, step)) for step in node.probes} if node.probes else {},
            sh_vars={name: self.answers.digest(self.answers.variable(name)) for name in node.sh_vars} if node.sh_vars else {},
            inputs=inputs, discovered=discovered, deps=self._deps(node), edits=edits,
        )  # fmt: skip

    def take_files(self, i: int) -> FileList:
        """The files of `inputs` as they were when the node was found stale; to be taken once."""
        files = self._files.pop(i, None)
        return self.input_files(i) if files is None else files

    def program(self, name: str) -> str:
        """Where a program is found and what it is: path and digest, "" where there is none."""
        path = self.disk.which(name)
        return f"{path} {self.disk.digest(path)}" if path else ""

    def input_files(self, i: int) -> FileList:
        """The files of `inputs` in the order of the patterns; own outputs are no inputs, nor what nodes that are gone left behind."""
        node = self.graph.nodes[i]
        return self.matching(node.inputs, node) if node.inputs else []

    def matching(self, sources: Sources, node: Node) -> FileList:
        """Files on disk that match `sources`, with `outputs:ID` resolved."""
        last = self.memory.stamps.get(node.id)
        own = {source.pattern for source in node.outputs if source.kind == Source.PATH}
        if last is not None:
            own.update(last.outputs)
        exclude = self.project.settings.exclude
        if self.gone is None:
            self.gone = remnants(self.graph, self.memory, self.disk, exclude)
        if Source.CREATED not in [source.kind for source in sources]:
            return files(sources, self.disk, exclude, NOTHING, own, self.gone)
        found: FileList = []
        for place, source in enumerate(sources):
            # each positive pattern with the exclusions that come after it: the union is the same as evaluating the list at once
            rest = tuple([later for later in sources[place + 1 :] if later.negative and later.name in ("", source.name)])
            if source.kind == Source.CREATED:
                found += self._created(source, rest, own)
            elif not source.negative:
                found += files((source, *rest), self.disk, exclude, NOTHING, own, self.gone)
        return list(dict.fromkeys(found))

    def guarded(self, node: Node) -> list[str]:
        """The files that a gate checks (`{{ files }}`): what those it guards and that take part created or edited, by path; of a ready-made
        one with inputs these; nothing for other nodes.
        """
        if node.guard is None:
            return []
        if node.guard.only and node.inputs:
            paths = [path for _, path in self.matching(node.inputs, node)]
        else:
            absent = self.absent(node)
            paths = sorted({path for name in node.guard.guards if name not in absent for path in self.memory.files_of(name)})
        return [path for path in paths if checks(path)] if (checks := checks_of(node)) else paths

    def absent(self, node: Node) -> frozenset[str]:
        """Ids of the nodes that a gate guards but that take no part in this build: nobody has looked whether they are up to date, so it
        neither checks them nor says in its stamp that it did.
        """
        if node.guard is None or node.guard.at == "workstream":
            return frozenset()
        return frozenset([name for name in node.guard.guards if self.graph.index[name] not in self._members])

    def _counted(self, node: Node) -> Stamp | None:
        """The stamp as far as it counts in this build: what a gate passed over more than what takes part it has passed over this, too."""
        last = self.memory.stamps.get(node.id)
        if last is None or not last.deps or (absent := self.absent(node)).isdisjoint(last.deps):
            return last
        return last.with_(deps={name: result for name, result in last.deps.items() if name not in absent})

    def _created(self, source: Source, rest: Sources, own: Set[str]) -> FileList:
        paths: list[str] = []
        for j in self.reach.members(source.pattern):
            made = self.memory.made_by(self.graph.nodes[j].id)
            paths += sorted(path for path, digest in made.items() if digest != Kind.FOLDER)
        if rest:
            wanted = Scope((source.with_(kind=Source.PATH, pattern=""), *rest), ())
            paths = [path for path in paths if wanted.matches(path)]
        return [(source.name, path) for path in paths if path not in own]

    def _env(self, node: Node) -> dict[str, str]:
        """What is set, and what is inherited and counts, as digests (values are never stored)."""
        env = {name: digest_text(repr(pieces_row(value))) for name, value in node.env if name not in node.secrets}
        for name in node.pass_env:
            value = self.disk.env(name)
            env[name] = "unset" if value is None else digest_text(value)
        return env

    def _deps(self, node: Node) -> dict[str, str]:
        """The results of declared dependencies (a group stands for its members); inferred ones are seen through the files."""
        if not node.depends_on:
            return {}
        index, absent = self.graph.index, self.absent(node)
        others = self._without_groups([index[name] for name in node.depends_on if name not in absent])
        checks, foreign = checks_of(node), None
        checked = frozenset(node.guard.guards if node.guard is not None and checks else ())
        if node.agent is not None and node.edits:
            own = Scope(node.edits, self.project.settings.exclude).matches
            foreign = lambda path: not own(path)  # noqa: E731  (see `judge`)
        results = {other.id: self.memory.result(other.id, checks if other.id in checked else foreign) for other in others}
        return {name: result for name, result in results.items() if result}

    def _without_groups(self, indices: Iterable[int]) -> list[Node]:
        """The nodes that these stand for: members instead of groups."""
        found: dict[int, Node] = {}
        todo = list(indices)
        while todo:
            j = todo.pop()
            if self.graph.nodes[j].is_group:
                todo.extend(self.graph.deps[j])
            else:
                found[j] = self.graph.nodes[j]
        return list(found.values())

    def _as_read(self, i: int, path: str) -> str:
        from uetbuild.core.chains import as_read  # few nodes read what another edits

        later = self._later.get(i)
        if later is None:
            later = self._later[i] = frozenset([self.graph.nodes[j].id for j in self.reach.later(i)])
        return as_read(self.memory.chains[path], self.disk.digest(path), later.__contains__)
