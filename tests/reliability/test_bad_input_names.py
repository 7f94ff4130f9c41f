"""Bad input: names. Whatever bytes a file system takes, in files, in the folder of the project, of the state, in links that go around in
circles: built once, then up to date, rebuilt when they change, removed by `clean`; what no system can reach is an error, never silence."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from bad_input import answer
from transcript import Folder

NAMES = [os.fsdecode(name) for name in (
    b"n" * 255, "é".encode() * 127, "é".encode(), unicodedata.normalize("NFD", "é").encode(), b"new\nline", b"\n", b"tab\t", b"\r", b"bad\xff\xfe", b"-dash", b"--force",
    b"-", b"quo'te", b'dou"ble', b"$(touch ran)", b"`touch ran`", b"trailing ", b" ", b"back\\slash", b"*", b"?", b"[a]", b"{a,b}", b"!bang", b"~", b"#", b"a:b", b"a=b",
    b"a%41?mode=ro#x", b"{{ vars.x }}", b"\x1b[31m", b"@x", b"&", b"|;", "\u202e".encode(),
)]  # fmt: skip
COMMANDS = (
    "status",
    "list",
    "plan --json",
    "explain one",
    "show",
    "show --json",
    "events",
    "runs",
    "recover --list",
    "doctor",
    "--graph",
    "--graph dot",
    "--graph svg",
)


@pytest.fixture
def odd(folder: Folder) -> Folder:
    """A project with a file of each name, read one by one, as words, as a folder, in a sandbox, and by who reads what was made."""
    for name in NAMES:
        folder.write(f"in/{name}", str(len(name)))
    folder.manifest("""
workstreams:
  one: {foreach: "in/*", outputs: ["out/{{ item.name }}"], run: "cp -- {{ item }} {{ outputs }}"}
  all: {inputs: ["in/**"], outputs: [all/], run: "mkdir -p all; cp -- {{ inputs }} all/"}
  box: {isolation: sandbox, inputs: [in/], outputs: ["box/*"], run: "mkdir -p box; cp -- {{ inputs }} box/"}
  sum: {inputs: ["outputs:one", all/, "outputs:box"], outputs: [sum], run: "cat -- {{ inputs }} | wc -c > sum"}
""")
    return folder


def made(folder: Folder) -> list[set[str]]:
    return [set(os.listdir(folder.root / place)) if folder.exists(place) else set() for place in ("out", "all", "box")]


def test_every_name_is_built_once_rebuilt_when_it_changes_and_cleaned(odd: Folder) -> None:
    total = len(NAMES) + 3
    said = odd("sum")
    assert (said.code, f"ran {total} of {total}" in said.out) == (0, True), said.text
    assert made(odd) == [set(NAMES)] * 3
    assert odd.read("sum").strip() == str(3 * sum(len(str(len(name))) for name in NAMES))
    assert odd("sum").text == f"up to date ({total} workstreams)\n"
    for name in NAMES:
        os.utime(odd.root / "in" / name, (1, 1))
    assert odd("sum").text == f"up to date ({total} workstreams)\n"
    for name in NAMES:
        odd.write(f"in/{name}", "again")
    stale = json.loads(odd("status --json sum").out)
    assert (stale["stale"], stale["workstreams"]) == (total - 1, total)
    assert f"ran {total} of {total}" in odd("sum").out
    assert odd.read("sum").strip() == str(3 * 5 * len(NAMES))
    assert odd("clean").out == f"removed {3 * len(NAMES) + 2} paths\n"
    assert made(odd) == [set(), set(), set()]
    assert not odd.exists("ran") and len(os.listdir(odd.root / "in")) == len(NAMES)


def test_every_command_shows_every_name(odd: Folder) -> None:
    assert odd("sum -j1").code == 0
    events = [json.loads(line) for line in odd("sum -B --json").out.splitlines()]
    assert {event["node"] for event in events if event["event"] == "node_finished"} == {"sum"}
    for line in COMMANDS:
        assert odd(line).code == 0, line


@pytest.mark.slow
def test_every_name_is_found_by_every_command(odd: Folder) -> None:
    assert odd("sum -j1").code == 0
    for name in NAMES:
        assert odd([f"out/{name}"]).text == odd([f"one[in/{name}]"]).text == "up to date (1 workstream)\n", name
        assert odd(["logs", f"one[in/{name}]"]).code == 0, name
        assert odd(["explain", f"one[in/{name}]"]).text.endswith(": up to date\n"), name


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_project_and_a_state_of_any_name_is_built_read_and_cleaned(folder: Folder, name: str) -> None:
    _lives_anywhere(folder, name)


def test_a_project_and_a_state_of_an_odd_name_are_built_read_and_cleaned(folder: Folder) -> None:
    _lives_anywhere(folder, "-n\n\udcff $(touch ran)%41?mode=ro#x ")


def _lives_anywhere(folder: Folder, name: str) -> None:
    for path, text in {
        "Uetfile.yaml": "version: 1\nworkstreams:\n  a: {inputs: [src], outputs: [out/o], run: 'cat {{ inputs }} > {{ outputs }}'}\n"
        "  b: {isolation: sandbox, inputs: [out/o], outputs: [b], run: {python: 'mod:make'}}\n",
        "mod.py": "def make():\n    open('b', 'w').write('b')\n",
        "src": "1",
    }.items():
        folder.write(f"{name}/{path}", text)
    home, short = folder.root / name, len(os.fsencode(folder.root)) + 2 * len(os.fsencode(name)) < 480
    for state in ([], ["--state", name]) if short else ([],):
        assert folder(["-C", name, *state]).out.startswith("a  cat 'src' > 'out/o'")
        assert folder(["-C", name, *state]).text == "up to date (2 workstreams)\n"
        folder.write(f"{name}/src", f"2{len(state)}")
        assert folder(["status", "-C", name, *state]).code == 1
        folder.cwd = home
        assert folder([*state]).code == 0
        assert folder(["-f", str(home / "Uetfile.yaml"), *state]).text == "up to date (2 workstreams)\n"
        assert folder(["show", "last", *state]).code == folder(["doctor", *state]).code == folder(["recover", *state]).code == 0
        assert folder(["clean", *state]).out == "removed 2 paths\n"
        folder.cwd = folder.root
    assert not folder.exists("ran") and not (home / "ran").exists()


# --- paths that are too long ---------------------------------------------------------------------------------------------------


def deep(folder: Folder, length: int) -> str:
    """A file `f` in folders of `src` whose absolute path has so many bytes; returns its path from the root."""
    left = length - len(os.fsencode(folder.root)) - len("/src/") - len("/f")
    parts = ["src"]
    descriptor = os.open(_folder(folder.root / "src"), os.O_RDONLY)
    while left > 0:
        part = "d" * (left if left <= 250 else 100)
        left -= len(part) + 1
        os.mkdir(part, dir_fd=descriptor)
        below = os.open(part, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
        parts.append(part)
    os.close(os.open("f", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    return "/".join([*parts, "f"])


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


LONG = """
workstreams:
  a: {inputs: ["src/**/f"], outputs: [o/], run: "mkdir -p o; cp {{ inputs }} o/; ls {{ inputs }} > o/list"}
  e: {foreach: "src/**/f", outputs: ["{{ item }}2"], isolation: sandbox, run: "true; echo 2 > {{ outputs }}"}
"""


def test_the_longest_path_that_the_system_takes_is_read(folder: Folder) -> None:
    folder.manifest(LONG)
    path = deep(folder, 4095)
    assert len(os.fsencode(folder.root / path)) == 4095
    assert folder("a").code == 0 and folder.read("o/list").strip() == path
    assert folder("a").text == "up to date (1 workstream)\n"
    assert folder("status a --json").code == folder("show").code == folder("clean").code == 0


@pytest.mark.parametrize("length", [4096, 5000])
def test_a_path_that_is_too_long_is_an_error_and_not_passed_over(folder: Folder, length: int) -> None:
    folder.manifest(LONG)
    deep(folder, length)
    for line in ("a", "e", "status", "plan"):
        said = folder(line)
        assert said.code in (1, 2) and "bytes long, and the system takes 4,095" in said.err, line
    assert not folder.exists("o")


def test_a_state_in_a_folder_that_is_too_deep_for_its_database_is_told(folder: Folder) -> None:
    folder.manifest("workstreams: {a: {outputs: [o], run: touch o}}")
    said = folder(["--state", "s" * 250 + "/" + "t" * 250])
    assert said.code == 2 and "its path is too long for SQLite" in said.err and "hint: `--state DIR`" in said.err
    assert not folder.exists("o")


# --- links that go around in circles ---------------------------------------------------------------------------------------------


@pytest.fixture
def loops(folder: Folder) -> Folder:
    (folder.root / "src").mkdir()
    for name, target in {"self": "self", "a": "b", "b": "c", "c": "a", "up": "..", "x": "src/../self", "long": "l0"}.items():
        (folder.root / "src" / name).symlink_to(target)
    for number in range(60):  # more than the kernel follows
        (folder.root / f"src/l{number}").symlink_to(f"l{number + 1}")
    folder.write("src/file", "1")
    return folder


USES = {
    "glob": '{inputs: ["src/**"], outputs: [O], run: "echo {{ inputs }} > O"}',
    "folder": '{inputs: [src/], outputs: [O], run: "echo {{ inputs }} > O"}',
    "input": "{inputs: [src/self, src/b, src/long], outputs: [O], run: touch O}",
    "order": '{inputs: [src/c, src/a, src/l3, "src/**"], outputs: [O], run: touch O}',
    "below": '{inputs: ["src/a/**", {optional: src/self/x}], outputs: [O], run: touch O}',
    "through": '{inputs: ["src/up/src/*"], outputs: [O], run: touch O}',
    "box": '{isolation: sandbox, inputs: ["src/**"], outputs: [O], run: "ls src > O"}',
    "items": '{foreach: "src/[abcl]*", outputs: ["O/{{ item.name }}"], run: "touch {{ outputs }}"}',
    "output": '{outputs: [O], run: "rm -f O; ln -s O O"}',
}


def test_links_that_go_around_in_circles_are_read_for_what_they_say(loops: Folder) -> None:
    loops.manifest("workstreams:\n" + "".join(f"  {name}: {text.replace('O', f'o-{name}')}\n" for name, text in USES.items()))
    said = loops("")
    assert said.code == 0, said.text
    for line in ("", "status", "-n"):
        assert loops(line).text.startswith("up to date ("), (line, loops(line).text)
    (loops.root / "src/c").unlink()
    loops.write("src/c", "now a and b lead somewhere")
    stale = {node["id"] for node in json.loads(loops("status --json").out)["nodes"] if node["reasons"]}
    assert stale == {"glob", "folder", "input", "order", "through", "box", "items[src/a]", "items[src/b]", "items[src/c]"}
    assert loops("").code == 0 and loops("").text.startswith("up to date (")
    assert loops("clean").code == 0 and not [name for name in os.listdir(loops.root) if name.startswith("o-")]


def test_the_digest_of_a_circle_of_links_is_the_same_whoever_is_asked_first(loops: Folder) -> None:
    from uetbuild.state.digests import Digests
    from uetbuild.state.disk import RealDisk

    paths = [f"src/{name}" for name in ("a", "b", "c", "self", "long", *(f"l{number}" for number in range(0, 60, 7)))]
    forth, back = (RealDisk(str(loops.root), Digests(dict)) for _ in range(2))
    assert [forth.digest(path) for path in paths] == [back.digest(path) for path in reversed(paths)][::-1]


def test_a_link_that_goes_around_is_no_project_and_no_manifest(folder: Folder) -> None:
    (folder.root / "loop").symlink_to("loop")
    (folder.root / "Uetfile.yaml").symlink_to("Uetfile.yaml")
    assert "cannot change to `loop`: too many levels of symbolic links" in folder("-C loop").err
    assert folder("-f loop").err == "error: there is no manifest `loop`\n"
    assert "hint: `Uetfile.yaml` is a link that leads nowhere" in folder("").err
    (folder.root / "Uetfile.yaml").unlink()
    (folder.root / ".uet").symlink_to(".uet")
    folder.manifest("workstreams: {a: {cwd: loop, run: touch ran}, b: {outputs: [loop/b], run: touch ran}}")
    for line in ("a", "--state loop a", "status"):
        said = folder(line)
        assert said.code == 2 and "it is a symlink" in said.err, line
    (folder.root / ".uet").unlink()
    assert folder("a").code == folder("b").code == 1 and not folder.exists("ran")


NO_IDS = ("", "é", "a b", "a\n", "-a", "--force", ".a", "..", "a/b", "a:b", "$(touch ran)", "a*", "*", "[a]", "{{ x }}", "a\u200b", "٣")
ODD_IDS = (
    "a" * 200,
    "b" * 1000,
    "_",
    "0",
    "_.-",
    "CON",
    "nul.txt",
    "state.db",
    "a..b",
    "build",
    "list",
    "clean",
    "00",
    "1e5",
    "null",
    "true",
)


@pytest.mark.parametrize("name", NO_IDS)
def test_an_id_that_is_none_is_told_with_its_place(name: str) -> None:
    error = answer(f"version: 1\nworkstreams: {{{json.dumps(name)}: {{run: touch ran}}}}\n".encode())
    assert error is not None
    assert [(one.location.line, one.location.column) for one in getattr(error, "errors", ()) if one.location] == [(2, 15)]


def test_an_id_that_is_odd_is_as_good_as_any(folder: Folder) -> None:
    folder.manifest(
        "workstreams:\n"
        + "".join(f"  {name}: {{outputs: [out/{number}], run: 'echo said; touch out/{number}'}}\n" for number, name in enumerate(ODD_IDS))
    )
    assert folder("-j1 -c build").code == 0 and len(os.listdir(folder.root / "out")) == len(ODD_IDS)
    for name in ODD_IDS:
        assert folder([name]).text == "up to date (1 workstream)\n"
    for name in ODD_IDS[:3]:
        assert folder(["-c", "logs", name]).out == "said\n" and folder(["-c", "explain", name]).code == 0
    assert folder(["-c", "clean", *ODD_IDS]).code == 0 and not folder.exists("out")
