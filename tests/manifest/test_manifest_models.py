"""What a tree of the manifest means, and what is said where it means nothing."""

import re
from pathlib import Path

import pytest
import yaml_blocks as blocks
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core.policies import Retry
from uetbuild.errors import UetError, UetErrors
from uetbuild.manifest.foreign import KEYS as FOREIGN
from uetbuild.manifest.later import KEYS
from uetbuild.manifest.models import BLOCKS, Manifest, validate
from uetbuild.manifest.models_base import Block, keys_of
from uetbuild.manifest.models_workstream import Workstream
from uetbuild.manifest.tree import SourceFile, Text, merge, typed
from uetbuild.manifest.yamltext import parse


def manifest(text: str) -> Manifest:
    found: list[UetError] = []
    return validate(parse(SourceFile("Uetfile.yaml", text), errors=found), found)


def errors(text: str) -> list[tuple[str, int, int, str]]:
    with pytest.raises(UetErrors) as caught:
        manifest(text)
    told = []
    for error in caught.value.errors:
        place = error.location
        assert place is not None
        assert place.source == [*text.splitlines(), ""][place.line - 1]
        told.append((error.message, place.line, place.column, error.hint))
    return told


def workstream(line: str) -> Workstream:
    return manifest(f"workstreams:\n  a:\n    {line}").workstreams["a"]


def wrong(line: str) -> tuple[str, int, int, str]:
    """Message, line and column below the workstream, hint."""
    ((message, number, column, hint),) = errors(f"workstreams:\n  a:\n    {line}")
    return message, number - 2, column - 4, hint


def texts(values: tuple[Text, ...] | None) -> list[str]:
    return [value.text for value in values or ()]


# --- values ---


def test_text_stays_as_it_stands() -> None:
    assert texts(workstream("matrix: {py: [3.10, no, 0755, null]}").matrix["py"]) == ["3.10", "no", "0755", "null"]


def test_one_text_stands_for_a_list_of_one() -> None:
    assert texts(workstream("mutex: db").mutex) == ["db"]
    assert texts(workstream("depends_on: ws-*").depends_on) == ["ws-*"]


def test_paths_are_a_text_a_list_or_a_map_of_names() -> None:
    assert [entry.text.text for entry in workstream("inputs: a/*.c").inputs] == ["a/*.c"]
    found = workstream('inputs: {src: ["a/*.c", "!a/x.c"], tool: {optional: t.py}}').inputs
    assert [(entry.name, entry.text.text, entry.optional) for entry in found] == [
        ("src", "a/*.c", False),
        ("src", "!a/x.c", False),
        ("tool", "t.py", True),
    ]
    assert [entry.optional for entry in workstream("inputs: [a, {optional: b}]").inputs] == [False, True]


def test_a_recipe_is_a_text_a_step_or_a_list_of_both() -> None:
    assert [step.text.text for step in workstream("run: make x").run] == ["make x"]
    steps = workstream("run: [a b, {cmd: c, name: n, env: {K: 1}, cwd: d, timeout: 2m, allow_failure: true}, {argv: [e, f g]}]").run
    assert [step.text.text for step in steps] == ["a b", "c", "e"]
    assert (steps[1].timeout, steps[1].allow_failure, steps[1].env["K"].text) == (120.0, True, "1")
    assert texts(steps[2].argv) == ["e", "f g"]
    (call,) = workstream("run: {python: 'pkg.mod:func', args: {n: 3}}").run
    assert call.args is not None
    assert (call.text.text, typed(call.args)) == ("pkg.mod:func", {"n": 3})


def test_foreach_is_a_glob_a_template_or_a_list() -> None:
    glob = workstream('foreach: "src/**/*.c"').foreach
    template = workstream('foreach: "{{ vars.all }}"').foreach
    items = workstream("foreach: [a, {b: c}]").foreach
    assert glob is not None and glob.glob is not None and glob.glob.text == "src/**/*.c"
    assert template is not None and template.template is not None and template.template.text == "{{ vars.all }}"
    assert items is not None
    first, second = items.items
    assert isinstance(first, Text) and isinstance(second, dict)
    assert (first.text, second["b"].text) == ("a", "c")


def test_vars_are_values_commands_files_or_choices() -> None:
    found = manifest("vars: {a: 1, b: {sh: git log}, c: {load: p.yaml}, d: {one_of: [x, y], default: y}, e: {f: {sh: 1}}, g: }").vars
    assert found["a"].value is not None and typed(found["a"].value) == 1
    assert found["b"].sh is not None and found["b"].sh.text.text == "git log"
    assert found["c"].load is not None and found["c"].load.text == "p.yaml"
    assert texts(found["d"].choices) == ["x", "y"]
    assert found["d"].default is not None and found["d"].default.text == "y"
    assert found["e"].value is not None and typed(found["e"].value) == {"f": {"sh": 1}}
    assert found["g"].value is not None and typed(found["g"].value) is None


def test_numbers_durations_and_sizes_are_read() -> None:
    found = manifest("settings: {jobs: auto, keep_runs: 3, output_limit: 1Gi}\npools: {gpu: 2}\ndefaults: {timeout: 1h30m, retry: 2}")
    assert found.settings is not None and found.defaults is not None
    assert (found.settings.jobs, found.settings.keep_runs, found.settings.output_limit) == (0, 3, 2**30)
    assert (found.pools, found.defaults.timeout, found.defaults.retry) == ({"gpu": 2}, 5400.0, Retry(attempts=3))


def test_what_is_not_given_is_told_from_what_is() -> None:
    empty = manifest("version: 1")
    assert (empty.default, empty.settings, empty.defaults) == (None, None, None)
    bare = workstream("title: t")
    assert (bare.timeout, bare.keep, bare.retry, bare.isolation, bare.resources) == (None, None, None, None, None)


def test_includes_are_paths_or_maps() -> None:
    one, two = manifest("include: [a.yaml, {path: b.yaml, as: b}]").include
    assert (one.path.text, one.as_) == ("a.yaml", None)
    assert two.as_ is not None and (two.path.text, two.as_.text) == ("b.yaml", "b")


def test_sections_may_be_empty() -> None:
    found = manifest("vars:\nenv:\nworkstreams:\nphases: {p: }\nprofiles: {ci: }\nsettings:\ninclude:\n")
    assert (found.vars, found.workstreams, list(found.phases), list(found.profiles), found.include) == ({}, {}, ["p"], ["ci"], ())


def test_blocks_know_where_they_stand() -> None:
    found = manifest("workstreams:\n  a:\n    run: x\n")
    place = found.workstreams["a"].where()
    assert (place.line, place.column, place.length) == (2, 3, 1)
    assert (found.workstreams["a"].where("run").line, found.workstreams["a"].where("run").column) == (3, 5)


def test_a_profile_is_merged_before_the_rest_is_read() -> None:
    tree = parse(SourceFile("U", "defaults: {timeout: 5m, keep: true}\nprofiles: {ci: {defaults: {timeout: null, env_mode: strict}}}\n"))
    profile = validate(tree).profiles["ci"]
    found = validate(merge(tree, profile)).defaults
    assert found is not None
    assert (found.timeout, found.env_mode, found.keep) == (None, "strict", True)


# --- what is wrong ---


@pytest.mark.parametrize(
    ("line", "message", "column", "hint"),
    [
        ("titel: x", "unknown key `titel` in workstream", 1, "did you mean `title`?"),
        ("finaly: x", "unknown key `finaly` in workstream", 1, "did you mean `finally`?"),
        ("depends-on: x", "unknown key `depends-on` in workstream", 1, "did you mean `depends_on`?"),
        ("cmd: x", "unknown key `cmd` in workstream", 1, "here it is `run`"),
        ("dependsOn: x", "unknown key `dependsOn` in workstream", 1, "here it is `depends_on`"),
        ("targets: x", "unknown key `targets` in workstream", 1, "here it is `outputs`"),
        ("run: {command: x}", "unknown key `command` in step", 7, "here it is `cmd`"),
        ("{run:x}", "a blank is missing behind `run:`", 2, "write `run: x`"),
        ("title: [a]", "`title` expects text, got a list", 8, ""),
        ("title:", "`title` has no value", 1, 'write "" for an empty text'),
        ("run:", "`run` has no command", 1, ""),
        ("run: []", "`run` has no steps", 6, ""),
        ("run: ' '", "`run` has no command", 6, ""),
        ("run: {cmd: a, argv: [b]}", "a step has one of `cmd`, `argv` and `python`, not 2", 15, ""),
        ("run: {name: a}", "this step has none of `cmd`, `argv` and `python`", 6, ""),
        ("run: {cmd: a, args: {}}", "`args` goes with `python` only", 15, ""),
        ("run: {python: foo}", "`python` expects a function written `package.module:function`, got `foo`", 15, ""),
        ("run: [[a]]", "`run` expects a command or a map of `cmd`, `argv` or `python`, got a list", 7, ""),
        ("timeout: 5x", "`timeout` expects a duration, got `5x`", 10, "durations are written"),
        ("always: yes", "`always` expects `true` or `false`, got `yes`", 9, "write `true`"),
        ("priority: high", "`priority` expects a whole number, got `high`", 11, ""),
        ("resources: {gpu: -1}", "`gpu` expects a whole number of at least 0, got `-1`", 18, ""),
        ("env_mode: stict", "`env_mode` expects one of `inherit`, `strict`, got `stict`", 11, "did you mean `strict`?"),
        ("env: {A-B: c}", "`A-B` cannot be the name of an environment variable", 7, "call it `A_B`"),
        ("env: {A: }", "`A` has no value", 7, 'write "" for an empty text'),
        ("shell: bash -c", "`shell` expects a list of words, got `bash -c`", 8, "as in `[bash, -c]`"),
        ("inputs:", "`inputs` has no value", 1, "it expects a path"),
        ("inputs: [src\\a.c]", "`inputs` expects paths with `/`, not `\\`", 13, "write `src/a.c`"),
        ("inputs: ['{{ \"\\n\" }}a\\b']", "`inputs` expects paths with `/`, not `\\`", 22, "write"),
        ("inputs: {a-b: x}", "`a-b` cannot be the name of an input", 10, "call it `a_b`"),
        ("inputs: [{optional: a, b: c}]", "`inputs` expects nothing besides `optional`", 10, ""),
        ("outputs: [{optional: a}]", "`outputs` cannot hold an `optional` path", 22, ""),
        ("outputs: ''", "`outputs` expects a path, got an empty text", 10, "`.` is the folder of the manifest"),
        ("matrix: {}", "`matrix` expects at least one axis, got an empty map", 9, "as in `matrix: {py: [3.11, 3.12]}`"),
        ("matrix: {py: []}", "`py` expects at least one value, got an empty list", 14, ""),
        ("require: {fils: b}", "unknown key `fils` in require", 11, "did you mean `files`?"),
        ("retry: x", "`retry` expects a whole number or a map, got `x`", 8, ""),
        ("retry: -1", "`retry` expects a whole number or a map, got `-1`", 8, ""),
        ("retry: [1]", "`retry` expects a whole number or a map, got a list", 8, ""),
        ("retry:", "`retry` has no value", 1, "it expects a whole number or a map"),
        ("retry: {attempts: 0}", "`attempts` expects a whole number of at least 1, got `0`", 19, ""),
        ("retry: {attemps: 2}", "unknown key `attemps` in retry", 9, "did you mean `attempts`?"),
        ("retry: {backoff: soon}", "`backoff` expects a duration, got `soon`", 18, "durations are written"),
        (
            "retry: {on: exits}",
            "`on` expects one of `exit`, `timeout`, `rate_limit`, `lost`, `gate`, got `exits`",
            13,
            "did you mean `exit`?",
        ),
        ("retry: {on: []}", "`on` expects at least one cause, got an empty list", 13, "take it away for the usual ones"),
        ("retry: {rate_limit_codes: 0}", "`rate_limit_codes` expects a whole number of at least 1, got `0`", 27, ""),
        ("retry: {rate_limit_codes: [75, 256]}", "`rate_limit_codes` expects an exit code from 1 to 255, got `256`", 32, ""),
        ("phase: a b", "`a b` cannot be the id", 8, "ids hold letters"),
        ("depends_on: {a: b}", "`depends_on` expects text or a list of texts, got a map", 13, ""),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(line: str, message: str, column: int, hint: str) -> None:
    told = wrong(line)
    assert told[:3] == (message, 1, column)
    assert told[3].startswith(hint) and bool(hint) == bool(told[3])


@pytest.mark.parametrize(
    ("lines", "line", "column", "hint"),
    [
        ("run: make all #fast", 1, 15, 'quote it: "make all #fast"'),
        ('run: echo "a # b"', 1, 14, "quote it: 'echo \"a # b\"'"),
        ("run: [make, {cmd: b #c\n    }]", 1, 21, 'quote it: "b #c"'),
        ("run:\n      - it's # one", 2, 8, 'quote it: "it\'s # one"'),
        ("title: issue #12", 1, 14, 'quote it: "issue #12"'),
        ("confirm: drop #1?", 1, 15, 'quote it: "drop #1?"'),
        ("skip_if: test #x", 1, 15, 'quote it: "test #x"'),
    ],
)
def test_a_comment_that_cuts_a_text_is_told(lines: str, line: int, column: int, hint: str) -> None:
    told = wrong(lines)
    assert told[0].endswith("ends before ` #`, which starts a comment")
    assert (told[1], told[3]) == (line, hint)
    assert told[2] == column + (0 if line == 1 else 4) or line == 2


def test_a_comment_that_cuts_nothing_is_none_of_our_business() -> None:
    assert workstream("run: make all # fast").run[0].text.text == "make all"
    assert workstream("run: echo 'a' # it\n").run[0].text.text == "echo 'a'"
    assert workstream('run: "make #fast"').run[0].text.text == "make #fast"
    assert workstream("run: make  ######").run[0].text.text == "make"


def test_a_command_that_yaml_splits_is_told() -> None:
    found = errors("workstreams:\n  a:\n    run:\n      - echo a: b\n      - pytest\n      - cc -o x:\n")
    assert found == [
        ("`run` expects a command, but `: ` in it makes it a map", 4, 9, 'quote it: "echo a: b"'),
        ("`run` expects a command, but `: ` in it makes it a map", 6, 9, 'quote it: "cc -o x:"'),
    ]
    assert wrong("tags:\n      - a b: c")[3] == 'quote it: "a b: c"'


def test_names_that_differ_in_case_only_are_told_with_both_places() -> None:
    with pytest.raises(UetErrors) as caught:
        manifest("workstreams:\n  Lint: {run: x}\n  lint: {run: x}\n")
    (error,) = caught.value.errors
    assert error.location is not None
    assert (error.message, error.location.line) == ("`lint` differs from `Lint` in upper and lower case only", 3)
    assert [place.line for _, place in error.others] == [2]


def test_all_that_is_wrong_is_told_by_position_at_most_twenty() -> None:
    text = "version: 2\nvars: {a-b: 1}\nworkstreams:\n  b c: {run: x}\n  d:\n  e: {run: [], titel: x}\nsettings: {jobs: many}\nfoo: 1\n"
    assert [(line, column) for _, line, column, _ in errors(text)] == [(1, 10), (2, 8), (4, 3), (5, 3), (6, 12), (6, 16), (7, 18), (8, 1)]
    with pytest.raises(UetErrors) as caught:
        manifest("workstreams:\n" + "".join(f"  a{n}: {{titel: x}}\n" for n in range(500)))
    assert [error.location.line for error in caught.value.errors if error.location] == list(range(2, 22))
    assert caught.value.left_out > 0


def test_errors_of_yaml_and_of_keys_are_told_together() -> None:
    found = errors("workstreams:\n  a: {inputs: [*.c], run: x}\n  b: {titel: x}\n")
    assert [(line, column) for _, line, column, _ in found] == [(2, 16), (3, 7)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the manifest is empty"),
        ("# only a comment", "the manifest is empty"),
        ("- a", "the manifest must be a map of keys"),
        ("version:1", "the manifest must be a map of keys"),
        ("include: [{path: a, as: tag}]", "`as` cannot be `tag`, which has a meaning of its own"),
        ("include: [{as: x}]", "this include has no `path`"),
        ("vars: {a: {sh: x, y: z}}", "`a` cannot have `y` besides `sh`"),
        ("vars: {a: {one_of: [x], default: z}}", "`a` has a default that is none of `x`"),
        ("profiles: {ci: {defalts: {}}}", "unknown key `defalts` in profile"),
        ("pools: {a: 0}", "`a` expects a whole number of at least 1, got `0`"),
        ("workstreams: [a]", "`workstreams` expects a map of names, got a list"),
        ("phases: {a: b}", "`a` expects a map, got `b`"),
    ],
)
def test_a_wrong_section_is_told(text: str, message: str) -> None:
    assert [found[0] for found in errors(text)] == [message]


def test_names_of_pydantic_never_show() -> None:
    for text in ("workstreams: {a: {run: {}}}", "settings: {jobs: []}", "include: {a: b}", "defaults: 3", "foo: bar", "vars: x"):
        for message, *_, hint in errors(text):
            assert not re.search(r"pydantic|Input should|input_|validation|type=", message + hint)


# --- not yet ---


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0", Retry()),
        ("2", Retry(attempts=3)),
        ("{}", Retry(attempts=3)),
        ("{attempts: 5, backoff: 500ms, max: 1m}", Retry(attempts=5, backoff=0.5, limit=60.0)),
        ("{backoff: 0, max: 0, on: lost}", Retry(attempts=3, backoff=0.0, limit=0.0, on=("lost",))),
        ("{on: [exit, timeout, exit], rate_limit_codes: [29, 75]}", Retry(attempts=3, on=("exit", "timeout"), codes=(29, 75))),
    ],
)
def test_a_number_or_a_map_says_how_often_it_is_tried_again(written: str, meant: Retry) -> None:
    assert manifest(f"workstreams: {{a: {{run: x, retry: {written}}}}}").workstreams["a"].retry == meant


@pytest.mark.parametrize(("noun", "key"), [(noun, key) for noun, keys in KEYS.items() for key in sorted(keys)])
def test_a_key_of_a_later_version_is_known_and_answered_not_yet(noun: str, key: str) -> None:
    holders = {
        "manifest": "{}",
        "workstream": "workstreams: {{a: {{run: x, {}}}}}",
        "gate": "gates: {{a: {{run: x, {}}}}}",
        "defaults": "defaults: {{{}}}",
        "phase": "phases: {{p: {{{}}}}}",
        "agent": "workstreams: {{a: {{agent: {{tool: t, prompt: p, {}}}}}}}",
        "tool": "tools: {{t: {{adapter: command, cmd: x, {}}}}}",
    }
    text = holders[noun].format(f"{key}: {{a: b}}")
    assert [(found[0], found[2]) for found in errors(text)] == [(f"`{key}` is not yet supported", text.index(f"{key}:") + 1)]


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("isolation: worktree", "`isolation: worktree` is not yet supported", 12),
        ("foreach: outputs:obj", "`foreach` over `outputs:` is not yet supported", 10),
    ],
)
def test_a_value_of_a_later_version_is_answered_not_yet(line: str, message: str, column: int) -> None:
    assert wrong(line)[:3] == (message, 1, column)


def test_the_manifest_of_the_contract_is_read_but_for_what_is_not_yet() -> None:
    assert {found[0].rpartition(" is not yet supported")[2] for found in errors(blocks.CONTRACT)} == {""}
    found = manifest(blocks.CONTRACT_NOW)
    assert list(found.workstreams) == ["all", "ws-00", "obj", "app", "test", "fmt", "publish"]


def test_the_thirty_six_workstreams_are_read() -> None:
    text = (Path(__file__).parent.parent / "data" / "thirty-six.yaml").read_text(encoding="utf-8")
    assert len(manifest(text).workstreams) == 36


_KEYS = [key for block in (Manifest, *BLOCKS) for key in keys_of(block)] + ["x-a", "foo", "<<", "optional", "sh", "one_of"]
_VALUES = st.recursive(
    st.sampled_from(["", "~", "a", "1", "5m", "true", '"x"', "*.c", "{{ x }}", "a: b", "tag:x", "\\"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.dictionaries(st.sampled_from(_KEYS), inner, max_size=3).map(
            lambda entries: "{" + ", ".join(f"{key}: {value}" for key, value in entries.items()) + "}"
        ),
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=4))
def test_any_manifest_is_read_or_told_with_a_place(entries: dict[str, str]) -> None:
    text = "".join(f"{key}: {value}\n" for key, value in entries.items())
    for whole in (text, "workstreams:\n  a:\n" + "".join(f"    {line}\n" for line in text.splitlines())):
        try:
            manifest(whole)
        except UetErrors as caught:
            assert all(error.location for error in caught.errors)


@pytest.mark.parametrize("block", [Manifest, *BLOCKS], ids=lambda block: block.NOUN)
def test_a_key_of_another_tool_is_answered_with_one_that_there_is(block: type[Block]) -> None:
    known = set(keys_of(block))
    for theirs, ours in FOREIGN.get(block.NOUN, {}).items():
        assert ours in known and theirs not in known, theirs
