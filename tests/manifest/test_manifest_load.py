"""From a manifest to nodes: the whole, references, groups, files, recipes, limits."""

from __future__ import annotations

import time

import pytest
from manifest_disk import ROOT, FakeDisk, argv, disk, faults, nodes, project, told

from uetbuild.core.nodes import Node, Source, Step
from uetbuild.core.policies import Retry
from uetbuild.errors import UetErrors
from uetbuild.manifest.load import load

EXAMPLE = """
    version: 1
    project: shop
    default: [all]
    vars:
      py: python3
      cflags: [-O2, -g]
      rev: {sh: git rev-parse --short HEAD}
      params: {load: params.yaml}
      stage: {one_of: [staging, prod], default: staging}
    dotenv: [.env]
    env: {LC_ALL: C.UTF-8}
    scopes:
      core: ["core/**/*.py", "!core/**/generated_*.py"]
    pools: {llm: 2, gpu: 1}
    workstreams:
      all: {depends_on: [ws-*, lint]}
      ws-00:
        title: Generate the parser
        inputs: {src: "grammar/*.g", tool: tools/gen.py}
        outputs: [core/generated_parser.py]
        run: "{{ vars.py }} {{ inputs.tool }} {{ inputs.src }} > {{ outputs }}"
      obj:
        foreach: "src/**/*.c"
        outputs: ["build/{{ item.rel }}.o"]
        depfile: "build/{{ item.rel }}.d"
        run: "cc {{ vars.cflags }} -MD -MF {{ depfile }} -c {{ item }} -o {{ outputs }}"
      app:
        inputs: ["outputs:obj"]
        outputs: [build/app]
        run: "cc {{ inputs }} -o {{ outputs }}"
      test:
        matrix: {py: [3.11, 3.12]}
        inputs: [scope:core, "tests/**"]
        run: "uv run -p {{ matrix.py }} pytest -q {{ args }}"
      fmt: {edits: [scope:core], run: [ruff check --fix core, ruff format core]}
      publish: {confirm: Upload to PyPI?, inputs: ["dist/*.whl"], run: "twine upload {{ inputs }}", secrets: [TWINE_PASSWORD]}
      lint: {run: ruff check}
    phases: {refactor: {title: Refactoring}}
    defaults: {timeout: 10m, env_mode: inherit}
    profiles: {ci: {defaults: {env_mode: strict}}}
    settings: {jobs: auto, keep_runs: 50, output_limit: 1Gi}
    """
FILES = {"params.yaml": "a: 1", "src/a.c": "", "src/sub/b.c": "", "tools/gen.py": "", "core/a.py": ""}


def patterns(sources: tuple[Source, ...]) -> list[str]:
    return [source.pattern for source in sources]


def ids(node: Node) -> str:
    return " ".join(node.depends_on)


# --- the whole ---------------------------------------------------------------------------------------------------------------------


def test_the_example_of_the_contract_loads() -> None:
    made = project(EXAMPLE, FILES)
    by_id = {node.id: node for node in made.nodes}
    assert list(by_id) == [
        "all", "ws-00", "obj[src/a.c]", "obj[src/sub/b.c]", "app", "test[py=3.11]", "test[py=3.12]", "fmt", "publish", "lint",
    ]  # fmt: skip
    assert made.default == ("all",)
    assert made.settings.project == "shop" and made.settings.pools == (("gpu", 1), ("llm", 2)) and made.settings.jobs == 0
    assert by_id["all"].is_group and ids(by_id["all"]) == "lint ws-00"
    assert by_id["ws-00"].title == "Generate the parser"
    assert [(source.name, source.pattern) for source in by_id["ws-00"].inputs] == [("src", "grammar/*.g"), ("tool", "tools/gen.py")]
    assert by_id["ws-00"].steps[0].kind == Step.SHELL
    assert by_id["ws-00"].steps[0].shown == "python3 {{ inputs.tool }} {{ inputs.src }} > core/generated_parser.py"
    assert by_id["app"].inferred == ("obj[src/a.c]", "obj[src/sub/b.c]")
    assert by_id["app"].inputs[0].kind == Source.CREATED
    assert by_id["obj[src/sub/b.c]"].depfile == "build/sub/b.d"
    assert by_id["test[py=3.12]"].uses_args and not by_id["fmt"].uses_args
    assert by_id["publish"].manual and by_id["publish"].secrets == ("TWINE_PASSWORD",)
    assert {node.timeout for node in made.nodes if not node.is_group} == {600.0}
    assert all(node.definition for node in made.nodes)
    assert {node.env_mode for node in project(EXAMPLE, FILES, profile="ci").nodes if not node.is_group} == {"strict"}


def test_nodes_and_sources_know_where_they_are_written() -> None:
    made = nodes("workstreams:\n  x:\n    inputs: [a, \"b\"]\n    run: 'true'\n")
    assert (made["x"].file, made["x"].line, made["x"].column) == ("Uetfile.yaml", 2, 3)
    assert [(source.line, source.column) for source in made["x"].inputs] == [(3, 14), (3, 18)]


def test_loading_is_the_same_every_time_and_key_order_and_comments_do_not_count() -> None:
    assert project(EXAMPLE, FILES) == project(EXAMPLE, FILES)
    one = nodes("workstreams: {x: {run: [{cmd: a, env: {A: 1, B: 2}}], env: {C: 1, D: 2}, inputs: [s]}}")["x"]
    two = nodes(
        "# why\nworkstreams:\n  x:\n    inputs: [s]\n    env: {D: 2, C: 1}\n    run: [{env: {B: 2, A: 1}, cmd: a}]\n    title: T\n"
    )["x"]
    assert (one.definition, one.env) == (two.definition, two.env)


def test_the_row_of_a_project_can_be_marshalled_and_revived() -> None:
    import marshal

    made = project(
        EXAMPLE.replace(
            "lint: {run: ruff check}", 'lint: {inputs: [lib/a.c], run: "x {{ vars.rev | upper }} {{ inputs | first }} {{ env.H }}"}'
        ),
        FILES,
        env={"H": "h"},
    )
    assert type(made).from_row(marshal.loads(marshal.dumps(made.row()))) == made


def test_a_workstream_that_says_how_often_it_is_tried_replaces_the_default() -> None:
    made = nodes(
        "defaults: {retry: 2}\nworkstreams: {x: {run: x}, y: {run: x, retry: 0}, z: {run: x, retry: {on: lost}}, g: {depends_on: x}}"
    )
    assert made["x"].retry == Retry(attempts=3)
    assert made["y"].retry is None and made["g"].retry is None
    assert made["z"].retry == Retry(attempts=3, on=("lost",))
    assert nodes("workstreams: {x: {run: x}}")["x"].definition == made["x"].definition  # retries make no other result


def test_a_thousand_nodes_in_a_chain_and_many_in_one_group_are_no_problem() -> None:
    lines = ["workstreams:", "  all: {depends_on: [ws-*]}", "  ws-0: {run: x}"]
    lines += [f"  ws-{number}: {{depends_on: [ws-{number - 1}], run: x}}" for number in range(1, 3000)]
    made = load(ROOT, "Uetfile.yaml", FakeDisk({"Uetfile.yaml": "\n".join(lines)}))
    assert len(made.nodes[0].depends_on) == 3000


# --- references --------------------------------------------------------------------------------------------------------------------

SOME = """
workstreams:
  a: {run: x, tags: [slow], phase: one}
  b: {matrix: {v: [1, 2]}, run: x, tags: [slow]}
  m: {run: x, manual: true, tags: [slow]}
  i: {run: x, interactive: true}
  g: {depends_on: [REFERENCES]}
"""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a", "a"),
        ("b", "b[v=1] b[v=2]"),
        ('"b[v=2]"', "b[v=2]"),
        ('"b[v=*]"', "b[v=1] b[v=2]"),
        ('"*"', "a b[v=1] b[v=2]"),
        ('"?"', "a b[v=1] b[v=2]"),
        ("m, i", "i m"),
        ("tag:slow", "a b[v=1] b[v=2]"),
        ("phase:one", "a"),
        ('":a", a', "a"),
    ],
)
def test_ids_patterns_tags_and_phases_pass_over_itself_and_manual_ones(written: str, meant: str) -> None:
    assert ids(nodes(SOME.replace("REFERENCES", written))["g"]) == meant


def test_references_may_hold_templates() -> None:
    made = nodes("vars: {all: [a, c]}\nworkstreams:\n  a: {matrix: {v: [1, 2]}, run: x}\n  c: {run: x}\n"
                 "  b: {matrix: {v: [1, 2]}, after: [\"a[v={{ matrix.v }}]\"], run: x}\n  g: {depends_on: [\"{{ vars.all }}\"]}\n")  # fmt: skip
    assert made["b[v=2]"].after == ("a[v=2]",)
    assert ids(made["g"]) == "a[v=1] a[v=2] c"


def test_unknown_references_are_errors_with_caret_and_hint() -> None:
    wrong = faults("workstreams:\n  ws-01: {run: x}\n  ws-07:\n    depends_on: [ws-o1]\n    run: x\n")
    assert [error.message for error in wrong] == ["workstream `ws-07` depends on unknown workstream `ws-o1`"]
    place = wrong[0].location
    assert place is not None
    assert (place.line, place.column, place.length, place.source) == (4, 18, 5, "    depends_on: [ws-o1]")
    assert wrong[0].hint == "did you mean `ws-01`?"


def test_every_kind_of_reference_that_means_nothing_is_told_at_once() -> None:
    manifest = SOME.replace("REFERENCES", "x-*, tag:slo, phase:on, 'b[v=3]', ':q'").replace("default", "")
    assert told("default: [al]" + manifest.replace("g: {", "g: {run: x, after: zz, ")) == [
        "Uetfile.yaml:1:11: `default` names unknown workstream `al`" + " [did you mean `a`?]",
        "Uetfile.yaml:7:22: workstream `g` comes after unknown workstream `zz`",
        "Uetfile.yaml:7:39: workstream `g` depends on `x-*`, which means no workstream [a pattern must mean at least one workstream]",
        "Uetfile.yaml:7:44: workstream `g` depends on `tag:slo`, which means no workstream [did you mean `tag:slow`?]",
        "Uetfile.yaml:7:53: workstream `g` depends on `phase:on`, which means no workstream [did you mean `phase:one`?]",
        "Uetfile.yaml:7:64: workstream `g` depends on unknown node `b[v=3]` [its nodes are `b[v=1]`, `b[v=2]`]",
        "Uetfile.yaml:7:74: workstream `g` depends on unknown workstream `:q`",
    ]


def test_a_cycle_is_an_error_with_its_full_path_and_the_lines() -> None:
    wrong = faults(
        "workstreams:\n  a: {depends_on: [b], run: x}\n  b: {depends_on: [c], run: x}\n  c: {inputs: [f], run: x}\n  d: {depends_on: [a], outputs: [f], run: x}\n"
    )
    assert [error.message for error in wrong] == ["dependency cycle: `a` -> `b` -> `c` -> `d` -> `a`"]
    assert wrong[0].location is not None and wrong[0].location.source == "  a: {depends_on: [b], run: x}"
    assert [place.line for _, place in wrong[0].others] == [3, 4, 5]


def test_default_means_ids_and_all_what_is_left() -> None:
    manifest = """
        default: [DEFAULT]
        workstreams:
          a: {run: x, outputs: [o]}
          b: {run: x, inputs: [i], matrix: {v: [1, 2]}}
          n: {run: x}
          w: {run: x, always: true, outputs: [w]}
          m: {run: x, manual: true, outputs: [m]}
          g: {depends_on: [a]}
        """
    assert project(manifest.replace("DEFAULT", "b")).default == ("b[v=1]", "b[v=2]")
    assert project(manifest.replace("DEFAULT", "g, m")).default == ("g", "m")
    assert project(manifest.replace("DEFAULT", "all, n")).default == ("a", "b[v=1]", "b[v=2]", "n")
    assert project(manifest.replace("default: [DEFAULT]", "")).default is None
    assert project(manifest.replace("[DEFAULT]", "[]")).default == ()


# --- groups ------------------------------------------------------------------------------------------------------------------------


def test_a_workstream_without_recipe_is_a_group_with_members() -> None:
    assert told("workstreams:\n  g: {title: x}\n  h: {depends_on: [m]}\n  i: {depends_on: ['m*']}\n  m: {run: x, manual: true}\n") == [
        "Uetfile.yaml:2:3: group `g` has no members [name its members under `depends_on`, or give it a recipe (`run`)]",
        "Uetfile.yaml:4:3: group `i` has no members "
        "[patterns, tags and phases pass over the group itself and over `manual` workstreams: name these by their ids]",
    ]
    assert told("workstreams:\n  g: {depends_on: [m], outputs: [x]}\n  m: {run: x}\n") == [
        "Uetfile.yaml:2:24: workstream `g` has `outputs` but no `run` "
        "[give it a recipe (`run`); without one it is a group, which only has members]"
    ]


# --- files -------------------------------------------------------------------------------------------------------------------------


def test_paths_are_of_the_manifests_folder_and_canonical() -> None:
    made = nodes(
        "include: [{path: lib/U.yaml, as: lib}]",
        {"lib/U.yaml": "workstreams: {x: {inputs: [./a//../b.c, //top.c, ../up.c, 'src/', {optional: c}], outputs: [out/], forbid: ['**/*.lock'], run: x}}".replace("a//..", "a/..")},
    )  # fmt: skip
    node = made["lib:x"]
    assert patterns(node.inputs) == ["lib/b.c", "top.c", "up.c", "lib/src", "lib/c"]
    assert [source.folder for source in node.inputs] == [False, False, False, True, False]
    assert [source.optional for source in node.inputs] == [False, False, False, False, True]
    assert patterns(node.outputs) == ["lib/out"] and node.outputs[0].folder
    assert patterns(node.forbid) == ["lib/**/*.lock"]


def test_a_folder_whose_name_holds_wildcards_is_itself() -> None:
    made = nodes(
        "include: [{path: '//[x]/U.yaml', as: x}]".replace("//[x]", "x"), {"x/U.yaml": "workstreams: {x: {inputs: ['*.c'], run: x}}"}
    )
    assert patterns(made["x:x"].inputs) == ["x/*.c"]
    loaded = load(ROOT, "[x]/U.yaml", FakeDisk({"[x]/U.yaml": "workstreams: {x: {inputs: ['*.c', a.c], run: x}}"}))
    assert [(source.pattern, source.kind) for source in loaded.nodes[0].inputs] == [("[[]x[]]/*.c", Source.GLOB), ("[x]/a.c", Source.PATH)]


def test_scopes_hold_scopes_and_later_patterns_take_away() -> None:
    made = nodes(
        """
        vars: {ext: [py, pyi]}
        scopes:
          src: ["src/*.{{ vars.ext[0] }}", "!src/gen_*.py"]
          all: [scope:src, "tests/**", "!scope:junk"]
          junk: ["**/*.tmp"]
        workstreams: {x: {inputs: {code: [scope:all], t: t.txt}, run: "x {{ inputs.code }}"}}
        """
    )
    group = made["x"].inputs[0]
    assert (group.kind, group.name, group.pattern) == (Source.GROUP, "code", "scope:all")
    assert [(item.pattern, item.kind, item.negative) for item in group.items] == [
        ("scope:src", Source.GROUP, False), ("tests/**", Source.GLOB, False), ("scope:junk", Source.GROUP, True),
    ]  # fmt: skip
    assert [(item.pattern, item.negative) for item in group.items[0].items] == [("src/*.py", False), ("src/gen_*.py", True)]


def test_scopes_in_a_circle_and_unknown_ones_are_errors() -> None:
    assert told("scopes:\n  a: [scope:b]\n  b: ['x', scope:c]\n  c: ['!scope:a']\n") == [
        "Uetfile.yaml:2:3: scopes hold each other: `a` -> `b` -> `c` -> `a` [take one of them out of the other]"
    ]
    assert told("scopes: {core: [x]}\nworkstreams:\n  x: {inputs: [scope:cor], run: x}\n") == [
        "Uetfile.yaml:3:16: unknown scope `cor` [did you mean `scope:core`?]"
    ]
    chain = "scopes:\n  s0: [x]\n" + "".join(f"  s{i}: [scope:s{i - 1}]\n" for i in range(1, 60))
    nodes(chain + "workstreams: {x: {inputs: [scope:s59], run: x}}")


def test_paths_that_cannot_be_are_errors() -> None:
    assert told(
        """
        vars: {back: 'a\\b'}
        workstreams:
          a: {inputs: [../x], run: x}
          b: {inputs: [/etc/passwd], run: x}
          c: {inputs: ['src/[x'], run: x}
          d: {inputs: ['{{ vars.back }}'], run: x}
          e: {depfile: '*.d', run: x}
          f: {outputs: ['.'], run: x}
          g: {outputs: ['outputs:a'], run: x}
          h: {inputs: ['outputs:a'], run: x}
          i: {inputs: ['outputs:q'], run: x}
          j: {inputs: ['outputs:j'], outputs: [z], run: x}
          k: {cwd: ../.., run: x}
        """
    ) == [
        "Uetfile.yaml:3:16: `../x` leads out of the root [all paths stay inside the folder of the outermost manifest]",
        "Uetfile.yaml:4:16: `/etc/passwd` leads out of the root [`//etc/passwd` would be a path from the root of the project]",
        "Uetfile.yaml:5:17: `src/[x` has a `[` without its `]`",
        "Uetfile.yaml:6:17: `a\\b` has a backslash [write `/`, also on other systems]",
        "Uetfile.yaml:7:17: `*.d` is a pattern, where one path is needed",
        "Uetfile.yaml:8:7: `f` cannot create the root folder [name a folder below it]",
        "Uetfile.yaml:9:18: `outputs:` can only stand in `inputs` [write the paths themselves]",
        "Uetfile.yaml:10:17: `outputs:a`: workstream `a` creates nothing [a dependency without files belongs under `depends_on`]",
        "Uetfile.yaml:11:17: `outputs:q` names unknown workstream `q`",
        "Uetfile.yaml:12:7: `j` cannot read its own outputs [take `outputs:` of itself away]",
        "Uetfile.yaml:13:12: `../..` leads out of the root [a recipe runs in a folder of the project]",
    ]


def test_contradictions_between_files_are_told_with_both_places() -> None:
    wrong = faults("workstreams:\n  a: {outputs: [x/y], run: x}\n  b: {outputs: [x/y], run: x}\n  c: {inputs: [f], outputs: [f], run: x}\n")
    assert [error.message for error in wrong] == ["both `a` and `b` create `x/y`", "`f` is in both `inputs` and `outputs` of `c`"]
    assert wrong[0].location is not None and wrong[0].location.source == "  b: {outputs: [x/y], run: x}"
    assert wrong[0].others[0][1].source == "  a: {outputs: [x/y], run: x}"


def test_outputs_can_be_named_and_a_wildcard_among_them_cannot_be_used() -> None:
    made = nodes(
        "workstreams:\n  x: {outputs: {page: a.html, index: [i.js, d/]}, cwd: sub, run: 'x {{ outputs }} {{ outputs.page }} {{ outputs.index[0] }} {{ outputs | length }}'}\n"
        "  y: {outputs: ['*.o'], run: x}\n"
    )
    assert argv(made["x"]) == ["x", "../a.html", "../i.js", "../d", "../a.html", "../i.js", "3"]
    assert told("workstreams:\n  y: {outputs: ['*.o', x], run: 'x {{ outputs }}'}\n") == [
        "Uetfile.yaml:2:39: `outputs` cannot be used here: `*.o` has a wildcard, and what it creates is not known before it ran "
        "[name the files, or a folder with `/` at its end]"
    ]
    assert told("workstreams:\n  y: {outputs: {a: b}, run: 'x {{ outputs.c }}'}\n") != []


# --- recipes -----------------------------------------------------------------------------------------------------------------------


def test_steps_keep_what_is_written_about_them() -> None:
    made = nodes(
        """
        defaults: {shell: [sh, -c]}
        workstreams:
          x:
            cwd: sub
            run:
              - {cmd: "a | b", name: "first {{ ws }}", timeout: 5s, allow_failure: true, cwd: other}
              - {argv: [prog, "two words", "{{ inputs }}", "$x"]}
            inputs: [a.c]
            finally: [rm -f tmp]
            probes: [cc --version]
            skip_if: "test -e done"
            programs: [cc, ld]
            when: os != "plan9" and matrix.v == "1"
            matrix: {v: [1, 2]}
          y: {run: "a | b", shell: [bash, -c]}
        """
    )
    node = made["x[v=1]"]
    assert (node.cwd, node.skipped, made["x[v=2]"].skipped) == ("sub", False, True)
    first, second = node.steps
    assert (first.kind, first.shell, first.name, first.timeout, first.allow_failure, first.cwd) == (
        Step.SHELL,
        ("sh", "-c"),
        "first x",
        5.0,
        True,
        "other",
    )
    assert (second.kind, second.shown, second.cwd) == (Step.DIRECT, "prog 'two words' {{ inputs }} '$x'", None)
    assert node.finally_[0].shown == "rm -f tmp"
    assert (node.probes[0].shown, node.probes[0].cwd) == ("cc --version", "sub")
    assert node.skip_if is not None and node.skip_if.cwd == "sub"
    assert node.programs == ("cc", "ld")
    assert made["y"].steps[0].shell == ("bash", "-c")


def test_faults_in_recipes_have_their_places() -> None:
    assert told(
        'workstreams:\n  a: {run: ["echo \'x", "say {{ files }}", "say {{ inputs.x }}"]}\n  b: {run: \'cat <<X\n\n      {{ args }}\n\n      X\'}\n  c: {skip_if: \'say {{ inputs }}\', run: x}\n'
        "  d: {run: x, title: '{{ nope }}'}\n  e: {run: {python: 'a.b:c', args: {x: '{{ y }}'}}}\n  f: {run: {python: '{{ ws }}'}}\n"
    ) == [
        "Uetfile.yaml:2:19: `'` is never closed [close it, or write `\\` before it]",
        'Uetfile.yaml:5:10: `{{ args }}` cannot stand in a here-document [pass the value through `env` and write "$NAME" there]',
        "Uetfile.yaml:8:24: `inputs` is not known here [what is known here: arch, cwd, env, os, root, vars, ws]",
        "Uetfile.yaml:9:26: unknown name `nope` [what is known here: arch, env, os, root, vars, ws]",
        "Uetfile.yaml:10:44: unknown name `y` [what is known here: arch, args, changed, cwd, env, os, root, vars, ws]",
        "Uetfile.yaml:11:22: `f` is no function [it is written `package.module:function`]",
    ]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("cp {{ inputs }} x", "`a` declares no `inputs` [write what it reads under `inputs`]"),
        ("cp x {{ outputs }}", "`a` declares no `outputs` [write what it creates under `outputs`]"),
        ("{{ cc }} x", "unknown name `cc` [write `vars.cc`]"),
        ("{{ py }} x", "unknown name `py` [write `matrix.py`]"),
    ],
)
def test_a_name_that_stands_for_nothing_is_told_with_what_to_write(run: str, said: str) -> None:
    (found,) = told(f"vars: {{cc: gcc}}\nworkstreams:\n  a: {{matrix: {{py: [1]}}, run: '{run}'}}\n")
    assert found.partition(": ")[2] == said


def test_who_is_tried_again_after_a_gate_has_one() -> None:
    again = "workstreams:\n  a: {outputs: [x], retry: {on: [exit, gate]}, run: x}\n"
    (found,) = told(again)
    assert (
        found.partition(": ")[2]
        == "`a` is tried again after `gate`, but no gate guards it [name a gate under `gates`, or take `gate` away from `on`]"
    )
    assert nodes("gates: {g: {run: x}}\ndefaults: {gates: [g]}\n" + again)


def test_the_file_of_a_python_step_is_an_input() -> None:
    files = {"lib/x": "", "lib/tools/gen.py": "", "lib/pkg/__init__.py": ""}
    made = nodes(
        "include: [{path: lib/U.yaml, as: lib}]",
        {
            **files,
            "lib/U.yaml": """
                workstreams:
                  a: {inputs: [x], outputs: [o], run: {python: "tools.gen:main", args: {n: 3, out: "{{ outputs }}", srcs: "{{ inputs }}"}}}
                  b: {outputs: [p], run: [{python: "pkg:main"}, {python: "json:dumps"}]}
                  c: {run: {python: "tools.gen:main"}}
                """,
        },
    )
    assert patterns(made["lib:a"].inputs) == ["lib/x", "lib/tools/gen.py"]
    assert patterns(made["lib:b"].inputs) == ["lib/pkg/__init__.py"]
    assert not made["lib:c"].touches_files
    step = made["lib:a"].steps[0]
    assert (step.kind, step.words[0], step.shown) == (Step.PYTHON, ("tools.gen:main",), "tools.gen:main(n, out, srcs)")
    assert step.words[1][0] == '{"n": "3", "out": ["o"], "srcs": '


# --- limits ------------------------------------------------------------------------------------------------------------------------


def test_how_a_node_runs_is_taken_from_it_and_from_the_defaults() -> None:
    made = nodes(
        """
        pools: {gpu: 2}
        defaults: {resources: {gpu: 1}, keep: true, isolation: sandbox, timeout: 3s}
        settings: {python: /opt/py, exclude: [target], jobs: 3, output_limit: 1k}
        workstreams:
          x: {run: x, mutex: [b, a], exclusive: true, priority: 5, phase: p, tags: [t, s], always: true, require: {env: [A], files: [f]}}
          y: {run: x, resources: {gpu: 2}, keep: false, isolation: none, timeout: 0, confirm: "Really {{ ws }}?"}
          z: {run: x, resources: {gpu: 0}}
        """
    )
    x, y, z = made.values()
    assert (x.resources, x.keep, x.isolation, x.timeout, x.python) == ((("gpu", 1),), True, "sandbox", 3.0, "/opt/py")
    assert (x.mutex, x.exclusive, x.priority, x.phase, x.tags, x.always) == (("a", "b"), True, 5, "p", ("s", "t"), True)
    assert (x.require_env, x.require_files) == (("A",), ("f",))
    assert (y.resources, y.keep, y.isolation, y.timeout, y.confirm, y.manual) == ((("gpu", 2),), False, "none", 0.0, "Really y?", True)
    assert z.resources == ()


def test_settings_of_the_root_hold() -> None:
    settings = project("settings: {exclude: [target], jobs: 3, output_limit: 1k, keep_runs: 7}").settings
    assert (settings.exclude, settings.jobs, settings.output_limit, settings.keep_runs) == (("target",), 3, 1000, 7)
    assert list(nodes("settings: {exclude: [out]}\nworkstreams: {x: {foreach: '**/*.c', run: x}}", {"out/a.c": "", "venv/b.c": ""})) == [
        "x[venv/b.c]"
    ]


def test_pools_must_be_declared_and_large_enough() -> None:
    assert told("pools: {gpu: 1}\nworkstreams:\n  a: {run: x, resources: {gpus: 1}}\n  b: {run: x, resources: {gpu: 2}}\n") == [
        "Uetfile.yaml:3:15: workstream `a` takes from unknown pool `gpus` [did you mean `gpu`?]",
        "Uetfile.yaml:4:15: workstream `b` takes 2 of pool `gpu`, which has 1 [it could never start]",
    ]


def test_a_phase_that_is_not_listed_among_others_is_a_warning() -> None:
    manifest = "phases: {build: {}}\nworkstreams: {a: {run: x, phase: biuld}}"
    assert project(manifest).warnings == ("phase `biuld` of `a` is not declared under `phases`",)
    assert project(manifest.replace("phases: {build: {}}", "")).warnings == ()


# --- the disk ----------------------------------------------------------------------------------------------------------------------


def test_everything_is_looked_at_through_the_disk() -> None:
    seen = disk(EXAMPLE, FILES)
    load(ROOT, "Uetfile.yaml", seen)
    assert {("read", "Uetfile.yaml"), ("read", "params.yaml"), ("read", ".env"), ("entries", "src"), ("entries", "src/sub")} <= seen.looks


def test_a_manifest_that_is_not_there_or_empty_is_an_error() -> None:
    with pytest.raises(UetErrors) as caught:
        load(ROOT, "Uetfile.yaml", FakeDisk({}))
    assert caught.value.errors[0].message == "cannot read `Uetfile.yaml`"
    assert len(told("")) == 1


def test_at_most_twenty_errors_are_told() -> None:
    started = time.monotonic()
    manifest = "workstreams:\n" + "".join(f"  a{number}: {{run: x, depends_on: [b{number}]}}\n" for number in range(3000))
    with pytest.raises(UetErrors) as caught:
        project(manifest)
    assert len(caught.value.errors) == 20 and caught.value.left_out == 2980
    assert started  # how long it takes is measured elsewhere
