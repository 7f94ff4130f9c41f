"""A small world for the loop: files in a dict, recipes as Python functions, a clock that stands still. In the style of ninja's build_test."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Container

from uetbuild.core.changes import Changes
from uetbuild.core.conflicts import Conflicts
from uetbuild.core.coupling import couple
from uetbuild.core.fingerprint import definition
from uetbuild.core.focus import Focus
from uetbuild.core.forecast import estimates, past_costs
from uetbuild.core.graph import Graph
from uetbuild.core.jobs import Job, Outcome, Progress, Result
from uetbuild.core.ledger import UNLIMITED, Ledger
from uetbuild.core.nodes import Hole, Node, Project, Settings, Source, Step
from uetbuild.core.ready import Admission
from uetbuild.core.schedule import costs, ranks, remaining
from uetbuild.core.secrets import Secrets
from uetbuild.engine.answers import Answers
from uetbuild.engine.attempt import Bench
from uetbuild.engine.book import Book
from uetbuild.engine.journal import Journal
from uetbuild.engine.loop import Loop
from uetbuild.engine.memory import Memory
from uetbuild.engine.outputs import Outputs
from uetbuild.engine.purse import Purse
from uetbuild.engine.recipe import Kitchen, Place
from uetbuild.engine.request import Request
from uetbuild.engine.survey import Survey


def sources(*patterns: str) -> tuple[Source, ...]:
    """`a`, `dir/`, `src/*.c`, `!x`, `outputs:id` as sources."""
    found = []
    for text in patterns:
        negative = text.startswith("!")
        text = text.removeprefix("!")
        if text.startswith("outputs:"):
            found.append(Source(pattern=text[8:], kind=Source.CREATED))
            continue
        kind = Source.GLOB if any(letter in text for letter in "*?[{") else Source.PATH
        found.append(Source(pattern=text.rstrip("/"), kind=kind, negative=negative, folder=text.endswith("/")))
    return tuple(found)


def node(name: str, inputs=(), outputs=(), edits=(), **more) -> Node:
    """A workstream whose recipe is the function of its name (`World.recipes`)."""
    made = Node(
        id=name, workstream=name.partition("[")[0], inputs=sources(*inputs), outputs=sources(*outputs), edits=sources(*edits),
        steps=more.pop("steps", (Step(words=((name,), (Hole(name="inputs"),)), shown=name),)), file="Uetfile.yaml", line=1, column=1, **more,
    )  # fmt: skip
    return made.with_(definition=definition(made))


def group(name: str, *members: str) -> Node:
    return Node(id=name, workstream=name, kind=Node.GROUP, depends_on=members, file="Uetfile.yaml", line=1, column=1)


class World:
    """Disk, Hands and Store in one: `files` maps path to content; `log` lists what was done, in order."""

    root = "/project"

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.environ: dict[str, str] = {}
        self.tracked_files: set[str] = set()
        self.saved: dict[str, str] = {}
        self.recipes: dict[str, Callable[[World], object]] = {}
        self.remembered: dict[str, dict] = {"stamps": {}, "chains": {}, "answers": {}, "seconds": {}, "approvals": {}}
        self.events: list = []
        self.commits = 0
        self.rests = self.turns = 0
        self.time = 1000.0
        self.usage: dict[str, bytes] = {}
        self.ledger: list = []
        self.budget = None
        self.phases: tuple = ()
        self.ticks = 1.0
        self.took = 0.5  # seconds of each recipe
        self.feedback = FeedbackInMemory()
        self.vouched: dict[int, dict[str, str]] = {}  # by node

    # Disk
    def kind(self, path: str) -> str:
        if path in self.files:
            return "f"
        return "d" if not path or any(name.startswith(path + "/") for name in self.files) else ""

    def digest(self, path: str) -> str:
        kind = self.kind(path)
        return "f" + hashlib.sha256(self.files[path].encode()).hexdigest()[:12] if kind == "f" else kind

    def signature(self, path: str) -> str:
        return self.digest(path)

    def vouch(self, files, reader: int) -> bool:
        vouches = all(digest[:1] == "f" and self.digest(path) == digest for path, digest in files.items())
        if vouches:
            self.vouched[reader] = dict(files)
        return vouches

    def entries(self, folder: str) -> list[tuple[str, str]]:
        prefix = folder + "/" if folder else ""
        names = {name[len(prefix) :].partition("/")[0] for name in self.files if name.startswith(prefix)}
        return sorted((name, self.kind(prefix + name)) for name in names)

    def read(self, path: str) -> bytes | None:
        return self.files[path].encode() if path in self.files else None

    def env(self, name: str) -> str | None:
        return self.environ.get(name)

    def which(self, program: str) -> str:
        return f"bin/{program}" if f"bin/{program}" in self.files else ""

    def forget(self, paths=None) -> None:
        pass

    # Hands
    def look_again(self) -> None:
        self.turns += 1

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def refusal(self, path: str) -> str:
        return ""

    def remove_empty(self, folder: str, needed: Container[str] = ()) -> None:
        pass

    def make_folder(self, folder: str) -> bool:
        return False

    def save_copy(self, path: str, run: str) -> str:
        self.saved[path] = self.files[path]
        return f".uet/kept/{run}/{path}"

    def tracked(self, paths: list[str]) -> set[str]:
        return self.tracked_files & set(paths)

    # Store
    def stamps(self) -> dict:
        return dict(self.remembered["stamps"])

    def chains(self) -> dict:
        return dict(self.remembered["chains"])

    def answers(self) -> dict:
        return dict(self.remembered["answers"])

    def approvals(self) -> dict:
        return dict(self.remembered["approvals"])

    def seconds(self) -> dict:
        return dict(self.remembered["seconds"])

    def rest(self) -> None:
        self.rests += 1

    def commit(self, changes: Changes) -> None:
        self.commits += 1
        for name in changes.dropped:
            self.remembered["stamps"].pop(name, None)
        self.remembered["stamps"] |= changes.stamps
        for path, chain in changes.chains.items():
            if chain:
                self.remembered["chains"][path] = chain
            else:
                self.remembered["chains"].pop(path, None)
        self.remembered["answers"] |= changes.answers
        for key, answer in changes.approvals.items():
            if answer is None:
                self.remembered["approvals"].pop(key, None)
            else:
                self.remembered["approvals"][key] = answer
        self.events += changes.events
        for name in ("stamps", "dropped", "chains", "answers", "approvals", "events", "pids"):
            getattr(changes, name).clear()
        changes.run = None

    # Clock
    def now(self) -> float:
        self.time += 1.0
        return self.time

    def monotonic(self) -> float:
        return self.ticks


class FakeWorkers:
    """Runs a job's function when it is collected; `order` of collection: first in, first out. Notes what started, and how many at once."""

    shares_disk = True

    def __init__(self, world: World) -> None:
        self.world = world
        self.started: list[str] = []
        self.signals: list[tuple[str, int]] = []
        self.most = 0
        self.closed = False
        self.slots = 1
        self.queued: list = []  # the jobs that wait for a slot
        self.was_queued: list[str] = []
        self._queue: list = []
        self.before_collect: Callable[[FakeWorkers], None] = lambda workers: None

    def submit(self, job) -> None:
        self.started.append(job.node)
        self._queue.append(job)
        self.most = max(self.most, len(self._queue))

    def queue(self, jobs) -> None:
        self.was_queued += [job.node for job in jobs]
        self.queued += jobs

    def recall(self) -> list[int]:
        recalled, self.queued = [job.key for job in self.queued], []
        return recalled

    def running(self) -> list[str]:
        return [job.node for job in self._queue]

    def filenos(self) -> list[int]:
        return []

    def collect(self) -> list:
        self.before_collect(self)
        if not self._queue:
            return []
        job = self._queue.pop(0)
        result = self.world.recipes.get(job.node, lambda world: None)(self.world)
        seconds = self.world.took
        if isinstance(result, str):
            return [Outcome(key=job.key, result=result, code=-9, seconds=seconds)]
        code = int(result or 0)
        outcome = Outcome(key=job.key, result=Result.FAILED if code else Result.SUCCEEDED, code=code, seconds=seconds)
        return [outcome, *self._take()]

    def _take(self) -> list[Progress]:
        taken = []
        while self.queued and len(self._queue) < self.slots:
            job = self.queued.pop(0)
            self.submit(job)
            taken.append(Progress(key=job.key, what="taken"))
        return taken

    def signal(self, key: int, number: int) -> None:
        job = next(job for job in self._queue if job.key == key)
        self.signals.append((job.node, number))
        self.world.recipes[job.node] = lambda world: Result.CANCELLED

    def close(self) -> None:
        self.closed = True


def text_of(job: Job, name: str) -> str:
    """What the list says that the variable names."""
    return next(text for names, text in job.lists if name in names)


class FeedbackInMemory:
    """`texts` by path; `logs`: what nodes printed, by id; `seen`: what each attempt with feedback was told, as (node, text)."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.logs: dict[str, str] = {}

    def path(self, run: str, node: str) -> str:
        return f"/{run}/{node}.feedback"

    def read(self, path: str) -> str:
        return self.texts.get(path, "")

    def write(self, path: str, text: str) -> None:
        self.texts[path] = text

    def tail(self, run: str, node: str, start: int, most: int) -> tuple[str, int]:
        log = self.logs.get(node, "")
        return log[start:][-most:], len(log)


class LedgerInMemory:
    def __init__(self, entries: list) -> None:
        self.entries = entries

    def write(self, entries) -> None:
        self.entries += entries

    def close(self) -> None:
        pass


class NoWait:
    """Never waits, but sets the clocks on; hands over the signals that a test puts in. `waited`: the seconds of each wait for a deadline."""

    def __init__(self, world: World, workers: FakeWorkers) -> None:
        self.signals: list[int] = []
        self.waited: list[float] = []
        self._world = world
        self._workers = workers

    def poll(self, filenos, seconds):
        if seconds and not self._workers.running():
            self.waited.append(seconds)
            self._world.ticks += seconds
            self._world.time += seconds
        signals, self.signals = self.signals, []
        return signals


class Nobody:
    def __init__(self, answer=None) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def confirm(self, question: str):
        self.asked.append(question)
        return self.answer


class FakeShell:
    """Answers `ask` from a dict: command words joined -> (code, text)."""

    def __init__(self, answers: dict[str, tuple[int, str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def ask(self, argv, cwd, env, clear_env):
        self.asked.append(" ".join(argv))
        code, text = self.answers[" ".join(argv)]
        return code, text, text


class Seen:
    def __init__(self) -> None:
        self.events: list = []
        self.turns = 0  # how often it was told of any

    def on(self, events) -> None:
        self.events += events
        self.turns += 1

    def output(self, node: str, log: str) -> None:
        self.events.append(("output", node))


class Build:
    """One build of a world: `run()` returns the list of what started; `code`, `events`, `workers` tell the rest."""

    def __init__(self, world: World, *nodes: Node, targets=(), jobs=1, shell=None, person=None, **request) -> None:
        coupling = couple(nodes)
        inferred, errors = coupling[0], coupling[1]
        assert not errors, errors[0].message
        self.world = world
        self.graph = Graph(nodes, {one.id: (*inferred.get(one.id, ()), *one.inferred) for one in nodes})
        index = self.graph.index
        named = [index[name] for name in targets] or list(range(len(nodes)))
        members = named if request.pop("only", False) else self.graph.closure(named)
        for name in ("forced", "arguments", "follow"):
            if name in request:
                request[name] = frozenset(index[other] for other in request[name])
        if "focus" in request:
            request["focus"] = Focus(self.graph, world.stamps(), request["focus"], ())
        self.request = Request(members=tuple(members), jobs=jobs, targets=tuple(targets), **request)
        pools = tuple(getattr(world, "pools", ()))
        self.project = Project(
            nodes=tuple(nodes),
            settings=Settings(pools=pools, budget=world.budget, phases=world.phases),
            sh_vars=tuple(getattr(world, "sh_vars", ())),
        )
        secrets = Secrets.of(dict(os.environ, **world.environ), self.graph.nodes)
        self.answers = Answers(self.project, world.root, world.environ, world.answers(), None, shell, secrets)
        self.survey = Survey(self.project, self.graph, world, Memory(world), self.answers, self.request)
        self.workers = FakeWorkers(world)
        self.workers.slots = jobs
        self.wait = NoWait(world, self.workers)
        self.view = Seen()
        self.person = person or Nobody()
        self.code = -1
        self.dice = 0.5

    def run(self) -> list[str]:
        cost = costs(self.graph, self.request.members, self.world.seconds())
        keys = ranks(self.graph, remaining(self.graph, self.request.members, cost))
        rank = [sorted(range(len(keys)), key=keys.__getitem__).index(i) for i in range(len(keys))]
        journal = Journal("run-1", self.world, (self.view,), self.world, 0, self.answers.secrets)
        settings = self.project.settings
        outputs = Outputs(self.world, self.world, self.survey.memory, settings.exclude, self.graph.nodes)
        place = Place(
            root=self.world.root, run="run-1", python="python3", environ=dict(os.environ, **self.world.environ), log=lambda name: f"/log/{name}.log",
            sandbox=lambda name: f"/sandbox/{name}", feedback=self.world.feedback,
        )  # fmt: skip
        self.loop = Loop(
            self.survey, Bench(self.survey, outputs), Kitchen(place, settings, self.answers), self.workers, journal, self.wait,
            self.world, self.person, rank, Admission(self.graph.nodes, self.request.jobs, settings.pools, Conflicts(self.graph.nodes)),
            lambda: self.dice, self.purse(journal),
        )  # fmt: skip
        self.loop.run()
        self.code = self.loop.finish()
        self.stand_by()
        return self.workers.started

    def stand_by(self) -> None:
        """Whoever stands after a build is up to date for the next one, unless a file on which that rested has changed since."""
        request = self.request.with_(forced=frozenset(), arguments=frozenset(), focus=None, done=frozenset())
        survey = Survey(self.project, self.graph, self.world, Memory(self.world), self.answers, request)
        for i in self.survey.standing:
            rests_on = self.world.vouched[i]
            if all(self.world.digest(path) == digest for path, digest in rests_on.items()):
                assert survey.judge(i).verdict == "up_to_date", self.graph.nodes[i].id
                assert {path for path, digest in survey.seen[i].inputs.items() if digest} <= rests_on.keys()

    def purse(self, journal: Journal) -> Purse:
        """Budgets of the settings and of nodes; what nodes report is in `world.usage`, entries in `world.ledger`."""
        settings = self.project.settings
        budgeted = settings.budget is not None or bool(settings.phases) or any(node.budget for node in self.graph.nodes)

        def make() -> Book:
            ledger = Ledger("run-1", settings.budget or UNLIMITED, dict(settings.phases), self.world.ledger)
            return Book(ledger, LedgerInMemory(self.world.ledger), {}, estimates(past_costs(self.world.ledger)), self.world)

        return Purse(
            self.request.jobs, journal, lambda log, number: self.world.usage.pop(log[5:-4], b""), make, make() if budgeted else None
        )

    def outcome(self, name: str) -> str:
        """The outcome of a node's `node_finished`, "" where it has none."""
        return next((event.data["outcome"] for event in self.view.events if event.event == "node_finished" and event.node == name), "")

    def message(self, name: str) -> str:
        return next(event.data["message"] for event in self.view.events if event.event == "node_finished" and event.node == name)

    def verdicts(self) -> dict[str, str]:
        return {self.graph.nodes[i].id: judged.verdict for i, judged in self.survey.all().items()}

    def reasons(self, name: str) -> list[tuple[str, str]]:
        judged = self.survey.all()[self.graph.index[name]]
        return [(reason.code, reason.detail) for reason in judged.reasons]


def copy(source: str, target: str) -> Callable[[World], object]:
    """A recipe: one file into another."""

    def recipe(world: World) -> None:
        world.files[target] = world.files[source]

    return recipe
