"""The plan of a build that is not carried out: what is stale, in which waves, how long it would take, and what stands in the way.

Its JSON is the contract of interface section 4 and depends on nothing but the arguments of `make_plan`. Knows nothing of how a
verdict is reached.
"""

from __future__ import annotations

from uetbuild.core import outlook
from uetbuild.core.conflicts import Conflicts
from uetbuild.core.meetings import meeting, unordered
from uetbuild.core.nodes import Node
from uetbuild.core.outlook import Past
from uetbuild.core.ready import Admission
from uetbuild.core.record import Record
from uetbuild.core.schedule import costs, critical_path, ranks, remaining, simulate, waves
from uetbuild.core.verdicts import Judged, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from uetbuild.core.graph import Graph
    from uetbuild.core.spread import Spread

KINDS = {Node.WORKSTREAM: "workstream", Node.GATE: "gate", Node.MERGE: "merge"}
MAX_CONFLICTS = 10_000  # pairs in one plan: thousands of editors of one file would have millions
MAX_BOTTLENECKS = 5
NO_PAST: dict[str, Past] = {}
NOTHING = Past()
MUCH = 0.5  # a node with this part of the critical path's time is a bottleneck whoever waits for it


class PlanNode(Record):
    """A node as `list`, `status`, `explain` and the plan show it; `level` and `wave` from 0, no groups in `depends_on`; `usd` is p50."""

    __slots__ = ("id", "kind", "level", "wave", "verdict", "reasons", "depends_on", "seconds", "usd")

    id: str
    kind: str
    level: int
    wave: int
    verdict: str
    reasons: tuple[tuple[str, str], ...]
    depends_on: tuple[str, ...]
    seconds: float
    usd: float

    def as_json(self) -> dict[str, object]:
        """The node object of interface section 4."""
        return {
            "id": self.id, "kind": self.kind, "level": self.level, "wave": self.wave, "verdict": self.verdict,
            "reasons": [{"code": code, "detail": detail} for code, detail in self.reasons],
            "depends_on": list(self.depends_on), "estimate": {"seconds": self.seconds, "usd": self.usd},
        }  # fmt: skip


class Plan(Record):
    """What `make_plan` found; ids throughout, seconds to the millisecond. `usd`, `seconds`: p50 and p90, `simulated`: whether
    the seconds are; `conflicts`: (a, b, paths); `bottlenecks`: (id, reason).
    """

    __slots__ = (
        "targets", "workstreams", "stale", "waves", "critical_path", "max_parallelism", "sequential_seconds", "parallel_seconds",
        "estimated_speedup", "usd", "seconds", "simulated", "conflicts", "bottlenecks", "nodes", "warnings",
    )  # fmt: skip

    targets: tuple[str, ...]
    workstreams: int
    stale: int
    waves: tuple[tuple[str, ...], ...]
    critical_path: tuple[str, ...]
    max_parallelism: int
    sequential_seconds: float
    parallel_seconds: float
    estimated_speedup: float
    usd: Spread
    seconds: Spread
    simulated: bool
    conflicts: tuple[tuple[str, str, tuple[str, ...]], ...]
    bottlenecks: tuple[tuple[str, str], ...]
    nodes: tuple[PlanNode, ...]
    warnings: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The plan object of interface section 4, keys in its order, then what it does not have."""
        return {
            "schema": "uetbuild.plan/1", "dry_run": True, "targets": list(self.targets),
            "workstreams": self.workstreams, "stale": self.stale,
            "waves": [list(wave) for wave in self.waves], "critical_path": list(self.critical_path),
            "max_parallelism": self.max_parallelism, "sequential_seconds": self.sequential_seconds,
            "parallel_seconds": self.parallel_seconds, "estimated_speedup": self.estimated_speedup,
            "estimated_usd": {"p50": self.usd[0], "p90": self.usd[1]},
            "conflicts": [{"a": a, "b": b, "paths": list(paths)} for a, b, paths in self.conflicts],
            "bottlenecks": [{"id": name, "reason": reason} for name, reason in self.bottlenecks],
            "nodes": [node.as_json() for node in self.nodes], "warnings": list(self.warnings),
            "estimated_seconds": {
                "p50": self.seconds[0], "p90": self.seconds[1], "method": "simulation" if self.simulated else "critical_path",
            },
        }  # fmt: skip


def make_plan(
    graph: Graph,
    members: Sequence[int],
    judged: Mapping[int, Judged],
    seconds: Mapping[str, float],
    jobs: int,
    pools: Mapping[str, int] | Iterable[tuple[str, int]],
    targets: Sequence[str] = (),
    warnings: Sequence[str] = (),
    exclude: tuple[str, ...] = (),
    costs_usd: Mapping[str, Past] = NO_PAST,
    durations: Mapping[str, Past] | None = NO_PAST,
) -> Plan:
    """The plan of a build of `members` (numbers, in topological order).

    `judged`: a verdict for each member that is no group; `seconds`: mean durations by node id; `jobs` >= 1; `exclude`:
    names that wildcards never enter; `costs_usd`, `durations`: what nodes used in their last runs, by id; without `durations` nothing is
    forecast. Time, cost, critical path and bottlenecks are those of the stale members and of those that depend on them; waves and
    conflicts are those of all members.
    """
    nodes = [number for number in members if not graph.nodes[number].is_group]
    busy = {number for number in nodes if judged[number].verdict in (Verdict.STALE, Verdict.DEPENDS)}
    cost = costs(graph, busy, seconds)
    left = remaining(graph, members, cost)
    rank = ranks(graph, left)
    admission = Admission(graph.nodes, jobs, pools, Conflicts(graph.nodes, exclude))
    grouped = waves(graph, members, rank, admission)
    path = critical_path(graph, members, left, busy)
    sequential = sum([cost[number] for number in nodes])

    def makespan(cost: Sequence[float]) -> float:
        return simulate(graph, members, busy, cost, rank, admission)

    parallel = makespan(cost)
    due = sorted(busy) if durations is not None else []
    conflicts, omitted = _conflicts(graph, nodes, exclude)
    counted = [number for number in nodes if graph.nodes[number].kind == Node.WORKSTREAM]
    return Plan(
        targets=tuple(targets), workstreams=len(counted),
        stale=sum([judged[number].verdict == Verdict.STALE for number in counted]),
        waves=tuple([_ids(graph, wave) for wave in grouped]), critical_path=_ids(graph, path),
        max_parallelism=_widest(graph, [number for number in nodes if graph.nodes[number].kind != Node.GATE]),
        sequential_seconds=round(sequential, 3), parallel_seconds=round(parallel, 3),
        estimated_speedup=round(sequential / parallel, 3) if parallel else 1.0,
        usd=_rounded(outlook.usd([costs_usd.get(name, NOTHING) for name in _ids(graph, due)]), 6),
        seconds=_rounded(_outlook(graph, due, durations or NO_PAST, cost, path, makespan), 3), simulated=outlook.simulated(len(due)),
        conflicts=conflicts, bottlenecks=_bottlenecks(graph, path, busy, cost),
        nodes=_plan_nodes(graph, nodes, judged, seconds, grouped, costs_usd), warnings=(*warnings, *omitted),
    )  # fmt: skip


def _ids(graph: Graph, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple([graph.nodes[number].id for number in numbers])


def _outlook(
    graph: Graph,
    due: Sequence[int],
    durations: Mapping[str, Past],
    cost: Sequence[float],
    path: Iterable[int],
    makespan: Callable[[Sequence[float]], float],
) -> Spread:
    """p50 and p90 of the time of the nodes in `due`; `makespan` wants a cost for each node of the graph."""
    drawn = [0.0] * len(graph.nodes)

    def of(seconds: Sequence[float]) -> float:
        for number, value in zip(due, seconds, strict=True):
            drawn[number] = value
        return makespan(drawn)

    past = [durations.get(graph.nodes[number].id) or Past(amounts=(cost[number],)) for number in due]
    place = {number: place for place, number in enumerate(due)}
    return outlook.seconds(past, of, [place[number] for number in path if number in place])


def _rounded(spread: Spread, digits: int) -> Spread:
    return round(spread[0], digits), round(spread[1], digits)


def _widest(graph: Graph, nodes: Iterable[int]) -> int:
    """The size of the largest level."""
    sizes: dict[int, int] = {}
    for number in nodes:
        sizes[graph.level[number]] = sizes.get(graph.level[number], 0) + 1
    return max(sizes.values(), default=0)


def _plan_nodes(
    graph: Graph,
    nodes: Sequence[int],
    judged: Mapping[int, Judged],
    seconds: Mapping[str, float],
    grouped: Sequence[Sequence[int]],
    costs_usd: Mapping[str, Past],
) -> tuple[PlanNode, ...]:
    wave = {number: place for place, wave in enumerate(grouped) for number in wave}
    last = {graph.level[number]: place for number, place in wave.items()}  # a gate stands after the waves of what it guards
    estimate = costs(graph, nodes, seconds)
    named = _without_groups(graph)
    return tuple([
        PlanNode(
            id=graph.nodes[number].id, kind=KINDS[graph.nodes[number].kind], level=graph.level[number],
            wave=wave.get(number, last.get(graph.level[number], 0)), verdict=judged[number].verdict,
            reasons=tuple([(reason.code, reason.detail) for reason in judged[number].reasons]),
            depends_on=tuple(sorted(_ids(graph, named[number]))), seconds=round(estimate[number], 3),
            usd=round(costs_usd.get(graph.nodes[number].id, NOTHING).spread[0], 6),
        )
        for number in nodes
    ])  # fmt: skip


def _without_groups(graph: Graph) -> list[Iterable[int]]:
    """What each node depends on, groups replaced by what they depend on."""
    found: list[Iterable[int]] = []
    found.extend(graph.deps)
    for number in graph.order:
        groups = [other for other in graph.deps[number] if graph.nodes[other].is_group]
        if groups:
            found[number] = set(graph.deps[number]).difference(groups).union(*[found[other] for other in groups])
    return found


def _conflicts(
    graph: Graph, nodes: Sequence[int], exclude: tuple[str, ...]
) -> tuple[tuple[tuple[str, str, tuple[str, ...]], ...], list[str]]:
    """((a, b, paths) by ids, a before b; a warning where not all are listed)."""
    pairs = unordered(graph, nodes, MAX_CONFLICTS + 1, exclude)
    omitted = [f"more than {MAX_CONFLICTS} pairs conflict; the others are not listed"] if len(pairs) > MAX_CONFLICTS else []
    found = []
    for pair in pairs[:MAX_CONFLICTS]:
        a, b = sorted([graph.nodes[number] for number in pair], key=lambda node: node.id)
        found.append((a.id, b.id, tuple(meeting(a, b, exclude))))
    return tuple(sorted(found)), omitted


def _bottlenecks(graph: Graph, path: Sequence[int], busy: set[int], cost: Sequence[float]) -> tuple[tuple[str, str], ...]:
    """Nodes of the critical path that take much of its time, or that two or more are directly held up by; most held up first.

    Those that wait for a node of the path wait for all of it that comes before, so one search from the end counts them all.
    """
    length = sum([cost[number] for number in path])
    found: list[tuple[int, float, str, str]] = []
    seen: set[int] = set()
    waiting = 0
    for number in reversed(path):
        fresh = [number]
        while fresh:
            at = fresh.pop()
            for other in graph.behind[at]:
                if other not in seen:
                    seen.add(other)
                    fresh.append(other)
                    waiting += other in busy
        direct = len(_next(graph, number, busy))
        share = cost[number] / length if length else 0.0
        if direct > 1 or (share >= MUCH and len(path) > 1):
            reason = f"{share:.0%} of the critical path's time"
            if waiting:
                reason = f"{waiting} of {len(busy)} wait for it, {direct} of them directly; {reason}"
            found.append((-direct, -share, graph.nodes[number].id, reason))
    return tuple([(name, reason) for _, _, name, reason in sorted(found)[:MAX_BOTTLENECKS]])


def _next(graph: Graph, number: int, busy: set[int]) -> set[int]:
    """The nodes of `busy` that come right after `number`, through groups too."""
    found: set[int] = set()
    seen: set[int] = set()
    rest = [number]
    while rest:
        for other in graph.behind[rest.pop()]:
            if other in busy:
                found.add(other)
            elif graph.nodes[other].is_group and other not in seen:
                seen.add(other)
                rest.append(other)
    return found


__all__ = ["Plan", "PlanNode", "critical_path", "make_plan", "ranks", "remaining", "simulate", "waves"]
