"""Cells in random graphs: gates of all kinds, flaky and failing, retries, kills at any commit and in any recipe; then all is healed."""

from __future__ import annotations

import random

import pytest
from test_engine_gates import Killed, gate, gated
from world import Build, World, node

from uetbuild.core.policies import Retry
from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.engine.states import FINAL, State
from uetbuild.errors import ExitCode

NEVER = 99


class Project:
    """A world in which workstream `wN` makes good work from its `need`-th attempt on, and gates look at that. Healed, all goes well."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.world = World()
        self.world.files = {"in": "1", "tests": "t"}
        self.need: dict[str, int] = {}
        self.tries: dict[str, int] = {}
        self.bugs: dict[str, int] = {}  # how often a node fails before it goes well
        self.kill_at = NEVER
        self.healed = False
        self.early: list[str] = []  # dependents that ran before the gates of what they read had passed
        self.nodes = self._nodes()
        commit = self.world.commit

        def counted(changes) -> None:
            self.kill_at -= 1
            if self.kill_at == 0 and self.dice.random() < 0.5:
                raise Killed
            commit(changes)
            if self.kill_at == 0:
                raise Killed

        self.world.commit = counted

    def _nodes(self):
        dice, made = self.dice, []
        names = [f"w{i}" for i in range(dice.randint(1, 5))]
        for i, name in enumerate(names):
            reads = [other for other in names[:i] if dice.random() < 0.4]
            on = ("exit", "gate") if dice.random() < 0.7 else ("exit",)
            retry = Retry(attempts=dice.randint(1, 4), on=on) if dice.random() < 0.8 else None
            made.append(node(name, ["in", *reads], [name], retry=retry, **{dice.choice(["depends_on", "inferred"]): tuple(reads)}))
            self.need[name] = dice.choice([1, 1, 2, 3, NEVER])
            self.bugs[name] = dice.choice([0, 0, 0, 1, NEVER])
            self.world.recipes[name] = self._work(name, reads)
        for i in range(dice.randint(1, 4)):
            guards = dice.sample(names, dice.randint(1, min(3, len(names))))
            own = dice.random() < 0.3
            retry = Retry(attempts=2) if dice.random() < 0.3 else None
            made.append(gate(f"g{i}", *guards, blocking=dice.random() < 0.7, inputs=["tests"] if own else (), retry=retry))
            self.bugs[f"g{i}"] = dice.choice([0, 0, 1, NEVER] if own else [0, 0, 0, 1])
            self.world.recipes[f"g{i}"] = self._check(f"g{i}", () if own else guards)
        dice.shuffle(made)
        return gated(*made)

    def _fails(self, name: str) -> bool:
        if self.healed or not self.bugs[name]:
            return False
        self.bugs[name] -= 1
        return True

    def _work(self, name, reads):
        def recipe(world):
            self._killed()
            self.early += [f"{name} before {other}" for other in reads if not self._passed(other, name)]
            self.tries[name] = self.tries.get(name, 0) + 1
            if self._fails(name):
                return 1
            good = self.healed or self.tries[name] >= self.need[name]
            world.files[name] = f"{'good' if good else 'bad'}({','.join(world.files[other] for other in reads)}{world.files['in']})"
            return 0

        return recipe

    def _check(self, name, guards):
        def recipe(world):
            self._killed()
            return int(self._fails(name) or any(world.files[other].startswith("bad") for other in guards))

        return recipe

    def _killed(self) -> None:
        if self.kill_at < NEVER and self.dice.random() < 0.05:
            raise Killed

    def _passed(self, name: str, reader: str) -> bool:
        """Whether every gate that holds what reads `name` said yes to what is there now."""
        graph = self.build.graph
        i, j = graph.index[name], graph.index[reader]
        later = self.build.survey.reach.later(j)
        gates = [gate for gate in graph.held(i) if gate not in later]
        states = self.build.loop.states.of
        return all(states[gate] in (State.SUCCEEDED, State.UP_TO_DATE) for gate in gates) and states[i] in FINAL

    def run(self, **request) -> Build:
        self.build = Build(self.world, *self.nodes, jobs=self.dice.randint(1, 4), **request)
        self.build.dice = self.dice.random()
        recipes = dict(self.world.recipes)
        try:
            self.build.run()
        finally:
            self.world.recipes = recipes  # a signal replaces them
        return self.build


def check(project: Project, build: Build, keep_going: bool) -> None:
    """What holds after every build that was not killed."""
    assert not project.early
    started = [(event.node, event.data["attempt"]) for event in build.view.events if event.event == "node_started"]
    limits = {one.id: one.retry.attempts if one.retry else 1 for one in project.nodes}
    assert all(number <= limits[name] for name, number in started), started
    states = {one.id: build.loop.states.of[build.graph.index[one.id]] for one in project.nodes}
    assert State.HELD not in states.values() and State.RUNNING not in states.values()
    if keep_going or not build.code:
        assert all(state in FINAL for state in states.values()), states
    failed = [one for one in build.graph.nodes if states[one.id] == State.FAILED]
    wanted = ExitCode.OK if not failed else ExitCode.GATE_FAILED if all(one.guard for one in failed) else ExitCode.FAILED
    assert build.code == wanted
    said = {event.node: event.data["outcome"] for event in build.view.events if event.event == "node_finished"}
    assert {one.id for one in failed} == {name for name, outcome in said.items() if outcome == "failed" and states[name] != State.WARNED}
    stages = {name: stamp.stage for name, stamp in project.world.remembered["stamps"].items()}
    for one in build.graph.nodes:
        gates = [states[build.graph.nodes[gate].id] for gate in build.graph.held(build.graph.index[one.id])]
        if states[one.id] in (State.SUCCEEDED, State.UP_TO_DATE) and gates:
            good = all(state in (State.SUCCEEDED, State.UP_TO_DATE) for state in gates)
            assert (stages[one.id] == Stage.DONE) == good, (one.id, stages[one.id], gates)


def story(seed: int) -> None:
    """Some builds, killed or not, files changed between them; then healed: one build does the rest, the next one nothing."""
    project = Project(seed)
    dice = project.dice
    for _ in range(dice.randint(1, 4)):
        project.kill_at = dice.choice([NEVER * NEVER, dice.randint(1, 25)])
        keep_going = dice.random() < 0.6
        try:
            build = project.run(stop=Request.KEEP_GOING if keep_going else dice.choice([Request.FINISH, Request.KILL]))
        except Killed:
            assert not project.early
        else:
            if project.kill_at > NEVER:
                check(project, build, keep_going)
        if dice.random() < 0.4:
            project.world.files["in"] += "1"
        if dice.random() < 0.2:
            project.world.files["tests"] += "t"
    project.healed, project.kill_at = True, NEVER * NEVER
    project.world.files["in"] += "2"  # what was made badly without a gate is nobody's fault
    build = project.run()
    check(project, build, False)
    assert build.code == 0
    assert project.run().workers.started == []


@pytest.mark.parametrize("part", range(4))
def test_no_dependent_runs_before_its_cell_is_good_and_nothing_is_lost(part):
    for seed in range(part * 60, (part + 1) * 60):
        try:
            story(seed)
        except BaseException:
            print(f"seed {seed}")
            raise
