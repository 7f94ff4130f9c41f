"""What is loaded between argv and the first process that a build starts, and what a build that finds nothing to do loads.

A module more on this way is paid by every build of everybody: the list below changes on purpose or not at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import accelerator
import pytest

import uetbuild
from uetbuild import binder

MANIFEST = """
version: 1
vars: {flags: [-u]}
scopes: {texts: ["src/**/*.txt", "!src/**/*_old.txt"]}
workstreams:
  all: {depends_on: [sorted, joined]}
  sorted:
    inputs: [scope:texts]
    outputs: [out/sorted]
    env: {LC_ALL: C}
    run: "sort {{ vars.flags }} {{ inputs }} > {{ outputs }}"
  joined:
    inputs: {one: out/sorted, two: src/b.txt}
    outputs: [out/joined]
    run: cat {{ inputs.one }} {{ inputs.two }} | tee {{ outputs }}
"""

# Notes which modules are loaded when the first process is about to start, or, where none is, when the program is done.
DRIVER = """
import os, sys
bare = set(sys.modules)

leave = os._exit

def note(*_, **__):
    os.write(3, "\\n".join(sorted(set(sys.modules) - bare)).encode())
    leave(99)

os._exit = note

import _posixsubprocess
for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp"):
    setattr(os, name, note)
_posixsubprocess.fork_exec = note
sys.path[:0] = sys.argv.pop(1).split(os.pathsep)
bare.add("_posixsubprocess")
from uetbuild.__main__ import main
main()
note()
"""

HEAVY = {
    "_posixshmem", "argparse", "asyncio", "click", "contextlib", "dataclasses", "enum", "filelock", "inspect", "jinja2", "json", "logging",
    "multiprocessing", "pathlib", "pickle", "pydantic", "re", "rich", "ruamel", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess",
    "tempfile", "threading", "traceback", "typer", "typing",
}  # fmt: skip

# Of the standard library: `_bisect` and `_heapq` are what `bisect` and `heapq` wrap, in 0.3 ms each; `_functools` is all that SQLite
# gets of `functools`, `_sha256` (from 3.12 on `_sha2`) is SHA-256 without OpenSSL.
LIBRARY = {
    "__future__", "_bisect", "_ctypes", "_functools", "_heapq", "_operator", "_sha2", "_sha256", "_sqlite3", "errno", "fcntl", "gc",
    "itertools", "math", "select", "zlib",
}  # fmt: skip

OURS = {
    "uetbuild", "uetbuild.__main__", "uetbuild.bytecode", "uetbuild.errors", "uetbuild.failpoints", "uetbuild.front",
    "uetbuild.cli", "uetbuild.cli.app", "uetbuild.cli.argv", "uetbuild.cli.aside", "uetbuild.cli.building", "uetbuild.cli.clock", "uetbuild.cli.commands",
    "uetbuild.cli.commands.build", "uetbuild.cli.face", "uetbuild.cli.holding", "uetbuild.cli.options", "uetbuild.cli.person", "uetbuild.cli.project",
    "uetbuild.cli.targets", "uetbuild.cli.wired", "uetbuild.cli.wiring",
    "uetbuild.core", "uetbuild.core.approval", "uetbuild.core.barred", "uetbuild.core.changes", "uetbuild.core.conflicts",
    "uetbuild.core.created", "uetbuild.core.environment", "uetbuild.core.events", "uetbuild.core.fingerprint",
    "uetbuild.core.globs", "uetbuild.core.graph", "uetbuild.core.jobs", "uetbuild.core.kinds",
    "uetbuild.core.matching", "uetbuild.core.nodes", "uetbuild.core.paths", "uetbuild.core.patterns", "uetbuild.core.reach",
    "uetbuild.core.policies", "uetbuild.core.retry", "uetbuild.core.rounds", "uetbuild.engine.cells", "uetbuild.engine.order",
    "uetbuild.engine.tally", "uetbuild.engine.waiting", "uetbuild.state.feedback",
    "uetbuild.core.ready", "uetbuild.core.record", "uetbuild.core.relative", "uetbuild.core.render", "uetbuild.core.schedule",
    "uetbuild.core.scope", "uetbuild.core.secrets", "uetbuild.core.sha", "uetbuild.core.staleness", "uetbuild.core.stamps", "uetbuild.core.terms",
    "uetbuild.core.trails", "uetbuild.core.verdicts", "uetbuild.core.walk",
    "uetbuild.engine", "uetbuild.engine.answers", "uetbuild.engine.arrivals", "uetbuild.engine.attempt", "uetbuild.engine.departures",
    "uetbuild.engine.discovered", "uetbuild.engine.gates", "uetbuild.engine.interrupts", "uetbuild.engine.journal", "uetbuild.engine.loop",
    "uetbuild.engine.memory", "uetbuild.engine.outputs", "uetbuild.engine.preflight", "uetbuild.engine.purse", "uetbuild.engine.recipe",
    "uetbuild.engine.places", "uetbuild.engine.recorded", "uetbuild.engine.remnants", "uetbuild.engine.runway",
    "uetbuild.engine.request", "uetbuild.engine.standing", "uetbuild.engine.states", "uetbuild.engine.survey", "uetbuild.engine.wait",
    "uetbuild.engine.waves",
    "uetbuild.executors", "uetbuild.executors.ask", "uetbuild.executors.channel", "uetbuild.executors.csignal",
    "uetbuild.executors.desk", "uetbuild.executors.moment", "uetbuild.executors.orphans", "uetbuild.executors.output", "uetbuild.executors.queue",
    "uetbuild.executors.pool", "uetbuild.executors.running", "uetbuild.executors.spawn", "uetbuild.executors.supervisor",
    "uetbuild.executors.tree", "uetbuild.executors.watch",
    "uetbuild.manifest", "uetbuild.manifest.discover",
    "uetbuild.report", "uetbuild.report.amounts", "uetbuild.report.cells", "uetbuild.report.running", "uetbuild.report.closing", "uetbuild.report.causes", "uetbuild.report.escapes", "uetbuild.report.lines",
    "uetbuild.report.modes", "uetbuild.report.reasons", "uetbuild.report.stream", "uetbuild.report.tail",
    "uetbuild.state", "uetbuild.state.absence", "uetbuild.state.atomic", "uetbuild.state.compiled", "uetbuild.state.content",
    "uetbuild.state.connection",
    "uetbuild.state.damage", "uetbuild.state.database", "uetbuild.state.digests", "uetbuild.state.disk", "uetbuild.state.durations", "uetbuild.state.events", "uetbuild.state.hands", "uetbuild.state.layout",
    "uetbuild.state.lock", "uetbuild.state.looks", "uetbuild.state.mounts", "uetbuild.state.observations", "uetbuild.state.reports", "uetbuild.state.sealed",
    "uetbuild.state.sqlite", "uetbuild.state.store",
}  # fmt: skip


PACKAGE = Path(uetbuild.__file__).parent
ACCELERATOR = {accelerator.NAME}
DOOR = {"__future__", "_operator", "gc", "uetbuild", "uetbuild.__main__", "uetbuild.front", "zlib"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Built once, so that the compiled manifest is at hand."""
    folder = tmp_path_factory.mktemp("hot")
    (folder / "Uetfile.yaml").write_text(MANIFEST)
    (folder / "src").mkdir()
    for name in ("a", "b"):
        (folder / "src" / f"{name}.txt").write_text(name)
    command = [sys.executable, "-m", "uetbuild", "-q"]
    subprocess.run(command, cwd=folder, check=True)
    return folder


def loaded(folder: Path, *words: str, package: Path = PACKAGE.parent) -> tuple[int, set[str]]:
    """Exit status of a build in a bare interpreter, and what it had loaded when its first process was about to start."""
    read, write = os.pipe()
    script = DRIVER.replace("os.write(3,", f"os.write({write},")
    status = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, str(package), *words], cwd=folder, pass_fds=[write], check=False
    ).returncode
    os.close(write)
    with open(read) as pipe:
        names = set(pipe.read().split())
    return status, names if package != PACKAGE.parent else names - ACCELERATOR  # one may have it compiled beside the source


def tops(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def test_a_build_of_a_compiled_manifest_loads_exactly_this(project):
    (project / "src" / "a.txt").write_text("changed")
    status, names = loaded(project)
    assert status == 99
    assert tops(names) & HEAVY == set()
    ours = {name for name in names if name.partition(".")[0] == "uetbuild"}
    assert ours == OURS
    assert names - ours - LIBRARY == set()


PATTERNS = {
    "uetbuild.core.barred", "uetbuild.core.globs", "uetbuild.core.matching", "uetbuild.core.patterns", "uetbuild.core.terms",
    "uetbuild.core.trails", "uetbuild.core.walk",
}  # fmt: skip


def test_a_build_of_plain_paths_loads_nothing_of_patterns(tmp_path):
    (tmp_path / "Uetfile.yaml").write_text("version: 1\nworkstreams:\n  a: {inputs: [x], outputs: [y], run: cp x y}\n")
    (tmp_path / "x").write_text("1")
    subprocess.run([sys.executable, "-m", "uetbuild", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "y").unlink()
    names = loaded(tmp_path, "-j2")[1]
    assert OURS - names == PATTERNS


# Notes what is loaded after the last command has ended.
AFTERWARDS = """
import sys
sys.path[:0] = sys.argv.pop(1).split(":")
from uetbuild.executors.pool import SupervisorPool

close = SupervisorPool.close

def closing(self):
    global before
    before = set(sys.modules)
    close(self)

SupervisorPool.close = closing
from uetbuild.__main__ import main
status = main()
print(*sorted(set(sys.modules) - before), file=sys.stderr)
sys.exit(status)
"""


def test_what_a_build_needs_at_its_end_is_loaded_while_its_commands_run(project):
    (project / "src" / "a.txt").write_text("changed for the end")
    command = [sys.executable, "-I", "-S", "-c", AFTERWARDS, str(PACKAGE.parent), "-q"]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    assert done.stderr.strip() == ""


def test_a_build_that_finds_nothing_to_do_loads_next_to_nothing(project):
    subprocess.run([sys.executable, "-m", "uetbuild"], cwd=project, check=True)
    assert loaded(project) == (99, DOOR)


def test_a_build_that_finds_nothing_to_do_loads_the_accelerator_besides_where_there_is_one(project, tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "uetbuild", ignore=shutil.ignore_patterns("*.so"))
    shutil.copy(accelerator.library(), tmp_path / "uetbuild")
    subprocess.run([sys.executable, "-m", "uetbuild"], cwd=project, check=True, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert loaded(project, package=tmp_path) == (99, DOOR | ACCELERATOR)


PART = {
    "uetbuild.cli.part", "uetbuild.core.excerpt", "uetbuild.core.topology", "uetbuild.state.amended", "uetbuild.state.demand",
    "uetbuild.state.parts", "uetbuild.state.snapshot",
}  # fmt: skip
FINDING = {
    "uetbuild.cli.targets", "uetbuild.engine.discovered", "uetbuild.manifest", "uetbuild.manifest.discover",
}  # fmt: skip


def test_a_build_of_a_part_loads_what_knows_of_parts_instead_of_what_finds_the_whole(project):
    subprocess.run([sys.executable, "-m", "uetbuild"], cwd=project, check=True)
    (project / "src" / "a.txt").write_text("changed once more")
    status, names = loaded(project)
    assert status == 99
    ours = {name for name in names if name.partition(".")[0] == "uetbuild"}
    assert (ours - OURS, OURS - ours) == (PART, FINDING)
    assert names - ours - LIBRARY == set()


@pytest.mark.parametrize(
    "words",
    ["list", "status", "runs", "show", "cost", "events", "logs sorted", "explain sorted", "-n", "--version", "--help", "build --help"],
)
def test_no_command_that_looks_loads_what_it_does_not_need(project, words):
    often = words.split()[0] in ("list", "status", "events", "logs", "explain", "-n")
    unwanted = HEAVY - {"json"} if often else {"jinja2", "pydantic", "rich", "ruamel", "typer"}
    assert tops(loaded(project, *words.split())[1]) & unwanted == set()


def test_a_manifest_that_changed_costs_more(project):
    """Else the test above would find nothing because its driver sees nothing."""
    with open(project / "Uetfile.yaml", "a") as file:
        file.write("# changed\n")
    assert tops(loaded(project)[1]) & HEAVY


def test_a_manifest_that_changed_loads_no_libraries_that_only_some_manifests_need(project):
    with open(project / "Uetfile.yaml", "a") as file:
        file.write("# changed again\n")
    assert tops(loaded(project, "-n")[1]) & {"email", "rich", "tomllib", "typer", "zipfile"} == set()


def test_whatever_a_build_loads_comes_from_one_file_but_the_door():
    """Else it is slower by a file: new modules belong into `binder.py`, too."""
    door = {"uetbuild", "uetbuild.__main__", "uetbuild.bytecode", "uetbuild.front"}
    assert (OURS | PART) - set(binder.modules("build")) == door
