"""From a node and an attempt to a job."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from world import Build, FeedbackInMemory, World, node, sources

from uetbuild.core.jobs import Job
from uetbuild.core.nodes import Agent, Hole, Node, Step
from uetbuild.core.secrets import Secrets
from uetbuild.engine.attempt import Attempt
from uetbuild.engine.recipe import CALL, LONGEST, Kitchen, Place

ENVIRON = {"PATH": "/bin", "CC": "gcc", "API_TOKEN": "tok-12345", "SHORT_KEY": "abc", "PLAIN": "value", "MINE": "m1"}


def kitchen_of(build: Build, python: str = "python3", feedback=None) -> Kitchen:
    place = Place(
        root="/project", run="r1", python=python, environ=ENVIRON, log=lambda name: f"/log/{name}.log",
        sandbox=lambda name: f"/sandbox/{name}", feedback=FeedbackInMemory() if feedback is None else feedback,
    )  # fmt: skip
    build.answers.secrets = Secrets.of(ENVIRON, build.graph.nodes)
    return Kitchen(place, build.project.settings, build.answers)


def job_of(one: Node, world: World, args: tuple[str, ...] = (), slots=(), **place) -> Job:
    """The job of the first attempt at a node."""
    build = Build(world, one)
    build.survey.judge(0)
    attempt = Attempt(0, one, 1, build.survey.seen[0], None)
    attempt.files = build.survey.input_files(0)
    attempt.edits = attempt.present.edits
    return kitchen_of(build, **place).job(0, attempt, args, slots, False)


@pytest.fixture
def world():
    world = World()
    world.files = {"src/a.c": "1", "src/b.c": "2", "lib/x.h": "3"}
    return world


def inputs(*patterns: str, **named: str):
    found = list(sources(*patterns))
    found += [source.with_(name=name) for name, pattern in named.items() for source in sources(pattern)]
    return tuple(found)


def test_a_direct_command_is_the_words_with_their_values(world):
    one = node("b", steps=(Step(words=(("cc",), (Hole(name="inputs"),), ("-I", Hole(name="inputs", key="inc")))),)).with_(
        inputs=inputs("src/*.c", inc="lib/x.h")
    )
    assert job_of(one, world).commands[0].argv == ("cc", "src/a.c", "src/b.c", "lib/x.h", "-Ilib/x.h")


def test_paths_are_as_a_command_in_another_folder_sees_them(world):
    step = Step(words=(("ls",), (Hole(name="inputs"),)))
    one = node("b", ["src/a.c"], cwd="src", steps=(step, step.with_(cwd="lib"), step.with_(cwd="")))
    job = job_of(one, world)
    assert [(command.cwd, command.argv[1]) for command in job.commands] == [
        ("/project/src", "a.c"), ("/project/lib", "../src/a.c"), ("/project", "src/a.c"),
    ]  # fmt: skip
    assert job.notes == () and job.lists == ((("UET_INPUTS", "UET_CHANGED_FILES"), "a.c\n"),)


def test_an_input_that_matches_nothing_is_an_empty_list_under_its_name(world):
    one = node("b", steps=(Step(words=(("ls",), (Hole(name="inputs", key="none"),))),)).with_(inputs=inputs(none="*.none"))
    assert job_of(one, world).commands[0].argv == ("ls",)


def test_arguments_arrive_word_by_word(world):
    one = node("b", steps=(Step(words=(("pytest",), (Hole(name="args"),))),), uses_args=True)
    assert job_of(one, world, args=("-k", "a b")).commands[0].argv == ("pytest", "-k", "a b")


def test_a_recipe_is_told_who_and_where_it_is(world):
    job = job_of(
        node("b", env=(("CC", ("clang-", Hole(name="inputs"))),)).with_(inputs=inputs("src/a.c")), world, slots=(("big-gpu", "0,1"),)
    )
    assert dict(job.env) == {
        "CC": "clang-src/a.c", "UET_RUN_ID": "r1", "UET_NODE": "b", "UET_ATTEMPT": "1", "UET_USAGE_FILE": "/log/b.usage", "UET_FEEDBACK_FILE": "/dev/null",
        "UET_POOL_BIG_GPU": "0,1",
    }  # fmt: skip
    assert not job.clear_env


def test_a_strict_recipe_inherits_the_base_set_and_what_it_names(world):
    job = job_of(node("b", env_mode="strict", pass_env=("CC",), secrets=("MINE",), env=(("X", ("1",)),)), world)
    assert job.clear_env and {name: value for name, value in job.env if not name.startswith("UET_")} == {
        "PATH": "/bin", "CC": "gcc", "MINE": "m1", "X": "1",
    }  # fmt: skip


def test_secrets_are_masked_by_name_by_ending_and_where_the_manifest_writes_them(world):
    assert job_of(node("a"), world).masks == ("tok-12345",)
    one = node("b", secrets=("PLAIN", "MINE", "NOT_SET"), env=(("DB_PASSWORD", ("hunter22",)), ("MINE", ("other",)), ("CC", ("x",))))
    assert job_of(one, world).masks == ("hunter22", "other", "tok-12345", "value")


def test_what_only_a_command_can_tell_is_masked_where_it_is_set_as_a_secret(world):
    late = Hole(name="args")
    step = Step(words=(("x",),), env=(("DB_PASSWORD", (late,)),))
    masks = job_of(node("b", secrets=("PIN",), env=(("PIN", ("the-", late)),), steps=(step,)), world, args=("s3cret",)).masks
    assert {text for text in masks if "s3cret" in text} == {"s3cret", "the-s3cret"}


def test_a_command_is_spoken_as_executed_with_secrets_masked_and_never_endless(world):
    steps = (
        Step(words=(("curl",), ("-H", ), ("Authorization: tok-12345",), ("a b",), ("",))),
        Step(kind=Step.SHELL, shell=("sh", "-c"), text=("echo tok-12345 > x",)),
        Step(kind=Step.PYTHON, words=(("pkg.mod:main",), ("{}",))),
        Step(words=(("x" * 5000,),)),
    )  # fmt: skip
    one = node("b", steps=steps)
    spoken = kitchen_of(Build(world, one)).spoken(one, job_of(one, world))
    assert spoken[:3] == ["curl -H 'Authorization: ***' 'a b' ''", "echo *** > x", "python3: pkg.mod:main"]
    assert spoken[3] == "x" * LONGEST + " …"


def test_a_python_step_runs_by_the_interpreter_of_the_manifest_or_of_the_place(world):
    step = Step(kind=Step.PYTHON, words=(("pkg.mod:main",), ('{"n": 1}',)))
    argv = job_of(node("b", steps=(step,), folder="api"), world, python="/venv/bin/python").commands[0].argv
    assert argv == ("/venv/bin/python", "-u", "-c", CALL, "/project/api", "pkg.mod:main", '{"n": 1}')
    assert job_of(node("b", steps=(step,), python="python3.12"), world).commands[0].argv[0] == "python3.12"


@pytest.mark.parametrize(
    ("body", "arguments", "code", "said"),
    [
        ("def main(): print('hi')", {}, 0, "hi\n"),
        ("def main(n): return n", {"n": 3}, 3, ""),
        ("def main(): return True", {}, 0, ""),
        ("class A:\n    @staticmethod\n    def main(text='x'): print(text)\nmain = A", {"text": "ü"}, 0, "ü\n"),
        ("def main(): raise SystemExit(4)", {}, 4, ""),
        ("def main(): 1 / 0", {}, 1, ""),
    ],
)
def test_a_function_is_called_with_its_arguments_and_its_number_is_the_exit_code(tmp_path, body, arguments, code, said):
    (tmp_path / "mod.py").write_text(body)
    (tmp_path / "json.py").write_text("raise RuntimeError('the project has a module of this name')")
    name = "mod:main.main" if "class" in body else "mod:main"
    command = [sys.executable, "-u", "-c", CALL, str(tmp_path), name, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, said), done.stderr


def test_a_sandbox_holds_the_inputs_and_makes_room_for_the_outputs(world):
    one = node("b", ["src/*.c"], ["out/x", "gen/*.o", "doc/", "top"], ["lib/x.h"], isolation="sandbox", depfile="dep/b.d", cwd="src").with_(
        steps=(Step(words=(("true",),), cwd="tools"),)
    )
    sandbox = job_of(one, world).sandbox
    assert sandbox is not None
    assert (sandbox.root, sandbox.folder, sandbox.files, sandbox.edits) == ("/project", "/sandbox/b", ("src/a.c", "src/b.c"), ("lib/x.h",))
    assert set(sandbox.folders) == {"tools", "src", "out", "gen", "dep", "doc"}
    assert sandbox.outputs == (("out/x", False), ("gen/*.o", True), ("doc", False), ("top", False), ("dep/b.d", False))
    assert job_of(node("c"), world).sandbox is None


def test_an_agent_gets_its_prompt_on_stdin_and_in_a_file_and_its_model_in_the_environment(world):
    asked = Agent(model="m-1", prompt=("Change ", Hole(name="inputs"), "; it's $HOME\n", Hole(name="feedback")))
    made = job_of(node("b", ["src/*.c"], steps=(Step(words=(("tool",), ("-m", Hole(name="args")))),)).with_(agent=asked), world, ("x",))
    assert (made.commands[0].argv, made.commands[0].stdin) == (("tool", "-mx"), "/log/b.prompt")
    assert dict(made.notes)["/log/b.prompt"] == "Change src/a.c src/b.c; it's $HOME\n"
    assert {"UET_PROMPT_FILE": "/log/b.prompt", "UET_MODEL": "m-1"}.items() <= dict(made.env).items()


def test_a_prompt_that_is_a_file_is_handed_on_as_it_stands_there(world):
    made = job_of(node("b", ["src/a.c"]).with_(agent=Agent(prompt_file="src/a.c")), world)
    assert made.commands[0].stdin == dict(made.env)["UET_PROMPT_FILE"] == "/project/src/a.c"
    assert dict(made.env)["UET_MODEL"] == ""
    assert made.notes == ()


def test_a_recipe_gets_no_prompt(world):
    made = job_of(node("b", ["src/a.c"]), world)
    assert made.commands[0].stdin == "" and not {"UET_PROMPT_FILE", "UET_MODEL"} & dict(made.env).keys()
