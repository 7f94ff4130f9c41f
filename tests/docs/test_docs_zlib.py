"""zlib, a real C program: after an edit of a header, the manifest of docs/how-to/c.md compiles exactly what make compiles."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import docs_debian
import pytest
from docs_transcripts import ROOT, blocks

PAGE = ROOT / "docs/how-to/c.md"
MANIFEST = next(block.text for block in blocks(PAGE) if block.what == "+Uetfile.yaml")
MAKEFILE = ROOT / "tests/data/zlib.mk"
JOBS = f"-j{min(4, os.cpu_count() or 1)}"
UETBUILD = (sys.executable, "-m", "uetbuild", JOBS, "-q")
MAKE = ("make", "-s", JOBS, "-f", "zlib.mk")


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def written(folder: Path) -> dict[str, int]:
    """What the compiler and the linker wrote, and when: objects, libraries, programs, as paths below `build`."""
    found = [
        path
        for path in (folder / "build").rglob("*")
        if path.suffix in (".o", ".a", ".1") or re.fullmatch(r"(example|minigzip)-\w+", path.name)
    ]
    return {path.relative_to(folder / "build").as_posix(): path.stat().st_mtime_ns for path in found}


def remade(folder: Path, *command: str) -> set[str]:
    """What the command wrote anew."""
    before = written(folder)
    run(folder, *command)
    return {path for path, when in written(folder).items() if before.get(path) != when}


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """zlib, built by us and by make, without optimization."""
    if not (shutil.which("make") and shutil.which("cc")):
        pytest.skip("needs make and a C compiler")
    ours, makes = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("makes")
    try:
        docs_debian.unpack("zlib", ours)
    except docs_debian.Missing as missing:
        pytest.skip(str(missing))
    shutil.copytree(ours, makes, dirs_exist_ok=True, symlinks=True)
    (ours / "Uetfile.yaml").write_text(MANIFEST.replace("-O3", "-O0"), encoding="utf-8")
    shutil.copy(MAKEFILE, makes)
    run(ours, *UETBUILD)
    run(makes, *MAKE)
    return ours, makes


def test_the_manifest_is_shorter_than_forty_lines() -> None:
    assert len(MANIFEST.splitlines()) < 40


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_edit_of_any_header_compiles_what_make_compiles_and_links_no_more(trees: tuple[Path, Path]) -> None:
    ours, makes = trees
    headers = sorted(path.name for path in ours.glob("*.h"))
    assert len(headers) >= 10
    table = {}
    for header in headers:
        for folder in trees:
            with (folder / header).open("a", encoding="utf-8") as file:
                file.write(f"extern int edited_{header[:-2]};\n")
        here, there = remade(ours, *UETBUILD), remade(makes, *MAKE)
        objects = {path for path in there if path.endswith(".o")}
        assert {path for path in here if path.endswith(".o")} == objects, header
        assert here <= there, header  # where all objects come out the same, we link nothing
        table[header] = len(objects)
        print(f"{header}: {len(objects)} objects compiled by both, linked by make {len(there - objects)}, by us {len(here - objects)}")
    assert 0 in table.values() or min(table.values()) < max(table.values())  # the headers are not all alike
    same = [path for path in written(ours) if path.endswith(".o")]
    assert all((ours / "build" / path).read_bytes() == (makes / "build" / path).read_bytes() for path in same)


@pytest.mark.slow
def test_a_header_that_is_merely_touched_compiles_nothing(trees: tuple[Path, Path]) -> None:
    ours, makes = trees
    for folder in trees:
        (folder / "zlib.h").touch()
    assert not remade(ours, *UETBUILD)
    assert len(remade(makes, *MAKE)) > 30
