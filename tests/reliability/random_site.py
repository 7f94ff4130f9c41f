"""A project folder in which the real program builds a random manifest, and what it does there is looked at: the log of the recipes, who is
alive, what is left. Kills go to real processes."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from nursery import PROGRAM, Program
from watching import PATIENCE, carrying, children, until, whole_lines

VICTIMS = ("coordinator", "coordinator", "supervisor", "recipe", "both", "SIGINT", "SIGTERM")


class Said:
    """How a build ended: exit `code`, `text` of stdout and stderr, `log` of the recipes: (`start`, `fail` or `end`, name) in order."""

    def __init__(self, words: list[str], code: int, text: str, log: list[tuple[str, str]]) -> None:
        self.words = words
        self.code = code
        self.text = text
        self.log = log

    def names(self, what: str) -> Counter[str]:
        """How often each recipe did this."""
        return Counter(name for did, name in self.log if did == what)


class Site:
    """`root` is the project, `world` lies beside it and tells the recipes what goes wrong (see random_recipe.sh)."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.world = folder / "world"
        for name in ("fail", "flaky", "hang"):
            (self.world / name).mkdir(parents=True)
        self.root.mkdir()
        self.knob = "0"
        self.builds = self.kills = self.hits = 0
        self._heard = 0
        self._orphaned: set[str] = set()  # runs that were killed with all who could end their recipes: what these say later is nobody's

    def write(self, path: str, text: str) -> None:
        """Write a file anew: what stood there, a link say, is replaced."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(text)

    def tell(self, what: str, name: str) -> None:
        """Let the recipe `fail`, be `flaky` or `hang`."""
        (self.world / what / name).touch()

    def forget(self) -> None:
        """Nothing goes wrong from now on."""
        for name in ("fail", "flaky", "hang"):
            shutil.rmtree(self.world / name)
            (self.world / name).mkdir()

    # --- builds ----------------------------------------------------------------------------------------------------------------

    def start(self, *words: str, under: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start the real program, or another one that runs it."""
        self.builds += 1
        (self.world / "hung").unlink(missing_ok=True)
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.world), "LANG": "C.UTF-8", "KNOB": self.knob, "WORLD": str(self.world)}
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        if under:
            return subprocess.Popen([*under, *PROGRAM, *words], cwd=self.root, env=environ, text=True, **streams)
        return Program(words, cwd=self.root, env=environ, **streams)

    def ended(self, process: subprocess.Popen[str]) -> Said:
        """Wait for the end of a build; whatever happened to it, it tells no lies and shows no traceback."""
        try:
            text, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"it hangs: {process.communicate()[0]}") from None
        assert not re.search("(?s)Traceback.*/uetbuild/|internal error", text), text  # Ctrl-C while Python itself starts is not ours
        return Said(list(process.args), process.returncode, text, self._log())  # type: ignore[arg-type]

    def build(self, *words: str, under: Sequence[str] = ()) -> Said:
        return self.ended(self.start(*words, under=under))

    def _log(self) -> list[tuple[str, str]]:
        """What the recipes said since the last time."""
        lines = whole_lines(self.world / "log")
        new, self._heard = lines[self._heard :], len(lines)
        return [(did, name) for did, name, run in map(str.split, new) if run not in self._orphaned]

    # --- kills -----------------------------------------------------------------------------------------------------------------

    def kill(self, dice: random.Random, victim: str, hanging: bool, *words: str) -> Said:
        """Build, and kill somebody: as soon as a recipe hangs, or at a random moment. Counts whether it hit while a recipe ran."""
        before = set(self.survivors())  # of an earlier kill of all of us: the next build that is not killed ends them
        process = self.start(*words)
        moment = time.monotonic() + dice.uniform(0, 0.6)
        until(lambda: process.poll() is not None or (self.world / "hung").exists() or (not hanging and time.monotonic() > moment))
        shutil.rmtree(self.world / "hang")  # who is tried once more does not hang again
        (self.world / "hang").mkdir()
        if process.poll() is None:
            self.kills += 1
            time.sleep(dice.uniform(0, 0.02))
            self._strike(process, victim)
        said = self.ended(process)
        if victim == "both":
            self._orphaned |= set((self.root / ".uet/lock").read_text().splitlines()[2:])
        else:
            until(lambda: before.issuperset(self.survivors()))
            said.log += self._log()
        self.hits += bool(cut(said))
        return said

    def _strike(self, process: subprocess.Popen[str], victim: str) -> None:
        supervisors = children(process.pid)
        if victim == "both":
            for pid in (process.pid, *supervisors):
                send(pid, signal.SIGSTOP)
            for pid in (*supervisors, process.pid):
                send(pid, signal.SIGKILL)
        elif victim == "supervisor":
            for pid in supervisors:
                send(pid, signal.SIGKILL)
        elif victim == "recipe":
            for pid in self.survivors():
                if pid not in (process.pid, *supervisors):
                    send(pid, signal.SIGKILL)
        else:
            send(process.pid, signal.SIGKILL if victim == "coordinator" else signal.Signals[victim])

    def survivors(self) -> list[int]:
        """Processes, zombies left out, that were started by a build here."""
        return carrying(f"WORLD={self.world}")


def cut(said: Said) -> Counter[str]:
    """Recipes that began and did not come to their end."""
    return said.names("start") - said.names("end") - said.names("fail")


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
