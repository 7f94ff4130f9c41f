"""What the next attempt is told."""

from uetbuild.core.feedback import BYTES, LINES, Verdict, feedback, how, last_lines
from uetbuild.core.jobs import Result

LINT = Verdict(
    gate="lint[a]", type="lint", blocking=True, message="be nice\n\nplease", outcome=Result.FAILED, code=1, reason="",
    command="check \\\n  a", output="a: bad\n",
)  # fmt: skip


def test_each_failed_gate_says_who_how_why_with_what_and_what_it_printed():
    style = LINT.with_(gate="a-style", blocking=False, message="", outcome=Result.TIMED_OUT, output="")
    assert feedback(1, 3, [style, LINT]) == (
        "attempt 1 of 3 was rejected\n\n"
        "gate `lint[a]` (lint) failed: exit 1\nbe nice\nplease\n  $ check \\\n  $   a\n  | a: bad\n\n"
        "gate `a-style` (lint, only warns) failed: timed out\n  $ check \\\n  $   a\n"
    )


def test_how_a_gate_failed_in_a_few_words():
    assert how(Result.FAILED, -9, "") == "killed by signal 9"
    assert how(Result.FAILED, 2, "output limit\nmore") == "output limit"


def test_no_character_is_told_that_no_prompt_could_hold():
    assert "a\ufffdb" in feedback(1, 2, [LINT.with_(output="a\0b")])


def test_of_a_long_output_the_last_lines_are_told():
    assert last_lines("".join(f"{i}\n" for i in range(LINES + 1))) == ["…", *[str(i) for i in range(1, LINES + 1)]]
    assert last_lines("x" * BYTES + "\nend\n") == ["…", "end"]
    assert last_lines("y" * (BYTES + 1)) == ["…", "y" * BYTES]
    assert last_lines("") == [] and last_lines("\n") == [""]
