"""The code of many modules in one file: used where it holds, made anew where it does not, and never noticed otherwise."""

from __future__ import annotations

import importlib
import inspect
import marshal
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from zlib import crc32

import pytest

import uetbuild
from uetbuild import binder, bytecode

PACKAGE = Path(uetbuild.__file__).parent
MANIFEST = "version: 1\nworkstreams: {a: {inputs: [in, '*.in'], outputs: [out], run: cp in out}}\n"

# The program, which says before it ends which modules of its own it had loaded, and from where.
DRIVER = """
import os, sys
sys.path.insert(0, sys.argv.pop(1))
from uetbuild import __main__ as door, bytecode

before, use = set(), bytecode.use

def noted(name):
    before.update(() if before else sys.modules)
    use(name)

def said(code):
    door._complete()
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] == "uetbuild" and name not in before:
            print("loaded", name, os.path.basename(module.__cached__ or ""))
    raise SystemExit(code)

bytecode.use = noted
said(door.main())
"""


# --- a whole installation --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed") / "site-packages"
    shutil.copytree(PACKAGE, folder / "uetbuild")
    return folder


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "Uetfile.yaml").write_text(MANIFEST)
    (folder / "in").write_text("one")
    return folder


def build(site: Path, project: Path, *words: str) -> dict[str, set[str]]:
    """The modules that a build loaded since it asked for a bundle, by the one that they came from ("" = by Python's own way)."""
    command = [sys.executable, "-c", DRIVER, str(site), "-q", *words]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    found: dict[str, set[str]] = {"build": set(), "manifest": set(), "": set()}
    for line in done.stdout.splitlines():
        if not line.startswith("loaded "):
            continue
        _, name, cached = line.split(" ")
        found[cached.removesuffix(".bytecode") if cached.endswith(".bytecode") else ""].add(name)
    return found


def test_what_is_in_the_bundles_is_what_builds_load_and_nothing_else(site: Path, project: Path) -> None:
    first = build(site, project)
    assert first["build"] == first["manifest"] == set()
    assert (site / "uetbuild" / "build.bytecode").stat().st_size > 500_000
    (project / "in").write_text("two")
    part = build(site, project)
    (project / "Uetfile.yaml").write_text(MANIFEST + "# changed\n")
    cold = build(site, project)
    assert cold["manifest"] == set(binder.modules("manifest"))
    assert part["build"] | cold["build"] | build(site, project, "-B", "a")["build"] == set(binder.modules("build"))
    assert part[""] == cold[""] == set()


def test_who_only_looks_takes_from_it_what_it_needs(site: Path, project: Path) -> None:
    found = build(site, project, "list")
    assert "uetbuild.cli.project" in found["build"]
    assert not found["build"] & found[""]


# --- one bundle of one module ----------------------------------------------------------------------------------------------------


SOURCE = '"""Says something."""\n\ndef speak():\n    return "one"\n\ndef fail():\n    raise ValueError("on purpose")\n'


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `uetbuild` with one more module, `uetbuild.probe`, and an empty bundle, as an installer leaves them."""
    folder = tmp_path / "site-packages" / "uetbuild"
    folder.mkdir(parents=True)
    (folder / "probe.py").write_text(SOURCE)
    (folder / "build.bytecode").touch()
    monkeypatch.setattr(bytecode, "FOLDER", str(folder))
    monkeypatch.setattr(bytecode, "INSTALLED", True)
    monkeypatch.setattr(bytecode, "lacking", set())
    monkeypatch.setattr(binder, "BUNDLES", {"build": {"": "probe"}})
    monkeypatch.setattr(uetbuild, "__path__", [*uetbuild.__path__, str(folder)])
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    yield folder
    sys.modules.pop("uetbuild.probe", None)
    vars(uetbuild).pop("probe", None)


def loaded() -> tuple[ModuleType, bool]:
    """The module, loaded as a start does it; whether it came from the bundle."""
    bytecode.use("build")
    module = importlib.import_module("uetbuild.probe")
    return module, isinstance(module.__loader__, bytecode.Bound)


def test_a_module_of_a_bundle_is_like_any_other(package: Path) -> None:
    binder.bind(["build"])
    module, bound = loaded()
    assert bound
    assert (module.speak(), module.__doc__) == ("one", "Says something.")
    assert module.__file__ == module.__spec__.origin == str(package / "probe.py")
    assert inspect.getsource(module) == SOURCE
    with pytest.raises(ValueError, match="on purpose") as raised:
        module.fail()
    assert 'probe.py", line 7, in fail' in "".join(traceback.format_exception(raised.value))
    (package / "probe.py").write_text(SOURCE.replace("one", "another"))
    assert importlib.reload(module).speak() == "another"


def test_an_empty_bundle_is_lacking_and_changes_nothing(package: Path) -> None:
    module, bound = loaded()
    assert (module.speak(), bound, bytecode.lacking) == ("one", False, {"build"})


@pytest.mark.parametrize("text", [SOURCE.replace("one", "two"), SOURCE + "# longer\n"])
def test_a_source_that_changed_is_loaded_as_it_is_now(package: Path, text: str) -> None:
    binder.bind(["build"])
    then = os.stat(package / "probe.py")
    (package / "probe.py").write_text(text)
    os.utime(package / "probe.py", ns=(then.st_atime_ns, then.st_mtime_ns + 1_000_000_000 * (len(text) == len(SOURCE))))
    module, bound = loaded()
    assert (module.speak(), bound) == ("two" if "two" in text else "one", False)
    binder.bind(bytecode.lacking)
    del sys.modules["uetbuild.probe"]
    assert loaded()[1]


def test_a_source_that_is_gone_takes_the_bundle_with_it(package: Path) -> None:
    binder.bind(["build"])
    (package / "probe.py").unlink()
    with pytest.raises(ModuleNotFoundError):
        loaded()


def sealed(index: bytes) -> bytes:
    return len(index).to_bytes(4, "little") + crc32(index).to_bytes(4, "little") + index


@pytest.mark.parametrize(
    "what", ["cut", "cut early", "changed", "changed early", "of another Python", "of another folder", "no marshal", "no code"]
)
def test_a_bundle_that_is_not_as_it_should_be_is_passed_over(package: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    file = package / "build.bytecode"
    with monkeypatch.context() as written:
        if what == "of another Python":
            written.setattr(bytecode, "MAGIC_NUMBER", b"1\r\r\n")
        if what == "of another folder":
            real = bytecode.stamp()
            written.setattr(bytecode, "stamp", lambda: (*real[:-1], "/elsewhere"))
        binder.bind(["build"])
    whole = file.read_bytes()
    if what == "cut":
        file.write_bytes(whole[:-1])
    if what == "cut early":
        file.write_bytes(whole[:20])
    if what == "changed":
        file.write_bytes(whole[:-20] + bytes(20))
    if what == "changed early":
        file.write_bytes(whole[:12] + bytes(8) + whole[20:])
    if what == "no marshal":
        file.write_bytes(sealed(b"\xff") + b"more")
    if what == "no code":
        stamped, modules, then, _ = marshal.loads(whole[8:])
        file.write_bytes(sealed(marshal.dumps((stamped, modules, then, [(0, 1, crc32(b"\xff"))]))) + b"\xff")
    module, bound = loaded()
    assert (module.speak(), bound, bytecode.lacking) == ("one", False, {"build"})


def test_a_bundle_that_another_one_replaces_is_read_to_its_end(package: Path) -> None:
    binder.bind(["build"])
    bytecode.use("build")
    (package / "build.bytecode").unlink()
    (package / "build.bytecode").write_bytes(b"another")
    assert isinstance(importlib.import_module("uetbuild.probe").__loader__, bytecode.Bound)


@pytest.mark.parametrize("why", ["no bytecode wanted", "sources somebody works on", "no bundle brought along"])
def test_nothing_is_written_where_nobody_wants_it(package: Path, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    if why == "no bytecode wanted":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    if why == "sources somebody works on":
        monkeypatch.setattr(bytecode, "INSTALLED", False)
    if why == "no bundle brought along":
        (package / "build.bytecode").unlink()
    module, bound = loaded()
    binder.bind(bytecode.lacking)
    assert (module.speak(), bound) == ("one", False)
    assert [path.name for path in package.iterdir() if path.name.startswith("build") and path.stat().st_size] == []


def test_a_disk_that_is_full_leaves_the_bundle_as_it_was(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: str, target: str) -> None:
        raise OSError("no space")

    monkeypatch.setattr(binder.os, "replace", full)
    binder.bind(["build"])
    assert sorted(path.name for path in package.iterdir() if path.is_file()) == ["build.bytecode", "probe.py"]
    assert (package / "build.bytecode").stat().st_size == 0


def test_this_checkout_has_no_bundle_of_its_own() -> None:
    """It is somebody's sources: a bundle that git knows must stay empty."""
    assert [(PACKAGE / f"{name}.bytecode").stat().st_size for name in binder.BUNDLES] == [0, 0]
    assert not bytecode.INSTALLED
