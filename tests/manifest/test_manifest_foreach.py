"""`matrix` and `foreach`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from manifest_disk import argv, faults, nodes, project, told

from uetbuild.core.nodes import Source
from uetbuild.manifest.names import Item

OBJ = """
workstreams:
  obj:
    foreach: "src/**/*.c"
    outputs: ["build/{{ item.rel }}.o"]
    run: "cc -c {{ item }} -o {{ outputs }} {{ item.dir }} {{ item.name }} {{ item.stem }} {{ item.ext }}"
"""


def patterns(sources: tuple[Source, ...]) -> list[str]:
    return [source.pattern for source in sources]


def test_a_matrix_is_the_product_of_its_axes_in_the_order_written() -> None:
    made = nodes(
        "workstreams:\n  t:\n    matrix: {py: [3.10, 3.12], os: [x, y]}\n    run: t {{ matrix.py }} {{ matrix.os }}\n    mutex: m-{{ matrix.os }}"
    )
    assert list(made) == ["t[py=3.10,os=x]", "t[py=3.10,os=y]", "t[py=3.12,os=x]", "t[py=3.12,os=y]"]
    assert argv(made["t[py=3.10,os=y]"]) == ["t", "3.10", "y"]
    assert made["t[py=3.10,os=y]"].mutex == ("m-y",)
    assert {node.workstream for node in made.values()} == {"t"}


def test_a_matrix_takes_lists_from_variables() -> None:
    made = nodes(
        'vars: {v: [a, b], one: c}\nworkstreams: {t: {matrix: {x: "{{ vars.v }}", y: ["{{ vars.v }}", "{{ vars.one }}"]}, run: t}}'
    )
    assert list(made) == [f"t[x={x},y={y}]" for x in "ab" for y in "abc"]


def test_one_node_for_each_file_which_is_its_first_input() -> None:
    made = nodes(OBJ, {"src/b.c": "", "src/sub/a.c": "", "src/x.h": "", "src/.hidden.c": ""})
    assert list(made) == ["obj[src/b.c]", "obj[src/sub/a.c]"]
    node = made["obj[src/sub/a.c]"]
    assert patterns(node.inputs) == ["src/sub/a.c"]
    assert patterns(node.outputs) == ["build/sub/a.o"]
    assert argv(node) == ["cc", "-c", "src/sub/a.c", "-o", "build/sub/a.o", "src/sub", "a.c", "a", ".c"]


def test_the_item_is_not_put_first_where_the_inputs_name_it() -> None:
    made = nodes(OBJ.replace("    outputs", '    inputs: [x.h, "{{ item }}"]\n    outputs'), {"src/a.c": ""})
    assert patterns(made["obj[src/a.c]"].inputs) == ["x.h", "src/a.c"]


def test_letters_of_file_names_are_never_parts_of_patterns_or_shell_code() -> None:
    names = ["[id].c", "a b.c", "*.c", "{x,y}.c", "$(touch x).c", "a;b.c"]
    made = nodes(OBJ, {f"src/{name}": "" for name in names})
    for name in names:
        node = made[f"obj[src/{name}]"]
        assert [(source.pattern, source.kind) for source in node.outputs] == [(f"build/{name[:-2]}.o", Source.PATH)]
        assert argv(node)[2:5] == [f"src/{name}", "-o", f"build/{name[:-2]}.o"]
    manifest = OBJ.replace('outputs: ["build/{{ item.rel }}.o"]', 'inputs: ["{{ item.dir }}/{{ item.stem }}.*", "{{ item }}"]')
    (node,) = nodes(manifest.replace("{{ outputs }}", ""), {"src/[id].c": ""}).values()
    assert [(source.pattern, source.kind) for source in node.inputs] == [("src/[[]id[]].*", Source.GLOB), ("src/[id].c", Source.PATH)]


def test_the_item_is_seen_from_the_folder_of_the_manifest_and_from_the_working_folder() -> None:
    made = nodes(
        "include: [{path: lib/U.yaml, as: lib}]",
        {
            "lib/U.yaml": """
                workstreams:
                  o: {foreach: "src/*.c", outputs: ["out/{{ item.rel }}.o"], cwd: work, run: "cc {{ item }} {{ outputs }} {{ item.rel }} {{ cwd }}"}
                  h: {foreach: "//inc/*.h", outputs: ["{{ item.rel }}.txt"], run: "cc {{ item }} {{ outputs }} {{ item.rel }}"}
                """,
            "lib/src/a.c": "", "inc/b.h": "",
        },
    )  # fmt: skip
    assert list(made) == ["lib:o[src/a.c]", "lib:h[../inc/b.h]"]
    node = made["lib:o[src/a.c]"]
    assert patterns(node.inputs) == ["lib/src/a.c"] and patterns(node.outputs) == ["lib/out/a.o"]
    assert argv(node) == ["cc", "../src/a.c", "../out/a.o", "a", "/project/lib/work"]
    assert argv(made["lib:h[../inc/b.h]"]) == ["cc", "../inc/b.h", "b.txt", "b"]


def test_a_list_of_texts_or_maps_and_a_template_giving_a_list() -> None:
    made = nodes(
        """
        vars: {names: [a, b], maps: [{n: x, v: [1]}]}
        workstreams:
          t: {foreach: [one, "{{ vars.names }}"], run: "t {{ item }}"}
          m: {foreach: [{name: a, flag: -x}, {name: b, flag: "{{ vars.names[0] }}"}], run: "t {{ item.name }} {{ item.flag }}"}
          v: {foreach: "{{ vars.maps }}", run: "t {{ item.n }} {{ item.v[0] + 1 }}"}
        """
    )
    assert list(made) == ["t[one]", "t[a]", "t[b]", "m[name=a,flag=-x]", "m[name=b,flag=a]", "v[n=x]"]
    assert argv(made["m[name=b,flag=a]"]) == ["t", "b", "a"]
    assert argv(made["v[n=x]"]) == ["t", "x", "2"]
    assert made["t[one]"].inputs == ()


def test_matrix_and_foreach_together() -> None:
    made = nodes(
        "workstreams: {t: {matrix: {py: [3, 4]}, foreach: 'src/*.c', run: 't {{ matrix.py }} {{ item }}'}}", {"src/a.c": "", "src/b.c": ""}
    )
    assert list(made) == ["t[py=3,src/a.c]", "t[py=3,src/b.c]", "t[py=4,src/a.c]", "t[py=4,src/b.c]"]


def test_a_glob_means_literal_outputs_of_others_too_from_one_to_the_next() -> None:
    made = nodes(
        """
        workstreams:
          bin: {inputs: ["outputs:obj"], outputs: [build/bin], run: "ld {{ inputs }} {{ outputs }}"}
          obj: {foreach: "gen/**/*.c", outputs: ["build/{{ item.rel }}.o"], run: "cc {{ item }} {{ outputs }}"}
          gen: {foreach: "src/*.y", outputs: ["gen/{{ item.rel }}.c"], run: "yacc {{ item }} {{ outputs }}"}
          one: {outputs: [src/two.y], run: make}
        """,
        {"src/one.y": "", "gen/one.c": ""},
    )
    assert list(made) == ["bin", "obj[gen/one.c]", "obj[gen/two.c]", "gen[src/one.y]", "gen[src/two.y]", "one"]
    assert made["obj[gen/two.c]"].inferred == ("gen[src/two.y]",)
    assert made["gen[src/two.y]"].inferred == ("one",)
    assert made["bin"].inferred == ("obj[gen/one.c]", "obj[gen/two.c]")


def test_what_a_node_made_that_is_gone_is_no_item() -> None:
    """As in a clean folder: what only another file would lead to is not there without that file."""
    chain = OBJ + '  dump: {foreach: "build/**/*.o", outputs: ["dump/{{ item.rel }}.txt"], run: d}\n'
    files = {"src/a.c": "", "build/a.o": "", "build/gone.o": "", "build/theirs.o": ""}
    made = frozenset(("build/a.o", "build/gone.o"))
    assert list(nodes(chain, files, made=made)) == ["obj[src/a.c]", "dump[build/a.o]", "dump[build/theirs.o]"]


def test_own_outputs_are_no_items() -> None:
    manifest = "workstreams: {min: {foreach: 'web/*.js', outputs: ['web/{{ item.stem }}.min.js'], run: 'min {{ item }}'}}"
    assert list(nodes(manifest, {"web/a.js": ""})) == ["min[web/a.js]"]
    assert list(nodes(manifest, {"web/a.js": "", "web/a.min.js": "", "web/a.min.min.js": ""})) == ["min[web/a.js]"]


def test_what_own_outputs_would_have_given_is_no_item_of_others() -> None:
    manifest = """
        workstreams:
          min: {foreach: "web/*.js", outputs: ["web/{{ item.stem }}.min.js"], run: "min {{ item }}"}
          gz: {foreach: "web/*.min.js", outputs: ["gz/{{ item.name }}"], run: "gzip {{ item }}"}
        """
    assert list(nodes(manifest, {"web/a.js": "", "web/a.min.js": ""})) == ["min[web/a.js]", "gz[web/a.min.js]"]


def test_a_mistake_that_many_nodes_share_is_told_once() -> None:
    assert told("workstreams:\n  a: {matrix: {x: [1, 2, 3]}, run: 'x {{ nope }}'}\n") == [
        "Uetfile.yaml:2:42: unknown name `nope` [what is known here: arch, args, changed, cwd, env, matrix, os, root, vars, ws]"
    ]


def test_workstreams_that_feed_each_other_for_ever_are_an_error() -> None:
    wrong = told(
        "workstreams:\n  a: {foreach: 'd/*', outputs: ['d/a-{{ item.name }}'], run: x}\n  b: {foreach: 'd/*', outputs: ['d/b-{{ item.name }}'], run: x}\n",
        {"d/1": ""},
    )
    assert wrong and "which comes from itself: `a` -> `b` -> `a` [narrow the pattern]" in wrong[0]


def test_a_glob_over_what_is_only_known_after_a_build_is_an_error_with_a_hint() -> None:
    manifest = """
        workstreams:
          unpack: {outputs: [OUT], run: unpack}
          each: {foreach: "gen/**/*.c", run: "cc {{ item }}"}
        """
    for output in ("gen/", "gen", '"gen/*.c"', "gen/sub/"):
        wrong = faults(manifest.replace("OUT", output))
        assert [error.message.split(" creates")[0] for error in wrong] == ["`foreach` of `each` may match what `unpack`"], output
        assert wrong[0].location is not None and (wrong[0].location.line, wrong[0].location.column) == (3, 20)
        assert wrong[0].hint == "narrow the pattern, or name the files under `outputs` one by one"
        assert wrong[0].others[0][1].line == 2
    assert list(nodes(manifest.replace("OUT", "gen/x.c"))) == ["unpack", "each[gen/x.c]"]
    assert list(nodes(manifest.replace("OUT", '"gen/*.h"'))) == ["unpack"]


def test_no_match_is_said_and_is_no_error() -> None:
    made = project(OBJ + "  app: {inputs: ['outputs:obj'], outputs: [app], run: ld}\n  all: {depends_on: [obj]}\n")
    assert [node.id for node in made.nodes] == ["app", "all"]
    assert made.warnings == ("`foreach` of `obj` matches no file: src/**/*.c",)


def test_what_cannot_be_expanded_is_an_error() -> None:
    assert told("workstreams:\n  a: {matrix: {x: [1, 1]}, run: x}\n") == [
        "Uetfile.yaml:2:7: there are two nodes `a[x=1]` [each value may stand there once]"
    ]
    assert told("vars: {none: []}\nworkstreams:\n  a: {matrix: {x: '{{ vars.none }}'}, run: x}\n") == [
        "Uetfile.yaml:3:20: `matrix` has no values for `x`"
    ]
    assert told("workstreams:\n  a: {foreach: ['a', ''], run: x}\n") == [
        "Uetfile.yaml:2:22: an item of `matrix` or `foreach` is empty [it is part of the id of a node]"
    ]
    assert told("workstreams:\n  a: {foreach: 'scope:x', run: x}\n") == [
        "Uetfile.yaml:2:17: `foreach` cannot be over `scope:x` [it is a pattern, a list, or a template giving a list]"
    ]
    assert told("workstreams:\n  a: {foreach: '../*.c', run: x}\n") == [
        "Uetfile.yaml:2:17: `../*.c` leads out of the root [all paths stay inside the folder of the outermost manifest]"
    ]
    assert told("vars: {l: [a, null]}\nworkstreams:\n  a: {foreach: '{{ vars.l }}', run: x}\n") == [
        "Uetfile.yaml:3:17: a value is null, where a text is needed"
    ]
    many = "[" + ", ".join(map(str, range(400))) + "]"
    assert told(f"workstreams:\n  a: {{matrix: {{x: {many}, y: {many}}}, run: x}}\n")[0].endswith(
        "this makes 160,000 nodes; 100,000 are the most"
    )
    assert told("workstreams:\n  a: {foreach: '{{ vars.x }}', run: x}\n")[0].startswith("Uetfile.yaml:2:20: unknown variable `x`")


def test_a_template_that_gives_a_text_is_a_glob() -> None:
    made = nodes("vars: {dir: src}\nworkstreams: {o: {foreach: '{{ vars.dir }}/*.c', run: 'x {{ item.rel }}'}}", {"src/a.c": ""})
    assert list(made) == ["o[src/a.c]"] and argv(made["o[src/a.c]"]) == ["x", "a"]


def test_a_literal_path_stands_for_itself_and_what_is_below() -> None:
    assert list(nodes("workstreams: {o: {foreach: src, run: x}}", {"src/a": "", "src/b/c": ""})) == ["o[src/a]", "o[src/b/c]"]


letters = st.sampled_from([*"abXY019-_=+.,:;!?*[](){}<>|&$`'\"\\#~%@^ é漢"])


@given(st.lists(letters, min_size=1, max_size=8).map("".join).filter(lambda name: name.strip(".") == name))
def test_every_file_name_arrives_literally_in_paths_and_in_recipes(name: str) -> None:
    manifest = 'workstreams: {t: {foreach: "d/**", outputs: ["o/{{ item.name }}", "{{ item.rel }}.x"], run: "t {{ item }} {{ outputs }}"}}'
    (node,) = nodes(manifest, {f"d/{name}": ""}).values()
    rel = Item(name).rel
    assert [(source.pattern, source.kind, source.negative) for source in node.outputs] == [
        (f"o/{name}", Source.PATH, False), (f"{rel}.x", Source.PATH, False),
    ]  # fmt: skip
    assert argv(node) == ["t", f"d/{name}", f"o/{name}", f"{rel}.x"]
