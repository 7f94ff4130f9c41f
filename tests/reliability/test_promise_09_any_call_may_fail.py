"""Promise 9: whatever call of the system fails, and wherever the coordinator is killed, there is a clear error or a correct build; never a
traceback, a hang, or a false "up to date". The next build heals, and the one after it does nothing.

The real program runs under `strace`, which traces the coordinator alone and lets calls fail that are drawn at random: EIO, ENOSPC, or
SIGKILL. It begins where the program's own modules are loaded: while Python itself starts, nobody of ours is there to say anything.
Left out are calls of which Python or the C library rightly assume that they do not fail like this (`futex`, `brk`, `getrandom`, …).
One traceback is allowed, since it is not ours: Python's `hashlib` shows it, and goes on, where it cannot read the file of an algorithm;
Jinja2 loads it, so it can only come while a manifest is compiled. `--seed N` replays.
"""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from random_plan import ALL, EDITED, ITEMS, SOURCES, Model, Plan
from random_site import Site

pytestmark = pytest.mark.strace

ROUNDS, FIRED = 6, 36  # of each round so many injections must have fired: 216
CALLS = frozenset(
    [
        "clone",
        "close",
        "fchown",
        "fcntl",
        "fdatasync",
        "flock",
        "ftruncate",
        "getcwd",
        "getdents64",
        "ioctl",
        "kill",
        "lseek",
        "mkdir",
        "mkdirat",
        "mmap",
        "newfstatat",
        "openat",
        "pipe2",
        "poll",
        "prctl",
        "pread64",
        "pwrite64",
        "read",
        "readlink",
        "rename",
        "sched_getaffinity",
        "unlink",
        "unlinkat",
        "wait4",
        "write",
    ]
)
MEMORY = frozenset(["mmap"])  # where it fails, CPython's own stack of frames does, without an exception that anybody could handle
OURS = "uetbuild/front.py"  # from here on: the first module of ours after `__main__`
OF_HASHLIB = re.compile(r"ERROR:root:code for hash \w+ was not found\.\nTraceback .*\n(?: .*\n)+ValueError: unsupported hash type \w+\n")


class Patient:
    """A project that is built while its calls fail."""

    def __init__(self, folder: Path, dice: random.Random) -> None:
        self.dice = dice
        self.site = Site(folder)
        self.plan = Plan(dice, 3)
        self.trace = folder / "trace"
        for path in (*SOURCES, *ITEMS, *EDITED, *(part.inc for part in self.plan.parts)):
            self.site.write(path, "s/a\n")
        self.write_manifest()
        self.windows: dict[str, dict[str, tuple[int, int]]] = {}

    def write_manifest(self) -> None:
        self.site.write("Uetfile.yaml", self.plan.manifest(self.site.world))

    def disturb(self, what: str) -> list[str]:
        """Make something to do for a build of this kind; returns the words with which to call the program."""
        if what == "first":
            shutil.rmtree(self.site.root / ".uet", ignore_errors=True)
            for top in ("o", "d"):
                shutil.rmtree(self.site.root / top, ignore_errors=True)
        if what == "change":
            for part in self.plan.parts:
                self.site.write(part.inc, "s/a" + " " * self.dice.randrange(99) + "\n")
        if what == "manifest":
            self.dice.choice(self.plan.parts).salt += 1
            self.write_manifest()
        return ["status"] if what == "status" else [ALL, "-j2"]

    def window(self, what: str) -> dict[str, tuple[int, int]]:
        """For each call that such a build makes: how many of it there are before our part begins, and in all."""
        if what not in self.windows:
            self.site.build(*self.disturb(what), under=["strace", "-o", str(self.trace)])
            lines = self.trace.read_text(errors="replace").splitlines()
            begin = next(i for i, line in enumerate(lines) if OURS in line)
            before = Counter(line.partition("(")[0] for line in lines[:begin])
            total = Counter(line.partition("(")[0] for line in lines)
            self.windows[what] = {call: (before[call], total[call]) for call in CALLS if total[call] > before[call]}
        return self.windows[what]

    def injections(self, what: str) -> list[str]:
        """One kill, or some errors, at calls that are likely to come."""
        kill = self.dice.random() < 0.2
        window = {call: place for call, place in self.window(what).items() if kill or call not in MEMORY}
        calls = self.dice.sample(sorted(window), 1 if kill else min(len(window), self.dice.randint(1, 6)))
        faults = ["signal=SIGKILL" if kill else self.dice.choice(["error=EIO", "error=ENOSPC"]) for _ in calls]
        return [
            f"inject={call}:{fault}:when={self.dice.randint(window[call][0] + 1, window[call][1])}"
            for call, fault in zip(calls, faults, strict=True)
        ]

    def suffer(self) -> int:
        """Build while calls fail, then heal; returns how many did fail."""
        what = self.dice.choice(["first", "change", "change", "manifest", "nothing", "status"])
        faults = self.injections(what)
        words = self.disturb(what)
        said = self.site.build(*words, under=["strace", "-o", str(self.trace), *(f"-e{fault}" for fault in faults)])
        fired = [line for line in self.trace.read_text(errors="replace").splitlines() if "INJECTED" in line]
        story = f"{what}: {' '.join(faults)}\n" + "\n".join(fired) + f"\nexit {said.code}\n{said.text}"
        assert said.code in (0, 1, 2, 3, 7, 8, -9), story
        assert "Traceback" not in OF_HASHLIB.sub("", said.text), story
        if said.code in (2, 8):
            assert "error: " in said.text or any(line.startswith("write(") for line in fired), story
        if said.code == 0 and what != "status":
            self.check(story)
        self.heal(story)
        return len(fired)

    def heal(self, story: str) -> None:
        first = self.site.build(ALL, "-j2")
        story += f"\nhealing: exit {first.code}, {first.log}\n{first.text}"
        healed = self.site.build(ALL, "-j2")
        assert healed.code == 0, story + healed.text
        self.check(story + healed.text)
        assert healed.log == [] and healed.text.startswith("up to date"), story + healed.text

    def check(self, story: str) -> None:
        """What a build that ended well must have left."""
        model = Model(self.plan, self.site.root, self.site.knob)
        for path, data in model.files(model.parts(ALL)).items():
            file = self.site.root / path
            assert file.is_file() and file.read_bytes() == data, f"{path}\n{story}"


@pytest.mark.parametrize("number", range(ROUNDS))
def test_whatever_call_fails_there_is_an_error_or_a_correct_build_and_the_next_one_heals(tmp_path, number, session_seed, tally) -> None:
    assert shutil.which("strace"), "this test needs strace"
    patient = Patient(tmp_path, random.Random(f"{session_seed}/{number}"))
    fired = 0
    try:
        patient.site.build(ALL)
        while fired < FIRED:
            fired += patient.suffer()
    except BaseException:
        print(f"replay: --seed {session_seed}, round {number}")
        raise
    finally:
        tally(**{"failed calls": fired, "builds": patient.site.builds})
    shutil.rmtree(tmp_path)
