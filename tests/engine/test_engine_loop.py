"""What the loop runs, in what order, and what it leaves alone. Fake workers; each test asserts the list of what started."""

import signal

import pytest
from world import Build, FakeShell, Nobody, World, copy, group, node, sources

from uetbuild.core.jobs import Result
from uetbuild.core.nodes import Source, Step
from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.errors import UetError


@pytest.fixture
def world():
    world = World()
    world.files = {"a": "1"}
    world.recipes = {"b": copy("a", "b"), "c": copy("b", "c")}
    return world


CHAIN = (node("b", ["a"], ["b"]), node("c", ["b"], ["c"]))


def test_only_what_is_stale_runs_and_then_nothing(world):
    assert Build(world, *CHAIN).run() == ["b", "c"]
    again = Build(world, *CHAIN)
    assert again.run() == [] and again.code == 0 and again.view.events == []


def test_an_edit_rebuilds_what_depends_on_it(world):
    Build(world, *CHAIN).run()
    world.files["a"] = "2"
    assert Build(world, *CHAIN).run() == ["b", "c"]
    assert world.files["c"] == "2"


def test_a_dependency_that_comes_out_the_same_stops_the_build_there(world):
    world.recipes["b"] = lambda world: world.files.update(b="same")
    Build(world, *CHAIN).run()
    world.files["a"] = "2"
    build = Build(world, *CHAIN)
    assert build.run() == ["b"]
    assert build.code == 0


def test_folders_are_looked_at_again_when_a_recipe_may_have_changed_them(world):
    asked = []
    world.refusal = lambda path: asked.append((path, world.turns)) or ""
    Build(world, *CHAIN).run()
    turns = dict(asked)
    assert 0 < turns["b"] < turns["c"]


def test_status_says_depends_for_what_hangs_on_a_stale_node(world):
    Build(world, *CHAIN).run()
    world.files["a"] = "2"
    assert Build(world, *CHAIN).verdicts() == {"b": "stale", "c": "depends"}
    del world.files["b"]
    assert Build(world, *CHAIN).verdicts() == {"b": "stale", "c": "depends"}


def test_a_failed_node_blocks_its_dependents_and_is_tried_again(world):
    world.recipes["b"] = lambda world: 1
    build = Build(world, *CHAIN)
    assert build.run() == ["b"]
    assert (build.code, build.outcome("b"), build.outcome("c")) == (1, "failed", "blocked")
    assert Build(world, *CHAIN).reasons("b") == [("incomplete", "")]
    world.recipes["b"] = copy("a", "b")
    assert Build(world, *CHAIN).run() == ["b", "c"]


def test_after_a_failure_nothing_new_starts_unless_keep_going(world):
    nodes = (node("bad", [], ["x"]), node("good", [], ["y"]), node("last", ["y"], ["z"]))
    world.recipes |= {"bad": lambda w: 1, "good": lambda w: w.files.update(y=""), "last": lambda w: w.files.update(z="")}
    build = Build(world, *nodes)
    build.run()
    assert build.code == 1 and "last" not in build.workers.started
    build = Build(world, *nodes, stop=Request.KEEP_GOING)
    assert set(build.run()) >= {"bad", "last"} and build.code == 1


def test_fail_fast_terminates_what_is_running(world):
    nodes = (node("bad", [], ["x"]), node("other", [], ["y"]))
    world.recipes = {"bad": lambda w: 1, "other": lambda w: w.files.update(y="")}
    build = Build(world, *nodes, jobs=2, stop=Request.KILL)
    build.run()
    assert build.workers.signals == [("other", signal.SIGTERM)]
    assert build.outcome("other") == "cancelled" and build.code == 1


def test_a_lost_worker_fails_its_node(world):
    world.recipes["b"] = lambda w: Result.LOST
    build = Build(world, *CHAIN)
    assert build.run() == ["b"] and build.outcome("b") == "lost" and build.code == 1


def test_missing_outputs_after_exit_0_are_a_failure(world):
    world.recipes["b"] = lambda w: 0
    build = Build(world, *CHAIN)
    assert build.run() == ["b"] and build.message("b") == "did not create `b`" and build.code == 1


def test_an_old_output_never_hides_that_the_recipe_made_none(world):
    Build(world, *CHAIN).run()
    world.files["a"] = "2"
    world.recipes["b"] = lambda w: 0
    build = Build(world, *CHAIN)
    build.run()
    assert build.message("b") == "did not create `b`" and "b" not in world.files


def test_outputs_of_a_failed_recipe_are_removed_but_not_with_keep(world):
    def half(world):
        world.files["b"] = "half"
        return 1

    world.recipes["b"] = half
    Build(world, *CHAIN).run()
    assert "b" not in world.files
    Build(world, CHAIN[0].with_(keep=True)).run()
    assert world.files["b"] == "half"


def test_an_output_changed_by_hand_is_stale_and_copied_first(world):
    Build(world, *CHAIN).run()
    world.files["b"] = "by hand"
    build = Build(world, *CHAIN)
    assert build.reasons("b") == [("output_modified", "b")]
    assert build.run() == ["b"]
    assert world.saved == {"b": "by hand"} and world.files["b"] == "1"


def test_a_file_that_git_tracks_is_never_overwritten(world):
    world.files["b"] = "mine"
    world.tracked_files = {"b"}
    build = Build(world, *CHAIN)
    assert build.run() == [] and build.code == 1
    assert "refusing to replace `b`" in build.message("b") and world.files["b"] == "mine"
    assert Build(world, *CHAIN, forced=["b"]).run() == ["b", "c"]


def test_files_of_others_in_a_folder_output_stay(world):
    docs = node("docs", ["a"], ["docs/"])
    world.files |= {"docs/mine.md": "x"}
    world.recipes["docs"] = lambda w: w.files.update({"docs/made.md": "y"})
    Build(world, docs).run()
    world.files["a"] = "2"
    world.recipes["docs"] = lambda w: 1
    Build(world, docs).run()
    assert world.files == {"a": "2", "docs/mine.md": "x"}


def test_what_a_recipe_rewrites_in_a_folder_of_others_is_its_own_from_then_on(world):
    docs = node("docs", ["a"], ["docs/"])
    world.recipes["docs"] = lambda w: w.files.update({"docs/a.md": w.files["a"]})
    Build(world, docs).run()
    world.remembered["stamps"].clear()  # a lost `.uet`
    world.files["a"] = "2"
    Build(world, docs).run()
    assert set(world.remembered["stamps"]["docs"].outputs) == {"docs", "docs/a.md"}


def test_a_folder_that_stands_at_a_plain_output_is_refused(world):
    world.files["b/mine"] = "x"
    build = Build(world, *CHAIN)
    assert build.run() == [] and "the folder `b`" in build.message("b") and "write the `/`" in build.message("b")


def test_inputs_that_change_while_it_runs_make_it_run_once_more(world):
    def slow(world):
        world.files["b"] = world.files["a"]
        if world.files["a"] == "1":
            world.files["a"] = "2"

    world.recipes["b"] = slow
    build = Build(world, *CHAIN)
    assert build.run() == ["b", "b", "c"] and build.code == 0
    assert world.files["c"] == "2"
    assert Build(world, *CHAIN).run() == []


def test_inputs_that_change_every_time_fail_the_node_and_nothing_is_stamped(world):
    def restless(world):
        world.files["b"] = world.files["a"]
        world.files["a"] += "x"

    world.recipes["b"] = restless
    build = Build(world, *CHAIN)
    assert build.run() == ["b", "b"] and build.code == 1
    assert "inputs changed while it ran: `a` (does the recipe write it? then it belongs under `edits`)" in build.message("b")
    assert world.remembered["stamps"]["b"].stage != Stage.DONE and "b" in world.files


def test_a_new_file_that_the_recipe_puts_among_its_own_inputs_is_told(world):
    one = node("b", ["src/*"], ["b"])
    world.files["src/x"] = ""
    world.recipes["b"] = lambda w: w.files.update({"b": "", f"src/{len(w.files)}": ""})
    build = Build(world, one)
    build.run()
    assert build.code == 1 and "inputs changed" in build.message("b")


def test_an_input_that_goes_while_the_recipe_runs_is_told_also_where_another_one_has_two_names(world):
    sources = tuple([Source(pattern=name, name=key) for key, name in (("a", "x"), ("b", "x"), ("c", "y"))])
    world.files |= {"x": "1", "y": "2"}

    def removing(world):
        world.files["b"] = ""
        world.files.pop("y", None)

    world.recipes["b"] = removing
    build = Build(world, node("b", [], ["b"]).with_(inputs=sources))
    assert build.run() == ["b", "b"] and build.code == 0


def test_a_started_stamp_is_durable_before_the_recipe_runs(world):
    seen = []
    world.recipes["b"] = lambda w: seen.append(w.remembered["stamps"]["b"].stage) or w.files.update(b="")
    Build(world, CHAIN[0]).run()
    assert seen == [Stage.STARTED] and world.remembered["stamps"]["b"].stage == Stage.DONE


def test_an_interrupted_node_is_not_taken_for_done_when_the_edit_is_reverted(world):
    Build(world, *CHAIN).run()
    world.files["a"] = "2"

    def killed(world):
        world.files["b"] = "half"
        raise RuntimeError("kill -9")

    world.recipes["b"] = killed
    with pytest.raises(RuntimeError):
        Build(world, *CHAIN).run()
    world.files["a"] = "1"
    world.recipes["b"] = copy("a", "b")
    build = Build(world, *CHAIN)
    assert build.reasons("b") == [("incomplete", "")]
    assert build.run() == ["b"] and world.files["b"] == "1"


def test_longest_remaining_path_starts_first_then_id(world):
    nodes = (node("z", [], ["z"]), node("z2", ["z"], ["z2"]), node("a1", [], ["a1"]), node("a2", [], ["a2"]))
    world.recipes = {n.id: (lambda name: lambda w: w.files.update({name: ""}))(n.id) for n in nodes}
    assert Build(world, *nodes).run() == ["z", "a1", "a2", "z2"]


def test_jobs_bound_how_many_run_at_once(world):
    nodes = [node(f"n{i}") for i in range(10)]
    build = Build(world, *nodes, jobs=3)
    build.run()
    assert build.workers.most == 3


@pytest.mark.parametrize(
    "more",
    [
        [{"mutex": ("m",)}, {"mutex": ("m",)}],
        [{"exclusive": True}, {}],
        [{}, {"interactive": True}],
        [{"resources": (("gpu", 1),)}, {"resources": (("gpu", 1),)}],
        [{"edits": ["f"]}, {"edits": ["f"]}],
        [{"edits": ["d/"]}, {"edits": ["d/*.x"]}],
    ],
)
def test_what_excludes_each_other_never_runs_side_by_side(world, more):
    world.pools = (("gpu", 1),)
    build = Build(world, node("x", **more[0]), node("y", **more[1]), jobs=4)
    assert sorted(build.run()) == ["x", "y"] and build.workers.most == 1 and build.code == 0


def test_a_recipe_knows_its_places_in_a_pool(world):
    world.pools = (("gpu", 2),)
    build = Build(world, node("x", resources=(("gpu", 1),)), node("y", resources=(("gpu", 1),)), jobs=2)
    jobs = []
    build.workers.before_collect = lambda workers: jobs.extend(job for job in workers._queue if job not in jobs)
    build.run()
    assert {dict(job.env)["UET_POOL_GPU"] for job in jobs} == {"0", "1"}


def test_strict_waves_hold_the_next_level_until_the_one_before_is_done(world):
    nodes = (node("a1", [], ["a1"]), node("a2", [], ["a2"]), node("b1", ["a1"], ["b1"]))
    world.recipes = {n.id: (lambda name: lambda w: w.files.update({name: ""}))(n.id) for n in nodes}
    running = []
    build = Build(world, *nodes, jobs=2, strict_waves=True)
    build.workers.before_collect = lambda workers: running.append(tuple(workers.running()))
    build.run()
    assert build.code == 0 and not any({"b1", "a2"} <= set(names) for names in running)
    assert [e.event for e in build.view.events if e.event.startswith("wave")] == ["wave_started", "wave_finished"] * 2


def test_after_orders_but_does_not_require(world):
    nodes = (node("late", after=("early",)), node("early"))
    assert Build(world, *nodes).run() == ["early", "late"]
    assert Build(world, *nodes, targets=["late"]).run() == ["late"]
    world.recipes["early"] = lambda w: 1
    assert Build(world, *nodes, stop=Request.KEEP_GOING).run() == ["early", "late"]


def test_a_group_runs_its_members_and_is_no_workstream(world):
    build = Build(world, *CHAIN, group("all", "b", "c"), targets=["all"])
    assert build.run() == ["b", "c"] and build.loop.tally.size == 2


def test_only_runs_the_named_without_their_dependencies(world):
    world.files["b"] = "old"
    assert Build(world, *CHAIN, targets=["c"], only=True).run() == ["c"]


def test_skipped_nodes_let_dependents_go_on(world):
    nodes = (node("s", skipped=True), node("d", depends_on=("s",)))
    build = Build(world, *nodes)
    assert build.run() == ["d"] and build.code == 0
    assert build.verdicts()["s"] == "skipped"


def test_skip_if_makes_a_stale_node_up_to_date_for_this_run_only(world):
    one = node("b", ["a"], ["b"], skip_if=Step(words=(("test-it",),), shown="test-it"))
    shell = FakeShell({"test-it": (0, "")})
    build = Build(world, one, shell=shell)
    assert build.run() == [] and build.code == 0 and "b" not in world.remembered["stamps"]
    assert Build(world, one).verdicts() == {"b": "up_to_date"}, "readers assume what it said last time"
    assert Build(world, one, shell=FakeShell({"test-it": (1, "")})).run() == ["b"]


def test_confirm_asks_and_waits_for_a_person_where_there_is_none(world):
    one = node("pub", confirm="Upload?")
    build = Build(world, one)
    assert build.run() == [] and build.code == 6
    assert Build(world, one, yes=True).run() == ["pub"]
    assert Build(world, one, person=Nobody(True)).run() == ["pub"]
    declined = Build(world, one, person=Nobody(False))
    assert declined.run() == [] and declined.code == 1 and declined.person.asked == ["Upload?"]


def test_arguments_always_run_and_leave_no_stamp(world):
    one = node("t", ["a"])
    Build(world, one).run()
    before = dict(world.remembered["stamps"])
    assert Build(world, one, arguments=["t"], args=("-k", "x")).run() == ["t"]
    assert world.remembered["stamps"] == before
    assert Build(world, one).run() == []


def test_ctrl_c_once_passes_one_sigint_and_twice_ends_it(world):
    build = Build(world, node("x"), node("y"), jobs=1)
    build.wait.signals = [signal.SIGINT]
    assert build.run() == ["x"]
    assert build.code == 130 and build.workers.signals == [("x", signal.SIGINT)]
    assert [e.event for e in build.view.events][-1] == "run_finished" and build.outcome("x") == "cancelled"
    build = Build(world, node("x"), node("y"), jobs=1)
    build.wait.signals = [signal.SIGINT, signal.SIGINT]
    build.run()
    assert build.workers.signals == [("x", signal.SIGINT), ("x", signal.SIGTERM)]


def test_sigterm_ends_at_once(world):
    build = Build(world, node("x"))
    build.wait.signals = [signal.SIGTERM]
    build.run()
    assert build.code == 143 and build.workers.signals == [("x", signal.SIGTERM)]


def test_events_are_durable_before_they_are_shown(world):
    build = Build(world, *CHAIN)
    build.view.on = lambda events: seen.extend(event in world.events for event in events)
    seen = []
    build.run()
    assert seen and all(seen)
    assert [event.event for event in world.events if not event.event.startswith("wave")] == [
        "run_started", "node_judged", "node_started", "node_finished", "node_judged", "node_started", "node_finished", "run_finished",
    ]  # fmt: skip
    assert [event.seq for event in world.events] == list(range(1, len(world.events) + 1))


def test_what_a_turn_says_is_shown_at_its_end_before_anything_is_spawned(world):
    build = Build(world, node("a"), node("b"), jobs=2)
    submit, shown = build.workers.submit, []
    build.workers.submit = lambda job: (shown.append(build.view.events == world.events), submit(job))
    build.run()
    assert shown and all(shown)
    assert build.view.events == world.events
    assert build.view.turns < len(build.view.events)


def test_a_failing_sh_variable_fails_the_node_with_its_command(world):
    from uetbuild.core.nodes import Hole, ShVar

    world.sh_vars = (ShVar(name="rev", step=Step(words=(("git-rev",),), shown="git-rev")),)
    one = node("b", ["a"], ["b"], sh_vars=("rev",), steps=(Step(words=(("b", Hole(name="var", key="rev")),), shown="b"),))
    build = Build(world, one, shell=FakeShell({"git-rev": (3, "no repository")}))
    assert build.run() == [] and build.code == 1
    assert "variable `rev` failed with exit code 3: git-rev" in build.message("b")
    world.recipes["b"] = lambda w: w.files.update(b="")
    assert Build(world, one, shell=FakeShell({"git-rev": (0, "abc")})).run() == ["b"]
    shell = FakeShell({"git-rev": (0, "def")})
    assert Build(world, one, shell=shell).reasons("b") == [("definition_changed", "vars.rev")]
    assumed = Build(world, one)
    assert assumed.verdicts() == {"b": "up_to_date"}
    assert assumed.answers.warnings == ["assumed that variable `rev` says what it said last time: git-rev"]


def test_forbidden_files_must_not_be_touched(world):
    one = node("b", ["a"], ["b"], forbid=sources("secret/**"))
    world.files["secret/x"] = "1"
    world.recipes["b"] = lambda w: w.files.update({"b": "", "secret/x": "2"})
    build = Build(world, one)
    build.run()
    assert build.code == 1 and build.message("b") == "changed `secret/x`, which it must not touch"
    assert any(event.event == "scope_violation" for event in build.view.events)


def test_a_node_that_is_gone_leaves_no_inputs_behind(world):
    both = (node("one", ["a"], ["gen/one"]), node("all", ["gen/*"], ["all"]))
    world.recipes = {"one": copy("a", "gen/one"), "all": lambda w: w.files.update(all=str([n for n in w.files if n.startswith("gen/")]))}
    Build(world, *both).run()
    build = Build(world, both[1])
    assert build.reasons("all") == [("input_removed", "gen/one")]
    build.run()
    assert build.survey.input_files(0) == []


def test_outputs_of_an_id_are_exactly_what_that_node_creates(world):
    nodes = (node("gen", ["a"], ["gen/"]), node("use", ["outputs:gen"], ["use"]))
    world.files["gen/foreign"] = "x"
    world.recipes = {"gen": copy("a", "gen/made"), "use": lambda w: w.files.update(use="")}
    build = Build(world, *nodes)
    build.run()
    assert build.survey.input_files(1) == [("", "gen/made")]


def test_when_the_state_cannot_be_written_nothing_half_made_stays(world):
    build = Build(world, node("a1", outputs=["a1"]), node("b", ["a"], ["b"]), jobs=2)
    commit = world.commit

    def ended(world):  # while `b` still runs
        world.files |= {"a1": "", "b": "half"}
        world.commit = full

    def full(changes):
        raise UetError("cannot write `.uet/state.db`: the disk is full")

    world.recipes["a1"] = ended
    with pytest.raises(UetError, match="the disk is full"):
        build.run()
    assert build.workers.closed and "b" not in world.files
    world.commit = commit
    world.recipes["a1"] = lambda w: w.files.update(a1="")
    assert Build(world, *build.graph.nodes).run() == ["a1", "b"]
