"""A project opened for reading: the manifest compiled (or taken from the cache, while all that it was compiled from still holds), the
graph, the recorded state. Here the ports that look meet their implementations; `cli/building.py` adds those that act.
"""

from __future__ import annotations

import os

from uetbuild import bytecode
from uetbuild.cli.options import BUILDS
from uetbuild.core.graph import Graph
from uetbuild.core.secrets import ENDINGS, Secrets
from uetbuild.engine.answers import Answers
from uetbuild.engine.memory import Memory
from uetbuild.engine.preflight import preflight
from uetbuild.engine.request import Request
from uetbuild.engine.survey import Survey
from uetbuild.errors import UetError
from uetbuild.state import compiled
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk
from uetbuild.state.layout import Layout
from uetbuild.state.observations import still_holds
from uetbuild.state.store import open_reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from uetbuild.cli.options import Options
    from uetbuild.core.focus import Focus
    from uetbuild.core.ledger import Entry
    from uetbuild.core.nodes import Hole, Project
    from uetbuild.core.outlook import Past
    from uetbuild.core.plan import Plan
    from uetbuild.core.ports import Shell, Store
    from uetbuild.core.stamps import Stamp
    from uetbuild.engine.discovered import Edges
    from uetbuild.engine.loop import Loop
    from uetbuild.state.history import History
    from uetbuild.state.observations import Observations
    from uetbuild.state.store import SqliteStore


class LazyJinja:
    """Loads Jinja2 when the first expression asks for it; most manifests hold none that waits for a build."""

    def evaluate(self, hole: Hole, names: dict[str, object]) -> object:
        """See `Evaluator`."""
        from uetbuild.manifest.templates import evaluate  # Jinja2: 30 ms

        return evaluate(hole, names)


class OpenProject:
    """Looks at a folder on disk; changes nothing."""

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        from uetbuild.manifest.discover import find  # where a part is opened all is found

        cwd = os.getcwd()
        found = find(cwd, options.file or None)
        self.environ = environ
        self.root = found.root
        self.layout = Layout(found.root, os.path.join(cwd, options.state) if options.state else None)
        self.here = os.path.relpath(cwd, found.root) if cwd != found.root and cwd.startswith(found.root + "/") else ""
        self._folder = "" if cwd == found.root else os.path.relpath(cwd, found.root)  # of the words of the command line
        self.fresh: Observations | None = None  # of a manifest that was compiled just now
        self.rests_on: Observations  # what was seen when the manifest was compiled, now or earlier
        self.key = ""
        self.compiled = 0  # sum of the file in which the compiled manifest is kept, 0 for none
        self.reader = open_reader(self.layout)
        stamps = self.reader.stamps()
        self.project, self.plain, self.secrets = self._compiled(found.manifest, options, stamps)  # `plain`: the graph of the manifest alone
        self._namespace = found.here
        self._edges: Edges | None = None  # of the graph that depfiles told
        self.renew(stamps)

    def close(self) -> None:
        """Read the records no more."""
        self.reader.close()

    def reopened(self, options: Options) -> OpenProject:
        """The project as it is now. Raises UetError."""
        again = OpenProject(options, self.environ)
        if again.layout.folder != self.layout.folder:
            raise UetError("another manifest rules this folder now than when this build began to wait", hint="start it again")
        return again

    def is_current(self, waited: bool, abandoned: bool, store: SqliteStore) -> bool:
        """Whether what was read before still is so, now that the lock is held: one for which we `waited`, or that was `abandoned`."""
        return not waited

    def narrow(self, store: SqliteStore) -> None:
        """Have no more read than what is needed; the lock is held."""
        store.follow(self.reader)

    def beyond(self, loop: Loop, options: Options) -> OpenProject | int:
        """What more is concerned by what was built; or how many workstreams turned out not to be. Raises UetError."""
        return 0

    def unproven(self, request: Request) -> Sequence[int]:
        """The members of which is not known that all is there that they need."""
        return request.members

    def remember(self, options: Options, request: Request, judged: Mapping[int, bool], seen: Observations, said: str) -> None:
        """Keep a verdict "up to date", for who acts."""

    def renew(self, stamps: Mapping[str, Stamp]) -> None:
        """Take these stamps for what is recorded, and the order that they tell."""
        from uetbuild.cli.targets import Targets  # where a part is opened no words are looked up
        from uetbuild.engine.discovered import discovered_edges, with_edges  # and nothing was discovered

        self.stamps = stamps
        edges = discovered_edges(self.project, stamps)
        if edges == self._edges:
            return  # as it is
        self._edges = edges
        self.graph = with_edges(self.plain, edges)
        self._targets = Targets(self.project, self.graph, self._namespace, self.here)

    def _compiled(self, manifest: str, options: Options, stamps: Mapping[str, Stamp]) -> tuple[Project, Graph, Secrets]:
        assignments = dict(options.assignments)
        self.key = compiled.cache_key(self.root, manifest, options.profile, assignments)
        holds = lambda seen: still_holds(seen, self.root, self.environ)  # noqa: E731
        kept = compiled.load(self.layout, self.key, holds) if self.layout.check() else None
        if kept is not None:
            self.rests_on, self.compiled = kept.seen, kept.total
            return kept.project, kept.graph, Secrets.known(self.environ, kept.names)
        bytecode.use("manifest")
        from uetbuild.manifest.load import load  # pydantic, ruamel and jinja2: only when the manifest changed

        disk = RealDisk(self.root, Digests(), self.environ)
        made = {path for stamp in stamps.values() for path in stamp.outputs}
        project = load(self.root, manifest, disk, profile=options.profile or None, assignments=assignments, made=made)
        self.fresh = self.rests_on = disk.observations
        secrets = Secrets.of(self.environ, project.nodes)
        secrets.hush(project)  # one that was kept holds none
        return project, Graph(project.nodes), secrets

    @property
    def history(self) -> History:
        """Runs, events and logs, for reading."""
        from uetbuild.state.history import History  # only commands about the past need it

        return History(self.layout)

    def is_id(self, word: str) -> bool:
        """Whether a word is the id of a workstream or node here (then it is no command)."""
        return self._targets.is_id(word)

    def targets(self, words: Sequence[str]) -> list[int]:
        """The nodes that words of the command line name; without words the default."""
        return self._targets.named(self._from_root(words)) if words else self._targets.default()

    def asked(self, options: Options) -> tuple[list[int], Focus | None]:
        """The nodes that the options name, without words the default; and what a build of them is limited to. Raises UetError."""
        words, focus = self.narrowed(options)
        named = self.targets(words)
        return named if focus is None else [i for i in named if i in focus.affected], focus

    def narrowed(self, options: Options) -> tuple[list[str], Focus | None]:
        """The words that name nodes, and the files that a build is limited to, None where it is not. Raises UetError."""
        words = self._from_root(options.targets)
        limited = options.since or options.files_from or options.files is not None
        if not limited and all(map(self._targets.names, words)):
            return words, None
        from uetbuild.cli.narrowing import narrowed  # few builds are limited

        disk = RealDisk(self.root, self.reader.digests, self.environ)  # no verdict rests on what is seen here
        exclude = self.project.settings.exclude
        return narrowed(options, words, self._targets, self.graph, self.stamps, disk, self._shell, self.rests_on.files, exclude)

    def _from_root(self, words: Sequence[str]) -> list[str]:
        """The words, absolute paths inside the root as seen from it: so editors name files."""
        return ["/" + word.removeprefix(self.root) if word.startswith(self.root + "/") else word for word in words]

    def _shell(self) -> Shell:
        """For questions that are not of a build."""
        from uetbuild.executors.ask import AskShell  # most commands ask nothing

        return AskShell(dict(self.environ))

    def members_of(self, indices: Iterable[int]) -> frozenset[int]:
        """These nodes, groups replaced by their members."""
        return self._targets.members(indices)

    def request(self, options: Options, follow: frozenset[int] = frozenset()) -> Request:
        """What the options ask of a build. Raises UetError."""
        named, focus = self.asked(options)
        direct = self._targets.members(named)
        if focus is not None:
            direct &= focus.affected
        if options.only:
            members = sorted(self.graph.with_gates(direct | set(named)), key=self.graph.position.__getitem__)
        elif focus is not None:
            members = self._within(focus, named)
        else:
            members = self.graph.closure(named)
        forced: frozenset[int] = frozenset()
        if options.force:
            forced = direct if options.targets else frozenset(members)
        return self._request(options, tuple(members), follow).with_(
            named=direct, forced=forced, args=tuple(options.args or ()), arguments=self._arguments(options, named), focus=focus,
        )  # fmt: skip

    def _request(self, options: Options, members: tuple[int, ...], follow: frozenset[int]) -> Request:
        """What the options say of how these are built."""
        return Request(
            members=members, jobs=self.jobs(options),
            stop=Request.KEEP_GOING if options.keep_going else Request.KILL if options.fail_fast else Request.FINISH,
            strict_waves=options.strict_waves, follow=follow, yes=options.yes, targets=tuple(options.targets),
            options=self._kept(options) | ({"folder": self._folder} if self._folder else {}),
        )  # fmt: skip

    def members(self, options: Options) -> Sequence[int]:
        """The nodes that take part in a build, in topological order. Raises UetError."""
        return self.request(options).members

    def _within(self, focus: Focus, named: Iterable[int]) -> list[int]:
        """What of the closure is affected, and all that it needs, in topological order. A gate comes along with what it guards; where
        nothing of that is affected it is one that has something else to check.
        """
        nodes, index = self.graph.nodes, self.graph.index
        found = {i for i in self.graph.closure(named) if i in focus.affected and not nodes[i].is_group}
        guarding = {i for i in found if (guard := nodes[i].guard) and any(index[name] in found for name in guard.guards)}
        return self.graph.closure(found - guarding)

    def _kept(self, options: Options) -> dict[str, object]:
        """What `resume` takes up again; nothing of it where it would store a secret."""
        kept: dict[str, object] = options.kept()
        said = [*[value for _, value in options.assignments], *(options.args or ())]
        return {"withheld": True} if self.secrets.are_said(said) else kept

    def may_be_kept(self, options: Options) -> bool:
        """Whether the manifest as it was compiled just now rests on no secret: what is kept lies on the disk."""
        read = self.fresh.env if self.fresh is not None else {}
        return not (
            self.secrets.written
            or any(value and name.endswith(ENDINGS) for name, value in read.items())
            or self.secrets.are_said([value for _, value in options.assignments])
        )

    def jobs(self, options: Options) -> int:
        """How many at once: as said, else as set, else the cores."""
        return (self.project.settings.jobs if options.jobs is None else options.jobs) or len(os.sched_getaffinity(0))

    def _arguments(self, options: Options, named: list[int]) -> frozenset[int]:
        if options.args is None:
            return frozenset()
        for i in named:
            if not self.graph.nodes[i].uses_args:
                raise UetError(
                    f"`{self.graph.nodes[i].id}` takes no arguments",
                    hint="write `{{ args }}` where they belong in its recipe, or leave out `--`",
                )
        return frozenset(named)

    def survey(self, request: Request, store: Store, disk: RealDisk, shell: Shell | None, memory: Memory | None = None) -> Survey:
        """A survey over these ports; `memory`: of this store, where it was read already."""
        memory = memory or Memory(store)
        answers = Answers(self.project, self.root, self.environ, store.answers(), LazyJinja(), shell, self.secrets)
        return Survey(self.project, self.graph, disk, memory, answers, request)

    def spent(self) -> tuple[list[Entry], list[str]]:
        """All entries of the ledger, and warnings about it."""
        from uetbuild.state.ledger import LedgerFile  # decimal: only for who asks

        file = LedgerFile(self.layout, writable=False)
        try:
            return file.entries(), file.warnings
        finally:
            file.close()

    def _costs(self, request: Request) -> dict[str, Past]:
        """What the members cost so far, and may cost at most; nothing where money plays no part."""
        nodes = [self.graph.nodes[i] for i in request.members]
        if not os.path.exists(self.layout.ledger) and not any(node.budget for node in nodes):
            return {}
        from uetbuild.cli.money import forecast  # decimal: most projects spend nothing

        return forecast(self.layout, nodes)

    def _durations(self) -> dict[str, Past]:
        """How long nodes took in their last runs."""
        from uetbuild.core.outlook import Past  # a build makes no plan

        return {node: Past(amounts=tuple(sorted(seconds))) for node, seconds in self.reader.durations().items()}

    def plan(self, options: Options) -> Plan:
        """What a build would do; runs and writes nothing (with `--probe`: runs what only a command can tell)."""
        from uetbuild.core.plan import make_plan  # a build makes no plan

        request = self.request(options)
        disk = RealDisk(self.root, self.reader.digests, self.environ)
        preflight(self.graph, request.members, disk, inputs_only=True)
        shell = self._shell() if options.probe else None
        survey = self.survey(request, self.reader, disk, shell, Memory(self.reader, self.reader.stamps_by_now()))
        judged = survey.all()
        warnings = [*self.project.warnings, *self.reader.warnings, *survey.answers.warnings]
        seconds, settings = self.reader.seconds(), self.project.settings
        foreseen = options.command in BUILDS
        plan = make_plan(
            self.graph, request.members, judged, seconds, request.jobs, settings.pools, options.targets, warnings, settings.exclude,
            self._costs(request), self._durations() if foreseen else None,
        )  # fmt: skip
        return (
            plan.with_(warnings=(*plan.warnings, *self._doubts(options, plan)))
            if foreseen and (plan.usd[0] or options.budget_usd)
            else plan
        )

    def _doubts(self, options: Options, plan: Plan) -> list[str]:
        """A warning where the run's budget will probably not do."""
        from uetbuild.cli.money import doubt, read_usd  # decimal: only where something costs

        budget = self.project.settings.budget
        usd = read_usd(options.budget_usd) if options.budget_usd else budget.usd if budget and budget.on_exceeded == "halt" else ""
        text = doubt(self.layout, plan.usd[0], usd, options.resumed) if usd else ""
        return [text] if text else []
