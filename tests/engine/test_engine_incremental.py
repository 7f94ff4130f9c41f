"""Incremental equals clean (promise 1): one property over random graphs, edits, failures and interruptions; after shake's `Random.hs`.

A node's recipe concatenates what it reads; the model is a clean build of the same manifest in an empty world. With `keep` the drawn
examples replay from the printed seed (`--hypothesis-seed=N`).
"""

import hashlib
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import Build, World, node

from uetbuild.core.nodes import Step
from uetbuild.engine.request import Request

SOURCES = [f"s{i}" for i in range(4)]


class Killed(Exception):
    """Stands for SIGKILL of the coordinator: nothing after it is committed."""


class Plan:
    """A random manifest: each node reads some sources and outputs of earlier nodes; its `version` is part of its recipe."""

    def __init__(self, dice: random.Random, size: int) -> None:
        self.size = size
        self.reads: list[list[str]] = []
        self.kinds: list[str] = []
        for i in range(size):
            earlier = [f"out/n{j}" for j in range(i)]
            names = dice.sample(SOURCES + earlier, dice.randint(0, min(3, len(SOURCES) + i)))
            if dice.random() < 0.2:
                names = ["s*"]
            self.reads.append(names)
            self.kinds.append(dice.choice(["file", "file", "folder", "constant", "depends"]))
        self.versions = [0] * size
        self.depends = [dice.randrange(i) if i and self.kinds[i] == "depends" else None for i in range(size)]

    def nodes(self):
        made = []
        for i in range(self.size):
            folder = self.kinds[i] == "folder"
            depends = () if self.depends[i] is None else (f"n{self.depends[i]}",)
            step = Step(words=((f"recipe-{i}-v{self.versions[i]}",),), shown=f"n{i}")
            made.append(node(f"n{i}", self.reads[i], [f"out/n{i}" + ("/" if folder else "")], depends_on=depends, steps=(step,)))
        return made

    def recipe(self, i, fate=None):
        def run(world):
            if fate == "fail":
                world.files[self.path(i)] = "half"
                return 1
            names = [name for pattern in self.reads[i] for name in sorted(world.files) if match(pattern, name)]
            if self.depends[i] is not None:
                names += [self.path(self.depends[i])]
            text = "const" if self.kinds[i] == "constant" else f"v{self.versions[i]}" + "|".join(world.files[name] for name in names)
            world.files[self.path(i)] = hashlib.sha256(text.encode()).hexdigest()[: 4 if self.kinds[i] == "depends" else 16]
            if fate == "kill":
                world.files[self.path(i)] = "torn"
                raise Killed
            return 0

        return run

    def path(self, i):
        return f"out/n{i}/made" if self.kinds[i] == "folder" else f"out/n{i}"


def match(pattern, name):
    return name == pattern or name.startswith(pattern + "/") or (pattern == "s*" and name in SOURCES)


def built(plan, world, jobs=1, fates=None, targets=(), **request):
    world.recipes = {f"n{i}": plan.recipe(i, (fates or {}).get(i)) for i in range(plan.size)}
    build = Build(world, *plan.nodes(), jobs=jobs, targets=targets, **request)
    try:
        build.run()
    except Killed:
        return None
    return build


def disturb(plan, world, dice):
    """One thing that people, crashes or time do."""
    what = dice.choice(["edit", "edit", "revert", "delete", "modify", "version", "fail", "kill", "part", "strict"])
    i = dice.randrange(plan.size)
    if what in ("edit", "revert"):
        world.files[dice.choice(SOURCES)] = "0" if what == "revert" else str(dice.random())
    elif what == "delete":
        world.files.pop(plan.path(i), None)
    elif what == "modify" and plan.path(i) in world.files:
        world.files[plan.path(i)] = "by hand"
    elif what == "version":
        plan.versions[i] = dice.randrange(3)
    elif what in ("fail", "kill"):
        world.files[dice.choice(SOURCES)] = str(dice.random())
        stop = dice.choice([Request.FINISH, Request.KEEP_GOING])
        build = built(plan, world, dice.choice([1, 3]), {i: what}, stop=stop)
        if build is not None and f"n{i}" in build.workers.started:
            assert build.code == 1 and plan.path(i) not in world.files
    else:
        built(plan, world, 2, targets=(f"n{i}",), strict_waves=what == "strict")


@settings(suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9), size=st.integers(1, 9), steps=st.integers(0, 8))
def test_after_any_edits_and_interruptions_incremental_equals_clean_and_the_next_build_does_nothing(seed, size, steps):
    dice = random.Random(seed)
    plan = Plan(dice, size)
    world = World()
    world.files = dict.fromkeys(SOURCES, "0")
    built(plan, world)
    for _ in range(steps):
        disturb(plan, world, dice)
    healed = built(plan, world, dice.choice([1, 4]))
    assert healed.code == 0
    clean = World()
    clean.files = {name: world.files[name] for name in SOURCES}
    assert built(plan, clean).code == 0
    assert world.files == clean.files
    again = built(plan, world)
    assert again.workers.started == [] and again.code == 0


@settings(suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10**9))
def test_after_any_order_of_edits_in_place_the_next_build_does_nothing(seed):
    """Editors append their name to files unless it is there (as a formatter is idempotent); foreign edits come in between."""
    dice = random.Random(seed)
    files = ["a", "b", "c"]
    scopes = [dice.sample(files, dice.randint(1, 3)) for _ in range(4)]
    ordered = [dice.random() < 0.5 for _ in range(4)]
    versions = [0] * 4

    def editor(i):
        def run(world):
            for name in scopes[i]:
                if f"<{i}.{versions[i]}>" not in world.files[name]:
                    world.files[name] += f"<{i}.{versions[i]}>"
            if dice.random() < 0.1:
                return 1
            return 0

        return run

    def build(world):
        world.recipes = {f"e{i}": editor(i) for i in range(4)}
        nodes = [
            node(
                f"e{i}",
                edits=scopes[i],
                depends_on=(f"e{i - 1}",) if i and ordered[i] else (),
                steps=(Step(words=((f"v{versions[i]}",),)),),
            )
            for i in range(4)
        ]
        made = Build(world, *nodes, jobs=dice.choice([1, 3]))
        made.run()
        return made

    world = World()
    world.files = dict.fromkeys(files, "")
    for _ in range(5):
        if dice.random() < 0.5:
            world.files[dice.choice(files)] = f"foreign {dice.random()}"
        if dice.random() < 0.3:
            versions[dice.randrange(4)] += 1
        build(world)
    for _ in range(40):
        if build(world).code == 0:
            break
    before = dict(world.files)
    assert build(world).workers.started == [] and world.files == before
    for i, names in enumerate(scopes):
        assert all(f"<{i}.{versions[i]}>" in world.files[name] for name in names)
