"""Gates after waves and after the run: what they hold, what they leave alone, and what their stamps say they saw."""

from test_engine_gates import gate, gated, stage, verdicts
from world import Build, World, copy, node

from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.errors import ExitCode


def world():
    made = World()
    made.files = {"in": "1", "in2": "1"}
    made.recipes = {"a": copy("in", "a.out"), "b": copy("in2", "b.out"), "c": copy("a.out", "c.out")}
    return made


def guarded_run(**more):
    return gated(
        node("a", ["in"], ["a.out"]), node("b", ["in2"], ["b.out"]), node("c", ["a.out"], ["c.out"]),
        gate("smoke", "a", "b", "c", at="run", **more),
    )  # fmt: skip


# --- the whole run -------------------------------------------------------------------------------------------------------------


def test_a_gate_of_the_run_comes_after_all_that_it_guards_and_holds_no_stamp():
    made = world()
    made.recipes["smoke"] = lambda world: 1
    build = Build(made, *guarded_run(), jobs=4)
    assert build.run() == ["a", "b", "c", "smoke"] and build.code == ExitCode.GATE_FAILED
    assert verdicts(build) == [("smoke", "failed")] and {stage(made, name) for name in "abc"} == {Stage.DONE}
    assert Build(made, *guarded_run()).run() == ["smoke"]  # what it guards is not repeated


def test_a_gate_of_the_run_does_not_make_the_targets_grow():
    made = world()
    build = Build(made, *guarded_run(), targets=("b",))
    assert build.run() == ["b", "smoke"] and build.survey.guarded(build.graph.nodes[build.graph.index["smoke"]]) == ["b.out"]


def test_a_gate_as_target_builds_what_it_guards():
    assert Build(world(), *guarded_run(), targets=("smoke",)).run() == ["a", "b", "c", "smoke"]


def test_a_gate_that_saw_a_part_of_what_it_guards_has_not_passed_for_the_rest():
    made = world()
    Build(made, *guarded_run(), targets=("b",)).run()
    assert Build(made, *guarded_run(), targets=("b",)).run() == []
    assert Build(made, *guarded_run()).run() == ["a", "c", "smoke"]


def test_what_a_gate_saw_in_a_bigger_build_it_need_not_see_again_in_a_smaller_one():
    made = world()
    Build(made, *guarded_run()).run()
    assert Build(made, *guarded_run(), targets=("b",)).run() == []


def test_after_a_smaller_build_a_gate_looks_at_all_of_it_together_again():
    made = world()
    Build(made, *guarded_run()).run()
    made.files["in2"] = "2"
    assert Build(made, *guarded_run(), targets=("b",)).run() == ["b", "smoke"]
    assert Build(made, *guarded_run()).run() == ["smoke"]
    assert Build(made, *guarded_run()).run() == []


def test_a_gate_did_not_see_what_was_put_in_the_place_of_an_output_that_is_not_built():
    made = world()
    made.recipes["smoke"] = lambda world: int("bad" in "".join(world.files[path] for path in ("a.out", "b.out")))
    made.files["in"] = "bad"
    assert Build(made, *guarded_run(), stop=Request.KEEP_GOING).run()[-1] == "smoke"
    made.files["a.out"] = "good"  # by hand; it does not come from `in`
    Build(made, *guarded_run(), targets=("b",)).run()
    build = Build(made, *guarded_run())
    assert build.run()[-1] == "smoke" and build.code == ExitCode.GATE_FAILED


def test_a_gate_of_the_run_is_blocked_where_what_it_guards_failed():
    made = world()
    made.recipes["a"] = lambda world: 1
    build = Build(made, *guarded_run(), stop=Request.KEEP_GOING)
    assert sorted(build.run()) == ["a", "b"] and build.code == ExitCode.FAILED and build.outcome("smoke") == "blocked"


def test_a_gate_of_the_run_with_inputs_of_its_own_counts_only_these():
    made = world()
    made.files["tests"] = "t"
    Build(made, *guarded_run(inputs=["tests"])).run()
    made.files["in"] = "2"
    assert Build(made, *guarded_run(inputs=["tests"])).run() == ["a", "c"]
    made.files["tests"] = "u"
    assert Build(made, *guarded_run(inputs=["tests"])).run() == ["smoke"]
