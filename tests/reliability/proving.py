"""The proving ground: a small project that comes to every failpoint, the states from which it is built, and what must hold afterwards.

The project is a real one, built by the real program. What its outputs must be is computed here a second time, in Python: `expected`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from nursery import Program
from watching import PATIENCE, survivors, until, whole_lines

from uetbuild.cli.app import guarded
from uetbuild.cli.face import Face
from uetbuild.report.stream import Stream
from uetbuild.state.history import History
from uetbuild.state.layout import Layout
from uetbuild.state.lock import holder
from uetbuild.state.store import open_reader

MARK = "UETBUILD_TEST_MARK"

# `long` goes first and, where it is held, runs while all else is built, up to `joined`: so most kills hit while a recipe runs.
MANIFEST = r"""
version: 1
default: [all]
settings: {keep_runs: 2}
defaults: {shell: [sh, -c]}
budgets: {run: {usd: 100}}
vars: {greeting: {sh: echo hello}}
workstreams:
  all: {depends_on: [last, file, folder, parts, sign, flaky, deps, kept, boxed, guarded, spends, joined, said]}
  long:
    inputs: [a]
    outputs: [o/long]
    priority: 9
    run: 'echo 0 +long >> $NOTES; while [ -e "$HOLD" ]; do sleep 0.2; done; cat a > o/long; echo 0 -long >> $NOTES'
  last: {inputs: [o/long], outputs: [o/last], run: "cat o/long > o/last"}
  file: {inputs: [a], outputs: [o/file], secrets: [SECRET], run: 'echo "the secret is $SECRET"; cat a > o/file'}
  folder: {inputs: [a, b], outputs: [o/folder/], run: "cat a > o/folder/a; cat b > o/folder/b"}
  parts: {inputs: [b], outputs: ["o/parts/*.p"], probes: [echo 1], run: "for i in 1 2; do cat b > o/parts/$i.p; done"}
  tidy: {edits: [text], run: "sed s/x/y/g text > text.new; mv text.new text"}
  sign: {edits: [text], depends_on: [tidy], run: "grep -q signed text || echo signed >> text"}
  flaky: {inputs: [a], outputs: [o/flaky], retry: {attempts: 2, backoff: 10ms}, run: "cat a > o/flaky; [ $UET_ATTEMPT = 2 ]"}
  deps: {inputs: [a], outputs: [o/deps], depfile: o/deps.d, run: "cat a hidden > o/deps; echo o/deps: a hidden > o/deps.d"}
  kept: {inputs: [b], outputs: [o/kept], keep: true, run: "cat b > o/kept"}
  boxed: {inputs: [a, b], outputs: [o/boxed], isolation: sandbox, run: "cat a b > o/boxed"}
  guarded: {inputs: [a], outputs: [o/guarded], gates: [check], run: "cat a > o/guarded"}
  spends: {inputs: [a], outputs: [o/spends], budget: {usd: 2}, run: 'cat a > o/spends; echo "{\"usd\": 1}" > $UET_USAGE_FILE'}
  said: {outputs: [o/said], run: "echo {{ vars.greeting }} > o/said"}
  joined:
    inputs: [o/file, "outputs:folder", "outputs:parts", o/deps, o/boxed, o/guarded]
    depends_on: [sign, flaky, kept, spends, said]
    outputs: [o/joined]
    run: "cat {{ inputs }} > o/joined; echo 0 -joined >> $NOTES"
gates:
  check: {run: "cat o/guarded > o.checked; [ ! -e reject ]"}
"""
BEFORE = {"a": "a before\n", "b": "b before\n", "hidden": "hidden\n", "text": "x before\n"}
AFTER = BEFORE | {"a": "a after\n", "text": "x after\n"}


def expected(sources: dict[str, str]) -> dict[str, str]:
    """What a clean build makes of the sources."""
    a, b, hidden = sources["a"], sources["b"], sources["hidden"]
    made = {
        "o/long": a, "o/last": a, "o/file": a, "o/folder/a": a, "o/folder/b": b, "o/parts/1.p": b, "o/parts/2.p": b,
        "text": sources["text"].replace("x", "y") + "signed\n", "o/flaky": a, "o/deps": a + hidden, "o/deps.d": "o/deps: a hidden\n",
        "o/kept": b, "o/boxed": a + b, "o/guarded": a, "o/spends": a, "o/said": "hello\n",
    }  # fmt: skip
    made["o/joined"] = "".join([made[name] for name in ("o/file", "o/folder/a", "o/folder/b", "o/parts/1.p", "o/parts/2.p")])
    made["o/joined"] += made["o/deps"] + made["o/boxed"] + made["o/guarded"]
    return made


class Ground:
    """The project in a folder of its own. `template`: all of it as it was left by two builds of the sources BEFORE."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.template = folder / "template"
        self.root.mkdir()
        self.environ = {
            "PATH": f"{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8",
            "SECRET": "hunter22", MARK: str(folder), "NOTES": f"{folder}/notes",
        }  # fmt: skip
        self.hold = folder / "hold0"
        self._times: dict[str, dict[str, int]] = {}
        (self.root / "Uetfile.yaml").write_text(MANIFEST)
        self.write(BEFORE)
        for words in (("-j3",), ("-j3", "-B")):
            done = self.start(*words)
            assert self.ended(done) == 0, self.said
        shutil.copytree(self.root, self.template, symlinks=True)

    # --- states from which it is built -----------------------------------------------------------------------------------------

    def reset(self, scenario: str) -> None:
        """Put the project into the state before the build that is to fail. What a compiled manifest rests on is left as it is."""
        clean = scenario in ("first", "bare")
        for pid in survivors(self.environ[MARK]):
            os.kill(pid, signal.SIGKILL)  # of a case that failed
        for entry in os.scandir(self.root):
            if entry.name == ".uet":
                self._clear_state(entry.path, scenario == "bare")
            elif entry.name != "Uetfile.yaml":
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
        if clean:
            self.write(BEFORE)
            return
        shutil.copytree(
            self.template, self.root, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns("Uetfile.yaml", "graph-*")
        )
        os.chmod(self.root / ".uet", 0o700)
        if scenario == "clean":
            return
        self.write(AFTER)
        (self.root / "o" / "file").write_text("changed by hand\n")
        if scenario == "rejected":
            (self.root / "reject").touch()
        if scenario == "orphaned":
            self._orphan()

    def _clear_state(self, folder: str, everything: bool) -> None:
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            elif everything or not entry.name.startswith("graph-"):
                os.unlink(entry.path)
        if everything:
            os.rmdir(folder)

    def _orphan(self) -> None:
        """Kill a build and its workers at once, in the middle of `long`."""
        build = self.start("-j3", held=True)
        until(lambda: "long" in self._recorded())
        workers = children(build.pid)
        for pid in (build.pid, *workers):
            os.kill(pid, signal.SIGSTOP)
        for pid in (*workers, build.pid):
            os.kill(pid, signal.SIGKILL)
        self.ended(build)
        assert survivors(self.environ[MARK]), "somebody must be left for this scenario"

    def _recorded(self) -> list[str]:
        """The nodes whose processes are on record."""
        store = open_reader(Layout(str(self.root)))
        try:
            return [node for _, node, *_ in store.processes()]
        finally:
            store.close()

    def write(self, sources: dict[str, str]) -> None:
        for name, content in sources.items():
            (self.root / name).write_text(content)

    # --- builds ----------------------------------------------------------------------------------------------------------------

    def start(self, *words: str, failpoints: str = "", held: bool = False) -> subprocess.Popen[str]:
        """The real program, with a note of every failpoint that it reaches. `held`: `long` goes on until `release`."""
        (self.root.parent / "notes").unlink(missing_ok=True)
        self.hold = self.hold.with_name(f"hold{int(self.hold.name[4:]) + 1}")  # another one each time: an orphan goes on
        if held:
            self.hold.touch()
        testing = {"HOLD": str(self.hold), "UET_TESTING": "1", "UET_FAILPOINTS": f"*=note:{self.root.parent}/notes;{failpoints}"}
        with open(self.root.parent / "said", "w") as output:  # not a pipe, which somebody who lives on could hold open
            return Program(
                words, cwd=self.root, env=self.environ | testing, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def release(self) -> None:
        """Let `long` of the last build come to its end."""
        self.hold.unlink(missing_ok=True)

    def while_long_runs(self, scenario: str) -> dict[str, int]:
        """The failpoints that a build in this state comes to while `long` runs, and at which time it surely does; measured once."""
        if scenario not in ("rebuild", "rejected"):
            return {}
        if scenario not in self._times:
            self.reset(scenario)
            build = self.start("-j3", held=True)
            until(lambda: build.poll() is not None or {"-joined", "rejected.committed"} & {name for _, name in self.notes()})
            self.release()
            self.ended(build)
            self._times[scenario] = times_while_long_runs(self.notes())
        return self._times[scenario]

    def ended(self, build: subprocess.Popen[str]) -> int:
        return build.wait(timeout=PATIENCE)

    @property
    def said(self) -> str:
        """What the last program that was started wrote."""
        return (self.root.parent / "said").read_text()

    def notes(self) -> Notes:
        """(pid, failpoint) in the order in which they were reached; what recipes note has no pid, but 0."""
        return [(int(pid), name) for pid, name in map(str.split, whole_lines(self.root.parent / "notes"))]

    def inside(self, *words: str) -> tuple[int, str]:
        """Exit code and text of a command that runs in this process, which starts nothing."""
        out, here, before = Paper(), os.getcwd(), dict(os.environ)
        os.environ.clear()
        os.environ.update(self.environ)
        os.chdir(self.root)
        try:
            return int(guarded(Face(out, out, os.environ), words)), "".join(out.sheet)
        finally:
            os.chdir(here)
            os.environ.clear()
            os.environ.update(before)

    def runs(self) -> list[str]:
        """The states of the runs on record, the newest first."""
        return [run.state for run in History(Layout(str(self.root))).runs()]

    def is_quiet(self) -> bool:
        """Whether nobody who was started here lives, and the lock is free."""
        return not survivors(self.environ[MARK]) and holder(str(self.root / ".uet" / "lock")) is None

    # --- what must hold --------------------------------------------------------------------------------------------------------

    def made(self) -> dict[str, str]:
        """Everything in the project that somebody makes."""
        paths = [path for path in (self.root / "o").rglob("*") if not path.is_dir()]
        return {str(path.relative_to(self.root)): path.read_text() for path in [*paths, self.root / "text"]}

    def copies(self) -> list[str]:
        """The content of what was copied because a hand had changed it."""
        return [path.read_text() for path in (self.root / ".uet" / "kept").rglob("*") if path.is_file()]

    def litter(self) -> list[str]:
        """What lies in the project or its state folder and belongs to nobody."""
        known = {"Uetfile.yaml", ".uet", "o", "o.checked", *BEFORE}
        found = [name for name in os.listdir(self.root) if name not in known]
        state = self.root / ".uet"
        ours = {
            ".gitignore",
            "state.db",
            "state.db-wal",
            "state.db-shm",
            "ledger.db",
            "ledger.db-wal",
            "ledger.db-shm",
            "lock",
            "runs",
            "kept",
            "sandboxes",
        }
        found += [f".uet/{name}" for name in os.listdir(state) if name not in ours and not name.startswith(("graph-", "plan"))]
        found += [str(path.relative_to(self.root)) for path in state.rglob("*.tmp")]
        found += [str(path.relative_to(self.root)) for path in state.glob("sandboxes/*")]
        recorded = {run.id for run in History(Layout(str(self.root))).runs()}
        return found + [f".uet/runs/{name}" for name in os.listdir(state / "runs") if name not in recorded]


class Paper(Stream):
    """A stream that keeps what is written."""

    def __init__(self) -> None:
        super().__init__(-1)
        self.sheet: list[str] = []

    def put(self, data: bytes) -> None:
        self.sheet.append(data.decode())


Notes = list[tuple[int, str]]


def times_while_long_runs(notes: Notes) -> dict[str, int]:
    """The failpoints that were reached between `+long` and `-long`: of each not the first such time, since who began beside `long` may be
    ahead of it for a while, and none of the last, since two turns of one build may be one of the next. Every process counts for itself."""
    counts: Counter[tuple[int, str]] = Counter()
    times: dict[str, set[int]] = {}
    runs = False
    for note in notes:
        counts[note] += 1
        runs = {"+long": True, "-long": False}.get(note[1], runs)
        if runs and note[0]:
            times.setdefault(note[1], set()).add(counts[note])
    return {name: sorted(found)[max(len(found) // 3, min(1, len(found) - 1))] for name, found in times.items()}


def reached(notes: Notes, name: str, nth: int) -> int:
    """The place among the notes at which a process came to a failpoint for the `nth` time, -1 where none did."""
    counts: Counter[int] = Counter()
    for place, (pid, each) in enumerate(notes):
        if each == name:
            counts[pid] += 1
            if counts[pid] == nth:
                return place
    return -1


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
