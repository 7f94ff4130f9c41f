"""Where recipes take milliseconds, the next ones are prepared while all places are taken; it shows in nothing but the time."""

from __future__ import annotations

import pytest
from world import Build, World, copy, node

from uetbuild.core.jobs import Result
from uetbuild.engine.states import State

NAMES = [f"n{number:02d}" for number in range(30)]


def world(took=0.002):
    made = World()
    made.took = took
    for name in NAMES:
        made.files[f"in/{name}"] = name
        made.recipes[name] = copy(f"in/{name}", f"out/{name}")
    return made


def nodes(**more):
    return [node(name, inputs=[f"in/{name}"], outputs=[f"out/{name}"], **more) for name in NAMES]


def most_at_once(build):
    """By what views were told."""
    running = most = 0
    for event in build.view.events:
        running += {"node_started": 1, "node_finished": -1}.get(event.event, 0)
        most = max(most, running)
    return most


def test_what_is_prepared_is_queued_and_no_more_than_jobs_run_at_once():
    build = Build(world(), *nodes(), jobs=2)
    assert sorted(build.run()) == NAMES and build.code == 0
    assert len(build.workers.was_queued) > 15
    assert build.workers.most == 2 and most_at_once(build) == 2


def test_slow_recipes_are_prepared_when_their_place_is_free():
    build = Build(world(took=0.2), *nodes(), jobs=2)
    assert sorted(build.run()) == NAMES
    assert build.workers.was_queued == []


def test_after_a_failure_what_waits_for_a_place_is_as_if_it_had_never_been_prepared():
    here = world()
    here.recipes["n12"] = lambda world: 1
    build = Build(here, *nodes(), jobs=2)
    started = build.run()
    assert build.code == 1 and build.workers.queued == []
    assert set(build.workers.was_queued) - set(started)
    told = {event.node for event in build.view.events if event.event in ("node_judged", "node_started")}
    assert told == set(started)
    assert set(here.remembered["stamps"]) == set(started)
    here.recipes["n12"] = copy("in/n12", "out/n12")
    assert sorted(Build(here, *nodes(), jobs=2).run()) == sorted({*NAMES} - set(started) | {"n12"})


def test_a_signal_takes_back_what_waits_and_is_passed_on_to_what_runs():
    build = Build(world(), *nodes(), jobs=2)

    def interrupt(workers):
        if len(workers.started) == 15:
            build.wait.signals = [2]
            workers.before_collect = lambda _: None

    build.workers.before_collect = interrupt
    started = build.run()
    assert build.code == 130 and len(started) < 20
    assert {name for name, _ in build.workers.signals} <= set(started)
    assert {build.outcome(name) for name in started} <= {Result.SUCCEEDED, Result.CANCELLED}


def test_what_changed_while_it_ran_starts_anew_behind_what_is_queued():
    here = world()
    seen = []

    def touched(world):
        seen.append((world.files["in/n15"], "out/n15" in world.files))
        world.files["out/n15"] = world.files["in/n15"]
        world.files["in/n15"] = "other"

    here.recipes["n15"] = touched
    build = Build(here, *nodes(), jobs=2)
    build.run()
    assert build.code == 0 and seen == [("n15", False), ("other", False)]  # cleared again


@pytest.mark.parametrize(
    "more",
    [
        {"mutex": ("m",)},
        {"exclusive": True},
        {"resources": (("pool", 1),)},
        {"isolation": "sandbox"},
        {"keep": True},
        {"interactive": True},
    ],
    ids=lambda more: next(iter(more)),
)
def test_nothing_special_is_queued(more):
    here = world()
    here.pools = (("pool", 2),)
    build = Build(here, *nodes(**more), jobs=2)
    assert sorted(build.run()) == NAMES and build.code == 0
    assert build.workers.was_queued == []


def test_where_an_old_output_would_be_cleared_nothing_is_queued():
    here = world()
    Build(here, *nodes(), jobs=2).run()
    for name in NAMES:
        here.files[f"in/{name}"] = "changed"
    build = Build(here, *nodes(), jobs=2)
    assert sorted(build.run()) == NAMES
    assert build.workers.was_queued == []


def test_the_first_recipe_does_not_wait_until_all_others_are_judged():
    build = Build(world(), *nodes(), jobs=2)
    judged = []
    submit = build.workers.submit
    build.workers.submit = lambda job: judged.append(len(build.survey.seen)) or submit(job)
    assert len(build.run()) == len(NAMES)
    assert judged[0] <= 10


def test_so_many_are_prepared_in_a_turn_that_the_first_of_them_are_not_late():
    build = Build(world(), *nodes(), jobs=2)
    turns = []
    queue = build.workers.queue
    build.workers.queue = lambda jobs: turns.append(len(jobs)) or queue(jobs)
    build.run()
    assert turns[0] == 4 and max(turns) > 4


def test_the_store_may_rest_once_nothing_is_left_but_to_wait_for_what_runs():
    build = Build(world(), *nodes(), jobs=2)
    left = []
    build.world.rest = lambda: left.append(
        len(build.loop.states.of) - build.loop.states.of.count(State.SUCCEEDED) - len(build.loop._places.taken)
    )
    build.run()
    assert set(left) == {0}
