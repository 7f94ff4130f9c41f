"""What the loop does about budgets."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from world import Build, World, node

from uetbuild.core.ledger import Entry
from uetbuild.core.policies import Limit, Retry
from uetbuild.errors import ExitCode


def spends(world: World, name: str, usd: str, code: int = 0):
    """A recipe that reports and ends with `code`."""

    def recipe(world):
        world.usage[name] = f'{{"model": "m", "usd": {usd}, "output_tokens": 10}}'.encode()
        return code

    world.recipes[name] = recipe


def dear(name: str, usd: str, **more):
    return node(name, outputs=(), budget=Limit(usd=usd), **more)


def total(world: World) -> Decimal:
    return sum([Decimal(entry.usd) for entry in {entry.key: entry for entry in world.ledger}.values()], Decimal(0))


def events(build: Build, kind: str) -> list[dict]:
    return [event.data for event in build.view.events if event.event == kind]


def test_without_a_budget_a_report_is_counted_and_shown():
    world = World()
    spends(world, "a", "0.5")
    build = Build(world, node("a"), node("b"))
    build.run()
    assert build.code == ExitCode.OK
    assert [(entry.node, entry.usd, entry.settled) for entry in world.ledger] == [("a", "0.5", True)]
    assert events(build, "run_finished")[0]["usd"] == 0.5
    assert [data.get("usd") for data in events(build, "node_finished")] == [0.5, None]


def test_what_may_be_used_is_written_before_the_node_starts():
    world = World()
    world.recipes["a"] = lambda world: world.__dict__.setdefault("seen", [(entry.usd, entry.settled) for entry in world.ledger]) and 0
    Build(world, dear("a", "3")).run()
    assert world.seen == [("3", False)]
    assert [(entry.usd, entry.settled) for entry in world.ledger] == [("3", False), ("3", True)]


def test_nodes_side_by_side_wait_for_what_the_others_hold():
    world = World()
    world.budget = Limit(usd="10")
    for name in "abcdef":
        spends(world, name, "1")
    build = Build(world, *[dear(name, "4") for name in "abcdef"], jobs=6)
    build.run()
    assert (build.code, sorted(build.workers.started), build.workers.most) == (ExitCode.OK, list("abcdef"), 2)
    assert total(world) == 6


def test_a_build_halts_before_a_node_that_no_longer_fits():
    world = World()
    world.budget = Limit(usd="10")
    for name in "abcd":
        spends(world, name, "4")
    build = Build(world, *[dear(name, "4") for name in "abcd"], jobs=2)
    build.run()
    assert (build.code, len(build.workers.started), total(world)) == (ExitCode.BUDGET, 2, Decimal(8))
    (said,) = [data for data in events(build, "budget_exceeded") if data.get("halts")]
    assert (said["account"], said["limit"], said["spent"], said["wanted"]) == ("run", 10.0, 8.0, 4.0)


def test_even_the_first_node_may_be_too_dear():
    world = World()
    world.budget = Limit(usd="1")
    build = Build(world, dear("a", "4"))
    assert build.run() == []
    assert build.code == ExitCode.BUDGET
    assert [event.event for event in build.view.events] == ["run_started", "wave_started", "node_judged", "budget_exceeded", "run_finished"]


@pytest.mark.parametrize("choice", ["warn", "continue"])
def test_a_budget_that_does_not_halt_is_only_talked_about(choice):
    world = World()
    world.budget = Limit(usd="1", on_exceeded=choice)
    for name in "ab":
        spends(world, name, "4")
    build = Build(world, node("a"), node("b"))
    build.run()
    assert build.code == ExitCode.OK
    (said,) = events(build, "budget_exceeded")
    assert ("message" in said) == (choice == "warn")


def test_from_the_warning_on_fewer_run_at_once():
    world = World()
    world.budget = Limit(usd="100", warn_at=0.01, shrink_jobs=True)
    names = [f"n{k}" for k in range(12)]
    for name in names:
        spends(world, name, "1")
    build = Build(world, *[node(name) for name in names], jobs=4)
    most = []
    build.workers.before_collect = lambda workers: most.append(len(workers.running()))
    build.run()
    assert most[0] == 4
    assert max(most[3:]) == 2
    assert [data["jobs"] for data in events(build, "budget_warning")] == [2]


def test_who_uses_more_than_it_was_given_has_failed_and_is_not_tried_again():
    world = World()
    spends(world, "a", "4.5")
    build = Build(world, dear("a", "4", retry=Retry(attempts=3, backoff=0.0)))
    build.run()
    assert (build.code, build.workers.started) == (ExitCode.FAILED, ["a"])
    assert build.message("a") == "budget exceeded: used $4.50 of its $4.00"


def test_all_attempts_share_what_a_node_was_given():
    world = World()
    spends(world, "a", "1.5", code=1)
    build = Build(world, dear("a", "4", retry=Retry(attempts=9, backoff=0.0)))
    build.run()
    assert (build.code, build.workers.started) == (ExitCode.FAILED, ["a"] * 3)
    assert [(entry.attempt, entry.usd) for entry in world.ledger if not entry.settled] == [(1, "4"), (2, "2.5"), (3, "1.0")]
    assert total(world) == Decimal("4.5")


def test_a_phase_without_money_starts_nothing_more_and_others_go_on():
    world = World()
    world.phases = (("p", Limit(usd="5")),)
    spends(world, "a", "4")
    build = Build(world, dear("a", "4", phase="p"), dear("b", "4", phase="p", after=("a",)), node("c"), node("d", depends_on=("b",)))
    build.run()
    assert (build.code, sorted(build.workers.started)) == (ExitCode.BUDGET, ["a", "c"])
    assert (build.outcome("b"), build.outcome("d")) == ("cancelled", "blocked")
    assert build.message("b") == "$1.00 of $5.00 are left of the budget of phase `p`, and it may use $4.00"


def test_garbage_counts_as_reserved_and_is_said():
    world = World()
    world.recipes["a"] = lambda world: world.usage.update(a=b"nonsense")
    build = Build(world, dear("a", "3"))
    build.run()
    assert (build.code, total(world)) == (ExitCode.OK, 3)
    assert "line 1 is no JSON object" in events(build, "budget_warning")[0]["message"]


def test_a_node_whose_money_went_before_it_was_cut_off_has_failed():
    world = World()
    world.ledger.append(Entry(run="run-1", node="a", attempt=1, workstream="a", usd="3"))
    build = Build(world, dear("a", "3"))
    assert build.run() == []
    assert build.code == ExitCode.FAILED
    assert "$0.00 of $3.00 are left of the budget of `a`" in build.message("a")


def test_time_is_cut_to_what_is_left_of_it():
    world = World()
    world.budget = Limit(time=5.0)
    jobs = []
    build = Build(world, node("a", budget=Limit(time=3.0)), node("b", timeout=1.0, budget=Limit(time=3.0)), node("c"))
    submit = build.workers.submit
    build.workers.submit = lambda job: (jobs.append((job.node, job.timeout)), submit(job))
    build.run()
    assert jobs == [("a", 3.0), ("b", 1.0), ("c", 0.0)]


@pytest.mark.parametrize("seed", range(8))
def test_two_hundred_side_by_side_keep_the_bound_and_all_that_fits_runs(seed):
    dice = random.Random(seed)
    world = World()
    world.budget = Limit(usd="60")
    maxima = {f"n{k}": Decimal(dice.randint(1, 100)) / 100 for k in range(200)}
    liars = set(dice.sample(sorted(maxima), 10))
    for name, maximum in maxima.items():
        spends(world, name, str(maximum * 2 if name in liars else maximum * dice.randint(0, 100) / 100))
    build = Build(world, *[dear(name, str(maximum)) for name, maximum in maxima.items()], jobs=50, stop=1)
    build.run()
    excess = sum([maxima[name] for name in liars if name in build.workers.started], Decimal(0))
    assert total(world) <= 60 + excess
    assert build.code == (
        ExitCode.FAILED if liars & set(build.workers.started) else ExitCode.BUDGET if len(build.workers.started) < 200 else 0
    )
