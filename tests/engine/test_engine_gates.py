"""Gates: what their verdicts do to stamps, dependents and the exit code; and that killed during a gate, the recipe is not repeated."""

import pytest
from world import Build, World, copy, node

from uetbuild.core.cells import hold_dependents
from uetbuild.core.nodes import Node
from uetbuild.core.policies import Guard
from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.errors import ExitCode


class Killed(Exception):
    """Stands for SIGKILL of the coordinator: nothing after it is committed."""


def gate(name, *guards, blocking=True, inputs=(), **more):
    counted = more.pop("depends_on", () if inputs else guards)
    guard = Guard(guards=tuple(sorted(guards)), blocking=blocking, **{key: more.pop(key) for key in ("at", "only") if key in more})
    inferred = () if counted else tuple(guards)
    return node(name, inputs, kind=Node.GATE, guard=guard, depends_on=tuple(counted), inferred=inferred, **more)


def gated(*nodes):
    """With the edges that lowering adds."""
    gates = [one for one in nodes if one.guard is not None]
    made = [one.with_(gates=tuple(sorted(g.id for g in gates if one.id in g.guard.guards))) for one in nodes]
    held = hold_dependents(made, {one.id: one.inferred for one in made})
    return [one.with_(inferred=held.get(one.id, ())) for one in made]


def a_b(**more):
    return gated(node("a", ["in"], ["a.out"]), gate("g[a]", "a", **more), node("b", ["a.out"], ["b.out"], depends_on=("a",)))


def world():
    made = World()
    made.files = {"in": "1"}
    made.recipes = {"a": copy("in", "a.out"), "b": copy("a.out", "b.out")}
    return made


def stage(made, name):
    return made.remembered["stamps"][name].stage


def verdicts(build):
    return [(event.node, event.data["verdict"]) for event in build.view.events if event.event == "gate_finished"]


def test_what_depends_on_a_workstream_starts_when_its_gate_passed():
    made = world()
    build = Build(made, *a_b())
    assert build.run() == ["a", "g[a]", "b"] and build.code == 0
    assert verdicts(build) == [("g[a]", "passed")] and stage(made, "a") == Stage.DONE
    assert Build(made, *a_b()).run() == []


def test_a_blocking_gate_that_fails_blocks_dependents_and_removes_nothing():
    made = world()
    made.recipes["g[a]"] = lambda world: 1
    build = Build(made, *a_b(), stop=Request.KEEP_GOING)
    assert build.run() == ["a", "g[a]"] and build.code == ExitCode.GATE_FAILED
    assert made.files["a.out"] == "1" and build.outcome("b") == "blocked"
    assert verdicts(build) == [("g[a]", "failed")] and stage(made, "a") == Stage.REJECTED
    assert Build(made, *a_b()).reasons("a") == [("incomplete", "")]


def test_a_rejected_workstream_runs_again_and_its_gate_with_it():
    made = world()
    made.recipes["g[a]"] = lambda world: 1
    Build(made, *a_b()).run()
    made.recipes["g[a]"] = lambda world: 0
    build = Build(made, *a_b())
    assert build.run() == ["a", "g[a]", "b"] and build.code == 0 and stage(made, "a") == Stage.DONE


def test_a_failed_workstream_counts_more_than_a_failed_gate():
    made = world()
    made.recipes["g[a]"] = lambda world: 1
    made.recipes["c"] = lambda world: 1
    build = Build(made, *a_b(), node("c", ["in"], ["c.out"]), stop=Request.KEEP_GOING)
    build.run()
    assert build.code == ExitCode.FAILED


def test_a_gate_that_does_not_block_only_warns():
    made = world()
    made.recipes["g[a]"] = lambda world: 1
    build = Build(made, *a_b(blocking=False))
    assert set(build.run()) == {"a", "g[a]", "b"} and build.code == 0
    assert verdicts(build) == [("g[a]", "failed")] and stage(made, "a") == Stage.DONE
    assert Build(made, *a_b(blocking=False)).run() == ["g[a]"]  # and warns again


def test_a_gate_is_up_to_date_when_its_workstream_came_out_the_same():
    made = world()
    made.recipes["a"] = lambda world: world.files.update({"a.out": "always the same"})
    Build(made, *a_b()).run()
    made.files["in"] = "2"
    build = Build(made, *a_b())
    assert build.run() == ["a"] and verdicts(build) == [("g[a]", "up_to_date")] and stage(made, "a") == Stage.DONE


def test_a_gate_with_inputs_of_its_own_counts_only_these():
    made = world()
    made.files["tests"] = "t"
    shared = gate("g", "a", "b", inputs=["tests"])
    nodes = gated(node("a", ["in"], ["a.out"]), node("b", ["a.out"], ["b.out"], depends_on=("a",)), shared)
    assert Build(made, *nodes).run() == ["a", "b", "g"]
    made.files["in"] = "2"
    assert Build(made, *nodes).run() == ["a", "b"]
    made.files["tests"] = "u"
    assert Build(made, *nodes).run() == ["g"]


def test_a_gate_checks_the_files_that_its_workstream_created_and_edited():
    made = world()
    made.files["src.py"] = "x"
    made.recipes["a"] = lambda world: world.files.update({"a.out": "1", "src.py": "y"})
    build = Build(made, *gated(node("a", ["in"], ["a.out"], ["src.py"]), gate("g[a]", "a"), gate("py[a]", "a", only=("*.py",))))
    build.run()
    files = {name: build.survey.guarded(build.graph.nodes[build.graph.index[name]]) for name in ("a", "g[a]", "py[a]")}
    assert files == {"a": [], "g[a]": ["a.out", "src.py"], "py[a]": ["src.py"]}


def test_a_gate_for_which_no_file_is_left_has_nothing_to_check():
    made = world()
    build = Build(made, *a_b(only=("*.py",)))
    assert build.run() == ["a", "b"] and build.code == 0 and stage(made, "a") == Stage.DONE


def test_a_new_gate_of_an_up_to_date_workstream_runs_alone_and_may_reject_it():
    made = world()
    plain = [node("a", ["in"], ["a.out"]), node("b", ["a.out"], ["b.out"], depends_on=("a",))]
    Build(made, *plain).run()
    made.recipes["g[a]"] = lambda world: 1
    build = Build(made, *a_b())
    assert build.run() == ["g[a]"] and build.code == ExitCode.GATE_FAILED and stage(made, "a") == Stage.REJECTED


def test_killed_during_a_gate_the_recipe_is_not_repeated_and_the_gate_is():
    made = world()

    def killed(world):
        raise Killed

    made.recipes["g[a]"] = killed
    with pytest.raises(Killed):
        Build(made, *a_b()).run()
    assert stage(made, "a") == Stage.PRODUCED
    made.recipes["g[a]"] = lambda world: 0
    build = Build(made, *a_b())
    assert build.run() == ["g[a]", "b"] and build.code == 0 and stage(made, "a") == Stage.DONE


def test_killed_between_two_gates_only_the_second_is_repeated():
    made = world()
    nodes = gated(node("a", ["in"], ["a.out"]), gate("g1", "a"), gate("g2", "a"))

    def killed(world):
        raise Killed

    made.recipes["g2"] = killed
    with pytest.raises(Killed):
        Build(made, *nodes).run()
    made.recipes["g2"] = lambda world: 0
    assert Build(made, *nodes).run() == ["g2"] and stage(made, "a") == Stage.DONE


def test_a_workstream_whose_gates_were_taken_away_is_complete():
    made = world()
    made.recipes["g[a]"] = lambda world: (_ for _ in ()).throw(Killed)
    with pytest.raises(Killed):
        Build(made, *a_b()).run()
    build = Build(made, node("a", ["in"], ["a.out"]))
    assert build.run() == [] and build.code == 0


def test_the_verdict_and_the_stamp_that_follows_from_it_are_durable_together():
    made = world()
    seen = []
    commit = made.commit

    def watched(changes):
        stages = {name: stamp.stage for name, stamp in changes.stamps.items()}
        events = [event.event for event in changes.events]
        seen.append((stages, events))
        commit(changes)

    made.commit = watched
    Build(made, *a_b()).run()
    stages, events = next(turn for turn in seen if "gate_finished" in turn[1])
    assert stages["a"] == Stage.DONE and stages["g[a]"] == Stage.DONE and "gate_finished" in events


def test_of_what_a_gate_guards_only_the_files_that_it_checks_count():
    made = world()
    made.files["src"] = "x"
    made.recipes["a"] = lambda world: world.files.update({"a.py": world.files["src"], "a.txt": world.files["in"]})
    nodes = gated(node("a", ["in", "src"], ["a.py", "a.txt"]), gate("g[a]", "a", only=("*.py",)))
    assert Build(made, *nodes).run() == ["a", "g[a]"]
    made.files["in"] = "2"
    assert Build(made, *nodes).run() == ["a"]
    made.files["src"] = "y"
    assert Build(made, *nodes).run() == ["a", "g[a]"]


def test_a_ready_made_gate_with_inputs_checks_these_and_all_of_them_count():
    made = world()
    made.files |= {"lib/a.py": "1", "lib/conf": "c"}
    nodes = gated(node("a", ["in"], ["a.out"]), gate("g", "a", inputs=["lib/"], only=("*.py",)))
    build = Build(made, *nodes)
    assert build.run() == ["a", "g"] and build.survey.guarded(build.graph.nodes[build.graph.index["g"]]) == ["lib/a.py"]
    made.files["lib/conf"] = "d"
    assert Build(made, *nodes).run() == ["g"]
    del made.files["lib/a.py"]
    assert Build(made, *nodes).run() == []  # nothing to check
