"""Inputs that move while a recipe runs (promise 3), and commands with nothing but odd file names."""

from __future__ import annotations

import pytest
from transcript import Folder


def test_an_input_that_is_edited_while_the_recipe_runs_makes_it_run_again(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  a: {inputs: [in], outputs: [out], run: "cp in out; test -e ../once || { touch ../once; echo edited > in; }"}
""")
    folder.write("in", "first\n")
    said = folder("a")
    assert (said.code, folder.read("out")) == (0, "edited\n")
    assert "a  runs again (attempt 2)\n" in said.text
    assert folder("a").text == "up to date (1 workstream)\n"


def test_a_recipe_that_writes_its_input_fails_and_is_told_of_edits(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  a: {inputs: [in], outputs: [out], run: "echo more >> in; cp in out"}
  b: {inputs: [out], outputs: [b], run: cp out b}
""")
    folder.write("in", "first\n")
    said = folder("-j1")
    assert said.code == 1
    assert "inputs changed while it ran: `in` (does the recipe write it? then it belongs under `edits`)" in said.err
    assert folder.read("out") == "first\nmore\nmore\n", "outputs stay for whoever wants to look"
    assert not folder.exists("b")
    assert folder("status").code == 1


@pytest.mark.parametrize("by", ["gen", "all"])
def test_what_a_dependency_changed_without_saying_so_is_seen_in_the_same_build(folder: Folder, by: str) -> None:
    folder.manifest(f"""
workstreams:
  all: {{depends_on: [gen]}}
  gen: {{inputs: [a/in], run: cp a/in c/said}}
  between: {{depends_on: [{by}], inputs: [b/in], outputs: [b/out], run: cp b/in b/out}}
  last: {{depends_on: [between], inputs: [c/said], outputs: [d/out], run: cp c/said d/out}}
""")
    for name in ("a/in", "b/in", "c/said"):
        folder.write(name, "first\n")
    assert folder("last").code == 0
    folder.write("a/in", "second\n")
    assert (folder("last").code, folder.read("d/out")) == (0, "second\n")
    assert folder("last").text == "up to date (3 workstreams)\n"


def test_an_input_that_the_recipe_removes_has_moved(folder: Folder) -> None:
    folder.manifest('workstreams: {a: {inputs: ["*.txt"], outputs: [out], run: "rm -f x.txt; touch out"}}')
    folder.write("x.txt", "")
    folder.write("y.txt", "")
    said = folder("a")
    assert (said.code, "runs again (attempt 2)" in said.text) == (0, True), said.text


ODD = [
    "with space",
    "quote'd",
    'double"d',
    "$(touch owned)",
    "`touch owned`",
    "semi;touch owned",
    "-rf",
    "new\nline",
    "ü",
    "*",
    "a&b",
    "#x",
    "~",
    "!h",
]


@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_file_names_reach_commands_as_they_are(folder: Folder, shell: str) -> None:
    folder.manifest(f"""
workstreams:
  direct: {{inputs: [files/], outputs: [direct], run: "./list.sh direct {{{{ inputs }}}}"}}
  shell: {{shell: [{shell}, -c], inputs: [files/], outputs: [shell], run: "./list.sh shell {{{{ inputs }}}} | cat > shell2; mv shell2 shell"}}
""")
    folder.write("list.sh", '#!/bin/sh\nout=$1; shift\nfor f in "$@"; do cat "$f"; done > $out; cat $out\n')
    for name in ODD:
        folder.write(f"files/{name}", f"<{name}>")
    said = folder("-j1")
    assert said.code == 0, said.text
    for out in ("direct", "shell"):
        assert sorted(folder.read(out).strip("<>").split("><")) == sorted(ODD)
    assert not folder.exists("owned")
    assert not folder.exists("files/owned")


def test_each_of_odd_files_can_be_a_node(folder: Folder) -> None:
    folder.manifest("""
workstreams:
  each: {foreach: "files/*", outputs: ["out/{{ item.name }}"], run: "cp -- {{ item }} {{ outputs }}"}
""")
    names = [name for name in ODD if "\n" not in name]
    for name in names:
        folder.write(f"files/{name}", name)
    said = folder("-j1")
    assert said.code == 0, said.text
    assert {name: folder.read(f"out/{name}") for name in names} == {name: name for name in names}
    assert folder("-j1").text == f"up to date ({len(names)} workstreams)\n"
    assert folder(["logs", "each[files/with space]"]).code == 0
