"""A failed gate starts its workstream again: with what it said, never beside what follows, and across builds."""

import pytest
from test_engine_gates import Killed, gate, gated, stage, verdicts, world
from world import Build, FakeShell, Nobody, node, text_of

from uetbuild.core.jobs import Result
from uetbuild.core.nodes import Agent, Hole, Step
from uetbuild.core.policies import Limit, Retry
from uetbuild.core.stamps import Stage
from uetbuild.engine.request import Request
from uetbuild.errors import ExitCode

AGAIN = Retry(attempts=3, on=("gate",))


def cell(retry=AGAIN, *more, **keys):
    """`a`, which `g[a]` guards, and `b`, which reads what it makes."""
    return gated(
        node("a", ["in"], ["a.out"], retry=retry, **keys), gate("g[a]", "a"), node("b", ["a.out"], ["b.out"], depends_on=("a",)), *more
    )


def improving(made, *results, name="a"):
    """The recipe of `a` makes one of these after the other; `g[a]` says no to `bad`."""
    left = list(results)

    def recipe(world):
        world.files[f"{name}.out"] = left.pop(0)

    made.recipes[name] = recipe
    made.recipes["g[a]"] = lambda world: int(world.files["a.out"].startswith("bad"))
    return made


def said(build, what):
    return [event.data for event in build.view.events if event.event == what]


def feedback(build):
    return build.world.feedback.texts.get("/run-1/a.feedback", "")


def test_the_workstream_runs_again_until_its_gate_says_yes_and_then_what_depends_on_it():
    made = improving(world(), "bad", "bad too", "good")
    build = Build(made, *cell())
    assert build.run() == ["a", "g[a]", "a", "g[a]", "a", "g[a]", "b"] and build.code == 0
    assert build.wait.waited == [0.5, 1.0] and made.files["b.out"] == "good" and stage(made, "a") == Stage.DONE
    assert [(event["attempt"], event["attempts"], event["reason"], event["message"]) for event in said(build, "retry_scheduled")] == [
        (2, 3, "gate", "gate `g[a]` failed: exit 1"), (3, 3, "gate", "gate `g[a]` failed: exit 1"),
    ]  # fmt: skip
    assert verdicts(build) == [("g[a]", "failed"), ("g[a]", "failed"), ("g[a]", "passed")]
    assert [event.get("again", False) for event in said(build, "gate_finished")] == [True, True, False]
    assert said(build, "run_finished")[0]["gates"] == {"passed": 1, "failed": 0, "warned": 0}
    assert Build(made, *cell()).run() == []


def test_after_the_last_attempt_the_gate_has_failed_and_the_next_build_starts_anew():
    made = improving(world(), *["bad"] * 6)
    for _ in range(2):
        build = Build(made, *cell())
        assert build.run() == ["a", "g[a]"] * 3 and build.code == ExitCode.GATE_FAILED
        assert (build.outcome("g[a]"), build.outcome("b"), stage(made, "a")) == ("failed", "blocked", Stage.REJECTED)
        assert said(build, "run_finished")[0]["gates"] == {"passed": 0, "failed": 1, "warned": 0}
    assert made.remembered["stamps"]["a"].attempt == 0


@pytest.mark.parametrize("retry", [None, Retry(attempts=3), Retry(attempts=1, on=("gate",))])
def test_only_who_asks_for_it_is_tried_again(retry):
    build = Build(improving(world(), "bad"), *cell(retry))
    assert build.run() == ["a", "g[a]"] and build.code == ExitCode.GATE_FAILED


def test_it_is_decided_when_all_gates_have_ended_and_each_that_failed_is_told_the_advisory_ones_too():
    made = improving(world(), "bad", "good")
    made.recipes["h"] = lambda world: 0
    made.recipes["s"] = made.recipes["g[a]"]
    made.feedback.logs = {"g[a]": "what is bad\n", "h": "fine\n", "s": "style\n"}
    build = Build(made, *cell(AGAIN, gate("h", "a"), gate("s", "a", blocking=False)), jobs=4)
    assert build.run() == ["a", "g[a]", "h", "s", "a", "g[a]", "h", "s", "b"] and build.code == 0
    assert feedback(build) == (
        "attempt 1 of 3 was rejected\n\ngate `g[a]` (custom) failed: exit 1\n  $ 'g[a]'\n  | what is bad\n\n"
        "gate `s` (custom, only warns) failed: exit 1\n  $ s\n  | style\n"
    )


def test_a_gate_that_passed_and_whose_files_came_out_the_same_is_not_repeated():
    made = improving(world(), "bad", "bad")
    made.recipes["h"] = lambda world: 0
    build = Build(made, *cell(AGAIN.with_(attempts=2), gate("h", "a")))
    assert build.run() == ["a", "g[a]", "h", "a", "g[a]"]


def test_only_what_a_gate_printed_in_the_last_round_is_told():
    made = improving(world(), "bad 1", "bad 2", "good")

    def check(world):
        world.feedback.logs["g[a]"] = world.feedback.logs.get("g[a]", "") + world.files["a.out"] + "\n"
        return int(world.files["a.out"].startswith("bad"))

    made.recipes["g[a]"] = check
    build = Build(made, *cell())
    assert build.run().count("a") == 3
    assert "bad 2" in feedback(build) and "bad 1" not in feedback(build)


def test_a_shared_gate_sends_back_all_that_ask_for_it_and_the_order_between_them_holds():
    made = world()
    log = []

    def recipe(name, source):
        def run(world):
            log.append(name)
            world.files[f"{name}.out"] = world.files[source] + str(log.count(name))

        return run

    made.recipes = {"a": recipe("a", "in"), "z": recipe("z", "a.out"), "b": recipe("b", "z.out"), "c": recipe("c", "b.out")}
    made.recipes["g"] = lambda world: int(log.count("b") < 2)
    nodes = gated(
        node("a", ["in"], ["a.out"], retry=AGAIN), node("z", ["a.out"], ["z.out"], depends_on=("a",)),
        node("b", ["z.out"], ["b.out"], depends_on=("z",), retry=AGAIN), gate("g", "a", "b"), node("c", ["b.out"], ["c.out"], depends_on=("b",)),
    )  # fmt: skip
    build = Build(made, *nodes, jobs=4)
    assert build.run() == ["a", "z", "b", "g", "a", "z", "b", "g", "c"] and build.code == 0
    assert [event["delay"] for event in said(build, "retry_scheduled")] == [0.5, 0.0]  # `b` waits for `a` anyway
    assert Build(made, *nodes).run() == []


def test_what_follows_a_workstream_of_a_cell_waits_for_the_whole_cell():
    made = improving(world(), "bad", "good")
    made.recipes["o"] = lambda world: world.files.update({"o.out": "1"})
    shared = gate("h", "a", "o", inputs=["tests"])
    nodes = cell(AGAIN, node("o", ["in"], ["o.out"], retry=AGAIN), shared, node("p", ["o.out"], ["p.out"], depends_on=("o",)))
    made.files["tests"] = "t"
    made.recipes["p"] = lambda world: world.files.update({"p.out": world.files["a.out"]})
    build = Build(made, *nodes, jobs=4)
    assert build.run().index("p") > build.run().index("b") - 2 and made.files["p.out"] == "good"


def test_who_has_no_attempts_left_stays_while_others_of_its_gate_start_again():
    made = improving(world(), "bad", "good")
    made.recipes["o"] = lambda world: world.files.update({"o.out": "1"})
    nodes = gated(
        node("a", ["in"], ["a.out"], retry=AGAIN), node("o", ["in"], ["o.out"]), gate("g[a]", "a", "o"),
    )  # fmt: skip
    assert Build(made, *nodes).run() == ["a", "o", "g[a]", "a", "g[a]"]


def test_a_gate_may_be_tried_again_itself_in_every_round():
    made = improving(world(), "bad", "good")
    results = [1, 1, 1, None]
    made.recipes["g[a]"] = lambda world: results.pop(0)
    nodes = [one.with_(retry=Retry(attempts=2)) if one.guard else one for one in cell()]
    build = Build(made, *nodes)
    assert build.run() == ["a", "g[a]", "g[a]", "a", "g[a]", "g[a]", "b"] and build.code == 0
    assert [(event["attempt"], event["reason"]) for event in said(build, "retry_scheduled")] == [(2, "exit"), (2, "gate"), (2, "exit")]


def test_a_workstream_that_failed_in_between_is_still_told_and_its_attempts_count_together():
    made = improving(world(), "bad")
    results = [None, 1, None]

    def recipe(world):
        world.files["a.out"] = "bad" if len(results) > 1 else "good"
        return results.pop(0)

    made.recipes["a"] = recipe
    seen = []
    nodes = cell(Retry(attempts=3, on=("gate", "exit")))
    build = Build(made, *nodes)
    submit = build.workers.submit
    build.workers.submit = lambda job: (seen.append((job.node, dict(job.notes).get("/run-1/a.feedback"))), submit(job))
    assert build.run() == ["a", "g[a]", "a", "a", "g[a]", "b"] and build.code == 0
    told = [text for name, text in seen if name == "a"]
    assert told[0] == "" and told[1] == told[2] and "g[a]" in told[1]


def test_a_gate_that_could_not_say_anything_sends_nobody_back():
    made = improving(world(), "bad")
    made.recipes["g[a]"] = lambda world: Result.LOST
    build = Build(made, *cell())
    assert build.run() == ["a", "g[a]"] and build.code == ExitCode.GATE_FAILED


def test_an_up_to_date_workstream_is_sent_back_too_and_what_stood_counts_as_its_first_attempt():
    made = improving(world(), "bad", "good")
    Build(made, node("a", ["in"], ["a.out"], retry=AGAIN)).run()
    build = Build(made, *cell(AGAIN.with_(attempts=2)))
    assert build.run() == ["g[a]", "a", "g[a]", "b"] and build.code == 0
    assert [event["attempt"] for event in said(build, "node_started")] == [1, 2, 1, 1]


def test_one_that_will_not_run_again_is_sent_back_once():
    made = improving(world(), "bad", "bad")
    Build(made, node("a", ["in"], ["a.out"], retry=AGAIN)).run()
    skip = Step(words=(("true",),), shown="true")
    build = Build(made, *cell(skip_if=skip), shell=FakeShell({"true": (0, "")}))
    assert build.run() == ["g[a]", "g[a]"] and build.code == ExitCode.GATE_FAILED
    made = improving(world(), "bad", "bad")
    Build(made, node("a", ["in"], ["a.out"], retry=AGAIN)).run()
    build = Build(made, *cell(confirm="again?"), person=Nobody(False))
    assert build.run() == ["g[a]"] and build.code == ExitCode.FAILED and build.outcome("b") == "blocked"


def killed(world):
    raise Killed


def test_killed_while_its_gates_run_the_recipe_is_not_repeated_and_its_attempts_are_counted_on():
    made = improving(world(), "bad", "bad", "bad")
    check = made.recipes["g[a]"]
    rounds = iter([check, killed])
    made.recipes["g[a]"] = lambda world: next(rounds)(world)
    with pytest.raises(Killed):
        Build(made, *cell()).run()
    assert stage(made, "a") == Stage.PRODUCED and made.remembered["stamps"]["a"].attempt == 1
    made.recipes["g[a]"] = check
    build = Build(made, *cell())
    assert build.run() == ["g[a]", "a", "g[a]"] and build.code == ExitCode.GATE_FAILED
    assert [event["attempt"] for event in said(build, "node_started")] == [1, 3, 1]


def test_killed_while_it_waits_it_goes_on_with_what_it_was_told():
    made = improving(world(), "bad", "good")
    first = Build(made, *cell(AGAIN.with_(backoff=60.0)))
    first.wait.poll = lambda filenos, seconds: killed(made) if seconds and not first.workers.running() else []
    with pytest.raises(Killed):
        first.run()
    stamp = made.remembered["stamps"]["a"]
    assert (stamp.stage, stamp.attempt, stamp.not_before > made.time) == (Stage.REJECTED, 1, True)
    made.remembered["stamps"]["a"] = stamp.with_(run="run-0")
    made.feedback.texts = {"/run-0/a.feedback": "told before"}
    seen = []
    build = Build(made, *cell(AGAIN.with_(backoff=60.0)))
    submit = build.workers.submit
    build.workers.submit = lambda job: (seen.append(dict(job.notes).get("/run-1/a.feedback")), submit(job))
    assert build.run() == ["a", "g[a]", "b"] and build.code == 0 and seen[0] == "told before" and 0 < build.wait.waited[0] < 30.0
    assert said(build, "retry_scheduled")[0]["reason"] == "resumed"


def test_a_build_that_stops_waits_for_no_cell_and_the_next_one_goes_on():
    made = improving(world(), "bad", "good")
    made.recipes["c"] = lambda world: 1
    nodes = cell(AGAIN, node("c", ["in"], ["c.out"]))
    build = Build(made, *nodes, jobs=2)
    build.run()
    assert build.code == ExitCode.FAILED and build.workers.started.count("a") == 1
    build = Build(made, *cell())
    assert build.run() == ["a", "g[a]", "b"] and [event["attempt"] for event in said(build, "node_started")] == [2, 1, 1]


@pytest.mark.parametrize("stop", [Request.FINISH, Request.KEEP_GOING, Request.KILL])
def test_what_becomes_of_a_cell_beside_a_failure(stop):
    made = improving(world(), "bad", "good")
    made.recipes["c"] = lambda world: 1
    made.recipes["d"] = lambda world: 1
    nodes = cell(AGAIN, node("c", ["in"], ["c.out"]), gate("d", "c"), node("e", ["in"], ["e.out"]))
    build = Build(made, *nodes, jobs=1, stop=stop)
    build.run()
    assert build.code == ExitCode.FAILED
    assert (build.outcome("b") == "succeeded") == (stop == Request.KEEP_GOING)


def test_a_cell_ends_with_the_budget_that_its_attempts_share():
    made = improving(world(), "bad", "bad", "bad")
    recipe = made.recipes["a"]

    def spend(world):
        recipe(world)
        world.usage["a"] = b'{"usd": 1.0}'

    made.recipes["a"] = spend
    build = Build(made, *cell(budget=Limit(usd="2")))
    assert build.run() == ["a", "g[a]", "a", "g[a]"] and build.code == ExitCode.FAILED
    last = [event.data for event in build.view.events if event.event == "node_finished" and event.node == "a"][-1]
    assert last["outcome"] == "failed" and last["message"] == "$0.00 of $2.00 are left of the budget of `a`"


def test_what_the_attempt_before_changed_counts_as_changed():
    made = improving(world(), "bad", "good")
    seen = []
    build = Build(made, *cell())
    submit = build.workers.submit
    build.workers.submit = lambda job: (seen.append((job.node, text_of(job, "UET_CHANGED_FILES"))), submit(job))
    build.run()
    assert [text for name, text in seen if name == "a"] == ["in\n", "in\n"]


@pytest.mark.parametrize(
    ("agent", "asked"),
    [
        (Agent(prompt=("do it",)), ["do it", "do it\n\ntold"]),
        (Agent(prompt=("do it: ", Hole(name="feedback"))), ["do it: ", "do it: told"]),
        (Agent(prompt_file="p.md"), [None, "from a file\n\ntold"]),
    ],
)
def test_an_agent_is_told_in_its_prompt(agent, asked):
    made = improving(world(), "bad", "good")
    made.feedback.texts["/project/p.md"] = "from a file\n"
    write, seen = made.feedback.write, []
    made.feedback.write = lambda path, text: write(path, "told")
    build = Build(made, *cell(agent=agent))
    submit = build.workers.submit
    build.workers.submit = lambda job: (seen.append((job.node, dict(job.notes).get("/log/a.prompt"))), submit(job))
    build.run()
    assert [text for name, text in seen if name == "a"] == asked


def test_waves_wait_for_those_that_start_again():
    made = improving(world(), "bad", "good")
    made.recipes["c"] = lambda world: None
    nodes = cell(AGAIN, node("c", ["in"], ["c.out"]))
    made.recipes["c"] = lambda world: world.files.update({"c.out": "1"})
    build = Build(made, *nodes, strict_waves=True)
    build.run()
    assert build.code == 0 and build.workers.started[-1] == "b"


def test_what_gates_print_of_its_secrets_is_not_told(monkeypatch):
    monkeypatch.setenv("SESAME", "open-it")
    made = improving(world(), "bad", "good")
    made.feedback.logs = {"g[a]": "it says open-it\n"}
    build = Build(made, *cell(secrets=("SESAME",)))
    assert build.run()[-1] == "b" and "it says ***" in feedback(build)
