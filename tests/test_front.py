"""Promise 11: the fast door never says "up to date" when the full program would not, and says what the full program would say."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import accelerator
import nursery
import pytest

from uetbuild import front
from uetbuild.cli.app import main
from uetbuild.cli.argv import parse, settle
from uetbuild.cli.project import OpenProject
from uetbuild.errors import UetError

MANIFEST = """
version: 1
default: [all]
include: ["parts/*/Uetfile.yaml"]
dotenv: [.env]
scopes: {texts: ["src/**/*.txt", "!src/**/*.old.txt"]}
workstreams:
  all: {depends_on: [joined, linked, listed, tool, env, "p:*"]}
  joined: {inputs: [scope:texts], outputs: [out/joined], run: "cat {{ inputs }} > {{ outputs }}"}
  linked: {inputs: [link], outputs: [out/linked], run: "cat link > {{ outputs }}"}
  listed: {inputs: ["deep/**"], outputs: [out/tree/], run: "mkdir -p out/tree && echo {{ inputs }} > out/tree/list"}
  tool: {programs: [mytool], inputs: [out/joined, {optional: src/maybe}], outputs: [out/tool], run: "mytool > {{ outputs }}"}
  env: {pass_env: [COLOUR], env: {SHAPE: "{{ env.SHAPE | default('round') }}"}, outputs: [out/env], run: "echo $COLOUR $SHAPE > {{ outputs }}"}
  opt: {when: "env.get('OPT') == 'yes'", inputs: [link], outputs: [out/opt], run: "cp link {{ outputs }}"}
profiles: {ci: {workstreams: {joined: {env: {LC_ALL: C}}}}}
"""
PART = """
version: 1
workstreams:
  one: {inputs: [a.txt], outputs: [b.txt], run: "cp a.txt b.txt"}
"""
WORDS = ([], ["joined"], ["--profile", "ci"], ["tool", "-k"], ["opt"], ["-q"])


class World:
    """A small project in which everything that a verdict can depend on occurs."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        self.environ |= {"PATH": f"{root}/bin1:{root}/bin2:{os.environ['PATH']}", "COLOUR": "red"}
        self.words: list[str] = []
        self.why: list[str] = []
        self.cwd = root
        self.parted = 0  # builds that were told what had changed
        self.write("Uetfile.yaml", MANIFEST)
        self.write("parts/p/Uetfile.yaml", PART)
        self.write("parts/p/a.txt", "a")
        for name in ("src/a.txt", "src/sub/b.txt", "src/c.old.txt", "deep/x/y", "deep/z", "target", "target2"):
            self.write(name, name)
        (root / "link").symlink_to("target")
        (root / "bin1").mkdir()
        self.program("bin2/mytool", "two")

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def program(self, path: str, text: str) -> None:
        self.write(path, f"#!/bin/sh\necho {text}\n")
        (self.root / path).chmod(0o755)

    def door(self) -> bytes | None:
        """What the door says, whoever sweeps for it."""
        answers = [self.look(each) for each in accelerator.sweepers()]
        shown = [answer.places if type(answer) is front.Differing else answer for answer in answers]
        assert all(each == shown[0] for each in shown), shown
        return answers[0] if type(answers[0]) is bytes else None

    def look(self, sweeper: accelerator.Sweeper) -> bytes | front.Differing | None:
        """What the door says with this one."""
        os.chdir(self.cwd)
        with mock.patch.object(front, "sweeper", lambda: sweeper):
            return front.look(self.words, self.environ)

    def program_says(self) -> bytes | None:
        """What the full program would print if it found nothing to do, None if it would run something or refuse. Changes nothing."""
        self.why = []
        os.chdir(self.cwd)
        try:
            options = settle(parse(self.words), "build")
            project = OpenProject(options, self.environ)
            plan = project.plan(options)
            project.reader.close()
        except UetError as error:
            self.why = [str(error)]
            return None
        members = project.request(options).members
        self.why = [str(node) for node in plan.as_json()["nodes"] if node["verdict"] not in ("up_to_date", "skipped")]
        if self.why:
            return None
        count = len(project.graph.workstreams(members))
        return b"" if options.quiet else f"up to date ({count} workstream{'' if count == 1 else 's'})\n".encode()

    def cannot_be_remembered(self) -> bool:
        """What a manifest above includes is not looked at; and that a program may not be executed is not written down."""
        nested = self.cwd == self.root / "src" and (self.cwd / "Uetfile.yaml").exists()
        tools = [self.root / folder / "mytool" for folder in ("bin1", "bin2")]
        return nested or any(tool.exists() and not os.access(tool, os.X_OK) for tool in tools)

    def build(self) -> int:
        """A real build by the full program, which is told what the door found."""
        os.chdir(self.cwd)
        found = front.look(self.words, self.environ)
        self.parted += type(found) is front.Differing
        nursery.load()
        time.sleep(0.015)  # what the imports would take, which are done: a manifest that is read as it is written is not relied on
        child = os.fork()
        if not child:
            code = 99
            try:
                os.chdir(self.cwd)
                os.environ.clear()
                os.environ.update(self.environ)
                null = os.open(os.devnull, os.O_RDWR)
                for fd in (0, 1, 2):
                    os.dup2(null, fd)
                code = main(self.words, found if type(found) is front.Differing else None)
            finally:
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def world(tmp_path, monkeypatch):
    monkeypatch.delenv("UET_STATE", raising=False)
    before = os.getcwd()
    yield World(tmp_path.resolve())
    os.chdir(before)


def edit(world: World, dice: random.Random) -> str:
    """Change one thing of those that a verdict can depend on, or look as if it was changed; says what."""
    root = world.root
    files = ["src/a.txt", "src/sub/b.txt", "src/c.old.txt", "deep/x/y", "deep/z", "target", "target2", "parts/p/a.txt", ".env", "src/maybe",
             "out/joined", "out/linked", "out/tree/list", "out/tool", "out/env", "out/opt", "parts/p/b.txt", "src/new.txt"]  # fmt: skip
    path = root / dice.choice(files)
    what = dice.choice(("write", "same size", "touch", "delete", "chmod", "link", "rename", "folder", "environment", "program", "words", "cwd",
                        "manifest", "state", "snapshot", "nothing"))  # fmt: skip
    try:
        if what == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dice.choice(("one", "two\n", "")))
        elif what == "same size":
            status, text = path.stat(), path.read_bytes()
            path.write_bytes(bytes(dice.choice(b"abc") for _ in text))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        elif what == "touch":
            os.utime(path, (dice.choice((0, 4e9, 1e9)),) * 2)
        elif what == "delete":
            path.unlink()
        elif what == "chmod":
            path.chmod(dice.choice((0o644, 0o755, 0o600)))
        elif what == "link":
            (root / "link").unlink()
            (root / "link").symlink_to(dice.choice(("target", "target2", "nowhere", "deep/z")))
        elif what == "rename":
            path.rename(path.with_name(dice.choice(("renamed.txt", "other.old.txt"))))
        elif what == "folder":
            new = root / dice.choice(("deep/new", "src/sub2", "out/tree/more", "parts/q", "bin1"))
            shutil.rmtree(new) if new.is_dir() and not any(new.iterdir()) else new.mkdir(parents=True)
        elif what == "environment":
            name = dice.choice(("COLOUR", "SHAPE", "OPT", "UNRELATED"))
            world.environ[name] = dice.choice(("red", "blue", "yes", ""))
            if dice.random() < 0.3:
                del world.environ[name]
        elif what == "program":
            tool = root / dice.choice(("bin1/mytool", "bin2/mytool"))
            if dice.random() < 0.5:
                world.program(str(tool.relative_to(root)), dice.choice(("two", "three")))
            else:
                tool.chmod(dice.choice((0o644, 0o755)))
        elif what == "words":
            world.words = list(dice.choice(WORDS))
        elif what == "cwd":
            world.cwd = dice.choice((root, root / "src", root / "parts/p"))
        elif what == "manifest":
            where = dice.choice(("Uetfile.yaml", "parts/p/Uetfile.yaml", "src/Uetfile.yaml", "parts/q/Uetfile.yaml"))
            world.write(where, dice.choice((MANIFEST if where == "Uetfile.yaml" else PART, MANIFEST.replace("round", "square"), PART)))
        elif what == "state":
            database = root / ".uet/state.db"
            if dice.random() < 0.3:
                shutil.rmtree(root / ".uet")
            else:
                os.truncate(database, dice.randrange(database.stat().st_size + 1))
        elif what == "snapshot":
            snapshot = dice.choice(sorted((root / ".uet").glob("plan*.bin")))
            data = bytearray(snapshot.read_bytes())
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            snapshot.write_bytes(data[: dice.choice((len(data), len(data), dice.randrange(len(data))))])
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError, IndexError):
        return "nothing"
    return f"{what} {path.relative_to(root)}"


def agree(world: World, seed: int, edits: int) -> tuple[int, int]:
    """Edit at random; whenever the door answers the full program says the same. Returns how often it answered, and how often it built."""
    dice = random.Random(seed)
    said = built = 0
    done: list[str] = []
    for _ in range(edits):
        done.append(edit(world, dice))
        answer = world.door()
        if answer is not None:
            said += 1
            assert answer == world.program_says(), f"seed {seed}, words {world.words}, in {world.cwd}, after {done[-3:]}"
        elif dice.random() < 0.7:
            world.write("Uetfile.yaml", MANIFEST)
            if world.build() == 0:
                built += 1
                if world.door() is None:  # what it warns of, a state that was cut off say, only the full program says
                    assert world.build() == world.build() == 0
                if world.cannot_be_remembered():
                    continue
                assert world.door() == world.program_says(), f"seed {seed}: not remembered after {done[-3:]}, because {world.why}"
    return said, built


def test_the_door_and_the_full_program_agree_over_random_edits(world):
    said, built = agree(world, seed=1, edits=30)
    assert said >= 4 and built >= 4, (said, built)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # each is two full programs, and machines are slow at times
@pytest.mark.parametrize("seed", range(2, 12))
def test_the_door_and_the_full_program_agree_over_2000_random_edits(world, seed):
    agree(world, seed, edits=200)


def test_after_a_build_the_door_knows_it_at_once(world):
    assert world.build() == 0
    assert world.door() == b"up to date (6 workstreams)\n"


def test_many_files_are_swept_by_two_processes(world, monkeypatch):
    monkeypatch.setattr(front, "WORTH_FORKING", 0)
    assert world.build() == 0
    assert world.door() == b"up to date (6 workstreams)\n"
    for path in ("deep/z", "target", "out/joined", "src/a.txt"):
        world.write(path, "changed!")
        assert world.door() is None, path
        assert world.build() == 0
        assert world.door() is not None


def test_how_many_run_at_once_makes_no_other_verdict(world):
    world.words = ["joined", "-j2"]
    assert world.build() == 0
    for words in (["joined"], ["joined", "-j", "8"], ["-j", "auto", "joined"], ["--jobs", "joined"], ["-j", "joined"]):
        world.words = words
        assert world.door() == b"up to date (1 workstream)\n", words
    world.words = ["joined", "--", "-j2"]
    assert world.door() is None


@pytest.mark.parametrize(
    "words", [["-n", "joined"], ["-B"], ["--json"], ["status"], ["list"], ["--explain", "-v"], ["-C", "."], ["joined", "--state", "x"]]
)
def test_what_is_no_plain_build_is_none_of_its_business(world, words):
    assert world.build() == 0
    world.words = words
    world.build()
    assert world.door() is None


def test_who_only_asks_is_told_what_the_full_program_prints(world):
    assert world.build() == 0
    for words in (["-n"], ["--dry-run", "-j3"]):
        world.words = words
        done = subprocess.run(
            [sys.executable, "-c", f"from uetbuild.cli.app import main; main({words})"], cwd=world.root, env=world.environ,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
        )  # fmt: skip
        assert world.door() == done.stdout == b"up to date (6 workstreams)\n"
    world.write("target", "new")
    assert world.door() is None
    world.words = []
    assert world.build() == 0
    world.words = ["-n"]
    assert world.door() == b"up to date (6 workstreams)\n"


def test_who_asks_a_command_is_not_remembered(world):
    text = MANIFEST.replace("listed: {", 'listed: {probes: ["echo 1"], ')
    world.write("Uetfile.yaml", text)
    assert world.build() == 0
    assert world.build() == 0
    assert world.door() is None


def test_values_of_the_environment_are_not_in_the_snapshot(world):
    world.environ["COLOUR"] = "ultramarine-canary"
    assert world.build() == 0
    assert world.door() is not None
    assert b"canary" not in (world.root / ".uet/plan.bin").read_bytes()


def test_a_state_folder_that_is_not_ours_is_not_believed(world):
    assert world.build() == 0
    (world.root / ".uet").rename(world.root / "elsewhere")
    (world.root / ".uet").symlink_to("elsewhere")
    assert world.door() is None


def test_a_copied_project_is_judged_anew(world):
    assert world.build() == 0
    copy = world.root.parent / "copy"
    subprocess.run(["cp", "-a", str(world.root), str(copy)], check=True)
    world.cwd = copy
    assert world.door() is None


def test_at_most_sixteen_are_kept(world):
    for number in range(20):
        world.words = ["joined", f"--output={'stream' if number % 2 else 'group'}", *["--yes"] * (number // 2)]
        assert world.build() == 0
    assert len(list((world.root / ".uet").glob("plan*.bin"))) == 16
    assert world.door() is not None


def test_who_writes_the_state_unlinks_all_snapshots_first(world):
    assert world.build() == 0
    world.words = ["joined"]
    assert world.build() == 0
    world.write("src/a.txt", "new")
    world.words = ["linked"]
    world.write("target", "new")
    assert world.build() == 0
    assert [path.name for path in (world.root / ".uet").glob("plan*.bin")] == [front.file_name(["linked"], "")]


def test_it_goes_on_by_itself_where_nobody_reads(world):
    """A reader that went away is no reason for a traceback, nor for another exit code than that of the full program."""
    assert world.build() == 0
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "uetbuild"], cwd=world.root, env=world.environ, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
