"""Text from others is text: in the terminal, in names, in templates, in YAML, in reports of cost. Whatever is endless is cut."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from transcript import Folder

ESCAPES = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b]0;title\x07\x1bP1$r\x1b\\\x9b31m\x08\x1b[31mred\x1b[0m"


def only_colours(text: str) -> bool:
    """Whether a terminal would do nothing but print and colour."""
    return all(letter.isprintable() or letter in "\n\t" for letter in re.sub(r"\x1b\[[0-9;:]*m", "", text))


@pytest.mark.parametrize("options", ["", "-v", "--output stream --color always", "--output group --color always", "--json", "-k -q"])
def test_of_the_output_of_recipes_only_colours_reach_the_terminal(folder: Folder, options: str) -> None:
    folder.write("evil", ESCAPES + "\n")
    folder.manifest("workstreams: {a: {run: 'cat evil; exit 1'}, b: {run: cat evil}}")
    said = folder(f"a b {options}")
    assert only_colours(said.text) and said.code == 1
    assert only_colours(folder("logs b").text) and "^[]52;" in folder("logs b").out
    assert only_colours(folder("show").text) and only_colours(folder("events").text)


def test_names_of_files_titles_and_commands_cannot_drive_the_terminal(folder: Folder) -> None:
    name = f"in/{ESCAPES.replace('/', '')}\n\u202efdp.c"
    folder.write(name, "x")
    folder.manifest("workstreams: {a: {inputs: [in/], title: \"\\e]0;x\\a\", run: 'test -z {{ inputs }}'}}")
    for line in ("a", "a -v", "a --json", "explain a", "explain a --json", "list", "plan", "graph", "graph --graph dot", "status"):
        said = folder(line)
        assert only_colours(said.text) and "\u202e" not in said.text.replace("--json", ""), line
    assert only_colours(folder(["-f", name]).text) and only_colours(folder([name]).text)


@pytest.mark.parametrize(
    "text",
    [
        lambda: (
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        ),
        lambda: "version: 1\nworkstreams: " + "[" * 100_000,
        lambda: "version: 1\nworkstreams: " + "{a: " * 20_000,
        lambda: "version: 1\nx-a: !!python/object/apply:os.system ['touch ran']\nworkstreams: {a: {run: 'true'}}",
        lambda: "version: 1\nversion: 1\n" * 200,
        lambda: 'version: 1\nx: "' + "a" * 20_000_000,
        lambda: "\x00\xff\xfe" * 100,
    ],
    ids=["alias bomb", "deep list", "deep map", "a tag", "duplicates", "huge", "no text"],
)
def test_hostile_yaml_is_an_error_with_words(folder: Folder, text: Callable[[], str]) -> None:
    """That each takes less than half a second is measured where the parser is tested; here it ends, says why, and does nothing."""
    folder.write("Uetfile.yaml", text())
    began = time.process_time()
    said = folder("a")
    assert said.code == 2 and "error:" in said.err and "Traceback" not in said.err
    assert time.process_time() - began < 20  # an exponential answer would take hours
    assert not folder.exists("ran") and not folder.exists(".uet")


@pytest.mark.parametrize(
    "text", ["{{ ''.__class__.__mro__ }}", "{{ vars.__class__ }}", "{{ cycler.__init__.__globals__ }}", "{{ env.__init__ }}"]
)
def test_templates_reach_no_python(folder: Folder, text: str) -> None:
    folder.manifest(f'vars: {{v: x}}\nworkstreams: {{a: {{run: "echo {text}"}}}}')
    said = folder("a")
    assert said.code == 2 and "Uetfile.yaml:" in said.err


def test_values_and_file_names_are_words_and_no_code(folder: Folder) -> None:
    evil = "$(touch ran) `touch ran`; touch ran #'\"\\ -rf {{ 7*7 }}"
    folder.write(f"in/{evil.replace('/', '')}", "x")
    folder.write(".env", "")
    folder.manifest(
        "vars: {v: x}\nworkstreams: {a: {foreach: 'in/*', run: 'printf \"%s|\" {{ item.name }} {{ vars.v }} \"{{ vars.v }}\" > out'}}"
    )
    assert folder(["-v", f"v={evil}"]).code == 0
    assert folder.read("out") == f"{evil}|" * 3 and not folder.exists("ran")


@pytest.mark.parametrize("name", ["--output=x", "-B", "--", "../x", "a/b", "a b", "a\nb", "$(x)", ".", "-"])
def test_an_id_is_never_an_option_or_a_path(folder: Folder, name: str) -> None:
    folder.write("Uetfile.yaml", f"version: 1\nworkstreams: {{{name!r}: {{run: touch ran}}}}\n".replace("\\n", " "))
    said = folder("list")
    assert said.code == 2 and "Uetfile.yaml:" in said.err


def test_endless_output_and_endless_reports_end(folder: Folder) -> None:
    folder.manifest("""
settings: {output_limit: 64Ki}
workstreams:
  out: {run: "yes endless"}
  hidden: {env: {API_TOKEN: secret-1234}, run: "yes secret-1234"}
  report: {outputs: [r], run: 'head -c 3000000 /dev/zero > "$UET_USAGE_FILE"; touch r'}
""")
    said = folder("out hidden report -k")
    assert said.code == 1 and said.err.count("output limit") >= 2
    logs = list((folder.root / ".uet/runs").glob("*/logs/*.log"))
    assert sorted(log.stem for log in logs) == ["hidden", "out"] and all(log.stat().st_size <= 70_000 for log in logs)
    assert "longer than 1 MiB" in said.err and folder.exists("r")


LIES = [
    '{"usd": -5}', '{"usd": 0}', '{"usd": NaN}', '{"usd": 1e999}', '{"usd": "0"}', '{"input_tokens": -1000000}', "", "not json", "[" * 50_000,
    '{"input_tokens": 1e3}',
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=[lie[:24] or "nothing" for lie in LIES])
def test_an_agent_that_lies_about_its_cost_gets_no_more_than_its_budget(folder: Folder, lie: str) -> None:
    """Less than nothing, no number, no report: nothing that was spent comes back, and no two agents overshoot together."""
    folder.write("lie", lie)
    folder.manifest("""
budgets: {run: {usd: 10}}
tools: {t: {adapter: command, cmd: 'if test "$UET_NODE" = honest; then printf "{\\"usd\\": 9}" > "$UET_USAGE_FILE"; else cat lie > "$UET_USAGE_FILE"; fi'}}
workstreams:
  honest: {edits: [x], agent: {tool: t, prompt: p}, budget: {usd: 9}}
  liar: {edits: [y], after: [honest], agent: {tool: t, prompt: p}, budget: {usd: 1}}
  next: {edits: [z], after: [liar], agent: {tool: t, prompt: p}, budget: {usd: 2}}
""")
    said = folder("-j1 honest liar next")
    assert said.code in (4, 1) and "next" not in [line.split()[0] for line in said.out.splitlines() if line.strip()]
    cost = folder("cost --json").out
    assert '"usd": 9' in cost or '"usd": 10' in cost


@pytest.mark.parametrize("kind", ["mkfifo", "mkdir", "ln -s /etc/passwd", "ln -s"])
def test_a_report_that_is_no_file_is_no_report_and_nobody_waits_for_it(folder: Folder, tmp_path: Path, kind: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text('{"usd": 5, "model": "secret-1234"}')
    making = f"{kind} {theirs}" if kind == "ln -s" else kind
    folder.environ["API_TOKEN"] = "secret-1234"
    folder.manifest(f"""workstreams: {{a: {{outputs: [a], run: 'rm -f "$UET_USAGE_FILE"; {making} "$UET_USAGE_FILE"; touch a'}}}}""")
    said = folder("")
    assert said.code == 0 and "$5" not in said.out
    assert "secret-1234" in theirs.read_text() and os.path.getsize("/etc/passwd")
