"""Approvals in the loop: what waits for a person waits, everything else goes on, and nothing but a recorded yes lets it pass."""

import random

import pytest
from test_engine_gates import Killed, gate, gated, stage
from world import Build, World, copy, node

from uetbuild.core.approval import Answer, answer_key, made_digest
from uetbuild.core.policies import Guard
from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.errors import ExitCode


def asks(name, *guards, at="workstream"):
    made = gate(name, *guards, steps=())
    return made.with_(guard=Guard(type="approval", guards=tuple(sorted(guards)), at=at, message="well?"))


def plan_apply(always=False):
    return gated(
        node("plan", ["in"], ["plan.out"], always=always),
        asks("ok[plan]", "plan").with_(workstream="ok"),
        node("apply", ["plan.out"], ["apply.out"], depends_on=("plan",)),
        node("after", ["apply.out"], ["after.out"], depends_on=("apply",)),
        node("other", ["in"], ["other.out"]),
    )


def world():
    made = World()
    made.files = {"in": "1"}
    for source, name in (("in", "plan"), ("plan.out", "apply"), ("apply.out", "after"), ("in", "other")):
        made.recipes[name] = copy(source, f"{name}.out")
    return made


def say(made, yes, name="ok[plan]", *guards):
    """What `approve` records."""
    digest = made_digest([(guard, made.remembered["stamps"].get(guard)) for guard in guards or ("plan",)])
    made.remembered["approvals"][answer_key(name, digest)] = Answer(yes=yes, who="ann@host", time=1.0, run="run-1", comment="too dear")


def requests(build):
    return [event for event in build.view.events if event.event == "approval_requested"]


def finished(build):
    return next(event.data for event in build.view.events if event.event == "run_finished")


def test_what_depends_on_an_approval_waits_and_everything_else_goes_on():
    made = world()
    build = Build(made, *plan_apply())
    assert build.run() == ["plan", "other"] and build.code == ExitCode.WAITS
    assert stage(made, "plan") == Stage.PRODUCED
    request = requests(build)[0].data
    assert {name: request[name] for name in ("gate", "message", "guards", "files")} == {
        "gate": "ok", "message": "well?", "guards": ["plan"], "files": ["plan.out"],
    }  # fmt: skip
    assert build.outcome("apply") == build.outcome("after") == "blocked" and build.message("apply") == "waits for approval"
    counts = finished(build)
    assert (counts["waiting"], counts["blocked"], counts["failed"], counts["gates"]["waiting"]) == (2, 0, 0, 1)


def test_while_nobody_answers_it_is_asked_in_every_build_and_nothing_runs_again_even_if_always():
    made = world()
    Build(made, *plan_apply(always=True)).run()
    build = Build(made, *plan_apply(always=True))
    assert build.run() == [] and build.code == ExitCode.WAITS and len(requests(build)) == 1


def test_after_a_yes_the_build_goes_on_and_the_next_one_has_nothing_to_do():
    made = world()
    Build(made, *plan_apply(always=True)).run()
    say(made, True)
    build = Build(made, *plan_apply(always=True))
    assert build.run() == ["apply", "after"] and build.code == 0 and not requests(build)
    assert stage(made, "plan") == Stage.DONE
    build = Build(made, *plan_apply(always=True))
    assert build.run() == [] and build.code == 0 and not build.view.events


def test_a_no_is_a_failed_gate_and_the_workstream_runs_again_next_time():
    made = world()
    Build(made, *plan_apply()).run()
    say(made, False)
    build = Build(made, *plan_apply())
    assert build.run() == [] and build.code == ExitCode.GATE_FAILED and not requests(build)
    assert build.message("ok[plan]") == "refused by ann@host: too dear" and build.outcome("apply") == "blocked"
    assert stage(made, "plan") == Stage.REJECTED
    build = Build(made, *plan_apply())  # the same again is refused again
    assert build.run() == ["plan"] and build.code == ExitCode.GATE_FAILED
    made.files["in"] = "2"
    build = Build(made, *plan_apply())  # another one is asked about
    assert build.run() == ["plan", "other"] and build.code == ExitCode.WAITS


def test_a_forced_approval_is_asked_anew_whatever_was_said():
    for yes in (True, False):
        made = world()
        Build(made, *plan_apply()).run()
        say(made, yes)
        build = Build(made, *plan_apply(), forced=["ok[plan]"])
        assert "apply" not in build.run() and build.code == ExitCode.WAITS and len(requests(build)) == 1
        assert Build(made, *plan_apply()).reasons("ok[plan]") == [("incomplete", "approval")]  # and stays open


def test_an_answer_belongs_to_what_was_made():
    made = world()
    Build(made, *plan_apply()).run()
    say(made, True)
    made.files["in"] = "2"
    build = Build(made, *plan_apply())
    assert build.run() == ["plan", "other"] and build.code == ExitCode.WAITS  # another plan
    made.files["in"] = "1"
    build = Build(made, *plan_apply())
    assert build.run() == ["plan", "other", "apply", "after"] and build.code == 0  # just what was approved


def test_a_forced_workstream_that_makes_the_same_needs_no_new_answer():
    made = world()
    Build(made, *plan_apply()).run()
    say(made, True)
    build = Build(made, *plan_apply(), forced=["plan"])
    assert build.run() == ["plan", "apply", "after"] and build.code == 0


def test_what_was_changed_by_hand_is_made_anew_and_not_passed():
    made = world()
    made.recipes["plan"] = lambda world: world.files.update({"plan.out": f"plan {world.time}"})
    Build(made, *plan_apply()).run()
    say(made, True)
    made.files["plan.out"] = "by hand"
    build = Build(made, *plan_apply())
    assert build.run() == ["plan"] and build.code == ExitCode.WAITS and made.files["plan.out"] != "by hand"


def test_nobody_gets_around_an_approval_by_leaving_dependencies_out():
    made = world()
    Build(made, *plan_apply()).run()
    assert alone(made, "apply").code == ExitCode.WAITS
    say(made, True)
    made.files["plan.out"] = "by hand"
    build = alone(made, "apply")
    assert build.code == ExitCode.GATE_FAILED and build.workers.started == []
    assert build.message("ok[plan]") == "`plan.out` is not what was made; build without `--only`"
    made.files["plan.out"] = "1"
    assert alone(made, "apply").workers.started == ["apply"]


def test_there_is_nothing_to_approve_where_nothing_was_made():
    made = world()
    say(made, True)  # of nothing
    build = alone(made, "apply")
    assert build.code == ExitCode.GATE_FAILED and build.workers.started == []
    assert build.message("ok[plan]").startswith("there is no record")


def alone(made, name):
    """What `--only` asks for (cli/project.py)."""
    nodes = plan_apply()
    graph = Build(made, *nodes).graph
    members = graph.with_gates([graph.index[name]])
    build = Build(
        made, *nodes, targets=sorted((nodes[i].id for i in members), key=lambda name: graph.position[graph.index[name]]), only=True
    )
    build.run()
    return build


def test_a_failure_counts_more_than_waiting_and_waiting_stops_nothing():
    made = world()
    made.recipes["other"] = lambda world: 1
    build = Build(made, *plan_apply(), stop=Request.KEEP_GOING)
    build.run()
    assert build.code == ExitCode.FAILED and len(requests(build)) == 1


def test_an_approval_of_the_whole_run_is_about_what_took_part():
    nodes = gated(node("a", ["in"], ["a.out"]), node("b", ["in"], ["b.out"]), node("c", ["in"]), asks("all", "a", "b", "c", at="run"))
    made = world()
    made.recipes |= {"a": copy("in", "a.out"), "b": copy("in", "b.out")}
    build = Build(made, *nodes)
    build.run()
    assert build.code == ExitCode.WAITS and requests(build)[0].data["guards"] == ["a", "b"]
    assert stage(made, "a") == Stage.DONE  # such a gate holds no stamps
    say(made, True, "all", "a", "b")
    build = Build(made, *nodes)
    build.run()
    assert build.code == 0


def test_an_edited_file_is_approved_as_it_was_left_also_when_a_later_editor_went_on():
    made = World()
    made.files = {"f": "0"}
    made.recipes = {name: lambda world, name=name: world.files.update({"f": world.files["f"] + name}) for name in "ab"}
    nodes = gated(node("a", edits=["f"]), asks("ok", "a"), node("b", edits=["f"]))
    build = Build(made, *nodes)
    build.run()
    assert build.code == ExitCode.WAITS and made.files["f"] == "0ab"
    say(made, True, "ok", "a")
    build = Build(made, *nodes)
    assert build.run() == [] and build.code == 0
    made.files["f"] = "by hand"
    build = Build(made, *nodes, targets=["ok"], only=True)
    build.run()
    assert build.message("ok") == "`f` is not what was made; build without `--only`"


def test_the_question_is_durable_together_with_what_it_is_about():
    made, seen = world(), []
    commit = made.commit

    def watched(changes):
        seen.append(({name: stamp.stage for name, stamp in changes.stamps.items()}, [event.event for event in changes.events]))
        commit(changes)
        if "approval_requested" in seen[-1][1]:
            raise Killed

    made.commit = watched
    with pytest.raises(Killed):
        Build(made, *plan_apply()).run()
    stages, events = seen[-1]
    assert stages["plan"] == Stage.PRODUCED and "approval_requested" in events
    made.commit = commit
    build = Build(made, *plan_apply(), targets=["after"])
    assert build.run() == [] and build.code == ExitCode.WAITS and len(requests(build)) == 1


def test_a_build_that_stopped_before_it_asked_leaves_the_question_to_the_next_one():
    made = world()
    made.recipes["other"] = lambda world: 1
    build = Build(made, *plan_apply(), jobs=2)
    build.workers.before_collect = lambda workers: workers._queue.sort(key=lambda job: job.node)  # `other` ends first, and fails
    assert build.run() == ["plan", "other"] and build.code == ExitCode.FAILED
    assert not requests(build) and stage(made, "plan") == Stage.PRODUCED
    build = Build(made, *plan_apply(), targets=["after"])
    assert build.run() == [] and build.code == ExitCode.WAITS and len(requests(build)) == 1


@pytest.mark.parametrize("seed", range(60))
def test_never_a_dependent_of_what_was_not_approved_runs(seed):
    """Random builds, edits, answers, failures: whoever starts finds a yes to exactly what lies there."""
    dice, made, wrong = random.Random(seed), world(), []
    nodes = plan_apply(always=dice.random() < 0.5)
    approved: set[str] = set()

    def apply(world):
        if world.files["plan.out"] not in approved:
            wrong.append(world.files["plan.out"])
        copy("plan.out", "apply.out")(world)
        return int(dice.random() < 0.2)

    made.recipes["apply"] = apply
    made.recipes["plan"] = lambda world: 1 if dice.random() < 0.2 else copy("in", "plan.out")(world)
    for _ in range(25):
        what = dice.randrange(6)
        if what == 0:
            made.files["in"] = dice.choice("123")
        elif what == 1:
            made.files["plan.out"] = "by hand"
        elif what == 2:
            stamp = made.remembered["stamps"].get("plan")
            if stamp is not None and stamp.stage != Stage.STARTED and stamp.outputs == {"plan.out": made.digest("plan.out")}:
                yes = dice.random() < 0.7
                say(made, yes)
                (approved.add if yes else approved.discard)(made.files["plan.out"])
        else:
            build = Build(made, *nodes, jobs=dice.choice([1, 3]), stop=dice.choice([Request.KEEP_GOING, Request.FINISH]))
            build.run()
            assert build.code or "apply.out" in made.files
    assert not wrong
