"""What commands name and nobody declares."""

from __future__ import annotations

import pytest

from uetbuild.cli.undeclared import undeclared
from uetbuild.core.graph import Graph
from uetbuild.manifest.load import load
from uetbuild.state.digests import Digests
from uetbuild.state.disk import RealDisk

MANIFEST = """
version: 1
vars: {{tool: tools/gen.py}}
workstreams:
  gen: {{inputs: [grammar], outputs: [out/gen.c], run: "{run}"}}
  obj: {{foreach: "src/*.c", outputs: ["out/{{{{ item.stem }}}}.o"], run: "cc {{{{ item }}}} src/all.h -o {{{{ outputs }}}}"}}
  lib: {{depends_on: [gen], outputs: [lib.a], run: "ar rc lib.a out/gen.c"}}
  dep: {{outputs: [d.o], depfile: d.d, run: "cc -MD -MF d.d src/a.c"}}
  all-days: {{run: cat notes.txt}}
"""


def found(folder, run: str) -> list[str]:
    files = ("grammar", "notes.txt", "tools/gen.py", "src/a.c", "src/b.c", "src/all.h", "out/gen.c", ".venv/bin/python")
    for path in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")
    (folder / "Uetfile.yaml").write_text(MANIFEST.format(run=run))
    project = load(str(folder), "Uetfile.yaml", RealDisk(str(folder), Digests(), {}))
    told = undeclared(Graph(project.nodes), str(folder))
    assert told.pop() == "`obj` names `src/all.h`, which is not among its `inputs`: when that changes, nothing happens"
    return [text.partition(",")[0] for text in told]


@pytest.mark.parametrize(
    ("run", "named"),
    [
        ("python3 tools/gen.py {{ inputs }} > {{ outputs }}", ["`gen` names `tools/gen.py`"]),
        ("python3 {{ vars.tool }} <grammar >out/gen.c; cat 'notes.txt'", ["`gen` names `tools/gen.py`", "`gen` names `notes.txt`"]),
        (".venv/bin/python -c 1 nothing.txt src ../notes.txt", []),
    ],
)
def test_a_file_that_is_named_but_not_declared_is_told_once(tmp_path, run: str, named: list[str]) -> None:
    assert found(tmp_path, run) == named
