"""Includes, namespaces and profiles."""

from __future__ import annotations

from manifest_disk import faults, nodes, project, told

API = "workstreams: {build: {outputs: [out], run: make}, test: {depends_on: [build], run: 'true'}}\n"


def test_without_a_prefix_names_join() -> None:
    made = nodes("include: ci/gates.yaml\nworkstreams: {all: {depends_on: [build, lint]}, lint: {run: 'true'}}", {"ci/gates.yaml": API})
    assert list(made) == ["all", "lint", "build", "test"]
    assert made["all"].depends_on == ("build", "lint")
    assert made["build"].folder == made["build"].cwd == "ci"
    assert made["build"].outputs[0].pattern == "ci/out"
    assert made["build"].file == "ci/gates.yaml"


def test_with_a_prefix_ids_get_it_and_own_names_come_first() -> None:
    made = nodes(
        """
        include: [{path: api/Uetfile.yaml, as: api}]
        workstreams:
          build: {run: 'true'}
          lint: {run: 'true'}
          all: {depends_on: [build, "api:build"]}
        """,
        {
            "api/Uetfile.yaml": """
                workstreams:
                  build: {run: 'true'}
                  test: {depends_on: [build, lint, ":build", ":api:build"], run: 'true'}
                """
        },
    )
    assert made["all"].depends_on == ("api:build", "build")
    assert made["api:test"].depends_on == ("api:build", "build", "lint")
    assert made["api:test"].workstream == "api:test"


def test_a_wildcard_gives_each_file_the_name_of_its_folder() -> None:
    made = project(
        'include: ["packages/*/Uetfile.yaml", "//none/*/Uetfile.yaml"]',
        {
            "packages/a/Uetfile.yaml": "default: [build]\n" + API,
            "packages/b/Uetfile.yaml": API,
            "packages/b/node_modules/x/Uetfile.yaml": API,
        },
    )
    assert [node.id for node in made.nodes] == ["a:build", "a:test", "b:build", "b:test"]
    assert made.namespaces == (("", "", None), ("packages/a", "a", ("a:build",)), ("packages/b", "b", None))


def test_a_wildcard_never_means_its_own_file_or_what_is_included_in_full() -> None:
    made = nodes(
        'include: ["**/Uetfile.yaml", {path: a/Uetfile.yaml, as: first}]\nworkstreams: {x: {run: "true"}}', {"a/Uetfile.yaml": API}
    )
    assert list(made) == ["x", "first:build", "first:test"]


def test_patterns_mean_the_own_namespace_first() -> None:
    made = nodes(
        """
        include: [{path: api/Uetfile.yaml, as: api}]
        workstreams:
          t-1: {run: 'true'}
          u-1: {run: 'true'}
          every: {depends_on: ["*"]}
          theirs: {depends_on: ["*:t-*"]}
        """,
        {"api/Uetfile.yaml": "workstreams: {t-2: {run: 'true'}, own: {depends_on: [t-*]}, outer: {depends_on: [u-*]}}\n"},
    )
    assert made["every"].depends_on == ("t-1", "theirs", "u-1")
    assert made["theirs"].depends_on == ("api:t-2",)
    assert made["api:own"].depends_on == ("api:t-2",)
    assert made["api:outer"].depends_on == ("u-1",)


def test_nested_namespaces_look_outwards_one_by_one() -> None:
    made = nodes(
        "include: [{path: a/U.yaml, as: a}]\nworkstreams: {x: {run: 'true'}, y: {run: 'true'}, z: {depends_on: ['a:b:x']}}",
        {
            "a/U.yaml": "include: [{path: b/U.yaml, as: b}]\nworkstreams: {y: {run: 'true'}}",
            "a/b/U.yaml": "workstreams: {x: {run: 'true'}, all: {depends_on: [x, y]}}",
        },
    )
    assert made["a:b:all"].depends_on == ("a:b:x", "a:y")
    assert made["z"].depends_on == ("a:b:x",)


def test_a_file_that_two_manifests_include_is_one_with_two_names() -> None:
    made = nodes(
        'include: ["pkg/*/U.yaml"]\nworkstreams: {all: {depends_on: ["app:test", "lib:build"]}}',
        {
            "pkg/app/U.yaml": "include: [{path: ../lib/U.yaml, as: base}]\nworkstreams: {test: {depends_on: ['base:build'], run: 'true'}}",
            "pkg/lib/U.yaml": "workstreams: {build: {run: 'true'}}",
        },
    )
    assert list(made) == ["all", "app:test", "lib:build"]
    assert made["app:test"].depends_on == ("lib:build",)


def test_includes_that_lead_in_a_circle_are_an_error_with_the_whole_way() -> None:
    wrong = faults("include: [a.yaml]\nworkstreams: {}", {"a.yaml": "include: [b.yaml]\n", "b.yaml": "include: [a.yaml]\n"})
    assert [error.message for error in wrong] == ["manifests include each other: `a.yaml` -> `b.yaml` -> `a.yaml`"]
    assert wrong[0].location is not None and wrong[0].location.file == "a.yaml"
    assert [place.file for _, place in wrong[0].others] == ["b.yaml"]
    assert told("include: [Uetfile.yaml]") == [
        "Uetfile.yaml:1:11: manifests include each other: `Uetfile.yaml` -> `Uetfile.yaml` [take one of these includes away]"
    ]


def test_what_is_not_there_is_an_error_where_it_is_named() -> None:
    files = {"ci/gates.yaml": "version: 1\n", "api/Uetfile.yaml": "version: 1\n"}
    assert told("include:\n  - ci/gate.yaml\n  - api\n  - ../x.yaml\n  - 'a/[b/*.yaml'\n", files) == [
        "Uetfile.yaml:2:5: include `ci/gate.yaml` does not exist [did you mean `ci/gates.yaml`?]",
        "Uetfile.yaml:3:5: include `api` does not exist [did you mean `api/Uetfile.yaml`?]",
        "Uetfile.yaml:4:5: include `../x.yaml` leads out of the root [all files of a project lie below its root]",
        "Uetfile.yaml:5:6: include `a/[b/*.yaml` has a `[` without its `]`",
    ]


def test_two_files_cannot_have_one_prefix_and_a_file_is_included_once() -> None:
    files = {"a/U.yaml": "version: 1\n", "b/a/U.yaml": "version: 1\n", "we ird/U.yaml": "version: 1\n", "tag/U.yaml": "version: 1\n"}
    wrong = faults('include: [{path: a/U.yaml, as: a}, "b/*/U.yaml"]', files)
    assert [error.message for error in wrong] == ["two includes have the prefix `a`"]
    assert wrong[0].others[0][1].column == 18
    assert told("include: [a/U.yaml, {path: a/U.yaml, as: x}]", files) == [
        "Uetfile.yaml:1:28: `a/U.yaml` is included twice [remove one of the two]"
    ]
    assert told('include: ["we*/U.yaml"]', files) == [
        "Uetfile.yaml:1:12: the name of the folder `we ird` cannot be a prefix of ids "
        "[include it by itself: `{path: we ird/U.yaml, as: NAME}`]"
    ]
    assert "cannot be a prefix" in told('include: ["t*/U.yaml"]', files)[0]


def test_errors_of_all_files_are_told_at_once_with_their_places() -> None:
    files = {"a.yaml": "workstreams:\n  x: {run: a, runs: b}\n", "b.yaml": "a: [\n"}
    messages = told("include: [a.yaml, b.yaml, c.yaml]\nworkstreams: {x: {depends_on: nobody}}", files)
    assert [line.split(": ")[0] for line in messages] == ["Uetfile.yaml:1:27", "a.yaml:2:15", "b.yaml:2:1"]


def test_names_that_join_cannot_be_declared_twice_and_ids_cannot_differ_in_case_only() -> None:
    wrong = faults("include: [a.yaml]\nworkstreams:\n  build: {run: x}\n  Test: {run: x}\n", {"a.yaml": API})
    assert [error.message for error in wrong] == [
        "workstream `build` is declared twice",
        "workstream `test` differs from `Test` in upper and lower case only",
    ]
    assert wrong[0].location is not None and wrong[0].location.file == "a.yaml"
    assert wrong[0].others[0][1].line == 3


def test_included_manifests_inherit_and_override() -> None:
    made = nodes(
        """
        include: [{path: a/U.yaml, as: a}]
        vars: {one: root, two: root}
        env: {E: "{{ vars.one }}", F: root}
        defaults: {timeout: 5s, env_mode: strict, cwd: sub, env: {G: root}}
        pools: {gpu: 2}
        scopes: {src: ["*.c"]}
        workstreams: {r: {run: "echo-it {{ vars.one }} {{ vars.two }} {{ env.F }}"}}
        """,
        {
            "a/U.yaml": """
                vars: {two: own}
                env: {F: own}
                defaults: {timeout: 7s}
                scopes: {mine: [x.c]}
                workstreams:
                  s:
                    run: "echo-it {{ vars.one }} {{ vars.two }} {{ env.E }} {{ env.F }} {{ env.G }}"
                    inputs: [scope:mine, scope:src]
                    resources: {gpu: 1}
                """
        },
    )
    assert made["r"].steps[0].shown == "echo-it root root root"
    assert (made["r"].timeout, made["r"].env_mode, made["r"].cwd) == (5.0, "strict", "sub")
    assert made["a:s"].steps[0].shown == "echo-it root own root own root"
    assert (made["a:s"].timeout, made["a:s"].env_mode, made["a:s"].cwd) == (7.0, "strict", "a")
    assert [source.items[0].pattern for source in made["a:s"].inputs] == ["a/x.c", "*.c"]
    assert made["a:s"].env == (("E", ("root",)), ("F", ("own",)), ("G", ("root",)))


def test_a_profile_merges_maps_replaces_lists_and_deletes_with_null() -> None:
    manifest = """
        include: [{path: a.yaml, as: a}]
        vars: {one: base, list: [a, b], gone: x}
        workstreams:
          x: {run: "say {{ vars.one }} {{ vars.list }}", timeout: 5s}
          y: {run: 'true'}
        profiles:
          ci:
            vars: {one: ci, list: [c]}
            workstreams: {x: {timeout: null}, y: null, z: {run: 'true'}}
        """
    files = {
        "a.yaml": "vars: {v: base}\nworkstreams: {x: {run: 'say {{ vars.v }}'}}\nprofiles: {ci: {vars: {v: ci}}, own: {vars: {v: own}}}\n"
    }
    plain = nodes(manifest, files)
    assert list(plain) == ["x", "y", "a:x"]
    assert plain["x"].steps[0].shown == "say base a b"
    ci = nodes(manifest, files, profile="ci")
    assert list(ci) == ["x", "z", "a:x"]
    assert ci["x"].steps[0].shown == "say ci c"
    assert ci["x"].timeout == 0.0
    assert ci["a:x"].steps[0].shown == "say ci"
    assert nodes(manifest, files, profile="own")["a:x"].steps[0].shown == "say own"
    assert told(manifest, files, profile="cii") == ["unknown profile `cii` [did you mean `ci`?]"]
    assert told("version: 1", profile="ci") == ["unknown profile `ci` [the manifest declares no `profiles`]"]


def test_a_profile_that_is_not_used_changes_nothing_and_may_include() -> None:
    made = nodes("workstreams: {x: {run: y}}\nprofiles: {more: {include: [a.yaml]}}", {"a.yaml": API}, profile="more")
    assert set(made) == {"x", "build", "test"}
