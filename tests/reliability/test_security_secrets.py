"""Secrets are shown as `***` and found nowhere in the state folder, on stdout or on stderr, whatever way they take.

Each canary takes ways of its own through one project; then the bytes of all that was printed and of every file in `.uet` are searched.
What is not covered stands in `SECURITY.md`: files that the project itself reads or writes, names of files, a secret that a recipe encodes,
and what a recipe writes to the terminal that it was given (`interactive`).
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest
from nursery import ran
from transcript import Folder

NAMED = "canary-named-4711"  # in `secrets`
ENDED = "canary-'ended'-$HOME-\"4712\""  # of the environment, by the end of its name; hard to quote
DOTENV = "canary-dotenv-4713"  # by the end of its name, of a dotenv file
WRITTEN = "canary-written-4714"  # what a command says, set under the name of a secret
PASSED = "canary-passed-4715"  # in `pass_env`, so its digest counts
KEY = "-----BEGIN KEY-----\ncanary-line-one-4716\ncanary-line-two-4716\n-----END KEY-----\n"
CANARY = b"canary"

MANIFEST = r"""
version: 1
dotenv: [.env]
vars:
  late: {sh: "cat keys/late"}
  again: {sh: 'printf "%s" "$API_TOKEN"'}
  early: "{{ env.API_TOKEN }}"
  given: none
tools:
  robot: {adapter: command, cmd: "sh robot.sh"}
gates:
  fine: {type: unit, run: "printf '%s|' \"$API_TOKEN\" \"$SIGN_PASSWORD\"; test -e fixed", env: {SIGN_PASSWORD: "{{ vars.late }}"}}
  seen: {type: approval}
workstreams:
  odd:
    title: "odd {{ env.API_TOKEN }}"
    outputs: [out/odd]
    secrets: [PIN]
    run: |
      for part in can ary -na med- 47 11 ' '; do printf '%s' "$part"; sleep 0.02; done
      printf '%s\n' "$API_TOKEN" "$DOT_SECRET" "$PIN" "$SSH_KEY"; set -x; : "$API_TOKEN" "$PIN"
      mkdir -p out; touch out/odd
  argued: {outputs: [out/argued], run: "echo {{ env.API_TOKEN }} {{ vars.late }} {{ vars.again }} {{ vars.given }}; touch out/argued"}
  direct: {outputs: [out/direct], env: {COPY: "{{ vars.early }}"}, run: ["printenv COPY", {argv: [touch, out/direct]}]}
  typed: {outputs: [out/typed], env: {SIGN_PASSWORD: "{{ vars.late }}"}, run: ["printenv SIGN_PASSWORD", touch out/typed]}
  strict: {outputs: [out/strict], env_mode: strict, pass_env: [PASSED_KEY], run: [printenv PASSED_KEY, touch out/strict]}
  probed: {outputs: [out/probed], probes: ['printf "%s" "$API_TOKEN"'], skip_if: 'echo "$API_TOKEN"; false', run: touch out/probed}
  used: {outputs: [out/used], run: "sh use.sh; touch out/used"}
  absent: {outputs: [out/absent], run: [{argv: ["/nowhere/{{ env.API_TOKEN }}"]}], manual: true}
  failing: {run: ["sh -c 'echo \"$API_TOKEN\" >&2; exit 1'", true], manual: true}
  asking: {outputs: [out/asking], probes: ['echo "cannot find $API_TOKEN" >&2; false'], run: touch out/asking, manual: true}
  words: {run: "echo {{ args }}", manual: true}
  agent:
    edits: [agent.txt]
    agent: {tool: robot, prompt: "Use {{ env.API_TOKEN }} and {{ vars.late }}"}
    env: {SIGN_PASSWORD: "{{ vars.late }}"}
    retry: {attempts: 2, backoff: 0.01, on: [gate]}
    gates: [fine]
  plan: {outputs: [out/plan], run: "touch out/plan", gates: [seen]}
  apply: {inputs: [out/plan], outputs: [out/apply], run: touch out/apply}
"""
SECRET_ENV = {"PIN": NAMED, "API_TOKEN": ENDED, "PASSED_KEY": PASSED, "SSH_KEY": KEY}


@pytest.fixture
def project(folder: Folder) -> Folder:
    folder.write("Uetfile.yaml", MANIFEST)
    folder.write(".env", f"DOT_SECRET={DOTENV}\n")
    folder.write("keys/late", WRITTEN)
    folder.write(
        "robot.sh", 'cat; cat "$UET_FEEDBACK_FILE"; echo "$API_TOKEN"; echo x >> agent.txt; test "$UET_ATTEMPT" = 1 || touch fixed\n'
    )
    folder.write("use.sh", """printf '{"model": "%s", "usd": 0.5}' "$PIN" > "$UET_USAGE_FILE"\n""")
    folder.write("agent.txt", "")
    folder.environ |= SECRET_ENV
    return folder


def told(folder: Folder, *words: str) -> bytes:
    """All that the real program prints."""
    done = ran(*words, cwd=folder.cwd, env=folder.environ, errors="surrogateescape")
    assert "Traceback" not in done.stderr and done.returncode != 8
    return (done.stdout + done.stderr).encode(errors="surrogateescape")


def lines(said: bytes) -> list[bytes]:
    """Those that hold a canary."""
    return [line for line in said.splitlines() if CANARY in line]


def leaks(state: Path) -> list[str]:
    """Files of the state folder that hold a canary, or whose names do."""
    found = []
    for folder, folders, names in os.walk(state):
        for name in (*folders, *names):
            path = Path(folder, name)
            if CANARY in os.fsencode(name) or (path.is_file() and CANARY in path.read_bytes()):
                found.append(str(path.relative_to(state)))
    return found


BUILDS = (
    ("-k", "-v", "--output", "stream"), ("odd", "-B", "--json"), ("absent",), ("absent", "--json"), ("failing", "-k"), ("asking",),
    (f"given={ENDED}", "argued"), ("words", "--", ENDED), ("approve", "last", "seen", "--yes", "--comment", f"it is {NAMED}"),
    ("-j2",), ("-j2",), ("odd", "argued", "direct"), ("--explain", "-B", "agent", "typed"),
)  # fmt: skip
LOOKS = (
    ("list",), ("list", "--json"), ("plan",), ("plan", "--json"), ("plan", "--probe", "asking"), ("status", "--json"), ("graph", "--json"),
    ("explain", "odd"), ("explain", "argued", "--json"), ("runs", "--json"), ("show", "--json"), ("events",), ("logs", "odd"), ("cost", "--json"),
    ("doctor",), ("doctor", "--json"), ("recover", "--list"), ("check", "--json"), (f"nonsense-{NAMED}",), ("-f", f"{ENDED}.yaml"), ("-C", ENDED),
)  # fmt: skip


def test_a_secret_is_found_nowhere_in_the_state_folder_and_in_nothing_that_is_printed(project: Folder) -> None:
    for words in BUILDS:
        assert lines(project(words).text.encode()) == [], words
        assert leaks(project.root / ".uet") == [], words
    assert lines(told(project, "-B", "-k", "--json")) == []
    for words in LOOKS:
        assert lines(project(words).text.encode()) == [], words
    assert leaks(project.root / ".uet") == []


def test_all_of_these_ways_were_taken(project: Folder) -> None:
    """The search above proves something only where the secrets went that way; here it is seen by the stars."""
    first = told(project, "-k", "-v", "--output", "stream").decode()
    assert first.count("***") > 15
    state = project.root / ".uet"
    run = next((state / "runs").iterdir())
    logs = {path.name: path.read_text() for path in (run / "logs").iterdir()}
    assert logs["odd.log"].count("***") >= 7 and "***" in logs["argued.log"] and "***" in logs["direct.log"] and "***" in logs["typed.log"]
    assert logs["agent.prompt"].startswith("Use *** and ***\n") and "***|***" in logs["agent.feedback"]
    assert any('"***"' in text for name, text in logs.items() if ".usage" in name)
    cost = json.loads(project("cost --json").out)
    assert "***" in json.dumps(cost)
    assert (state / "state.db").stat().st_size and (state / "ledger.db").stat().st_size


def test_what_rests_on_secrets_is_still_up_to_date(project: Folder) -> None:
    project("odd argued direct typed strict probed used agent")
    said = project("odd argued direct typed strict probed used agent")
    assert said.code == 0 and said.out.splitlines()[-1].startswith("up to date")
    assert project("status odd argued typed strict").code == 0
    assert project("status probed used agent").code == 0
    project.environ["API_TOKEN"] = "another-one"
    assert "argued" in project("status argued").out


def test_a_manifest_without_secrets_in_its_texts_is_kept_compiled_and_known_at_the_door(folder: Folder) -> None:
    folder.environ |= SECRET_ENV | {"WORD_KEY": "version"}  # a word that every file may hold by chance
    folder.manifest('workstreams: {a: {outputs: [a], secrets: [PIN], run: "echo $PIN $API_TOKEN $WORD_KEY; touch a"}}')
    assert folder("").code == 0
    assert told(folder) == b"up to date (1 workstream)\n"
    assert told(folder) == b"up to date (1 workstream)\n"
    names = {path.name.partition("-")[0] for path in (folder.root / ".uet").glob("*.bin")}
    assert names == {"graph", "plan.bin"} and leaks(folder.root / ".uet") == []


def test_a_run_whose_words_held_a_secret_cannot_be_taken_up_again(folder: Folder) -> None:
    folder.environ |= SECRET_ENV
    folder.manifest("vars: {given: none}\nworkstreams: {a: {outputs: [a], run: 'echo {{ vars.given }}; false'}}")
    assert folder(["a", f"given={ENDED}"]).code == 1
    assert leaks(folder.root / ".uet") == []
    said = folder("resume")
    assert (said.code, "was started with a secret in its words, which is not stored" in said.err) == (2, True)


def test_a_secret_that_a_recipe_encodes_is_not_known(folder: Folder) -> None:
    """Masking is for accidents. `SECURITY.md` says so."""
    folder.environ |= {"API_TOKEN": NAMED}
    folder.manifest('workstreams: {a: {run: "printf %s \\"$API_TOKEN\\" | base64"}}')
    assert base64.b64encode(NAMED.encode()).decode() in folder("a").out


def test_neither_a_comment_nor_the_record_of_a_command_line_holds_one(folder: Folder) -> None:
    folder.environ |= SECRET_ENV
    folder.manifest("""
vars: {given: none}
gates: {seen: {type: approval}}
workstreams:
  plan: {outputs: [plan], run: touch plan, gates: [seen]}
  plain: {outputs: [plain], run: touch plain}
""")
    assert folder("plan").code == 6
    assert folder(["approve", "last", "seen", "--yes", "--comment", f"it is {ENDED}"]).code == 0
    assert '"comment": "it is ***"' in folder("events").out
    assert told(folder, f"given={ENDED}", "plain") and told(folder, f"given={ENDED}", "plain") == b"up to date (1 workstream)\n"
    assert leaks(folder.root / ".uet") == []


def test_a_secret_that_a_command_tells_is_not_left_in_the_compiled_manifest(folder: Folder) -> None:
    """It is kept before the run, when nobody knows yet that the value of `NAME` is what the command prints."""
    folder.manifest("""
vars: {told: {sh: cat told}}
workstreams:
  first: {outputs: [first], run: "echo {{ env.NAME }} > first", env: {MY_TOKEN: "{{ vars.told }}"}}
""")
    folder.write("told", "correct-horse-battery\n")
    folder.environ["NAME"] = "correct-horse-battery"
    assert folder("first").code == 0
    kept = [path for path in (folder.root / ".uet").rglob("*") if path.is_file() and b"correct-horse" in path.read_bytes()]
    assert kept == []
    assert folder("first").text == "up to date (1 workstream)\n"
