"""Every ready-made gate with the real tool: what is right passes, what is wrong does not."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pytest
from transcript import Folder

from uetbuild.manifest.catalogue import CATALOGUE

FILES = {  # entry -> (name, right, wrong)
    "bandit": ("security.py", "x = 1\n", "exec(input())\n"),
    "black": ("black.py", "x = 1\n", "x=1\n"),
    "codespell": ("words.txt", "the cat\n", "teh cat\n"),
    "compileall": ("syntax.py", "x = 1\n", "x = (\n"),
    "flake8": ("flake.py", "x = 1\n", "import os\n"),
    "json": ("data.json", '{"a": [1]}\n', '{"a": [1}\n'),
    "mypy": ("typed.py", "x: int = 1\n", 'x: int = "1"\n'),
    "pytest": ("test_it.py", "def test_it():\n    assert 1 + 1 == 2\n", "def test_it():\n    assert 1 + 1 == 3\n"),
    "ruff": ("lint.py", "x = 1\n", "import os\n"),
    "ruff-format": ("format.py", "x = 1\n", "x=1\n"),
    "shellcheck": ("script.sh", '#!/bin/sh\nrm "$1"\n', "#!/bin/sh\nrm $1\n"),
    "toml": ("data.toml", "a = 1\n", "a = \n"),
    "unittest": (
        "test_unit.py",
        "import unittest\n\n\nclass It(unittest.TestCase):\n    def test(self):\n        self.assertEqual(2, 1 + 1)\n",
        "import unittest\n\n\nclass It(unittest.TestCase):\n    def test(self):\n        self.assertEqual(3, 1 + 1)\n",
    ),
    "yamllint": ("data.yaml", "---\na: 1\n", "a: [1\n"),
}
PATH = f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin"  # as in `folder`
THERE = [name for name, ready in CATALOGUE.items() if shutil.which(ready.program, path=PATH)]


def test_every_entry_of_the_catalogue_is_tried():
    assert list(FILES) == list(CATALOGUE)


def built(folder: Folder, which: int) -> dict[str, str]:
    """What each gate said of its own file, the right one or the wrong one: entry -> verdict."""
    gates, workstreams = [], []
    for name in THERE:
        path = f"{name}/{FILES[name][0]}"
        folder.write(f"in/{name}", FILES[name][which])
        cwd = f", cwd: {name}" if not CATALOGUE[name].only else ""
        gates.append(f"  {name}: {{uses: {name}{cwd}}}")
        workstreams.append(f"  make-{name}: {{inputs: [in/{name}], outputs: [{path}, {name}/other.bin], gates: [{name}],")
        workstreams[-1] += f" run: 'cp {{{{ inputs }}}} {path}; echo 0 > {name}/other.bin'}}"
    folder.manifest("\n".join(["version: 1", "gates:", *gates, "workstreams:", *workstreams]))
    done = folder(["-k", "--json"])
    events = [json.loads(line) for line in done.out.splitlines()]
    return {event["node"].partition("[")[0]: event["verdict"] for event in events if event["event"] == "gate_finished"}


@pytest.fixture(autouse=True)
def short(folder: Folder, request: pytest.FixtureRequest) -> None:
    """What tools do each time that nobody asked for: mypy reads its own library once, pytest loads no plugins of others."""
    folder.environ |= {"MYPY_CACHE_DIR": str(request.config.cache.mkdir("mypy")), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_what_is_right_passes_and_leaves_nothing_in_the_way(folder: Folder):
    assert built(folder, 1) == dict.fromkeys(THERE, "passed")
    assert folder("").out == f"up to date ({len(THERE)} workstreams)\n"


def test_what_is_wrong_does_not_pass(folder: Folder):
    assert built(folder, 2) == dict.fromkeys(THERE, "failed")


def test_no_tool_was_left_out():
    if len(THERE) < len(CATALOGUE):
        pytest.skip(f"not on PATH: {', '.join(sorted(set(CATALOGUE) - set(THERE)))}")
