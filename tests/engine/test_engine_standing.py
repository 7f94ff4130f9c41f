"""Whose verdict stands at the end of a build. That whoever stands is up to date is looked at after every build of `Build.run`."""

import pytest
from world import Build, FakeShell, World, copy, node, sources

from uetbuild.core.nodes import Agent, Guard, Hole, ShVar, Step


@pytest.fixture
def world():
    made = World()
    made.files = {"in": "1", "more/a": "2"}
    made.recipes = {"one": copy("in", "out"), "two": copy("out", "end")}
    return made


ASK = Step(words=(("ask",),), shown="ask")


def standing(build: Build) -> set[str]:
    build.run()
    return {build.graph.nodes[i].id for i in build.survey.standing}


def test_who_was_built_from_single_files_stands_and_who_is_up_to_date_stands_next_time(world):
    nodes = [node("one", ["in"], ["out"]), node("two", ["out"], ["end"])]
    assert standing(Build(world, *nodes)) == {"one", "two"}
    assert standing(Build(world, *nodes)) == {"one", "two"}


def test_who_failed_does_not_stand_nor_who_waits_for_it(world):
    world.recipes["one"] = lambda _: 1
    assert standing(Build(world, node("one", ["in"], ["out"]), node("two", ["out"], ["end"]))) == set()


@pytest.mark.parametrize(
    "more",
    [
        {"inputs": ["more/*"]}, {"inputs": ["in", "more"]}, {"inputs": ["in", "!more/b"]}, {"outputs": ["out", "folder/"]},
        {"programs": ("cc",)}, {"pass_env": ("CC",)}, {"edits": ["more/*"]}, {"always": True}, {"require_env": ("HOME",)},
        {"require_files": ("in",)}, {"depfile": "out.d"}, {"probes": (ASK,)}, {"skip_if": ASK}, {"agent": Agent(tool="claude")},
    ],
)  # fmt: skip
def test_who_depends_on_more_than_single_files_is_judged_again(world, more):
    world.environ = {"HOME": "/h"}
    world.files["bin/cc"] = world.files["out.d"] = ""
    world.recipes["one"] = lambda world: world.files.update({"out": "1", "folder/a": "1", "out.d": "out: in"})
    one = node("one", more.pop("inputs", ["in"]), more.pop("outputs", ["out"]), **more)
    build = Build(world, one, shell=FakeShell({"ask": (1 if "skip_if" in more else 0, "")}))
    assert standing(build) == set()
    assert build.code == 0


def test_what_a_command_said_may_be_said_differently_next_time(world):
    world.sh_vars = (ShVar(name="rev", step=ASK),)
    one = node("one", ["in"], ["out"], sh_vars=("rev",), steps=(Step(words=(("one",), (Hole(name="var", key="rev"),)), shown="one"),))
    assert standing(Build(world, one, shell=FakeShell({"ask": (0, "5")}))) == set()


def test_an_optional_input_that_is_not_there_keeps_a_node_from_standing(world):
    one = node("one", ["in"], ["out"])
    one = one.with_(inputs=(*one.inputs, *(each.with_(optional=True) for each in sources("nowhere"))))
    assert standing(Build(world, one)) == set()


def test_who_is_guarded_is_judged_again(world):
    world.recipes["check"] = lambda _: 0
    check = node("check").with_(kind=2, guard=Guard(type="tests", guards=("one",)), depends_on=("one",), always=True)
    assert standing(Build(world, node("one", ["in"], ["out"], gates=("check",)), check)) == set()
    world.recipes["check"] = copy("out", "checked")
    check = check.with_(always=False, inputs=sources("out"), outputs=sources("checked"))
    assert standing(Build(world, node("one", ["in"], ["out"], gates=("check",)), check)) == set()


def test_who_ran_with_arguments_or_was_forced_is_asked_about_again(world):
    one = node("one", ["in"], ["out"], uses_args=True)
    assert standing(Build(world, one, arguments=["one"], args=("x",))) == set()
    build = Build(world, one, forced=["one"])
    assert standing(build) == {"one"}
    assert build.survey.all()[0].verdict == "stale", "the same words say `-B` again"


def test_who_stands_waits_all_the_same_for_who_is_stale(world):
    build = Build(world, node("one", ["in"], ["out"]), node("two", ["out"], ["end"]))
    assert standing(build) == {"one", "two"}
    build.survey.standing.discard(0)
    world.files["in"] = "2"
    assert build.verdicts() == {"one": "stale", "two": "depends"}


def test_who_is_skipped_or_reads_what_others_edit_does_not_stand(world):
    one = node("one", ["in"], ["out"])
    assert standing(Build(world, one)) == {"one"}
    assert standing(Build(world, one.with_(skipped=True))) == set()
    world.recipes["write"] = lambda world: world.files.update({"in": "edited"})
    reader = one.with_(depends_on=("write",))
    assert standing(Build(world, node("write", edits=["in"]), reader)) == set()
