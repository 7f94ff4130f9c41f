"""Ready-made gates: `uses` fills in what the gate does not say."""

import pytest
from manifest_disk import argv, faults, nodes

from uetbuild.core.installing import INSTALL, how_to_install
from uetbuild.manifest.catalogue import CATALOGUE, FILES
from uetbuild.manifest.models_gate import GATE_TYPES

A = "\nworkstreams: {a: {outputs: [a.py, a.txt], run: x, gates: [g]}}"


def gate(block, name="g[a]"):
    return nodes(f"gates: {{g: {block}}}" + A)[name]


def test_a_ready_made_gate_runs_the_tool_on_files_of_its_kind():
    made = gate("{uses: ruff}")
    assert argv(made) == ["ruff", "check", "--force-exclude", "--", "…"] and made.programs == ("ruff",)
    assert made.guard.type == "lint" and made.guard.only == ("*.py", "*.pyi") and made.depends_on == ("a",)


def test_keys_of_the_gate_count_more_than_what_it_uses():
    made = gate("{uses: json, type: custom, title: Read it, programs: [git], blocking: false, timeout: 5s}")
    assert (made.guard.type, made.title, made.programs, made.guard.blocking) == ("custom", "Read it", ("git", "python3"), False)


def test_a_command_that_nobody_wants_to_read_has_a_title():
    assert gate("{uses: json}").title == "JSON can be read" and gate("{uses: ruff}").title == ""


def test_with_inputs_of_its_own_it_stands_once_and_checks_these():
    made = gate("{uses: ruff, inputs: [src/]}", "g")
    assert made.depends_on == () and made.guard.only and not made.always


def test_which_files_it_checks_is_part_of_what_it_does():
    assert gate("{uses: ruff}").definition != gate("{run: {argv: [ruff, check, --force-exclude, --, '{{ files }}']}}").definition


@pytest.mark.parametrize(
    ("block", "message", "hint"),
    [
        ("{uses: rufff}", f"`uses` expects one of {', '.join(f'`{name}`' for name in CATALOGUE)}, got `rufff`", "did you mean `ruff`?"),
        (
            "{uses: flake8, run: x}", "gate `g` has both `uses` and `run`",
            "keep `uses: flake8`, or write what it runs and change that: `flake8 -- {{ files }}`",
        ),
        ("{title: x}", "gate `g` has no `run`", "a gate checks by a recipe, or by a ready-made one: `uses: ruff`"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_uses_is_told(block, message, hint):
    assert (message, hint) in [(fault.message, fault.hint) for fault in faults(f"gates: {{g: {block}}}" + A)]


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_can_be_used_and_says_what_it_needs(name):
    ready = CATALOGUE[name]
    made = gate(f"{{uses: {name}}}")
    assert ready.type in GATE_TYPES and made.programs == (ready.words[0],) and ready.about
    assert (FILES in ready.words) == bool(ready.only)  # without files tools check all that they find
    assert ready.program == "python3" or ready.program in INSTALL


def test_how_to_install_what_nobody_knows_is_left_to_the_reader():
    assert how_to_install("ruff") == "install it (`pip install ruff`), or set PATH"
    assert how_to_install("frobnicate") == "install `frobnicate`, or set PATH"
