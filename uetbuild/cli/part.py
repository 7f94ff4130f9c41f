"""A project opened in part: the nodes that a change concerns, after everything was up to date.

The fast door says which files have changed, and that nothing else has on which the verdict rested; the record beside it, who looked at
them (state/parts.py). All other nodes are what they were: up to date. Nodes that come after such a one are opened with it, and those by
which these go, so engine and loop do what they always do, over a smaller graph. What comes after a single one is opened later, if at all:
often a recipe makes what it made before, and then nobody else is concerned. Where anything is unusual the whole project is opened.
"""

from __future__ import annotations

from uetbuild.cli.wired import Wired
from uetbuild.core.excerpt import excerpt, reached
from uetbuild.core.graph import Graph
from uetbuild.core.secrets import Secrets
from uetbuild.engine.states import GOOD
from uetbuild.errors import UetError
from uetbuild.front import file_name
from uetbuild.report.modes import output_mode
from uetbuild.state import compiled, parts
from uetbuild.state.amended import amend
from uetbuild.state.layout import Layout
from uetbuild.state.observations import Observations
from uetbuild.state.parts import Known
from uetbuild.state.snapshot import Unobservable, database_signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from uetbuild.cli.options import Options
    from uetbuild.cli.project import OpenProject
    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Shell, Store
    from uetbuild.core.stamps import Stamp
    from uetbuild.engine.loop import Loop
    from uetbuild.engine.memory import Memory
    from uetbuild.engine.request import Request
    from uetbuild.engine.survey import Survey
    from uetbuild.front import Differing, Snapshot
    from uetbuild.state.compiled import Kept
    from uetbuild.state.disk import RealDisk
    from uetbuild.state.parts import Parts
    from uetbuild.state.store import SqliteStore

NOTHING_LEFT: frozenset[str] = frozenset()
MOST = 4000  # nodes; where more are concerned the whole project is opened


class Part(Wired):
    """Those `numbers` of a project that a build needs, of which the first question is about the `members`; `later`: those of which it is
    asked when it is known what these make.
    """

    def __init__(
        self, layout: Layout, environ: Mapping[str, str], seen: Snapshot, divided: Parts, numbers: Sequence[int], members: Sequence[int],
        kept: Kept, touched: frozenset[int], later: Sequence[int],
    ) -> None:  # fmt: skip
        self.layout, self.environ, self.root, self.here = layout, environ, seen.root, seen.here
        self._folder = seen.here
        self.fresh, self.rests_on = None, Observations()
        self.key, self.compiled = divided.key, divided.compiled
        self.project = kept.project
        self.secrets = Secrets.known(environ, kept.names)
        self.stamps = {}
        self._seen, self._divided, self._numbers = seen, divided, numbers
        inside = {number: i for i, number in enumerate(numbers)}
        self.graph = _graph(self.project.nodes, divided, numbers, frozenset(members))
        judged = {inside[number] for number in members}
        self._members = tuple([i for i in self.graph.order if i in judged])
        self._later = later
        self._known = Known(seen, divided, touched, frozenset((*members, *later)))
        self._touched = [i for i in self._members if numbers[i] in touched]
        self._settled = divided.size - len(self.graph.workstreams(self._members)) - len(later)
        self._made: dict[int, dict[str, str]] = {}  # what the members had made before

    def close(self) -> None:
        """Nothing is open."""

    def is_current(self, waited: bool, abandoned: bool, store: SqliteStore) -> bool:
        """Whether nobody has changed the state since the fast door looked; the lock is held."""
        if waited or abandoned or store.processes() or store.warnings or store.chains():
            return False
        try:
            return database_signature(self.layout) == self._seen.database
        except Unobservable:
            return False

    def narrow(self, store: SqliteStore) -> None:
        """Have no more read than what is needed."""
        store.narrow([node.id for node in self.graph.nodes])

    def renew(self, stamps: Mapping[str, Stamp]) -> None:
        """Take these stamps for what is recorded; no depfile tells an order here. What looks as it did before all this needs no second
        judgement.
        """
        self.stamps = stamps
        self._known.forget()
        self._members = tuple([i for i in self._members if not self._known.holds(self._numbers[i], 0)])
        self._settled = self._divided.size - len(self.graph.workstreams(self._members)) - len(self._later)

    def request(self, options: Options, follow: frozenset[int] = frozenset()) -> Request:
        """What is left to ask."""
        return self._request(options, self._members, follow).with_(settled=self._settled, later=len(self._later))

    def unproven(self, request: Request) -> Sequence[int]:
        """What the others need was seen by the fast door."""
        return self._touched

    def survey(self, request: Request, store: Store, disk: RealDisk, shell: Shell | None, memory: Memory | None = None) -> Survey:
        """One that judges only whom something concerns."""
        made = super().survey(request, store, disk, shell, memory)
        made.gone = NOTHING_LEFT  # else it could not have been divided
        self._known.forget()
        made.known = lambda i, endings: self._known.holds(self._numbers[i], endings)
        if self._later:
            self._made = {i: made.memory.made_by(self.graph.nodes[i].id) for i in self._members}
        return made

    def beyond(self, loop: Loop, options: Options) -> OpenProject | int:
        """All that comes after what was built, unless nothing of that is concerned: what it reads looks as it did, or was made anew as it
        was. Raises UetError.
        """
        if not self._later:
            return 0
        if not loop.stopping and all(loop.states.of[i] in GOOD for i in self._members) and self._is_as_before(loop.survey):
            return len(self._later)
        touched = frozenset([self._numbers[i] for i in self._touched])
        found = _opened(self.layout, self.environ, self._seen, self._divided, touched, len(self._divided.level))
        if found is None:
            raise UetError(f"`{self.layout.shown(self.layout.compiled(self.key))}` was removed while this build ran", hint="start it again")
        return found

    def _is_as_before(self, survey: Survey) -> bool:
        """Whether what comes later finds all as it was."""
        if not survey.ran:
            return True
        if any(survey.memory.made_by(self.graph.nodes[i].id) != outputs for i, outputs in self._made.items()):
            return False
        self._known.accept([f"{self.root.rstrip('/')}/{path}" for outputs in self._made.values() for path in outputs])
        return all(self._known.holds(number, survey.endings) for number in self._later)

    def remember(self, options: Options, request: Request, judged: Mapping[int, bool], seen: Observations, said: str) -> None:
        """Keep the record of the verdict true."""
        numbers = {self._numbers[i]: is_done for i, is_done in judged.items()} | dict.fromkeys(self._later, True)
        if not amend(self.layout, self._seen, self._divided, self._numbers, numbers, seen, self.environ, self.secrets):
            self.layout.drop(file_name(self._seen.words, self._seen.here))  # the next build looks at everything


def open_part(options: Options, environ: Mapping[str, str], differing: Differing) -> Part | None:
    """What of the project the fast door has found to differ; None where the whole has to be looked at. Raises UetError."""
    layout = Layout(differing.seen.root)
    if options.state or options.budget_usd or not layout.check():
        return None
    try:
        return _open(layout, environ, differing, options)
    except (LookupError, TypeError, ValueError, AttributeError):  # a record has a right sum and yet not our shape
        return None


def _open(layout: Layout, environ: Mapping[str, str], differing: Differing, options: Options) -> Part | None:
    seen = differing.seen
    divided = parts.read(f"{layout.folder}/{file_name(seen.words, seen.here)}", seen.parts)
    if divided is None:
        return None
    touched = set(seen.open)
    for place in differing.places:
        readers = divided.of(place)
        if readers is None:
            return None
        touched |= readers
    return _opened(layout, environ, seen, divided, frozenset(touched), MOST, output_mode(options.output, environ) != "stream")


def _opened(
    layout: Layout, environ: Mapping[str, str], seen: Snapshot, divided: Parts, touched: frozenset[int], most: int, waits: bool = False
) -> Part | None:  # fmt: skip
    """The part that these concern, of `most` nodes; where it `waits` for what a single one makes, without what comes after that."""
    concerned: Set[int] = reached(touched, divided.behind)
    later: list[int] = []
    if waits and len(touched) == 1:  # with several, what comes after one need not wait for the others
        later = sorted(concerned - touched - divided.groups)
    members, numbers = excerpt(touched if later else concerned, divided.before, divided.groups)
    kept = compiled.load_some(layout, divided.key, divided.compiled, numbers) if len(numbers) <= most else None
    return None if kept is None else Part(layout, environ, seen, divided, numbers, members, kept, touched, later)


def _graph(nodes: Sequence[Node], divided: Parts, numbers: Sequence[int], members: frozenset[int]) -> Graph:
    """The graph of these nodes; what comes before those that are only looked up plays no part, but for the members of groups."""
    inside = frozenset([node.id for node in nodes])
    is_whole = len(numbers) == len(divided.level)
    kept = []
    for number, node in zip(numbers, nodes, strict=True):
        if number not in members and number not in divided.groups:
            node = node.with_(depends_on=(), after=(), inferred=())
        elif not is_whole and not inside.issuperset((*node.depends_on, *node.after, *node.inferred)):
            node = node.with_(
                depends_on=_in(node.depends_on, inside), after=_in(node.after, inside), inferred=_in(node.inferred, inside)
            )  # fmt: skip
        kept.append(node)
    graph = Graph(kept)
    graph.level = [divided.level[number] for number in numbers]
    return graph


def _in(names: Sequence[str], inside: frozenset[str]) -> tuple[str, ...]:
    return tuple([name for name in names if name in inside])
