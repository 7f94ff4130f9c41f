"""The tools: how the same project is written for each of them in its usual way, and how it is called."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

from .shapes import Shape, Step


class Peer(ABC):
    """A build tool. `most`: nodes above which a round takes minutes, so that it is left out."""

    name: str
    install: str
    programs: tuple[str, ...]
    state: tuple[str, ...] = ()  # what it remembers, in the project
    reads: tuple[str, ...] = ()  # what of that says nothing of builds: patterns of files that only hold what the build file said
    asked = "--version"
    line = 0  # of what it then says, the one with its version
    says = ""  # what its version must say, where a name on PATH is not unique
    dry: tuple[str, ...] | None = None
    most = 100_000

    def __init__(self, program: str = "") -> None:
        self.program = program or next((found for name in self.programs if (found := _which(name))), "")

    def version(self) -> str:
        """What it says of its version, up to a comma; empty where it is not there."""
        if not self.program:
            return ""
        said = subprocess.run([self.program, self.asked], capture_output=True, text=True, timeout=60).stdout.strip()
        return said.split("\n")[self.line].partition(",")[0].strip() if self.says in said else ""

    def suits(self, shape: Shape) -> bool:
        """Whether it is timed on this project."""
        return len(shape.steps) <= self.most

    @abstractmethod
    def files(self, shape: Shape) -> dict[str, str]:
        """The files that its user writes, by path."""

    def prepare(self) -> list[str] | None:
        """What is run once before the first build; None where there is nothing."""
        return None

    def words(self, jobs: int) -> list[str]:
        """How all of it is built."""
        return [self.program, f"-j{jobs}"]

    def asked_only(self) -> list[str] | None:
        """How one asks what would be done; None where it cannot say that."""
        return [self.program, *self.dry] if self.dry is not None else None


def _which(name: str) -> str:
    return shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name) or ""


class Uetbuild(Peer):
    name = "uetbuild"
    install = "pip install ."
    programs = ("uetbuild",)
    state = (".uet",)
    reads = (".uet/graph-*.bin",)
    dry = ("-n",)

    def files(self, shape: Shape) -> dict[str, str]:
        lines = ["version: 1", "workstreams:"]
        for step in shape.steps:
            inputs = [f"{step.folder}/"] if step.folder else list(step.inputs)
            lines.append(f"  {step.name}: {{inputs: [{', '.join(inputs)}], outputs: [{step.output}], run: {json.dumps(step.command)}}}")
        return {"Uetfile.yaml": "\n".join(lines) + "\n"}


class InPython(Uetbuild):
    """For who measures the accelerator: the same without it."""

    name = "uetbuild in Python"


class Ninja(Peer):
    name = "ninja"
    install = "apt install ninja-build"
    programs = ("/usr/bin/ninja",)
    state = (".ninja_log", ".ninja_deps")
    dry = ("-n",)

    def files(self, shape: Shape) -> dict[str, str]:
        lines = ["rule run", "  command = $run"]
        for step in shape.steps:
            lines += [f"build {step.output}: run {' '.join(step.inputs)}", f"  run = {step.command}"]
        return {"build.ninja": "\n".join(lines) + "\n"}


class NewNinja(Ninja):
    """The one of PyPI."""

    name = "ninja (PyPI)"
    install = "pip install ninja"
    programs = (str(Path(sys.prefix, "bin/ninja")),)


class Samurai(Ninja):
    name = "samurai"
    install = "apt install samurai"
    programs = ("samu",)


class Make(Peer):
    name = "make"
    install = "apt install make"
    programs = ("make",)
    dry = ("-n",)

    def files(self, shape: Shape) -> dict[str, str]:
        goals = " ".join(step.output for step in shape.steps)
        lines = [f"all: {goals}", ".PHONY: all", "MAKEFLAGS += -rR"]
        for step in shape.steps:
            lines += [f"{step.output}: {' '.join(step.inputs)}", f"\t{step.command}"]
        return {"Makefile": "\n".join(lines) + "\n"}


class GoTask(Peer):
    name = "go-task"
    install = "pip install go-task-bin"
    programs = ("go-task", "task")
    says = "3."
    state = (".task",)
    dry = ("--dry",)
    most = 10_000

    def files(self, shape: Shape) -> dict[str, str]:
        makers = {step.output: step.name for step in shape.steps}
        lines = ["version: '3'", "tasks:", f"  default: {{deps: [{', '.join(step.name for step in shape.steps)}]}}"]
        for step in shape.steps:
            needs = [makers[path] for path in step.inputs if path in makers]
            sources = [f"{step.folder}/*"] if step.folder else list(step.inputs)
            body = {"deps": needs, "sources": sources, "generates": [step.output], "cmds": [step.command]}
            lines.append(f"  {step.name}: {json.dumps(body)}")
        return {"Taskfile.yml": "\n".join(lines) + "\n"}

    def words(self, jobs: int) -> list[str]:
        return [self.program, "--concurrency", str(jobs)]


class Doit(Peer):
    name = "doit"
    install = "pip install doit"
    programs = ("doit",)
    state = (".doit.db", ".doit.db.dat", ".doit.db.dir", ".doit.db.bak", "__pycache__")

    def files(self, shape: Shape) -> dict[str, str]:
        rows = [(step.name, step.inputs, step.output, step.command) for step in shape.steps]
        return {
            "dodo.py": f"STEPS = {rows!r}\n\n\ndef task_n():\n    for name, inputs, output, command in STEPS:\n"
            "        yield {'name': name, 'actions': [command], 'file_dep': list(inputs), 'targets': [output]}\n"
        }

    def words(self, jobs: int) -> list[str]:
        return [self.program, "-n", str(jobs)]


class Scons(Peer):
    name = "scons"
    install = "pip install scons"
    programs = ("scons",)
    line = 1
    state = (".sconsign.dblite",)
    dry = ("-n", "-Q")
    most = 10_000

    def files(self, shape: Shape) -> dict[str, str]:
        rows = [(step.inputs, step.output, step.command) for step in shape.steps]
        steps = f"for inputs, output, command in {rows!r}:\n    env.Command(output, inputs, command)\n"
        return {"SConstruct": f"env = Environment(tools=[])\n{steps}"}

    def words(self, jobs: int) -> list[str]:
        return [self.program, "-Q", f"-j{jobs}"]


class Snakemake(Peer):
    name = "snakemake"
    install = "pip install snakemake"
    programs = ("snakemake",)
    state = (".snakemake",)
    dry = ("-n", "-q")
    most = 1_000

    def files(self, shape: Shape) -> dict[str, str]:
        goals = [step.output for step in shape.steps]
        return {"Snakefile": f"rule all:\n    input: {goals!r}\n" + "".join(map(_rule, shape.steps))}

    def words(self, jobs: int) -> list[str]:
        return [self.program, "--cores", str(jobs), "-q"]


def _rule(step: Step) -> str:
    return f"\nrule {step.name}:\n    input: {list(step.inputs)!r}\n    output: {step.output!r}\n    shell: {step.command!r}\n"


class Dvc(Peer):
    name = "dvc"
    install = "pip install dvc"
    programs = ("dvc",)
    state = (".dvc/tmp", ".dvc/cache", "dvc.lock")
    dry = ("repro", "--dry")
    most = 100

    def files(self, shape: Shape) -> dict[str, str]:
        stages = {}
        for step in shape.steps:
            needs = [step.folder] if step.folder else list(step.inputs)
            stages[step.name] = {"cmd": step.command, "deps": needs, "outs": [{step.output: {"cache": False}}]}
        config = "[core]\n    no_scm = true\n    analytics = false\n"
        return {"dvc.yaml": json.dumps({"stages": stages}), ".dvc/config": config}

    def words(self, jobs: int) -> list[str]:
        return [self.program, "repro", "-q"]


class Floor(Peer):
    """No build tool: a C program that does nothing but what no build can do without."""

    install = "apt install gcc"
    programs = ("gcc",)

    def prepare(self) -> list[str] | None:
        return ["gcc", "-O2", "-o", "floor", "floor.c"]


class StatCalls(Floor):
    """Looks at every file once."""

    name = "stat calls in C"

    SOURCE = """\
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
int main(void) {
  char path[4096]; struct stat seen; long found = 0;
  FILE *list = fopen("paths", "r");
  while (list && fgets(path, sizeof path, list)) { path[strcspn(path, "\\n")] = 0; found += !stat(path, &seen); }
  return found == 0;
}
"""

    def files(self, shape: Shape) -> dict[str, str]:
        paths = [*shape.sources, *(step.output for step in shape.steps)]
        return {"floor.c": self.SOURCE, "paths": "".join(f"{path}\n" for path in paths)}

    def words(self, jobs: int) -> list[str]:
        return ["./floor"]


class Starts(Floor):
    """Starts every command and waits for it, so many at once; for commands that need no shell and wait for none of the others."""

    name = "starts in C"

    SOURCE = """\
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
extern char **environ;
int main(int count, char **words) {
  char line[4096], *argv[64]; int most = count > 1 ? atoi(words[1]) : 1, running = 0, status, failed = 0; pid_t pid;
  FILE *list = fopen("commands", "r");
  while (list && fgets(line, sizeof line, list)) {
    int n = 0;
    for (char *word = strtok(line, " \\n"); word && n < 63; word = strtok(NULL, " \\n")) argv[n++] = word;
    argv[n] = NULL;
    if (running == most) { wait(&status); failed |= status; running--; }
    failed |= posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    running++;
  }
  while (running--) { wait(&status); failed |= status; }
  return !list || failed;
}
"""

    def suits(self, shape: Shape) -> bool:
        return not any(">" in step.command for step in shape.steps)

    def files(self, shape: Shape) -> dict[str, str]:
        return {"floor.c": self.SOURCE, "commands": "".join(f"{step.command}\n" for step in shape.steps)}

    def words(self, jobs: int) -> list[str]:
        return ["./floor", str(jobs)]


class Least(Starts):
    """Starts them as a build in Python has to at least (`least.py`), with hashes, workers and durable rows."""

    name = "least in Python"
    install = "apt install python3"
    programs = ("python3",)
    state = ("least.db", "least.db-wal", "least.db-shm")

    def prepare(self) -> list[str] | None:
        return None

    def files(self, shape: Shape) -> dict[str, str]:
        source = Path(__file__).with_name("least.py").read_text()
        return {"least.py": source, "commands": super().files(shape)["commands"]}

    def words(self, jobs: int) -> list[str]:
        return [self.program, "-I", "-S", "least.py", str(jobs)]


PEERS: tuple[type[Peer], ...] = (
    Uetbuild, InPython, Ninja, NewNinja, Samurai, Make, GoTask, Doit, Scons, Snakemake, Dvc, StatCalls, Starts, Least,
)  # fmt: skip
