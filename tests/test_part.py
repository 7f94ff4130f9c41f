"""A build that opens a project in part does what one does that opens the whole of it: twins, of which only one asks the fast door."""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

import nursery
import pytest

from uetbuild import front
from uetbuild.cli.app import main
from uetbuild.cli.argv import parse, settle
from uetbuild.cli.project import OpenProject
from uetbuild.state import compiled
from uetbuild.state.history import History
from uetbuild.state.layout import Layout

RECIPE = """out=$1; shift
cat "$@" | grep -q bad && exit 1
cat "$@" | cut -c1-3 > "$out"
"""


class Twin:
    """A project and what was typed in it; `parts`: how often it was opened in part."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.words: list[str] = []
        self.parts = 0

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def found(self) -> bytes | front.Differing | None:
        os.chdir(self.root)
        return front.look(self.words, os.environ)

    def build(self, asks: bool) -> tuple[int, list[str]]:
        """Exit code, and what was said, by line, without times."""
        found = self.found() if asks else None
        differing = found if isinstance(found, front.Differing) else None
        self.parts += differing is not None
        os.chdir(self.root)
        read, write = os.pipe()
        nursery.load()
        time.sleep(0.015)  # what the imports would take, which are done: a manifest that is read as it is written is not relied on
        child = os.fork()
        if not child:
            code = 99
            try:
                os.dup2(write, 1)
                os.dup2(write, 2)
                os.close(read)
                code = main(self.words, differing)
            finally:
                os._exit(code)
        os.close(write)
        with os.fdopen(read) as stream:
            said = [re.sub(r"[0-9.]+m?s\b|[0-9-]{15,}[0-9a-f-]*", "T", line) for line in stream.read().splitlines()]
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sorted(said)

    def files(self) -> dict[str, str]:
        return {str(path): path.read_text() for path in sorted(Path("out").rglob("*")) if path.is_file()}

    def events(self) -> list[tuple[str, str, object]]:
        """Of the last run, (event, node, outcome, wave or counts), but for workers."""
        history = History(Layout(str(self.root)))
        found = []
        for event in history.events(history.run().id):
            told = event.data | {"seconds": 0}
            what = told if event.event == "run_finished" else told.get("outcome", told.get("wave"))
            found.append((event.event, event.node, str(what)))
        return sorted(each for each in found if not each[0].startswith("worker"))

    def nothing_is_left_to_do(self) -> bool:
        """By the full program."""
        os.chdir(self.root)
        options = settle(parse(self.words), "build")
        project = OpenProject(options, os.environ)
        plan = project.plan(options)
        project.reader.close()
        return all(node["verdict"] in ("up_to_date", "skipped") for node in plan.as_json()["nodes"])


def manifest(dice: random.Random) -> str:
    """Layers of nodes with files, some behind groups, some with globs, some that only declare what they wait for."""
    lines = ["version: 1", "default: [all]", "workstreams:"]
    names: list[str] = []
    for number in range(dice.randint(4, 12)):
        name = f"n{number}"
        sources = [f"src/{dice.randrange(6)}" for _ in range(dice.randint(1, 2))]
        sources += [f"out/{other}" for other in dice.sample(names, min(len(names), dice.randrange(3)))]
        if dice.random() < 0.2:
            sources.append(f"src/d{dice.randrange(2)}/**")
        waits = dice.sample(names, min(len(names), dice.randrange(2)))
        if number > 5 and dice.random() < 0.4:
            waits.append("some")
        always = "always: true, " if dice.random() < 0.1 else ""
        more = always + (f"depends_on: [{', '.join(waits)}], " if waits else "")
        files = ", ".join(f'"{path}"' for path in dict.fromkeys(sources))
        lines.append(f'  {name}: {{{more}inputs: [{files}], outputs: [out/{name}], run: "sh recipe {{{{ outputs }}}} {{{{ inputs }}}}"}}')
        names.append(name)
    lines.append(f"  some: {{depends_on: [{', '.join(dice.sample(names[:4], 2))}]}}")
    lines.append(f"  all: {{depends_on: [{', '.join([*names, 'some'])}]}}")
    return "\n".join(lines) + "\n"


def edit(dice: random.Random) -> tuple[str, str, str]:
    """(what, where, text)."""
    path = dice.choice([*[f"src/{n}" for n in range(6)], "src/d0/x", "src/d1/y", *[f"out/n{n}" for n in range(6)]])
    what = dice.choice(["write"] * 6 + ["touch", "touch", "delete", "replace", "new", "manifest", "kill"])
    if what == "delete" and path.startswith("src"):
        what = "write"
    return what, path, dice.choice(["one", "two", "onetwo", "one!", "three", "bad"]) + "\n"


def apply(twin: Twin, what: str, path: str, text: str, now: float) -> None:
    file = twin.root / path
    if what == "write":
        twin.write(path, text)
    elif what == "touch" and file.exists():
        os.utime(file, (now, now))
    elif what == "delete":
        file.unlink(missing_ok=True)
    elif what == "replace":
        twin.write(path + ".new", text)
        os.replace(file.with_name(file.name + ".new"), file)
    elif what == "new":
        twin.write(f"src/d{len(text) % 2}/{text.strip()[:2]}", text)
    elif what == "manifest":
        twin.write("Uetfile.yaml", (twin.root / "Uetfile.yaml").read_text() + "\n")
    elif what == "kill":
        for name in (twin.root / ".uet").glob("pa*.bin"):
            name.write_bytes(name.read_bytes()[:-1])


def play(folder: Path, seed: int, rounds: int) -> tuple[int, int]:
    """Returns how many builds were made in part, and after how many of these the door was open."""
    dice = random.Random(seed)
    text = manifest(dice)
    one, other = Twin(folder / "one"), Twin(folder / "other")
    for twin in (one, other):
        for number in range(6):
            twin.write(f"src/{number}", f"{number}\n")
        for path in ("src/d0/x", "src/d1/y"):
            twin.write(path, "x\n")
        twin.write("Uetfile.yaml", text)
        twin.write("recipe", RECIPE)
        twin.build(asks=False)
    opened = 0
    one.words = other.words = ["-k"]
    done: list[tuple[str, str, str]] = []
    for number in range(rounds):
        if dice.random() < 0.2:
            one.words = other.words = dice.choice([["-k"], ["-k", "-q"]])  # without -k it is chance what runs beside what fails
        for _ in range(dice.choice([1, 1, 1, 2, 3])):
            done.append(edit(dice))
            for twin in (one, other):
                apply(twin, *done[-1], now=1_600_000_000 + number)
        where = f"seed {seed}, round {number}, {done[-3:]}"
        before = one.parts
        mine, theirs = one.build(asks=True), other.build(asks=False)
        assert mine == theirs, where
        assert one.events() == other.events(), where
        os.chdir(one.root)
        files = one.files()
        os.chdir(other.root)
        assert files == other.files(), where
        if isinstance(one.found(), bytes):
            opened += one.parts > before
            assert one.nothing_is_left_to_do(), where
            assert not mine[0], where
    return one.parts, opened


def test_a_build_in_part_does_what_a_whole_one_does(tmp_path):
    parts, opened = play(tmp_path, 2, 8)  # of seven builds in part five leave nothing to do
    assert parts >= 3 and opened >= 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2, *range(100, 140)])
def test_a_build_in_part_does_what_a_whole_one_does_over_many_edits(tmp_path, seed):
    play(tmp_path, seed, 40)


def test_what_is_kept_beside_a_verdict_is_believed_only_if_it_is_whole_and_belongs_to_it(tmp_path):
    twin = Twin(tmp_path.resolve())
    twin.write("recipe", RECIPE)
    for name in ("a", "b"):
        twin.write(f"src/{name}", "x\n")
    twin.write("Uetfile.yaml", "version: 1\nworkstreams: {a: {inputs: [src/a], outputs: [out/a], run: cp src/a out/a}}\n")
    assert twin.build(asks=False)[0] == 0
    kept = tmp_path / ".uet/part.bin"
    whole = kept.read_bytes()
    for number, data in enumerate((b"", whole[:-1], whole[:20] + b"\0" + whole[21:], None)):
        twin.write("src/a", str(number))
        if data is None:
            kept.unlink()
        else:
            kept.write_bytes(data)
        assert isinstance(twin.found(), front.Differing)
        assert twin.build(asks=True) == (0, ["a  cp src/a out/a  T", "ran 1 of 1 in T"])
        assert (tmp_path / "out/a").read_text() == str(number)
        assert isinstance(twin.found(), bytes)


def test_what_a_recipe_wrote_undeclared_is_seen_in_the_same_build_by_what_comes_after_it_but_not_right_after(tmp_path):
    twin = Twin(tmp_path.resolve())
    for name in ("a", "c"):
        twin.write(f"src/{name}", "x\n")
    twin.write(
        "Uetfile.yaml",
        "version: 1\nworkstreams:\n"
        "  a: {inputs: [src/a], outputs: [out/a], run: 'cp src/a src/c; touch out/a'}\n"
        "  b: {inputs: [out/a], outputs: [out/b], run: cp out/a out/b}\n"
        "  c: {inputs: [src/c], outputs: [out/c], depends_on: [b], run: cp src/c out/c}\n",
    )
    while not isinstance(twin.found(), bytes):
        assert twin.build(asks=False)[0] == 0
    twin.write("src/a", "new\n")
    assert twin.build(asks=True) == (0, ["a  cp src/a src/c; touch out/a  T", "c  cp src/c out/c  T", "ran 2 of 3 in T (1 up to date)"])
    assert (twin.parts, (tmp_path / "out/c").read_text()) == (1, "new\n")


def test_after_a_failure_no_more_is_opened_than_what_is_left_to_do(tmp_path):
    twin = Twin(tmp_path.resolve())
    twin.words = ["-k"]
    twin.write("recipe", RECIPE)
    lines = ["version: 1", "workstreams:"]
    for name in ("a", "b", "c"):
        twin.write(f"src/{name}", "x\n")
        lines.append(f"  {name}: {{inputs: [src/{name}], outputs: [out/{name}], run: sh recipe out/{name} src/{name}}}")
    lines.append("  last: {inputs: [out/a], outputs: [out/last], run: cp out/a out/last}")
    twin.write("Uetfile.yaml", "\n".join(lines) + "\n")
    twin.write("src/a", "bad\n")
    assert twin.build(asks=False)[0] == 1
    for text, code, ran in (
        ("bad too\n", 1, "ran 1 of 4 in T (2 up to date, 1 failed, 1 blocked)"),
        ("x\n", 0, "ran 2 of 4 in T (2 up to date)"),
    ):
        twin.write("src/a", text)
        found = twin.found()
        assert isinstance(found, front.Differing) and found.seen.open
        before = twin.build(asks=True)
        assert (before[0], [line for line in before[1] if line.startswith("ran")]) == (code, [ran])
    assert twin.parts == 2
    assert twin.found() == b"up to date (4 workstreams)\n"
    (tmp_path / "out/last").unlink()
    assert twin.build(asks=True)[0] == 0
    assert twin.found() == b"up to date (4 workstreams)\n"


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """How many nodes were read each time that a part of a project was."""
    log, load_some = tmp_path / "opened", compiled.load_some
    log.write_text("")

    def noted(layout, key, total, wanted):
        with log.open("a") as file:
            file.write(f"{len(wanted)} ")
        return load_some(layout, key, total, wanted)

    monkeypatch.setattr(compiled, "load_some", noted)

    def since() -> list[int]:
        found = log.read_text().split()
        log.write_text("")
        return [int(each) for each in found]

    return since


CHAIN = """version: 1
workstreams:
  a: {inputs: [src/a], outputs: [out/a], run: sh recipe}
  b: {inputs: [out/a, src/b], outputs: [out/b], run: cp out/a out/b}
  c: {inputs: [out/b], outputs: [out/c], run: cp out/b out/c}
"""


def chain(folder: Path, text: str = CHAIN, *words: str) -> list[Twin]:
    """`b` after `a` and `c` after `b`, in two projects that were built, with these words; `recipe` is that of `a`."""
    twins = [Twin((folder / name).resolve()) for name in ("one", "other")]
    for twin in twins:
        for path in ("src/a", "src/b"):
            twin.write(path, "x\n")
        twin.write("recipe", "mkdir -p out; cut -c1 src/a > out/a\n")
        twin.write("Uetfile.yaml", text)
        twin.words = list(words)
        assert twin.build(asks=False)[0] == 0
        twin.words = []
    return twins


def test_what_comes_after_a_recipe_that_makes_what_it_made_before_is_not_even_opened(tmp_path, opened):
    twin, _ = chain(tmp_path)
    for number in range(2):
        twin.write("src/a", f"x {number}\n")
        assert twin.build(asks=True) == (0, ["a  sh recipe  T", "ran 1 of 3 in T (2 up to date)"])
        assert (opened(), twin.found()) == ([1], b"up to date (3 workstreams)\n")
        assert twin.nothing_is_left_to_do()
    os.utime(twin.root / "src/a")
    assert (twin.build(asks=True), opened()) == ((0, ["up to date (3 workstreams)"]), [1])


INTERRUPT = "read pid < .uet/lock; kill -INT $pid; sleep 0.3"


@pytest.mark.parametrize(
    ("recipe", "ran", "code"),
    [
        ("echo y > out/a", "abc", 0),
        ("echo x > out/a; echo y > out/a.more", "a", 0),
        ("echo x > out/a; echo y > src/b", "ab", 0),
        ("echo x > out/a; chmod +x out/a", "abc", 0),
        ("echo x > elsewhere; ln -s ../elsewhere out/a", "ab", 0),
        ("echo x > out/a; exit 1", "a", 1),
        (f"echo x > out/a; {INTERRUPT}; sleep 1", "a", 130),
        (f"trap '' INT; echo x > out/a; {INTERRUPT}", "a", 130),
    ],
)
def test_what_comes_after_a_recipe_is_built_as_if_all_had_been_open_from_the_start(tmp_path, recipe, ran, code):
    told = []
    for asks, twin in zip((True, False), chain(tmp_path), strict=True):
        twin.write("src/a", "x anew\n")
        twin.write("recipe", recipe)
        said = twin.build(asks)
        assert said[0] == code
        assert [node for event, node, _ in twin.events() if event == "node_started"] == list(ran)
        told.append((said, twin.events(), twin.files()))
        assert twin.parts == asks
        assert twin.found() != b"up to date (3 workstreams)\n" or (not code and twin.nothing_is_left_to_do())
    assert told[0] == told[1]


A = "  a: {inputs: [src/a], outputs: [out/a], run: sh recipe}"
B = "  b: {depends_on: [a], inputs: [src/b], outputs: [out/b], run: cp src/b out/b}"


@pytest.mark.parametrize(
    ("nodes", "words", "recipe", "code"),
    [
        ([A, B], [], "echo y > out/a", 0),
        ([A, B], [], "echo x > out/a", 0),
        (["  a: {inputs: [src/a], run: sh recipe}", B], [], "exit 0", 0),
        (["  a: {inputs: [src/a], run: sh recipe}", B], [], "exit 1", 1),
        ([A.replace("{", "{confirm: sure?, "), B], ["--yes"], "echo y > out/a", 0),
        ([A.replace("{", "{confirm: sure?, "), B], [], "echo y > out/a", 6),
        ([A, B], ["--output", "stream"], "echo said; echo y > out/a", 0),
    ],
)
def test_and_so_it_is_however_one_comes_after_the_other_and_whatever_was_typed(tmp_path, nodes, words, recipe, code):
    told = []
    for asks, twin in zip((True, False), chain(tmp_path, "\n".join(["version: 1", "workstreams:", *nodes, ""]), "--yes"), strict=True):
        twin.words = words
        assert twin.build(asks=False) == (0, ["up to date (2 workstreams)"])
        twin.write("src/a", "x anew\n")
        twin.write("recipe", recipe)
        told.append((twin.build(asks), twin.events(), twin.files()))
        assert twin.parts == asks
    assert told[0] == told[1] and told[0][0][0] == code


def test_of_several_that_changed_what_comes_after_one_does_not_wait_for_the_others(tmp_path, opened):
    twin = Twin(tmp_path.resolve())
    twin.words = ["-j2"]
    for name in ("a", "b"):
        twin.write(f"src/{name}", "x\n")
    twin.write(
        "Uetfile.yaml",
        "version: 1\nworkstreams:\n"
        "  a: {inputs: [src/a], outputs: [out/a], run: cp src/a out/a}\n"
        "  b: {inputs: [src/b], outputs: [out/b], run: 'until test -e go; do sleep 0.01; done; rm go; cp src/b out/b'}\n"
        "  c: {inputs: [out/a], outputs: [out/c], run: cp out/a out/c; touch go}\n",
    )
    while not isinstance(twin.found(), bytes):
        assert twin.build(asks=False)[0] == 0
    for path in ("src/a", "src/b"):
        twin.write(path, "y\n")
    assert (twin.build(asks=True)[0], opened()) == (0, [3])
