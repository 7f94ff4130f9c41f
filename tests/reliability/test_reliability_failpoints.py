"""Promise 12: at every failpoint the program is killed, fails, tears a write or waits; and nothing is lost, nobody left behind.

The sweep is made from the table of `uetbuild/failpoints.py`. After each case: nobody lives on, the history tells what happened, the next
build makes what a clean one would, the one after it does nothing, and no litter lies about. By default each point is killed in a rebuild
and fails with EIO in a first build; `-m slow` has the full product.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from nursery import ran
from proving import AFTER, BEFORE, Ground, expected, reached
from watching import until

from uetbuild.failpoints import WRITE, points

# The state from which a point is reached, where it is not a build in any state.
SCENARIOS = {
    "state.made": "bare", "snapshots.dropping": "first", "database.migrating": "first", "kept.copying": "rebuild", "kept.copied": "rebuild",
    "output.removing": "rebuild", "history.pruning": "rebuild", "rejected.committing": "rejected", "rejected.committed": "rejected",
    "dropped.committing": "clean", "dropped.committed": "clean", "leftovers.ending": "orphaned", "processes.forgetting": "orphaned",
}  # fmt: skip
NAMES = [name for name, *_ in points()]
OFTEN = frozenset(  # reached several times in every build, by the coordinator
    {
        "database.reading", "database.writing", "file.hashing", "started.committing", "started.committed", "pid.committing", "pid.committed",
        "done.committing", "done.committed", "worker.forking", "order.sending", "reply.reading", "inputs.checking", "outputs.checking",
        "events.telling",
    }
)  # fmt: skip
CHANCES = (
    5  # how long is waited for another attempt is thrown by dice: with hardly anything, it begins in the turn in which that is decided
)
WRITES = [name for name, _, kind, _ in points() if kind == WRITE]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("proving"))


def struck(ground: Ground, words: tuple[str, ...], point: str, action: str, held: bool) -> tuple[int, int]:
    """A build to which this happens at the point, `NAME#NTH`: its process id and exit code."""
    name, nth = point.split("#")
    build = ground.start(*words, failpoints=f"{point}={action}", held=held)
    if held:
        until(lambda: build.poll() is not None or reached(ground.notes(), name, int(nth)) >= 0 or (0, "-joined") in ground.notes())
        ground.release()
    code = ground.ended(build)
    return build.pid, code


def sweep(ground: Ground, name: str, action: str, scenario: str, nth: int = 1, revert: bool = False, held: bool = False) -> bool:
    """One case; returns whether `long` ran when it was hit. `held`: it goes on until then."""
    for _ in range(CHANCES if name.startswith("retry.") else 1):
        ground.reset(scenario)
        pid, code = struck(ground, ("clean",) if scenario == "clean" else ("-j3",), f"{name}#{nth}", action, held)
        notes = ground.notes()
        place = reached(notes, name, nth)
        if place >= 0:
            break
    assert place >= 0, f"`{name}` was not reached {nth} times: extend the project or its scenarios\n{ground.said}"
    until(lambda: scenario == "orphaned" or ground.is_quiet())
    in_worker = name in [point for other, point in notes if other != pid]
    judge_end(code, ground.said, action, in_worker)
    judge_history(ground, [point for other, point in notes if other == pid], code)
    heal(ground, scenario, revert)
    before = notes[:place]
    return (0, "+long") in before and (0, "-long") not in before


def judge_end(code: int, said: str, action: str, in_worker: bool) -> None:
    """It died where it was killed; else it ended with words for people."""
    assert "Traceback" not in said, said
    assert "internal error" not in said, said
    if action.startswith(("kill", "torn")) and not in_worker:
        assert code == -signal.SIGKILL, said
    else:
        assert code in (0, 1, 2, 3), said


def judge_history(ground: Ground, reached: list[str], code: int) -> None:
    """A run that began and did not come to its end is an interrupted one; one that did says how it ended."""
    if "run.committed" not in reached:
        return
    states = ground.runs()
    if "ended.committed" in reached:
        assert states[0] in (("succeeded", "failed") if code < 0 else ("succeeded",) if code == 0 else ("succeeded", "failed")), states
    else:
        assert states[0] == "interrupted", states


def heal(ground: Ground, scenario: str, revert: bool) -> None:
    """The next build makes what a clean one would, the one after it nothing."""
    (ground.root / "reject").unlink(missing_ok=True)
    sources = BEFORE if revert or scenario in ("first", "bare", "clean") else AFTER
    if revert:
        ground.write(sources)
    assert ground.ended(ground.start("-j3")) == 0, ground.said
    warned = [line for line in ground.said.splitlines() if line.startswith("warning:") and "changed by hand" not in line]
    assert warned == [] or scenario == "orphaned", ground.said
    until(ground.is_quiet)
    assert ground.made() == expected(sources)
    assert ground.runs()[0] == "succeeded" or ground.said.startswith("up to date")
    assert ground.litter() == []
    if scenario in ("rebuild", "rejected", "orphaned"):
        assert "changed by hand\n" in ground.copies()
    code, text = ground.inside()
    assert (code, text) == (0, "up to date (15 workstreams)\n")


# --- the default run -------------------------------------------------------------------------------------------------------------


def test_the_model_of_the_sweep_agrees_with_a_clean_build(ground: Ground) -> None:
    ground.reset("bare")
    ground.write(AFTER)
    assert ground.ended(ground.start("-j1")) == 0, ground.said
    assert ground.made() == expected(AFTER)
    assert ground.inside() == (0, "up to date (15 workstreams)\n")


@pytest.mark.parametrize("name", NAMES)
def test_killed_in_a_rebuild(ground: Ground, name: str, record_property: Callable[[str, object], None]) -> None:
    scenario = SCENARIOS.get(name, "rebuild")
    nth = ground.while_long_runs(scenario).get(name, 0)
    if nth and name.startswith("pid."):
        nth = 1  # a process that is over in a moment is never told of, so how many are is another number each time; `long` surely is
    hit = sweep(ground, name, "kill", scenario, nth or 1, revert=NAMES.index(name) % 2 == 1, held=nth > 0)
    record_property("hit_a_recipe", hit)


@pytest.mark.parametrize("name", NAMES)
def test_a_call_fails_in_a_first_build(ground: Ground, name: str) -> None:
    told_late = name.startswith("pid.")  # nothing to record where every job has ended before its pid is heard of
    sweep(ground, name, "raise:EIO", SCENARIOS.get(name, "first"), held=told_late)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_torn(ground: Ground, name: str) -> None:
    sweep(ground, name, "torn:3", SCENARIOS.get(name, "rebuild"))


# --- killed during a gate the recipe is not repeated ------------------------------------------------------------------------------

GATED = """
version: 1
workstreams:
  work: {inputs: [in], outputs: [out], gates: [check], run: "echo >> repeated; cat in > out"}
gates:
  check: {run: "echo >> asked; sleep 0.2; cat out > seen; [ ! -e reject ]"}
"""

# point and its time -> how often the recipe has run and the gate was asked, after the next build
AFTER_A_KILL = {
    ("started.committing", 1): (1, 1),
    ("started.committed", 1): (1, 1),
    ("produced.committing", 1): (2, 1),  # not durable: nobody knows that it ended
    ("produced.committed", 1): (1, 1),
    ("order.sending", 2): (1, 1),
    ("pid.committing", 2): (1, 2),  # the gate runs
    ("pid.committed", 2): (1, 2),
    ("inputs.checking", 2): (1, 2),  # it has ended
    ("done.committing", 1): (1, 2),
    ("done.committed", 1): (1, 1),
}
AFTER_A_REJECTION = {
    ("rejected.committing", 1): (1, 2),  # the verdict is not durable
    ("rejected.committed", 1): (2, 2),
}


def gated(folder: Path, point: str, nth: int, *, reject: bool) -> tuple[int, int]:
    """A build that is killed and the one that heals it; returns how often the recipe ran and the gate was asked."""
    (folder / "Uetfile.yaml").write_text(GATED)
    (folder / "in").write_text("content\n")
    if reject:
        (folder / "reject").touch()
    environ = os.environ | {"UET_TESTING": "1", "UET_FAILPOINTS": f"{point}#{nth}=kill"}
    killed = ran("-j2", cwd=folder, env=environ)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    (folder / "reject").unlink(missing_ok=True)
    healed = ran("-j2", cwd=folder)
    assert healed.returncode == 0, healed.stdout + healed.stderr
    assert (folder / "out").read_text() == (folder / "seen").read_text() == "content\n"
    again = ran(cwd=folder)
    assert again.stdout == "up to date (1 workstream)\n"
    counts = [len((folder / name).read_text()) if (folder / name).exists() else 0 for name in ("repeated", "asked")]
    return counts[0], counts[1]


@pytest.mark.parametrize(
    ("point", "nth"),
    [
        case if case[0].partition(".")[0] in ("produced", "done", "inputs") else pytest.param(*case, marks=pytest.mark.slow)
        for case in AFTER_A_KILL
    ],
)
def test_killed_before_or_during_a_gate_the_recipe_runs_no_more_often_than_it_must(tmp_path: Path, point: str, nth: int) -> None:
    assert gated(tmp_path, point, nth, reject=False) == AFTER_A_KILL[point, nth]


@pytest.mark.parametrize(("point", "nth"), AFTER_A_REJECTION)
def test_after_a_durable_rejection_the_recipe_runs_again_and_not_before(tmp_path: Path, point: str, nth: int) -> None:
    assert gated(tmp_path, point, nth, reject=True) == AFTER_A_REJECTION[point, nth]


# --- the full product ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("scenario", ["first", "rebuild"])
@pytest.mark.parametrize("action", ["kill", "raise:EIO", "raise:ENOSPC", "sleep:0.3", "torn:0"])
def test_every_point_with_every_action_at_its_first_times(ground: Ground, action: str, scenario: str, nth: int) -> None:
    """One case for all points, so that a point that is reached only once counts as swept."""
    wrong = []
    for name in WRITES if action == "torn:0" else NAMES:
        if nth > 1 and name not in OFTEN:
            continue
        try:
            sweep(ground, name, action, SCENARIOS.get(name, scenario), nth, revert=scenario == "rebuild" and nth == 2)
        except AssertionError as error:
            wrong.append(f"{name}#{nth}={action}: {error}")
    assert wrong == []
