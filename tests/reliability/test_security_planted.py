"""Nothing that lies in a project, in its state folder or on PYTHONPATH is taken for ours: modules, links, records of others, pickles."""

from __future__ import annotations

import marshal
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from nursery import ran
from transcript import Folder

import uetbuild
from uetbuild.front import MAGIC

PACKAGE = Path(uetbuild.__file__).parent
SIMPLE = "workstreams: {a: {inputs: [src], outputs: [out], run: cp src out}}"


@pytest.fixture
def project(folder: Folder) -> Folder:
    folder.manifest(SIMPLE)
    folder.write("src", "1")
    return folder


def typed(folder: Folder, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return ran(*words, cwd=folder.cwd, env=folder.environ | environ)


MODULES = ("json", "sqlite3", "typing", "jinja2", "pydantic", "ruamel", "select", "marshal", "site", "enum", "yaml", "typer")


def test_no_module_in_the_project_is_imported_in_the_place_of_ours(project: Folder) -> None:
    for number, module in enumerate(MODULES):
        place = f"{module}.py" if number % 2 else f"{module}/__init__.py"
        project.write(place, f"open({str(project.root / 'imported')!r}, 'w'); raise SystemExit('imported')\n")
    for words in ((), ("list", "--json"), ("explain", "a"), ("doctor",)):
        assert typed(project, *words).returncode == 0
    assert not project.exists("imported")


def test_the_installed_program_is_not_the_uetbuild_of_the_project(project: Folder) -> None:
    """`python -m uetbuild` is Python's own search, which begins in the current folder; the installed command does not."""
    project.write("uetbuild.py", "raise SystemExit('imported')\n")
    script = Path(sys.executable).parent / "uetbuild"
    done = subprocess.run([str(script)], cwd=project.cwd, env=project.environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_projects_modules_are_for_its_python_steps_alone(folder: Folder) -> None:
    folder.manifest("workstreams: {a: {run: [{python: 'mine:main'}]}}")
    folder.write("mine.py", "def main():\n    import json\n    print('mine,', json.dumps([1]))\n")
    folder.write("json.py", "raise SystemExit('shadowed')\n")
    assert "mine, [1]" in folder("a").out


@pytest.mark.parametrize("name", ["lock", "state.db", "ledger.db", "plan.bin", "runs"])
def test_links_planted_in_the_state_folder_are_not_written_through(project: Folder, tmp_path: Path, name: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("precious")
    assert project("").code == 0
    state = project.root / ".uet"
    if name == "runs":
        theirs = tmp_path / "folder"
        theirs.mkdir()
    (state / name).rename(state / f"{name}.aside") if (state / name).exists() else None
    (state / name).symlink_to(theirs)
    project.write("src", "2")
    said = typed(project)
    assert "Traceback" not in said.stderr
    if theirs.is_file():
        assert theirs.read_text() == "precious"


def test_a_state_folder_that_is_a_link_or_of_another_kind_is_refused(project: Folder, tmp_path: Path) -> None:
    (project.root / ".uet").symlink_to(tmp_path)
    before = sorted(os.listdir(tmp_path))
    assert typed(project).returncode == 2 and sorted(os.listdir(tmp_path)) == before
    (project.root / ".uet").unlink()
    project.write(".uet", "a file")
    assert typed(project).returncode == 2 and project.read(".uet") == "a file"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", [".uet", ".uet/plan.bin", ".uet/graph"])
def test_what_belongs_to_another_user_is_not_believed(project: Folder, name: str) -> None:
    for _ in range(2):
        assert typed(project).returncode == 0
    places = list((project.root / ".uet").glob("graph-*.bin")) if name == ".uet/graph" else [project.root / name]
    for place in places:
        os.chown(place, 12345, 12345)
    said = typed(project)
    if name == ".uet":
        assert said.returncode == 2 and "belongs to another user" in said.stderr
    else:
        assert (said.returncode, said.stdout) == (0, "up to date (1 workstream)\n")


def test_a_record_for_the_fast_door_that_others_may_write_is_not_believed(project: Folder) -> None:
    """A record that says "up to date" of a project that was never built, whole and of this version."""
    state = project.root / ".uet"
    assert typed(project).returncode == 0
    assert typed(project).stdout.startswith("up to date")
    record = (state / "plan.bin").read_bytes()
    assert record.startswith(MAGIC)
    forged = list(marshal.loads(record[len(MAGIC) + 8 :]))
    forged[3] = b"planted\n"
    body = marshal.dumps(tuple(forged))
    (state / "plan.bin").write_bytes(MAGIC + len(body).to_bytes(4, "little") + zlib.crc32(body).to_bytes(4, "little") + body)
    (state / "plan.bin").chmod(0o666)
    assert typed(project).stdout == "up to date (1 workstream)\n"
    (state / "plan.bin").unlink()
    (state / "elsewhere").write_bytes(record.replace(b"up to date", b"planted...", 1))
    (state / "plan.bin").symlink_to("elsewhere")
    assert typed(project).stdout == "up to date (1 workstream)\n"


def test_nothing_is_ever_unpickled() -> None:
    """What comes from files or processes is read as JSON, SQLite, or marshal behind a checksum, none of which calls anything."""
    word = re.compile(
        r"\b(c?pickle|shelve|dill|cloudpickle|joblib|yaml\.(unsafe_)?load|exec|eval)\s*\(|^\s*(import|from)\s+(c?pickle|shelve|dill)\b",
        re.M,
    )
    found = [str(path.relative_to(PACKAGE)) for path in sorted(PACKAGE.rglob("*.py")) if word.search(path.read_text())]
    assert found == []
    assert word.search("import pickle") and word.search("x = eval(text)")
