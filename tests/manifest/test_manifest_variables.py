"""Variables, dotenv files and the environment."""

from __future__ import annotations

import pytest
from manifest_disk import ROOT, argv, disk, faults, nodes, project, told

from uetbuild.core.nodes import Hole
from uetbuild.manifest.load import load


def said(vars_block: str, template: str, files: dict[str, str] | None = None, **assignments: str) -> str:
    """What one word of a command is with these variables."""
    made = nodes(f"vars: {vars_block}\nworkstreams: {{x: {{run: ['say \"{template}\"']}}}}", files, **assignments)
    return argv(made["x"])[1]


def test_only_in_vars_unquoted_scalars_keep_their_type() -> None:
    block = "{n: 3, f: 1.5, t: true, s: '3', v: 3.10, list: [1, two]}"
    assert said(block, "{{ vars.n + 1 }}") == "4"
    assert said(block, "{{ vars.f }} {{ vars.t }} {{ vars.s ~ 1 }} {{ vars.v }} {{ vars.list }}") == "1.5 true 31 3.1 1 two"


def test_values_may_use_other_variables_in_any_order_and_keep_their_type() -> None:
    block = '{a: "{{ vars.b }}", b: [x, "{{ vars.c }}"], c: [y, z], d: {k: "{{ vars.b[0] }}-{{ os }}"}}'
    assert said(block, "{{ vars.a }}|{{ vars.a[2] }}") == "x y z|z"
    assert said(block, "{{ vars.d.k }}").startswith("x-")


def test_a_long_chain_of_variables_is_no_recursion() -> None:
    block = "{v0: end, " + ", ".join(f'v{i}: "{{{{ vars.v{i - 1} }}}}"' for i in range(1, 3000)) + "}"
    assert said(block, "{{ vars.v2999 }}") == "end"


def test_a_cycle_is_an_error_with_its_path() -> None:
    wrong = faults('vars:\n  a: "{{ vars.b }}"\n  b: ["{{ vars.c }}"]\n  c: {x: "{{ vars[\'a\'] }}"}\n  d: "{{ vars.a }}"\n')
    assert [error.message for error in wrong] == ["variables use each other: `a` -> `b` -> `c` -> `a`"]
    assert wrong[0].location is not None and wrong[0].location.line == 2
    assert [place.line for _, place in wrong[0].others] == [3, 4]
    assert wrong[0].location.source == '  a: "{{ vars.b }}"'


def test_unknown_names_are_errors_with_place_and_hint() -> None:
    assert told('vars:\n  colour: red\n  b: "x {{ vars.color }}"\n  c: "{{ item }}"\n  d: "{{ root }}"\n')[0] == (
        "Uetfile.yaml:3:12: unknown variable `color` [did you mean `colour`?]"
    )
    assert len(told('vars:\n  colour: red\n  b: "x {{ vars.color }}"\n  c: "{{ item }}"\n  d: "{{ root }}"\n')) == 3


def test_values_from_elsewhere_are_never_templates() -> None:
    files = {"p.yaml": "a: '{{ vars.x }}'\n", ".env": "E={{ vars.x }}\n"}
    made = nodes(
        "dotenv: .env\nvars: {p: {load: p.yaml}, x: y}\nworkstreams: {x: {run: 'say {{ vars.p.a }} {{ vars.x }} {{ env.E }} {{ env.C }}'}}",
        files, env={"C": "{{ vars.x }}"}, x="{{ 1 }}",
    )  # fmt: skip
    assert argv(made["x"]) == ["say", "{{ vars.x }}", "{{ 1 }}", "{{ vars.x }}", "{{ vars.x }}"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("p.yaml", "a: {b: [1, '2']}"),
        ("p.json", '{"a": {"b": [1, "2"]}}'),
        ("p.toml", 'a.b = [1, "2"]\nd = 2020-01-01'),
    ],
)
def test_load_reads_yaml_json_and_toml(name: str, content: str) -> None:
    assert said(f"{{p: {{load: {name}}}}}", "{{ vars.p.a.b[0] + 1 }} {{ vars.p.a.b[1] }}", {name: content}) == "2 2"


def test_load_of_what_cannot_be_read_is_an_error() -> None:
    files = {"params.yaml": "a: 1", "p.json": '{\n "a": }', "p.toml": "a = = 1", "p.txt": "x"}
    block = "vars:\n" + "".join(
        f"  {name}: {{load: {path}}}\n"
        for name, path in [("a", "param.yaml"), ("b", "p.json"), ("c", "p.toml"), ("d", "p.txt"), ("e", "../x.yaml")]
    )
    assert told(block, files) == [
        "Uetfile.yaml:2:13: cannot load `param.yaml`: there is no such file [did you mean `params.yaml`?]",
        "Uetfile.yaml:4:13: cannot load `p.toml`: invalid value (at line 1, column 5)",
        "Uetfile.yaml:5:13: cannot load `p.txt` [files are loaded by their ending: .yaml, .yml, .json, .toml]",
        "Uetfile.yaml:6:13: `../x.yaml` leads out of the root [all files of a project lie below its root]",
        "p.json:2:7: expecting value [it is loaded as JSON]",
    ]


def test_only_the_used_values_of_a_loaded_file_count() -> None:
    manifest = "vars: {p: {load: p.yaml}}\nworkstreams: {x: {run: 'say {{ vars.p.a }}'}}"
    first, second, third = (nodes(manifest, {"p.yaml": text})["x"].definition for text in ("{a: 1, b: 1}", "{a: 1, b: 2}", "{a: 2, b: 1}"))
    assert first == second != third


def test_sh_variables_are_lazy() -> None:
    made = project(
        """
        include: [{path: api/U.yaml, as: api}]
        vars:
          rev: {sh: "git rev-parse {{ vars.branch }} | head -1"}
          branch: main
          version: "v{{ vars.rev }}"
          other: {sh: [sh, -c]}
        workstreams:
          x: {run: "say {{ vars.version }} {{ vars.rev | words }}"}
          y: {run: "say {{ vars.branch }}"}
        """.replace("{sh: [sh, -c]}", "{sh: {argv: [uname, -m]}}"),
        {"api/U.yaml": "vars: {rev: {sh: date}}\nworkstreams: {x: {run: 'say {{ vars.rev }} {{ vars.other }}'}}"},
    )
    by_id = {node.id: node for node in made.nodes}
    variables = {variable.name: variable for variable in made.sh_vars}
    assert set(variables) == {"rev", "version", "other", "api:rev"}
    assert variables["rev"].step.shown == "git rev-parse main | head -1"
    assert variables["version"].step.words == (("printf",), ("%s",), ("v", Hole(name="var", key="rev")))
    assert variables["api:rev"].step.cwd == "api"
    assert by_id["x"].sh_vars == ("rev", "version")
    assert by_id["y"].sh_vars == ()
    assert by_id["api:x"].sh_vars == ("api:rev", "other")
    assert by_id["x"].steps[0].shown == "say {{ vars.version }} {{ vars.rev | words }}"


def test_an_sh_variable_cannot_decide_what_must_be_known_before() -> None:
    assert told(
        'vars:\n  rev: {sh: date}\n  list: ["{{ vars.rev }}"]\nworkstreams:\n  x: {run: a, outputs: ["{{ vars.rev }}"]}\n'
        "  y: {run: a, when: vars.rev}\n"
    ) == [
        "Uetfile.yaml:3:3: `list` is no text, and so cannot use `rev`, which is only known when a recipe runs "
        "[use the variable in the recipe itself]"
    ]
    messages = told(
        'vars:\n  rev: {sh: date}\nworkstreams:\n  x: {run: a, outputs: ["{{ vars.rev }}"]}\n  y: {run: a, when: vars.rev == "x"}\n'
    )
    assert [line.split(" ", 1)[0] for line in messages] == ["Uetfile.yaml:4:29:", "Uetfile.yaml:5:21:"]
    assert all("only known when the workstream runs" in line for line in messages)


def test_the_command_line_sets_declared_variables() -> None:
    block = "{a: text, n: 3, list: [x], stage: {one_of: [staging, prod], default: staging}, rev: {sh: date}}"
    assert said(block, "{{ vars.a }} {{ vars.stage }} {{ vars.rev }}", a="new", stage="prod", rev="r1") == "new prod r1"
    assert said(block, "{{ vars.n + 1 }}", n="7") == "8"
    assert said(block, "{{ vars.list | length }} {{ vars.list[1] }}", list="-O3 'a b'") == "2 a b"
    assert project(f"vars: {block}").vars == ("a", "n", "list", "stage", "rev")


def test_what_the_command_line_cannot_set_is_an_error() -> None:
    block = "vars: {colour: red, stage: {one_of: [staging, prod], default: staging}, m: {k: v}, list: [x]}"
    assert told(block, color="x") == ["unknown variable `color` in `color=x` [did you mean `colour`?]"]
    assert told("version: 1", a="x") == ["unknown variable `a` in `a=x` [declare it under `vars` in the root manifest]"]
    assert told(block, stage="produ") == ["variable `stage` cannot be `produ`: it is one of `staging`, `prod` [did you mean `prod`?]"]
    assert told(block, m="x") == ["Uetfile.yaml:1:73: variable `m` is a map, and cannot be set on the command line"]
    assert told(block, list="'x") == ["Uetfile.yaml:1:84: cannot split `list='x` into words: no closing quotation"]


def test_a_choice_without_default_must_be_given_only_where_it_is_used() -> None:
    block = "vars: {stage: {one_of: [staging, prod]}}\nworkstreams: {x: {run: 'say hello'}, y: {run: 'say {{ vars.stage }}'}}"
    assert told(block) == [
        "Uetfile.yaml:2:55: variable `stage` has no value [give it on the command line: `stage=…`, one of `staging`, `prod`]"
    ]
    assert argv(nodes(block, stage="prod")["y"]) == ["say", "prod"]
    nodes("vars: {stage: {one_of: [a]}}\nworkstreams: {x: {run: 'say hello'}}")


# --- environment -------------------------------------------------------------------------------------------------------------------


def test_later_layers_of_the_environment_win() -> None:
    files = {".env": "A=dotenv\nB=dotenv\nC=dotenv\nD=dotenv\n", ".env.local": "D=local\n"}
    made = nodes(
        """
        dotenv: [.env, none.env, .env.local]
        env: {C: file, F: file, G: "{{ env.A }}-{{ env.B }}-{{ env.C }}"}
        workstreams:
          x:
            env: {F: stream, H: "{{ env.F }}{{ inputs }}"}
            inputs: ["*.c"]
            run: [{cmd: "say {{ env.A }} {{ env.B }} {{ env.C }} {{ env.D }} {{ env.F }}", env: {F: step}}]
          y: {env_mode: strict, run: "say {{ env.B }}"}
          z: {env_mode: strict, pass_env: [B], run: "say {{ env.B }}"}
        """,
        files,
        env={"B": "caller"},
    )
    assert argv(made["x"]) == ["say", "dotenv", "caller", "file", "local", "stream"]
    env = dict(made["x"].env)
    assert {name: "".join(map(str, value)) for name, value in env.items() if name != "H"} == {
        "A": "dotenv", "C": "file", "D": "local", "F": "stream", "G": "dotenv-caller-dotenv",
    }  # fmt: skip
    assert env["H"] == ("file", Hole(name="inputs"))
    assert made["x"].steps[0].env == (("F", ("step",)),)
    assert dict(made["y"].env)["B"] == ("dotenv",)
    assert "B" not in dict(made["z"].env) and made["z"].pass_env == ("B",)


def test_looks_at_the_environment_are_observed_and_limited_to_what_is_named() -> None:
    seen = disk("dotenv: .env\nworkstreams: {x: {run: 'say {{ env.HOME | default(1) }}'}}", {".env": "A=1"})
    load(ROOT, "Uetfile.yaml", seen)
    assert {name for kind, name in seen.looks if kind == "env"} == {"HOME", "A"}
    assert ("read", ".env") in seen.looks


def test_an_unset_variable_is_an_error_and_a_secret_never_gets_into_a_recipe() -> None:
    assert told("workstreams:\n  x: {run: 'say {{ env.NOPE }}'}\n") == [
        "Uetfile.yaml:2:20: environment variable `NOPE` is not set [write `{{ env.NOPE | default('…') }}` where it may be unset]"
    ]
    assert told("workstreams:\n  x: {run: 'say {{ env.T }}', secrets: [T]}\n", env={"T": "x"}) == [
        "Uetfile.yaml:2:20: `T` is a secret, and a template would store it [let the recipe read it: `${T}`]"
    ]
    assert told("vars: {r: {sh: date}}\nenv: {A: '{{ vars.r }}'}\nworkstreams:\n  x: {run: 'say {{ env.A }}'}\n") == [
        "Uetfile.yaml:4:20: `env.A` is only known when the recipe runs [let the recipe read it: `$A`]"
    ]


def test_a_broken_dotenv_file_is_told_with_its_own_place() -> None:
    assert told("dotenv: .env\n", {".env": "A=1\nwhat\n"}) == [
        ".env:2:1: expected `KEY=VALUE` [lines of a dotenv file are `KEY=VALUE` or `# …`]"
    ]
