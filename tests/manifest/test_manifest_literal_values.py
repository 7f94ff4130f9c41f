"""Promise of the contract: whatever a value holds, it arrives literally, in every place, in every shell, and nothing in it is executed."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from uetbuild.core.nodes import Place, Step
from uetbuild.core.render import Values, placed, render_step, render_text
from uetbuild.core.shellscan import scan
from uetbuild.core.shelltext import HOLE
from uetbuild.manifest.templates import Names, recipe

HOW_MANY = 10_000
CANARY = "CANARY"
SHELLS = [name for name in ("bash", "sh", "dash", "ksh", "zsh") if shutil.which(name)]
FRAGMENTS = (
    f"$(>{CANARY})", f"`>{CANARY}`", f"';>{CANARY};'", f'";>{CANARY};"', f"\n>{CANARY}\n", f"a[$(>{CANARY})]", f")\n>{CANARY}\n(",
    f"\nEOF\n>{CANARY}\n", f"}}\n>{CANARY}\n", f"\\\n>{CANARY}\n", f"))\n>{CANARY}\n", f"]]\n>{CANARY}\n",
    "'", '"', "`", "$", "$HOME", "${HOME}", "\\", "\\\\", "\n", "\n\n", "\t", " ", "  ", "!", "!!", "~", "~root", "*", "?", "[a-z]", "{a,b}", "#",
    " #", "-n", "-e", "--", "=", "%s", "%1", ";", "&", "|", "<", ">", "(", ")", "é", "漢字", "😀", "\u00a0", "\u2028", "\r", "\x01", "\x7f",
    "\udcff", "\udc81", "\\n", "\\c", "^a^b", "if", "case", "eval", "2", "a", "b c",
)  # fmt: skip


def values_of(seed: int, count: int = HOW_MANY) -> list[str]:
    """Random texts of nasty parts; the first few are the parts themselves."""
    chance = random.Random(seed)
    texts = ["", *FRAGMENTS]
    while len(texts) < count:
        texts.append("".join(chance.choices(FRAGMENTS, k=chance.randint(1, 5))))
    return texts[:count]


def run(shell: str, script: str, folder: Path) -> list[str]:
    """The NUL-terminated words that a script prints; it may print nothing else and has to succeed."""
    path = folder / "script"
    path.write_bytes(script.encode("utf-8", "surrogateescape"))
    done = subprocess.run(
        [shell, str(path)], cwd=folder, capture_output=True, timeout=60, env={"PATH": os.environ["PATH"], "HOME": "/nowhere"}
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert not done.stderr
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def names(text: str = "") -> Names:
    return Names({"vars": {"known": text}}, late_vars={"late": "late"})


def lines(template: str, texts: list[str]) -> str:
    """The recipe once for each text, as the engine would hand them to a shell."""
    step = recipe(template, names(), ("bash", "-c"))
    assert step.kind == Step.SHELL
    current = ""
    known = Values(variable=lambda name: current)
    found = []
    for current in texts:  # noqa: B007  # read by `known`
        found.append(render_text(step.text, known))
    return "\n".join(found)


@pytest.mark.parametrize("shell", SHELLS)
def test_ten_thousand_values_arrive_literally_in_every_place_of_a_shell_text(shell: str, tmp_path: Path) -> None:
    template = "X={{ vars.late }} && printf '%s\\0' {{ vars.late }} \"{{ vars.late }}\" '{{ vars.late }}' p{{ vars.late }}'s' \"$X\" \"\\${{ vars.late }}$\""
    texts = values_of(1)
    words = run(shell, lines(template, texts), tmp_path)
    expected = [word for text in texts for word in (text, text, text, f"p{text}s", text, f"${text}$")]
    assert words == expected
    assert not (tmp_path / CANARY).exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_values_arrive_literally_inside_substitutions_and_beside_here_documents(shell: str, tmp_path: Path) -> None:
    # a here-document after the value, quotes inside a substitution inside quotes, `for`, `case`, and a list of words
    template = (
        "for i in {{ vars.late }}; do printf '%s\\0' \"$i\"; done; case {{ vars.late }} in \"{{ vars.late }}\") printf 'same\\0';; esac\n"
        "printf '%s\\0' \"$(printf %s \"{{ vars.late }}\" {{ vars.late }} '{{ vars.late }}'; echo x)\"; read -r told <<EOF\nit's \"\nEOF\n"
        "read -r told <<EOF && printf '%s\\0' {{ vars.late }} \"{{ vars.late }}\"\nit's \"\nEOF\n"
    )
    texts = values_of(2, 300)
    words = run(shell, lines(template, texts), tmp_path)
    assert words == [word for text in texts for word in (text, "same", text * 3 + "x", text, text)]
    assert not (tmp_path / CANARY).exists()


@pytest.mark.parametrize("shell", [name for name in SHELLS if name in ("bash", "zsh", "ksh")])
def test_values_arrive_literally_in_conditions_arrays_and_here_strings(shell: str, tmp_path: Path) -> None:
    template = (
        "[[ {{ vars.late }} == {{ vars.late }} ]] && printf 'same\\0'; a=({{ vars.late }} \"{{ vars.late }}\"); printf '%s\\0' \"${a[@]}\"\n"
        "IFS= read -r -d '' here <<<{{ vars.late }}x || printf '%s\\0' \"${here%?}\""
    )
    texts = values_of(3, 2_000)
    words = run(shell, lines(template, texts), tmp_path)
    assert words == [word for text in texts for word in ("same", text, text, f"{text}x")]
    assert not (tmp_path / CANARY).exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_file_names_that_are_values_of_redirections_are_written_literally(shell: str, tmp_path: Path) -> None:
    texts = [text for text in values_of(4, 400) if text and "/" not in text and text not in (".", "..")]
    run(shell, lines(": > {{ vars.late }}; : >> {{ vars.late }}", texts), tmp_path)
    assert set(os.listdir(tmp_path)) == {*texts, "script"}


def test_ten_thousand_values_arrive_literally_without_a_shell(tmp_path: Path) -> None:
    step = recipe(
        "/usr/bin/printf %s\\0".replace("\\0", "'\\0'") + " {{ inputs }} x{{ vars.late }}",
        Names({}, frozenset({"inputs"}), {"late": "v"}),
        ("bash", "-c"),
    )
    assert step.kind == Step.DIRECT
    texts = values_of(5)
    argv = render_step(step, Values(inputs=texts, variable=lambda name: texts[7]))
    found = b""
    for start in range(2, len(argv), 2_000):  # each argument list stays below the limit of the system
        found += subprocess.run([*argv[:2], *argv[start : start + 2_000]], cwd=tmp_path, capture_output=True, check=True).stdout
    assert found.decode("utf-8", "surrogateescape").split("\0")[:-1] == [*texts, "x" + texts[7]]
    assert not (tmp_path / CANARY).exists()


def test_values_known_at_load_are_quoted_as_those_known_later() -> None:
    template = "echo {{ vars.V }} \"a{{ vars.V }}\" 'b{{ vars.V }}' c{{ vars.V }} > {{ vars.V }}"
    for text in values_of(6, 500):
        static = recipe(template.replace("V", "known"), names(text), ("bash", "-c"))
        late = recipe(template.replace("V", "late"), names(), ("bash", "-c"))
        assert render_step(static, Values()) == render_step(late, Values(variable=lambda name: text))  # noqa: B023


# --- random shell texts ----------------------------------------------------------------------------------------------------------

ATOMS = (
    "'", '"', "`", "$", "$(", ")", "(", "{", "}", "${", "$((", "))", "((", "[[ ", " ]]", "[", "]", "a[", "<<EOF", "<<-EOF", "<<'EOF'",
    "\nEOF\n", "\n", " ", " ", " ", "#", " #", ";", "|", "&", "&&", "<", ">", ">&", "<<<", "echo ", "x=", "a=(", "case ", " in ", "esac",
    "if ", "then ", "fi", "\\", "\\\n", "-eq ", "$'", '$"', "$[", "!", "~", "*", "@(", "${x:-", "eval ", "$$", "$#", ">(", "for i in ", "do ",
    "done ", "foo", "export ", "declare ",
)  # fmt: skip
PAYLOADS = tuple(fragment for fragment in FRAGMENTS if CANARY in fragment) + (f"'\"$(>{CANARY})\"'", "x\\", "'", '"')


@pytest.mark.parametrize("shell", [name for name in SHELLS if name != "sh"])
def test_in_random_shell_texts_no_value_is_ever_executed(shell: str, tmp_path: Path) -> None:
    seed = int(os.environ.get("UET_TEST_SEED", "20"))
    chance = random.Random(seed)
    program = shutil.which(shell)
    assert program
    for number in range(int(os.environ.get("UET_TEST_TEXTS", "250"))):
        text = "".join([HOLE if chance.random() < 0.2 else chance.choice(ATOMS) for _ in range(chance.randint(2, 14))])
        seen = scan(text, shell)
        if seen.unclosed or len(seen.refused) == text.count(HOLE):
            continue
        parts = text.split(HOLE)
        script = parts[0]
        for index, part in enumerate(parts[1:]):
            script += ("Z" if index in seen.refused else placed(chance.choice(PAYLOADS), seen.places[index])) + part
        try:
            subprocess.run(
                [program, "-c", script], cwd=tmp_path, env={"PATH": "/nowhere"}, stdin=subprocess.DEVNULL, capture_output=True, timeout=2
            )
        except subprocess.TimeoutExpired:
            continue
        assert not (tmp_path / CANARY).exists(), f"seed {seed}, text {number}: {text!r} as {script!r}, places {seen.places}"


def test_the_random_texts_can_find_a_wrong_place(tmp_path: Path) -> None:
    # the test above would mean nothing if a value in the wrong quotes stayed harmless
    script = f"echo {placed(f'$(>{CANARY})', Place.SINGLE)}"
    subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / CANARY).exists()
