"""`init` writes a manifest for what lies in a folder, which builds at once, with the real tools."""

from __future__ import annotations

import json
import shutil

import pytest

MAKEFILE = "app: app.c\n\tcc -o app app.c\ntest: app\n\t./app\nclean:\n\trm -f app\n.PHONY: all test \\\n  clean Make _x\n"


def python(folder):
    folder.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # ours, which take a quarter of a second
    folder.write("pyproject.toml", '[project]\nname = "greet"\nversion = "1"\n[tool.ruff]\n')
    folder.write("src/greet/__init__.py", "def greet() -> str:\n    return 'hello'\n")
    folder.write("tests/test_greet.py", "import greet\n\n\ndef test_greeting() -> None:\n    assert greet.greet() == 'hello'\n")


def c(folder):
    folder.write("include/answer.h", "int answer(void);\n")
    folder.write(
        "src/answer.c", '#include "answer.h"\n#include <math.h>\nint answer(void) { volatile double x = 1764; return (int)sqrt(x); }\n'
    )
    folder.write("src/app.c", '#include "answer.h"\n#include <stdio.h>\nint main(void) { printf("%d\\n", answer()); return 0; }\n')
    folder.write("tests/check.c", '#include "answer.h"\nint main(void) { return answer() != 42; }\n')


def make(folder):
    folder.write("Makefile", MAKEFILE)
    folder.write("app.c", "int main(void) { return 0; }\n")


def node(folder):
    scripts = {"build": "node build.js", "test": 'echo "Error: no test specified" && exit 1', "dev": "sleep 1000"}
    folder.write("package.json", json.dumps({"name": "x", "scripts": scripts}))
    folder.write("build.js", 'require("fs").writeFileSync("bundle.out", "made")\n')


def begun(folder, kinds):
    """Run `init` and then a build; returns what `init` says it found. The second build has nothing to do, but where make is asked."""
    said = json.loads(folder("init --json").out)
    assert said == {"schema": "uetbuild.init/1", "manifest": "Uetfile.yaml", "kinds": kinds}
    first = folder.real()
    assert first.code == 0, first.text
    assert "\ndefault: [" in folder.read("Uetfile.yaml") and "  # " in folder.read("Uetfile.yaml")
    return first.text


def names(folder):
    return [node["id"] for node in json.loads(folder("list --json").out)["nodes"]]


def test_an_empty_folder_gets_a_greeting_that_builds(folder):
    begun(folder, [])
    assert folder.read("hello.txt") == "hello\n"
    assert folder("").text == "up to date (1 workstream)\n"


def test_a_python_project_gets_its_checks_and_its_tests(folder):
    python(folder)
    begun(folder, ["python"])
    assert names(folder) == ["syntax", "lint", "test"]
    assert folder("").text == "up to date (3 workstreams)\n"
    folder.write("src/greet/__init__.py", "def greet() -> str:\n    return 'goodbye'\n")
    assert "assert 'goodbye' == 'hello'" in folder.real().text


def test_a_single_script_is_checked_without_any_project_file(folder):
    folder.write("script.py", "print('hi')\n")
    begun(folder, ["python"])
    folder.write("script.py", "print('hi'\n")
    assert folder.real().code == 1


def test_unittest_does_where_there_is_no_pytest(folder):
    folder.write("test_it.py", "import unittest\n\n\nclass It(unittest.TestCase):\n    def test_it(self):\n        self.assertTrue(True)\n")
    python3 = folder.root / "tools"
    python3.mkdir()
    (python3 / "python3").symlink_to("/usr/bin/python3" if shutil.which("python3", path="/usr/bin") else shutil.which("python3"))
    folder("init", PATH=f"{python3}:/bin:/usr/bin")
    assert "-m unittest discover -q" in folder.read("Uetfile.yaml")
    assert folder.real().code == 0


def test_a_c_project_gets_one_program_for_each_main(folder):
    c(folder)
    begun(folder, ["c"])
    assert names(folder) == ["objects[src/answer.c]", "objects[src/app.c]", "objects[tests/check.c]", "app", "c-check"]
    assert folder.bash("build/app && build/check && echo right").text == "42\nright\n"
    folder.write("include/answer.h", "int answer(void); /* changed */\n")
    assert "3 of 5 workstreams are stale" in folder.real("-n").text, "depfiles tell of the header"


def test_c_without_a_main_becomes_a_library(folder):
    folder.write("one.c", "int one(void) { return 1; }\n")
    begun(folder, ["c"])
    assert "one.o" in folder.bash("ar t build/libproject.a").text


@pytest.mark.skipif(not shutil.which("c++"), reason="there is no c++")
def test_c_and_cpp_are_linked_together(folder):
    folder.write("one.c", "int one(void) { return 1; }\n")
    folder.write("main.cpp", 'extern "C" int one(void);\nint main() { return one() - 1; }\n')
    begun(folder, ["c"])
    assert folder.bash("build/main && echo right").text == "right\n"


def test_make_goes_on_building_and_its_phony_targets_run_by_name(folder):
    make(folder)
    begun(folder, ["make"])
    assert folder.exists("app")
    assert names(folder) == ["make", "test", "make-clean"]
    assert folder.real("make-clean").code == 0
    assert not folder.exists("app")


def test_a_makefile_beside_c_is_the_one_that_builds_it(folder):
    make(folder)
    assert json.loads(folder("init --json").out)["kinds"] == ["make"]


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node")
def test_javascript_without_scripts_is_checked_file_by_file(folder):
    folder.write("package.json", '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}')
    folder.write("a b.js", "1\n")
    folder.write("c.js", "2\n")
    begun(folder, ["node"])
    assert folder("").text == "up to date (2 workstreams)\n"
    folder.write("c.js", "2 +\n")
    assert folder.real().code == 1


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm")
def test_the_scripts_of_a_package_that_end_are_run(folder):
    node(folder)
    begun(folder, ["node"])
    assert folder.read("bundle.out") == "made"
    assert names(folder) == ["node-build"]


@pytest.mark.skipif(not shutil.which("npm"), reason="there is no npm")
def test_several_kinds_stand_side_by_side_and_make_is_left_to_the_hand(folder):
    for kind in (python, node, make):
        kind(folder)
    told = begun(folder, ["python", "node", "make"])
    assert "ran 4 of 4" in told and not folder.exists("app")
    assert names(folder) == ["python-syntax", "python-lint", "python-test", "node-build", "make", "make-test", "make-clean"]


def test_dependencies_are_installed_from_the_lock_file_before_scripts(folder):
    folder.write("package.json", '{"dependencies": {"a": "1"}, "scripts": {"build": "x", "format:check": "y"}}')
    folder.write("pnpm-lock.yaml", "")
    folder("init")
    assert folder("check").code == 0
    text = folder.read("Uetfile.yaml")
    assert "pnpm install --frozen-lockfile" in text
    assert text.count("depends_on: [install]") == 2


def test_what_cannot_be_read_does_not_hinder(folder):
    folder.write("pyproject.toml", "[[[")
    folder.write("package.json", "{")
    folder.write("odd.py", "x = 1\n")
    assert folder("init").code == 0
    assert folder("check").code == 0


@pytest.mark.parametrize(
    "name", ["it's [$(id)]: {{ x }}", *[pytest.param(name, marks=pytest.mark.slow) for name in ("a b", 'say "x"', "#", "ä", "-o", "a:b")]]
)
def test_odd_names_make_a_valid_manifest_that_builds(folder, name):
    folder.write(f"{name}/{name}.c", "int main(void) { return 0; }\n")
    folder.write(f"{name}/{name}.h", "")
    folder.write(f"{name}/x.c", "int x(void) { return 0; }\n")
    folder.write(f"{name}/{name}.py", "x = 1\n")
    folder.write(f"{name}/{name}.sh", "")
    assert folder("init").code == 0
    assert folder("check").text.startswith("the manifest is valid")
    assert folder.real("-k", "python-syntax").code == 0


def test_it_never_overwrites(folder):
    folder.write("Uetfile.yaml", "mine")
    said = folder("init")
    assert said.code == 2
    assert said.err.startswith("error: `Uetfile.yaml` is already there\nhint: ")
    assert folder.read("Uetfile.yaml") == "mine"


def test_a_link_to_nothing_counts_as_there(folder):
    (folder.root / "Uetfile.yaml").symlink_to("elsewhere")
    assert folder("init").code == 2
    assert not folder.exists("elsewhere")


def test_a_misspelt_manifest_is_renamed_rather_than_joined_by_another(folder):
    folder.write("uetfile.yml", "version: 1\n")
    assert folder("init").err.endswith("hint: rename `uetfile.yml` to `Uetfile.yaml`\n")
    assert not folder.exists("Uetfile.yaml")


def test_the_file_and_the_folder_may_be_said(folder):
    (folder.root / "sub").mkdir()
    assert folder("-C sub init -f Other.yaml").code == 0
    assert folder("-C sub -f Other.yaml").code == 0
    assert folder.read("sub/hello.txt") == "hello\n"


def test_a_bare_uetbuild_without_a_manifest_points_at_it(folder):
    said = folder("")
    assert (said.code, said.err) == (
        2,
        "error: there is no `Uetfile.yaml` in this folder or above\nhint: `uetbuild init` writes one for what lies here\n",
    )


def test_two_at_once_write_one(folder):
    both = [folder.start("init") for _ in range(2)]
    assert sorted(process.wait(30) for process in both) == [0, 2]
    for process in both:
        process.communicate()
    assert [path.name for path in folder.root.iterdir()] == ["Uetfile.yaml"]
