"""Completion: real shells on a terminal, in which somebody types a word's beginning and a Tab; and what the program answers them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time

import pytest

import uetbuild
from uetbuild.cli.completion import answer
from uetbuild.cli.typed import in_place, words_of

MANIFEST = """
include: [{path: sub/Uetfile.yaml, as: sub}]
vars: {secret: {sh: "touch ran; echo x"}}
default: [greeting]
workstreams:
  greeting: {outputs: [hello.txt], run: "echo hello > {{ outputs }}", title: Say hello, tags: [quick]}
  other: {outputs: [other.txt], run: "echo '{{ vars.secret }}' > {{ outputs }}"}
  copy: {foreach: "in/*", outputs: ["out/{{ item.name }}"], run: "cp {{ item }} {{ outputs }}"}
"""
ODD = ("a b.txt", "it's.txt", 'say "x".txt', "$(id).txt", "u!`u.txt")

STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(uetbuild completion bash)"\n'),
    "zsh": (["zsh", "-f", "-i"], 'autoload -Uz compinit; compinit -u -D; eval "$(uetbuild completion zsh)"; bindkey -e\n'),
    "fish": (["fish", "--no-config", "-i"], "uetbuild completion fish | source\n"),
}
SHELLS = [pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"there is no {name}")) for name in STARTS]


@pytest.fixture
def project(folder):
    folder.manifest(MANIFEST)
    folder.write("sub/Uetfile.yaml", "version: 1\nworkstreams:\n  inside: {outputs: [x], run: 'echo x > {{ outputs }}'}\n")
    for name in ODD:
        folder.write(f"in/{name}", "")
    assert folder.real("greeting").code == 0
    return folder


class Typist:
    """A shell on a terminal of its own, in which lines are typed."""

    def __init__(self, shell, folder):
        self.master, slave = pty.openpty()
        argv, first = STARTS[shell]
        environ = folder.environ | {"TERM": "dumb" if shell == "fish" else "xterm", "PS1": "$ ", "HISTFILE": ""}
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, cwd=folder.root, env=environ, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.type(first + "printf '<%s>\\n' BEGUN\n")
        self.until("<BEGUN>")

    def type(self, text):
        os.write(self.master, text.encode())

    def until(self, mark):
        heard = ""
        deadline = time.monotonic() + 60
        while not re.search(r"(?:^|\n|\r)" + re.escape(mark), heard):
            assert time.monotonic() < deadline and select.select([self.master], [], [], 60)[0], heard
            try:
                heard += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError(heard) from None
        return heard

    def last(self, line, expected):
        """The last word of a line after its Tabs. On a busy machine a shell may take what is typed next before it has answered the Tab; so
        one that answers something else gets more time, and another chance.
        """
        found = None
        for pause in (0, 0.5, 3):
            found = self.words(line, pause)[-1:]
            if found == [expected]:
                break
        return found

    def words(self, line, pause=0):
        """The words that the shell makes of a line after its Tabs; `pause`: seconds before anything else is typed."""
        self.type(line)
        time.sleep(pause)
        self.type("\x01printf '<%s>\\n' \x05 END\n")
        heard = self.until("<END>")
        return re.findall(r"(?:^|[\r\n])<(.*?)>(?=[\r\n])", heard)[:-1]

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def typist(project):
    shells = []

    def start(shell):
        shells.append(Typist(shell, project))
        return shells[-1]

    yield start
    for shell in shells:
        shell.close()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_what_was_begun(shell, typist, project):
    typed = typist(shell)
    run = os.listdir(project.root / ".uet" / "runs")[0]
    for line, word in {
        "uetbuild gree\t": "greeting",
        "uetbuild sub:ins\t": "sub:inside",
        "uetbuild tag:q\t": "tag:quick",
        "uetbuild -k gree\t": "greeting",
        "uetbuild --output=str\t": "--output=stream",
        "uetbuild --output str\t": "stream",
        "uetbuild --keep\t": "--keep-going",
        "uetbuild --file U\t": "Uetfile.yaml",
        "uetbuild complet\tzs\t": "zsh",
        f"uetbuild show {run[:4]}\t": run,
        f"uetbuild -c logs {run[:4]}\t": run,
        "uetbuild 'copy[a\t": "copy[in/a b.txt]",
    }.items():
        if word == "copy[in/a b.txt]":
            line = line.replace("[a", "[in/a")
        assert typed.last(line, word) == [word], line
    assert not project.exists("ran")


@pytest.mark.parametrize("shell", SHELLS)
def test_ids_with_anything_in_them_reach_the_program_as_they_are(shell, typist):
    typed = typist(shell)
    for name in ODD:
        beginning = {"$": "\\$", "u": "u"}.get(name[0], name[0])
        line = f"uetbuild copy\\[in/{beginning}\t"
        assert typed.last(line, f"copy[in/{name}]") == [f"copy[in/{name}]"], line


@pytest.mark.parametrize(
    "line",
    [
        'uetbuild "copy[in/a',
        "uetbuild 'copy[in/$",
        *[pytest.param(line, marks=pytest.mark.slow) for line in ("uetbuild 'copy[in/i", 'uetbuild "copy[in/s', 'uetbuild "copy[in/\\$')],
    ],
)
def test_bash_goes_on_in_the_quotes_that_are_open(line, typist):
    letter = line[-1]
    assert typist("bash").words(f"{line}\t")[-1] == f"copy[in/{next(name for name in ODD if name[0] == letter)}]"


def asked(project, *words, **environ):
    os.chdir(project.root)
    return [value for value, _ in answer(words[:-1], words[-1])[1]]


@pytest.fixture(autouse=True)
def here():
    folder = os.getcwd()
    yield
    os.chdir(folder)


def test_a_first_word_is_a_target_or_a_command(project):
    found = asked(project, "")
    assert found[:4] == ["greeting", "other", "copy", "sub:inside"]
    assert {"build", "logs", "init"} < set(found) and "monitor" not in found


def test_nodes_show_when_only_their_workstream_is_meant(project):
    assert asked(project, "co")[:2] == ["copy", "copy[in/$(id).txt]"]
    assert asked(project, "build", "")[:3] == ["greeting", "other", "copy"]


def test_only_options_of_the_command_are_shown(project):
    assert "--keep-going" in asked(project, "-") and "--follow" not in asked(project, "-")
    assert asked(project, "events", "--fo") == ["--follow"]
    assert asked(project, "--watch") == []


def test_values_of_options(project):
    assert asked(project, "--color", "") == ["auto", "always", "never"]
    assert asked(project, "--graph", "")[:2] == ["text", "dot"]
    assert asked(project, "-j", "a")[0] == "auto"
    assert answer(["-C"], "")[0] == "folders"
    assert answer(["greeting", "--"], "")[0] == "files"
    assert answer(["out/"], "in/zzz")[0] == "files"


def test_the_folder_and_the_namespace_that_are_meant_count(project):
    assert asked(project, "-C", "sub", "in")[0] == "inside"
    assert asked(project, "-C", "in", "-f", "nothing.yaml", "gree") == []


def test_a_manifest_that_is_broken_now_is_completed_as_it_was(project):
    project.write("Uetfile.yaml", "version: 1\nworkstreams: [")
    assert asked(project, "gree") == ["greeting"]


def test_a_manifest_that_was_never_built_is_read_and_nothing_is_written_or_run(folder):
    folder.manifest(MANIFEST.replace("include: [{path: sub/Uetfile.yaml, as: sub}]", ""))
    folder.write("in/x", "")
    before = folder.tree()
    said = folder.real("__complete", "fish", "gree")
    assert (said.code, said.out, said.err) == (0, "words\ngreeting\tSay hello\n", "")
    assert folder.tree() == before


@pytest.mark.parametrize("words", [[], ["bash"], ["tcsh", ""], ["zsh", "--nonsense", ""], ["bash", "uetbuild 'x", "unlike"]])
def test_a_question_that_makes_no_sense_gets_no_answer_and_no_complaint(folder, words):
    said = folder.real("__complete", *words)
    assert said.code == 0 and said.err == "" and said.out in ("", "words\n", "files\n")


def test_while_the_compiled_manifest_holds_nothing_costly_is_loaded(project):
    """So that a Tab is answered in less than a tenth of a second."""
    code = "import sys; from uetbuild.cli.completion import main; main(sys.argv[1:]); print(*sorted(sys.modules))"
    package = os.path.dirname(os.path.dirname(uetbuild.__file__))
    for words in (["zsh", "gree"], ["bash", "uetbuild -", "-"]):
        out = subprocess.run(
            [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {package!r}); {code}", "__complete", *words],
            cwd=project.root, text=True, capture_output=True, check=True,
        ).stdout  # fmt: skip
        assert out.startswith("words\ngreeting\tSay hello\n" if words[0] == "zsh" else "words\n--verbose\n") or words[0] == "bash"
        loaded = set(out.splitlines()[-1].split())
        assert not loaded & {
            "typer",
            "click",
            "pydantic",
            "ruamel",
            "jinja2",
            "re",
            "json",
            "dataclasses",
            "typing",
            "sqlite3",
            "uetbuild.cli.app",
        }


@pytest.mark.parametrize(("line", "words", "style"), [
    ("u a", ["u", "a"], ""), ("u ", ["u", ""], ""), (r"u a\ b", ["u", "a b"], ""), ("u 'a b", ["u", "a b"], "'"),
    ('u "a\\$\\b', ["u", "a$\\b"], '"'), ("u a'b'\"c", ["u", "abc"], '"'), ("u x\\", ["u", "x"], ""),
])  # fmt: skip
def test_a_line_is_taken_apart_as_a_shell_does(line, words, style):
    found, start, open_quote = words_of(line)
    assert (found, open_quote) == (words, style)
    assert words_of(line[start:])[0] == words[-1:]


@pytest.mark.parametrize(("raw", "replaced", "value", "placed"), [
    ("ns:te", "te", "ns:test", "test"), ("te", "te", "te st", "te\\ st"), ('"te', "te", 'te"s$', 'te\\"s\\$'), ("'te", "te", "te's", "te'\\''s"),
    ("te", "other", "test", None), ("n:te", "te", "m:test", None), ("--output=s", "s", "--output=stream", "stream"),
])  # fmt: skip
def test_what_bash_replaces_means_the_candidate_afterwards(raw, replaced, value, placed):
    assert in_place(raw, replaced, value) == placed
