"""What a manifest names stays inside the root, whichever way is tried; links never lead us out; `clean` removes what was produced and no more."""

from __future__ import annotations

from pathlib import Path

import pytest
from transcript import Folder

RUN = "run: touch x"
WAYS = {
    "inputs": "workstreams: {a: {inputs: [PATH], run: touch x}}",
    "outputs": "workstreams: {a: {outputs: [PATH], run: touch x}}",
    "edits": "workstreams: {a: {edits: [PATH], run: touch x}}",
    "forbid": "workstreams: {a: {forbid: [PATH], run: touch x}}",
    "a folder": "workstreams: {a: {outputs: [PATH/], run: touch x}}",
    "a pattern": 'workstreams: {a: {edits: ["PATH/**"], run: touch x}}',
    "a depfile": "workstreams: {a: {outputs: [x], depfile: PATH, run: touch x}}",
    "the working folder": "workstreams: {a: {cwd: PATH, run: touch x}}",
    "that of a step": "workstreams: {a: {run: [{cmd: touch x, cwd: PATH}]}}",
    "foreach": "workstreams: {a: {foreach: 'PATH*', run: 'echo {{ item }}'}}",
    "a scope": "scopes: {s: [PATH]}\nworkstreams: {a: {inputs: [scope:s], run: touch x}}",
    "an include": "include: [PATH]\nworkstreams: {a: {run: touch x}}",
    "dotenv": "dotenv: [PATH]\nworkstreams: {a: {run: touch x}}",
    "load": "vars: {v: {load: PATH.yaml}}\nworkstreams: {a: {run: 'echo {{ vars.v }}'}}",
    "a prompt": "tools: {t: {adapter: command, cmd: 'true'}}\nworkstreams: {a: {edits: [x], agent: {tool: t, prompt_file: PATH}}}",
    "a value": "vars: {v: PATH}\nworkstreams: {a: {outputs: ['{{ vars.v }}'], run: touch x}}",
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("path", ["../there", "/tmp/there", "sub/../../there"])
def test_a_path_out_of_the_root_is_an_error_of_the_manifest(folder: Folder, way: str, path: str) -> None:
    folder.manifest(WAYS[way].replace("PATH", path))
    said = folder("a")
    assert said.code == 2 and "out of the root" in said.err and "Uetfile.yaml:" in said.err
    assert not folder.exists("x") and not folder.exists(".uet/runs")


@pytest.fixture
def elsewhere(folder: Folder, tmp_path: Path) -> Path:
    """A folder outside of the project, and a link to it in the project."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "theirs").write_text("theirs")
    (folder.root / "link").symlink_to(place)
    return place


@pytest.mark.parametrize("outputs", ["link/made", "link/**", "link/sub/made", "link/*.o"])
def test_outputs_behind_a_link_out_of_the_root_are_refused_before_anything_runs(folder: Folder, elsewhere: Path, outputs: str) -> None:
    folder.manifest(f"workstreams: {{a: {{outputs: ['{outputs}'], run: touch ran link/made}}}}")
    said = folder("a")
    assert said.code == 1 and "`link` is a link out of the root" in said.err
    assert not folder.exists("ran") and [path.name for path in elsewhere.iterdir()] == ["theirs"]


def test_a_recipe_that_turns_a_folder_into_a_link_fails_and_nobody_follows_it(folder: Folder, elsewhere: Path) -> None:
    (folder.root / "link").unlink()
    trick = f"rm -rf out; ln -s {elsewhere} out; echo made > out/made"
    folder.manifest(f"""
workstreams:
  trick: {{outputs: [out/made, out/theirs], run: "{trick}"}}
  failing: {{outputs: [bad/theirs], run: "rm -rf bad; ln -s {elsewhere} bad; false"}}
  other: {{outputs: [other], run: touch other}}
""")
    said = folder("-k -j1")
    assert said.code == 1 and "`out` is a link out of the root" in said.err
    assert folder.exists("other")
    assert folder("-k -j1").code == 1
    assert folder("clean").code == 0
    assert (elsewhere / "theirs").read_text() == "theirs" and not folder.exists("other")


def test_a_folder_that_became_a_link_is_left_alone_by_builds_and_by_clean(folder: Folder, elsewhere: Path) -> None:
    folder.manifest("workstreams: {a: {inputs: [src], outputs: [out/theirs], run: cp src out/theirs}, b: {outputs: [b], run: touch b}}")
    folder.write("src", "1")
    assert folder("").code == 0
    (folder.root / "out/theirs").unlink()
    (folder.root / "out").rmdir()
    (folder.root / "out").symlink_to(elsewhere)
    said = folder("")
    assert said.code == 1 and "refusing to touch `out`: `out` is a link out of the root" in said.err
    said = folder("clean")
    assert said.code == 0 and "removed 1 path" in said.out and not folder.exists("b")
    assert (elsewhere / "theirs").read_text() == "theirs"


def test_an_output_that_is_a_link_is_removed_and_its_target_stays(folder: Folder, elsewhere: Path) -> None:
    folder.manifest("workstreams: {a: {inputs: [src], outputs: [way], run: ln -s ../elsewhere/theirs way}}")
    folder.write("src", "1")
    assert folder("").code == 0
    folder.write("src", "2")
    assert folder("").code == 0
    assert folder("clean").code == 0
    assert not folder.exists("way") and (elsewhere / "theirs").read_text() == "theirs"


def test_wildcards_and_folders_never_go_through_a_link(folder: Folder, elsewhere: Path) -> None:
    (folder.root / "src").mkdir()
    (folder.root / "src/loop").symlink_to(folder.root)
    (folder.root / "src/out").symlink_to(elsewhere)
    folder.write("src/own", "1")
    folder.manifest("workstreams: {a: {inputs: ['src/**', src/], run: 'echo {{ inputs }}'}}")
    said = folder("a")
    assert "theirs" not in said.out and "src/own" in said.out


def test_what_a_depfile_names_outside_is_read_and_never_touched(folder: Folder, elsewhere: Path) -> None:
    folder.manifest(f"""workstreams: {{a: {{outputs: [o], depfile: d, run: "touch o; echo 'o: {elsewhere}/theirs ../../nowhere' > d"}}}}""")
    assert folder("").code == 0
    assert folder("clean").code == 0
    assert (elsewhere / "theirs").read_text() == "theirs" and not folder.exists("d")


def test_a_sandbox_brings_nothing_back_through_a_link(folder: Folder, elsewhere: Path) -> None:
    folder.manifest("workstreams: {a: {isolation: sandbox, outputs: [out/theirs], run: touch out/theirs}}")
    (folder.root / "out").symlink_to(elsewhere)
    assert folder("a").code == 1
    assert (elsewhere / "theirs").read_text() == "theirs"


def test_clean_removes_what_was_produced_and_only_that(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  a: {inputs: [src], outputs: [out/, "gen/*.o"], run: "mkdir -p gen; touch out/made gen/made.o"}
  e: {edits: [text], run: "echo more >> text"}
""")
    for path in ("src", "text", "out/mine", "gen/mine.o", "gen/mine.c"):
        folder.write(path, "mine")
    assert folder("").code == 0
    folder.write("out/late", "mine")
    assert folder("clean").code == 0
    files = {str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file() and ".uet" not in path.parts}
    assert files == {"Uetfile.yaml", "src", "text", "out/mine", "out/late", "gen/mine.o", "gen/mine.c"}


def test_a_project_and_the_state_folder_are_never_outputs(folder: Folder) -> None:
    for path in (".git/config", ".uet/state.db", ".uet/"):
        folder.manifest(f"workstreams: {{a: {{outputs: ['{path}'], run: touch ran}}}}")
        assert folder("a").code in (1, 2)
        assert not folder.exists("ran"), path
