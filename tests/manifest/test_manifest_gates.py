"""Gates in the manifest: who names which, and the nodes that come of it."""

import pytest
from manifest_disk import faults, nodes, project

from uetbuild.core.nodes import Node
from uetbuild.core.policies import Guard

GATES = """
gates:
  lint: {type: lint, run: "check {{ files }}", blocking: false}
  unit: {inputs: [tests/], run: test}
workstreams:
"""


def test_a_gate_that_checks_files_stands_once_for_each_node_that_names_it():
    made = nodes(GATES + "  a: {matrix: {n: [1, 2]}, outputs: ['{{ matrix.n }}'], run: x, gates: [lint]}")
    gate = made["lint[a[n=1]]"]
    assert gate.kind == Node.GATE and gate.depends_on == ("a[n=1]",) and gate.guard is not None
    assert (gate.guard.type, gate.guard.blocking, gate.guard.guards) == ("lint", False, ("a[n=1]",))
    assert made["a[n=2]"].gates == ("lint[a[n=2]]",) and not gate.always


def test_a_gate_with_inputs_of_its_own_is_shared_and_counts_only_these():
    made = nodes(GATES + "  a: {outputs: [x], run: x, gates: [unit]}\n  b: {outputs: [y], run: y, gates: [unit]}")
    gate = made["unit"]
    assert gate.depends_on == () and gate.inferred == ("a", "b") and made["a"].gates == made["b"].gates == ("unit",)


def test_what_depends_on_a_workstream_comes_after_its_blocking_gates():
    made = nodes(GATES + "  a: {outputs: [x], run: x, gates: [unit, lint]}\n  b: {inputs: [x], run: y}\n  all: {depends_on: [a, lint]}")
    assert made["b"].inferred == ("a", "unit") and made["all"].inferred == ("unit",) and made["all"].depends_on == ("a", "lint[a]")


def test_a_workstream_may_serve_as_a_gate():
    made = nodes("workstreams: {t: {inputs: [tests/], run: t}, a: {outputs: [x], run: x, gates: [t]}, b: {inputs: [x], run: y}}")
    assert made["t"].kind == Node.WORKSTREAM and made["t"].guard is not None and made["t"].inferred == ("a",)
    assert made["b"].inferred == ("a", "t")


def test_default_gates_guard_every_workstream_with_a_recipe_but_the_gate_itself():
    text = "defaults: {gates: [t]}\nworkstreams: {t: {inputs: [i], run: t}, a: {run: x}, b: {run: x, gates: []}, all: {depends_on: [a]}}"
    made = nodes(text)
    assert {name: node.gates for name, node in made.items()} == {"t": (), "a": ("t",), "b": (), "all": ()}


def test_a_gate_always_runs_when_what_it_guards_has_no_files():
    assert nodes(GATES + "  a: {run: x, gates: [lint]}")["lint[a]"].always


def test_a_gate_of_what_is_skipped_is_skipped():
    assert nodes(GATES + "  a: {when: 'false', outputs: [x], run: x, gates: [lint]}")["lint[a]"].skipped


def test_a_gate_that_nobody_names_is_told():
    assert project(GATES + "  a: {outputs: [x], run: x}").warnings == ("gate `lint` guards nothing: no workstream names it under `gates`",)


def test_patterns_pass_over_gates():
    assert nodes(GATES + "  a: {run: x, gates: [lint]}\n  all: {depends_on: ['*']}")["all"].depends_on == ("a",)


ASKS = "gates: {ok: {type: approval, message: 'well?'}}\nworkstreams:\n"


def test_an_approval_stands_once_for_each_node_and_runs_nothing():
    found = nodes(ASKS + "  a: {outputs: [o], run: x, gates: [ok]}\n  b: {edits: [e], run: x, gates: [ok]}\n  c: {inputs: [o], run: x}")
    assert found["ok[a]"].guard == Guard(type="approval", guards=("a",), message="well?") and found["ok[b]"].guard.guards == ("b",)
    assert found["ok[a]"].steps == () and found["ok[a]"].budget is None and not found["ok[a]"].always
    assert "ok[a]" in {*found["c"].inferred, *found["c"].depends_on}


def test_an_approval_of_the_run_stands_once():
    found = nodes("gates: {ok: {type: approval, at: run}}\nworkstreams:\n  a: {outputs: [o], run: x}\n  b: {run: x}")
    assert found["ok"].guard.guards == ("a", "b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GATES + "  a: {run: x, gates: [lin]}", "workstream `a` names unknown gate `lin`"),
        (GATES + "  a: {run: x, gates: [a]}", "workstream `a` cannot be its own gate"),
        (GATES + "  a: {run: x, gates: [g]}\n  g: {depends_on: [a]}", "`g` is a group, which checks nothing"),
        ("gates: {g: {title: x}}", "gate `g` has no `run`"),
        ("gates: {g: {run: x, edits: [a]}}", "a gate has no `edits`"),
        ("gates: {g: {run: x, at: merge}}", "`at: merge` is not yet supported"),
        ("gates: {g: {run: x, at: wave, outputs: [y]}}", "a gate of waves has no `outputs`"),
        (
            "gates: {g: {run: x, at: wave}}\nworkstreams: {a: {run: x, depends_on: [g]}}",
            "workstream `a` depends on gate `g`, which stands after waves",
        ),
        (
            "gates: {g: {run: x, at: wave, inputs: [z]}}\nworkstreams: {a: {outputs: [y], run: x}, b: {inputs: [y], outputs: [z], run: x}}",
            "gate `g` stands after wave 0, but needs `b` of wave 1",
        ),
        ("gates: {g: {run: x, type: approval}}", "an approval runs nothing: `g` has no `run`"),
        ("gates: {g: {type: approval, inputs: [x], timeout: 1s}}", "an approval runs nothing: `g` has no `timeout`"),
        ("gates: {g: {type: approval, blocking: false}}", "approval `g` would hold nothing"),
        (ASKS + "  a: {run: x, gates: [ok]}", "approval `ok` has nothing to look at: `a` creates no files"),
        (ASKS + "  a: {depends_on: [b], gates: [ok]}\n  b: {outputs: [o], run: x}", "workstream `a` has `gates` but no `run`"),
        ("gates: {g: {run: x}}\nworkstreams: {g: {run: x}}", "workstream `g` is declared twice"),
    ],
)
def test_what_is_wrong_with_a_gate_is_told(text, message):
    assert message in [fault.message for fault in faults(text)]


RUN = "gates: {smoke: {run: test, at: run}}\nworkstreams:\n"


def test_a_gate_of_the_run_stands_once_for_all_that_name_it():
    made = nodes(RUN + "  a: {outputs: [x], run: x, gates: [smoke]}\n  b: {outputs: [y], run: y}\n  c: {inputs: [x], run: z}")
    assert made["smoke"].guard.guards == made["smoke"].depends_on == ("a",) and made["smoke"].guard.at == "run"
    assert made["c"].inferred == ("a",)  # nothing waits for it


def test_a_gate_of_the_run_that_nobody_names_guards_all_workstreams_but_manual_ones():
    loaded = project(RUN + "  a: {outputs: [x], run: x}\n  b: {run: y, manual: true}\n  all: {depends_on: [a]}")
    assert {node.id: node.guard.guards for node in loaded.nodes if node.guard} == {"smoke": ("a",)} and not loaded.warnings


def test_a_gate_of_the_run_of_an_included_manifest_guards_what_that_declares():
    files = {"lib/Uetfile.yaml": RUN + "  a: {outputs: [x], run: x}"}
    text = "include: [{path: lib/Uetfile.yaml, as: lib}]\nworkstreams: {b: {outputs: [y], run: y}}"
    assert nodes(text, files)["lib:smoke"].guard.guards == ("lib:a",)


def test_what_comes_after_a_workstream_comes_after_its_blocking_gates():
    made = nodes(GATES + "  a: {outputs: [x], run: x, gates: [unit, lint]}\n  b: {after: [a], run: y}")
    assert made["b"].after == ("a", "unit") and made["b"].inferred == ()


CHAIN = "gates: {second: {run: y, depends_on: [first]}, first: {run: x}}\nworkstreams:\n"


def test_a_gate_waits_for_the_gates_that_it_depends_on_wherever_they_are_declared():
    made = nodes(CHAIN + "  a: {outputs: [x], run: x, gates: [first, second]}\n  b: {outputs: [y], run: x, gates: [second]}")
    assert made["second[a]"].depends_on == ("a", "first[a]")  # of the same workstream
    assert made["second[b]"].depends_on == ("b", "first[a]")  # which has none of its own
    swapped = "gates: {first: {run: x}, second: {run: y, after: [first]}}\nworkstreams:\n"
    made = nodes(swapped + "  a: {outputs: [x], run: x, gates: [first, second]}\n  b: {outputs: [y], run: x, gates: [first]}")
    assert made["second[a]"].after == ("first[a]",)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("gates: {g: {run: x, depends_on: [h]}, h: {run: y, after: [g]}}", "dependency cycle: `g` -> `h` -> `g`", ""),
        ("gates: {g: {run: x, depends_on: [g]}}", "dependency cycle: `g` -> `g`", ""),
        (
            GATES + "  a: {outputs: [x], run: x, gates: [unit], depends_on: [unit]}",
            "dependency cycle: `a` -> `unit` -> `a`", "`unit` guards `a`",
        ),
        (
            "gates: {unit: {inputs: [t], run: y, depends_on: [b]}}\n"
            "workstreams: {a: {outputs: [x], run: x, gates: [unit]}, b: {depends_on: [unit], run: y}}",
            "dependency cycle: `b` -> `unit` -> `b`", "",
        ),
    ],
)  # fmt: skip
def test_a_gate_that_waits_for_itself_is_told(text, message, hint):
    assert (message, hint) in [(fault.message, fault.hint or "") for fault in faults(text)]


def test_a_dependent_that_the_gate_needs_is_not_held_by_it():
    text = "gates: {g: {run: x, depends_on: [b]}}\nworkstreams: {a: {outputs: [x], run: x, gates: [g]}, b: {inputs: [x], run: y}, c: {inputs: [x], run: z}}"
    made = nodes(text)
    assert made["b"].inferred == ("a",) and made["c"].inferred == ("a", "g[a]")


WAVE = "gates: {lint: {run: 'check {{ files }}', at: wave}}\nworkstreams:\n"


def test_a_gate_of_waves_stands_after_each_wave_with_a_workstream_that_names_it():
    made = nodes(
        WAVE + "  a: {outputs: [a], run: x, gates: [lint]}\n  b: {outputs: [b], run: x, gates: [lint]}\n"
        "  c: {inputs: [a], outputs: [c], run: x}\n  d: {inputs: [c], outputs: [d], run: x, gates: [lint]}\n  e: {inputs: [d], run: x}"
    )
    gates = {node.id: (node.guard.guards, node.depends_on) for node in made.values() if node.guard}
    assert gates == {"lint[wave=0]": (("a", "b"), ("a", "b")), "lint[wave=2]": (("d",), ("d",))}
    assert made["a"].gates == ("lint[wave=0]",) and made["c"].gates == ()
    assert {name: made[name].inferred for name in "cde"} == {"c": ("a", "lint[wave=0]"), "d": ("c",), "e": ("d", "lint[wave=2]")}


def test_a_gate_of_waves_that_nobody_names_stands_after_each_wave():
    made = nodes(WAVE + "  a: {outputs: [a], run: x}\n  b: {inputs: [a], run: x}\n  m: {run: x, manual: true}")
    assert {node.id: node.guard.guards for node in made.values() if node.guard} == {"lint[wave=0]": ("a",), "lint[wave=1]": ("b",)}
    assert made["lint[wave=1]"].always and not made["lint[wave=0]"].always


def test_gates_at_workstreams_come_before_waves_are_counted():
    text = "gates: {g: {run: x, inputs: [i]}, lint: {run: x, at: wave}}\nworkstreams:\n"
    text += "  a: {outputs: [a], run: x, gates: [g]}\n  b: {inputs: [a], outputs: [b], run: x}\n  c: {inputs: [b], run: x, gates: [g]}\n"
    made = nodes(text + "  d: {inputs: [a], run: x}")
    assert made["d"].inferred == ("a", "g", "lint[wave=0]", "lint[wave=2]") and made["lint[wave=3]"].guard.guards == ("d",)


def test_a_gate_of_waves_with_inputs_of_its_own_comes_after_who_creates_them():
    text = "gates: {lint: {run: x, inputs: [tool], at: wave}}\nworkstreams:\n"
    made = nodes(text + "  t: {outputs: [tool], run: x}\n  a: {outputs: [a], run: x, gates: [lint]}\n  b: {inputs: [a], run: x}")
    assert made["lint[wave=0]"].depends_on == () and made["lint[wave=0]"].inferred == ("a", "t")


def test_a_gate_of_waves_waits_for_the_gates_that_it_depends_on_of_its_own_wave():
    text = "gates: {lint: {run: x}, sum: {run: y, at: wave, depends_on: [lint]}}\ndefaults: {gates: [lint, sum]}\nworkstreams:\n"
    made = nodes(text + "  a: {outputs: [a], run: x}\n  b: {inputs: [a], outputs: [b], run: x}")
    assert made["sum[wave=0]"].depends_on == ("a", "lint[a]") and made["sum[wave=1]"].depends_on == ("b", "lint[b]")
