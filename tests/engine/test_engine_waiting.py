"""Another attempt, later: how often, when, beside what, and across builds. Time moves only where nothing runs."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import Build, FakeShell, Nobody, World, copy, node, text_of

from uetbuild.core.jobs import Result
from uetbuild.core.nodes import Step
from uetbuild.core.policies import Retry
from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.errors import UetError

THRICE = Retry(attempts=3)


class Cut(Exception):
    """The coordinator is killed."""


@pytest.fixture
def world():
    world = World()
    world.files = {"a": "1"}
    return world


def flaky(world, name, *results, then=None):
    """Recipe `name` ends with these results, one an attempt, and then does its work."""
    left = list(results)

    def recipe(world):
        if left:
            return left.pop(0)
        if then is not None:
            then(world)
        return None

    world.recipes[name] = recipe


def retries(build):
    """(attempt, delay, reason) of each `retry_scheduled`."""
    said = [event for event in build.view.events if event.event == "retry_scheduled"]
    return [(event.data["attempt"], event.data["delay"], event.data["reason"]) for event in said]


def said(build, what):
    return [event for event in build.view.events if event.event == what]


def cut_while_waiting(build):
    """Run until nothing is left to do but to wait, and be killed there."""
    poll = build.wait.poll

    def killed(filenos, seconds):
        if seconds and not build.workers.running():
            raise Cut
        return poll(filenos, seconds)

    build.wait.poll = killed
    with pytest.raises(Cut):
        build.run()


def test_a_flaky_node_runs_until_it_succeeds_with_backoff_and_its_dependents_go_on(world):
    flaky(world, "b", 1, 1, then=copy("a", "b"))
    world.recipes["c"] = copy("b", "c")
    build = Build(world, node("b", ["a"], ["b"], retry=THRICE), node("c", ["b"], ["c"]))
    assert build.run() == ["b", "b", "b", "c"]
    assert (build.code, build.outcome("b")) == (0, "succeeded")
    assert build.wait.waited == [0.5, 1.0]
    assert retries(build) == [(2, 0.5, "exit"), (3, 1.0, "exit")]
    assert [event.data["attempt"] for event in said(build, "node_started") if event.node == "b"] == [1, 2, 3]
    assert len([event for event in said(build, "node_judged") if event.node == "b"]) == 1
    assert len([event for event in said(build, "node_finished") if event.node == "b"]) == 1
    assert Build(world, node("b", ["a"], ["b"], retry=THRICE), node("c", ["b"], ["c"])).run() == []


def test_the_dice_decide_how_much_of_the_backoff_is_waited(world):
    flaky(world, "b", 1)
    build = Build(world, node("b", ["a"], retry=Retry(attempts=2, backoff=8.0)))
    build.dice = 0.25
    build.run()
    assert build.wait.waited == [2.0]


def test_after_the_last_attempt_it_has_failed_and_the_next_build_starts_anew(world):
    world.recipes["b"] = lambda world: 1
    nodes = (node("b", ["a"], ["b"], retry=Retry(attempts=2)), node("c", ["b"], ["c"]))
    for _ in range(2):
        build = Build(world, *nodes)
        assert build.run() == ["b", "b"]
        assert (build.code, build.outcome("b"), build.outcome("c")) == (1, "failed", "blocked")
        assert [event.data["attempt"] for event in said(build, "node_started")] == [1, 2]
    stamp = world.remembered["stamps"]["b"]
    assert (stamp.stage, stamp.attempt, stamp.not_before) == (Stage.STARTED, 0, 0.0)


def test_only_the_causes_that_it_names_are_worth_another_attempt(world):
    one = node("b", ["a"], retry=Retry(attempts=3, on=("rate_limit",)))
    flaky(world, "b", 75, 1)
    build = Build(world, one)
    assert build.run() == ["b", "b"]
    assert retries(build) == [(2, 0.5, "rate_limit")] and build.outcome("b") == "failed"


@pytest.mark.parametrize(("result", "why"), [(Result.TIMED_OUT, "timeout"), (Result.LOST, "lost"), (7, "exit"), (75, "rate_limit")])
def test_every_kind_of_failure_has_its_cause(world, result, why):
    flaky(world, "b", result)
    build = Build(world, node("b", ["a"], retry=THRICE))
    assert build.run() == ["b", "b"] and build.code == 0
    assert retries(build) == [(2, 0.5, why)]


def test_what_fails_a_check_after_its_recipe_is_tried_again(world):
    tries = iter(["z", "b"])
    world.recipes["b"] = lambda world: world.files.update({next(tries): "x"})
    build = Build(world, node("b", ["a"], ["b"], retry=THRICE))
    assert build.run() == ["b", "b"] and build.code == 0
    assert retries(build) == [(2, 0.5, "exit")]


def test_nothing_that_a_failed_attempt_made_is_there_for_the_next(world):
    seen = []

    def recipe(world):
        seen.append("b" in world.files)
        world.files["b"] = "half"
        return 1 if len(seen) < 3 else None

    world.recipes["b"] = recipe
    Build(world, node("b", ["a"], ["b"], retry=THRICE)).run()
    assert seen == [False, False, False]


def test_without_retry_the_first_failure_is_the_last_word(world):
    world.recipes["b"] = lambda world: 75
    build = Build(world, node("b", ["a"]))
    assert build.run() == ["b"] and retries(build) == [] and build.wait.waited == []


@pytest.mark.parametrize("more", [{}, {"mutex": ("m",)}, {"exclusive": True}])
def test_who_waits_holds_no_place(world, more):
    flaky(world, "a1", 1)
    build = Build(world, node("a1", priority=1, retry=THRICE, **more), node("b", **more), node("c", **more), jobs=1)
    assert build.run() == ["a1", "b", "c", "a1"]
    assert build.code == 0


def test_several_wait_at_once_and_come_back_in_the_order_of_their_deadlines(world):
    flaky(world, "x", 1)
    flaky(world, "y", 1)
    build = Build(world, node("x", retry=Retry(attempts=2, backoff=8.0)), node("y", retry=Retry(attempts=2, backoff=2.0)), jobs=2)
    assert build.run() == ["x", "y", "y", "x"]
    assert build.wait.waited == [1.0, 3.0]


def test_what_waits_keeps_its_wave_open(world):
    flaky(world, "x", 1)
    nodes = (node("x", retry=THRICE), node("y"), node("z", depends_on=("y",)))
    build = Build(world, *nodes, jobs=2, strict_waves=True)
    assert build.run() == ["y", "x", "x", "z"]
    waves = [(event.event, event.data["wave"]) for event in build.view.events if event.event.startswith("wave")]
    assert waves == [("wave_started", 0), ("wave_finished", 0), ("wave_started", 1), ("wave_finished", 1)]


def test_inputs_that_change_during_the_wait_are_looked_at_again(world):
    one = node("b", ["a"], ["b"], retry=THRICE)
    flaky(world, "b", 1, then=copy("a", "b"))
    build = Build(world, one)
    forgotten, fresh = [], []
    world.forget = lambda paths=None: forgotten.extend(paths or ())
    submit = build.workers.submit
    build.workers.submit = lambda job: (fresh.append("a" in forgotten), submit(job))
    poll = build.wait.poll

    def edit(filenos, seconds):
        if seconds and not build.workers.running():
            world.files["a"] = "2"
            forgotten.clear()
        return poll(filenos, seconds)

    build.wait.poll = edit
    assert build.run() == ["b", "b"]
    assert build.code == 0 and world.files["b"] == "2" and fresh[1]
    assert Build(world, one).run() == []


EDITORS = (node("e1", edits=["[fh]*"]), node("e2", edits=["[fgh]*"], depends_on=("e1",), retry=THRICE))


def editing(world):
    """`e1` and `e2` edit `f`; `e2` does a part of it, makes `h`, and then fails, twice."""
    world.files |= {"f": "x", "g": "x"}
    tries = iter("123")

    def recipe(world):
        number = next(tries)
        world.files["f"] += number
        world.files["h"] = number
        return number != "3"

    world.recipes |= {"e1": lambda world: world.files.update(f=world.files["f"] + "one"), "e2": recipe}


def test_an_editor_that_is_tried_again_leaves_the_editors_before_it_up_to_date(world):
    editing(world)
    assert Build(world, *EDITORS).run() == ["e1", "e2", "e2", "e2"]
    assert world.files["f"] == "xone123"
    assert Build(world, *EDITORS).run() == []


def test_an_edited_file_that_cannot_be_read_any_more_fails_its_editor_only(world):
    editing(world)
    digest = world.digest

    def unreadable(path):
        if path == "f" and "h" in world.files:
            raise UetError("cannot read `f`: permission denied")
        return digest(path)

    world.digest = unreadable
    build = Build(world, *EDITORS)
    assert build.run() == ["e1", "e2"]
    assert (build.code, build.message("e2")) == (1, "cannot read `f`: permission denied")


def test_a_foreign_change_while_an_editor_waits_is_still_noticed(world):
    editing(world)
    build = Build(world, *EDITORS)
    poll = build.wait.poll

    def edit(filenos, seconds):
        if seconds and not build.workers.running():
            world.files["f"] += "!"
        return poll(filenos, seconds)

    build.wait.poll = edit
    build.run()
    assert world.files["f"] == "xone1!2!3"
    assert Build(world, *EDITORS).verdicts()["e1"] == "stale"


def test_a_second_attempt_sees_all_inputs_as_changed(world):
    """What a failed attempt was told of what changed may not have been dealt with."""
    world.files |= {"in1": "1", "in2": "1"}
    one = node("b", ["in1", "in2"], ["b"], retry=THRICE)
    world.recipes["b"] = copy("in1", "b")
    Build(world, one).run()
    world.files["in1"] = "2"
    flaky(world, "b", 1, then=copy("in1", "b"))
    build = Build(world, one)
    changed = []
    submit = build.workers.submit
    build.workers.submit = lambda job: (changed.append(text_of(job, "UET_CHANGED_FILES")), submit(job))
    build.run()
    assert changed == ["in1\n", "in1\nin2\n"]


def test_questions_are_asked_before_the_first_attempt_only(world):
    flaky(world, "pub", 1)
    flaky(world, "x", 1)
    shell = FakeShell({"test-it": (1, "")})
    person = Nobody(True)
    one = node("x", ["a"], retry=THRICE, skip_if=Step(words=(("test-it",),), shown="test-it"))
    build = Build(world, node("pub", confirm="Upload?", retry=THRICE), one, person=person, shell=shell)
    assert sorted(build.run()) == ["pub", "pub", "x", "x"]
    assert (person.asked, shell.asked) == (["Upload?"], ["test-it"])


# --- when the build stops ----------------------------------------------------------------------------------------------------------


def test_when_another_node_fails_who_waits_has_failed_too_and_goes_on_in_the_next_build(world):
    flaky(world, "x", 1)
    world.recipes["y"] = lambda world: 1
    nodes = (node("x", ["a"], priority=1, retry=THRICE), node("after", depends_on=("x",)), node("y"))
    build = Build(world, *nodes)
    assert build.run() == ["x", "y"]
    assert (build.code, build.outcome("x"), build.outcome("after")) == (1, "failed", "blocked")
    assert [event.event for event in build.view.events][-1] == "run_finished"
    assert build.view.events[-1].data["failed"] == 2
    world.recipes["y"] = lambda world: None
    again = Build(world, *nodes)
    assert sorted(again.run()) == ["after", "x", "y"] and again.code == 0
    assert [event.data["attempt"] for event in said(again, "node_started") if event.node == "x"] == [2]


def test_what_fails_while_the_build_stops_is_not_tried_again_but_counted(world):
    world.recipes["y"] = lambda world: 1
    world.recipes["x"] = lambda world: 1
    build = Build(world, node("y", priority=1), node("x", ["a"], retry=THRICE), jobs=2)
    assert build.run() == ["y", "x"]
    assert retries(build) == [] and build.outcome("x") == "failed"
    assert world.remembered["stamps"]["x"].attempt == 1


def test_when_it_keeps_going_another_failure_keeps_nobody_from_another_attempt(world):
    flaky(world, "x", 1)
    world.recipes["y"] = lambda world: 1
    build = Build(world, node("x", priority=1, retry=THRICE), node("y"), stop=Request.KEEP_GOING)
    assert build.run() == ["x", "y", "x"]
    assert (build.code, build.outcome("x")) == (1, "succeeded")


def test_a_failure_that_is_tried_again_kills_no_siblings(world):
    flaky(world, "x", 1)
    build = Build(world, node("x", retry=THRICE), node("y"), jobs=2, stop=Request.KILL)
    assert build.run() == ["x", "y", "x"]
    assert build.code == 0 and build.workers.signals == []


def test_an_interrupt_ends_the_wait_and_the_next_build_goes_on(world):
    one = node("b", ["a"], ["b"], retry=THRICE)
    flaky(world, "b", 1, then=copy("a", "b"))
    build = Build(world, one)
    poll = build.wait.poll

    def interrupt(filenos, seconds):
        if seconds and not build.workers.running():
            build.wait.signals = [signal.SIGINT]
        return poll(filenos, 0)

    build.wait.poll = interrupt
    assert build.run() == ["b"]
    assert (build.code, build.outcome("b")) == (130, "")
    again = Build(world, one)
    again.run()
    assert [event.data["attempt"] for event in said(again, "node_started")] == [2]


def test_an_interrupt_makes_no_failure_of_who_waits(world):
    flaky(world, "x", 1)
    world.recipes["y"] = lambda world: 1
    build = Build(world, node("x", priority=1, retry=THRICE), node("y"), stop=Request.KEEP_GOING)
    poll = build.wait.poll

    def interrupt(filenos, seconds):
        if seconds and not build.workers.running():
            build.wait.signals = [signal.SIGTERM]
        return poll(filenos, 0)

    build.wait.poll = interrupt
    assert build.run() == ["x", "y"]
    assert (build.code, build.outcome("x"), build.outcome("y")) == (143, "", "failed")


def test_an_attempt_that_was_interrupted_does_not_count(world):
    one = node("b", ["a"], ["b"], retry=Retry(attempts=2))
    flaky(world, "b", 1, Result.CANCELLED, then=copy("a", "b"))
    assert Build(world, one).run() == ["b", "b"]
    assert world.remembered["stamps"]["b"].attempt == 1
    again = Build(world, one)
    again.run()
    assert [event.data["attempt"] for event in said(again, "node_started")] == [2] and again.code == 0


# --- across builds -----------------------------------------------------------------------------------------------------------------


def test_a_build_that_is_killed_while_it_waits_is_taken_up_by_the_next_for_the_rest_of_the_time(world):
    one = node("b", ["a"], ["b"], retry=Retry(attempts=3, backoff=40.0))
    flaky(world, "b", 1, then=copy("a", "b"))
    cut_while_waiting(Build(world, one))
    stamp = world.remembered["stamps"]["b"]
    assert stamp.attempt == 1
    world.time = stamp.not_before - 8.0
    build = Build(world, one)
    assert build.run() == ["b"]
    (waited,) = build.wait.waited
    assert 0 < waited <= 8.0
    assert retries(build) == [(2, waited, "resumed")]
    assert [event.event for event in build.view.events][:3] == ["run_started", "wave_started", "node_judged"]
    assert len(said(build, "node_judged")) == 1
    assert [event.data["attempt"] for event in said(build, "node_started")] == [2]
    assert world.remembered["stamps"]["b"].attempt == 0


def test_one_whose_time_is_over_goes_on_at_once(world):
    one = node("b", ["a"], retry=THRICE)
    flaky(world, "b", 1)
    cut_while_waiting(Build(world, one))
    world.time += 100
    build = Build(world, one)
    assert build.run() == ["b"]
    assert build.wait.waited == [] and retries(build) == []
    assert [event.data["attempt"] for event in said(build, "node_started")] == [2]


def test_a_clock_that_was_set_back_makes_nobody_wait_longer_than_the_limit(world):
    one = node("b", ["a"], retry=Retry(attempts=3, limit=5.0))
    flaky(world, "b", 1)
    cut_while_waiting(Build(world, one))
    world.time -= 1_000_000
    build = Build(world, one)
    build.run()
    assert build.wait.waited == [5.0]


@pytest.mark.parametrize("what", ["definition", "input", "forced", "arguments", "fewer", "never"])
def test_what_changed_is_counted_anew_and_waits_for_nothing(world, what):
    one = node("b", ["a"], retry=Retry(attempts=3, backoff=40.0))
    flaky(world, "b", 1)
    cut_while_waiting(Build(world, one))
    more = {}
    if what == "definition":
        one = node("b", ["a"], cwd="src", retry=one.retry)
    elif what == "input":
        world.files["a"] = "2"
    elif what == "fewer":
        one = one.with_(retry=Retry(attempts=1))
    elif what == "never":
        one = one.with_(retry=None)
    else:
        more = {what: ["b"]}
    build = Build(world, one, **more)
    assert build.run() == ["b"]
    assert build.wait.waited == []
    assert [event.data["attempt"] for event in said(build, "node_started")] == [1]


def test_a_node_with_args_leaves_no_count(world):
    one = node("b", ["a"], ["b"], retry=THRICE)
    flaky(world, "b", 1)
    cut_while_waiting(Build(world, one, arguments=["b"]))
    assert world.remembered["stamps"]["b"].attempt == 0


@given(st.integers(1, 5), st.lists(st.sampled_from(["fail", "fail", "ok", "killed", "cut"]), max_size=12))
def test_however_often_it_is_killed_no_attempt_is_lost_and_none_is_made_twice(attempts, fates):
    """`killed`: while the recipe runs; `cut`: it fails, and the build is killed while it waits."""
    world = World()
    world.files = {"a": "1"}
    one = node("b", ["a"], ["b"], retry=Retry(attempts=attempts))
    fate = iter(fates)
    failed = 0
    for _ in range(len(fates) + 1):
        build = Build(world, one)
        cut = [False]

        def recipe(world, cut=cut):
            now = next(fate, "ok")
            if now == "killed":
                raise Cut
            if now == "ok":
                world.files["b"] = "x"
                return None
            cut[0] = now == "cut"
            return 1

        def poll(filenos, seconds, build=build, cut=cut, poll=build.wait.poll):
            if seconds and cut[0] and not build.workers.running():
                raise Cut
            return poll(filenos, seconds)

        world.recipes["b"] = recipe
        build.wait.poll = poll
        try:
            build.run()
        except Cut:
            pass
        for event in build.view.events:
            if event.event == "node_started":
                assert event.data["attempt"] == failed + 1 <= attempts
            elif event.event == "retry_scheduled" and event.data["reason"] != "resumed":
                failed += 1
            elif event.event == "node_finished":
                failed = 0
        if build.code == 0:
            break
    assert world.files.get("b") == "x"
