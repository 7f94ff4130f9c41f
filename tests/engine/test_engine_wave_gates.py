"""Gates after waves and after the run: what they hold, what they leave alone, and what their stamps say they saw."""

from hypothesis import given
from hypothesis import strategies as st
from test_engine_gates import gate, gated, stage, verdicts
from world import Build, World, copy, node

from uetbuild.core.barriers import hold_next_waves
from uetbuild.core.coupling import couple
from uetbuild.core.graph import Graph
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


# --- waves ---------------------------------------------------------------------------------------------------------------------


def waved(nodes, *gates):
    """The nodes and, for each (name, ids that name it, blocking), its gates: as lowering makes them."""
    graph = Graph(nodes, couple(nodes)[0])
    made = []
    for name, users, blocking in gates:
        levels = {}
        for user in sorted(users):
            levels.setdefault(graph.level[graph.index[user]], []).append(user)
        made += [gate(f"{name}[wave={level}]", *names, at="wave", blocking=blocking) for level, names in levels.items()]
    held = hold_next_waves(graph, made, {})
    named = lambda one: tuple(sorted(g.id for g in made if one.id in g.guard.guards))  # noqa: E731
    return [*[one.with_(gates=named(one), inferred=held.get(one.id, ())) for one in nodes], *made]


def two_waves(blocking=True):
    first = [node("a", ["in"], ["a.out"]), node("b", ["in2"], ["b.out"])]
    return waved([*first, node("c", ["a.out"], ["c.out"])], ("g", ["a", "b"], blocking))


def test_the_next_wave_waits_for_the_gate_of_a_wave_whatever_it_reads():
    made = world()
    build = Build(made, *two_waves(), jobs=4)
    assert build.run() == ["a", "b", "g[wave=0]", "c"] and build.code == 0
    assert Build(made, *two_waves()).run() == []


def test_a_gate_of_a_wave_that_fails_blocks_the_next_wave_and_touches_no_stamp():
    made = world()
    made.recipes["g[wave=0]"] = lambda world: 1
    build = Build(made, *two_waves(), stop=Request.KEEP_GOING)
    assert build.run() == ["a", "b", "g[wave=0]"] and build.code == ExitCode.GATE_FAILED and build.outcome("c") == "blocked"
    assert stage(made, "a") == stage(made, "b") == Stage.DONE
    made.recipes["g[wave=0]"] = lambda world: 0
    assert Build(made, *two_waves()).run() == ["g[wave=0]", "c"]


def test_a_gate_of_a_wave_that_only_warns_runs_beside_the_next_wave():
    made = world()
    made.recipes["g[wave=0]"] = lambda world: 1
    build = Build(made, *two_waves(blocking=False), jobs=4)
    assert sorted(build.run()) == ["a", "b", "c", "g[wave=0]"] and build.code == 0 and verdicts(build) == [("g[wave=0]", "failed")]


def test_a_wave_of_which_nothing_ran_has_its_gate_up_to_date():
    made = world()
    nodes = waved([node("a", ["in"], ["a.out"]), node("c", ["a.out", "in2"], ["c.out"])], ("g", ["a", "c"], True))
    assert Build(made, *nodes).run() == ["a", "g[wave=0]", "c", "g[wave=1]"]
    made.files["in2"] = made.files["in2"] + "2"
    made.recipes["c"] = copy("in2", "c.out")
    assert Build(made, *nodes).run() == ["c", "g[wave=1]"]


def test_a_target_takes_part_with_the_gates_of_its_waves_but_draws_nothing_in_that_they_guard():
    made = world()
    made.recipes["b"] = lambda world: 1
    build = Build(made, *two_waves(), targets=("c",))
    assert build.run() == ["a", "g[wave=0]", "c"] and build.code == 0
    made.recipes["b"] = copy("in2", "b.out")
    assert Build(made, *two_waves()).run() == ["b", "g[wave=0]"]


def test_with_only_the_named_ones_run_with_the_gates_after_their_own_waves():
    nodes = two_waves()
    made = world()
    made.files["a.out"] = "1"
    assert Build(made, *nodes, targets=("c",), only=True).run() == ["c"]


def test_strict_waves_and_gates_of_waves_go_together():
    made = world()
    made.files["in3"] = "3"
    made.recipes["d"] = copy("in3", "d.out")
    first = [node("a", ["in"], ["a.out"]), node("d", ["in3"], ["d.out"])]
    nodes = waved([*first, node("c", ["a.out"], ["c.out"])], ("g", ["a"], True))
    build = Build(made, *nodes, jobs=1, strict_waves=True)
    assert sorted(build.run()[:3]) == ["a", "d", "g[wave=0]"] and build.workers.started[-1] == "c" and build.code == 0


@st.composite
def projects(draw):
    """Nodes that read what earlier ones make, gates of waves, and which of all these fail."""
    size = draw(st.integers(1, 7))
    reads = [draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=2)) if number else [] for number in range(size)]
    nodes = [node(f"n{i}", [f"n{j}.out" for j in reads[i]] or ["in"], [f"n{i}.out"]) for i in range(size)]
    some = st.sets(st.sampled_from([one.id for one in nodes]), min_size=1)
    nodes = waved(nodes, *[(name, draw(some), draw(st.booleans())) for name in draw(st.sampled_from([["g"], ["g", "h"]]))])
    failing = draw(st.sets(st.sampled_from([one.id for one in nodes]), max_size=2))
    return nodes, sorted(draw(some)), failing, draw(st.integers(1, 4)), draw(st.sampled_from([Request.FINISH, Request.KEEP_GOING]))


@given(projects(), st.booleans())
def test_in_any_project_no_node_starts_before_the_gates_of_the_wave_before_it_passed_and_all_comes_to_an_end(case, strict):
    nodes, targets, failing, jobs, stop = case
    made = World()
    made.files = {"in": "1"}
    for one in nodes:
        made.recipes[one.id] = lambda world, name=one.id: world.files.update({f"{name}.out": name}) if name not in failing else 1
    build = Build(made, *nodes, targets=targets, jobs=jobs, stop=stop, strict_waves=strict)
    build.run()
    graph, passed = build.graph, set()
    for event in build.view.events:
        if event.event == "node_finished" and event.data["outcome"] in ("succeeded", "up_to_date"):
            passed.add(event.node)
        if event.event == "node_started" and graph.nodes[graph.index[event.node]].guard is None:
            wave = graph.level[graph.index[event.node]]
            for gate in [graph.nodes[i] for i in build.request.members if graph.level[i] == wave - 1]:
                assert gate.guard is None or not gate.guard.blocking or gate.id in passed, (event.node, gate.id)
    failed = {one.id for one in nodes if one.id in failing and one.id in build.workers.started}
    bad = {name for name in failed if (guard := graph.nodes[graph.index[name]].guard) is None or guard.blocking}
    gates = {name for name in bad if "[" in name}
    assert build.code == (0 if not bad else ExitCode.GATE_FAILED if bad == gates else ExitCode.FAILED)
    plain = Graph([one.with_(gates=(), inferred=()) for one in nodes if one.guard is None], couple(nodes)[0])
    workstreams = {graph.nodes[i].id for i in build.request.members if graph.nodes[i].guard is None}
    assert workstreams == {plain.nodes[i].id for i in plain.closure([plain.index[name] for name in targets])}
    failing.clear()
    assert Build(made, *nodes, targets=targets, jobs=jobs).run() is not None
    assert Build(made, *nodes, targets=targets, jobs=jobs).run() == []
