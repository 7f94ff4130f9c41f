"""Bad input: manifests. Whatever bytes stand in them, the answer is a project, or errors of ours with places that are there."""

from __future__ import annotations

import random

import bad_input
import pytest
from bad_input import Maker, answer
from hypothesis import given
from hypothesis import strategies as st

CASES = 100  # of each kind; `--soak N` plays N
pytestmark = pytest.mark.timeout(60)  # only a hang takes so long: one answer takes milliseconds


def _made(draw: random.Random, kind: str) -> str:
    maker = Maker(draw)
    if kind == "keys":
        return maker.text(maker.manifest())
    text = draw.choice(bad_input.corpus())
    return maker.mutated(text if kind == "slips" else maker.text(maker.manifest()))


@pytest.mark.parametrize("kind", ["keys", "slips", "both"])
def test_a_made_up_manifest_is_read_or_told_what_is_wrong(kind: str, session_seed: int, request: pytest.FixtureRequest) -> None:
    told = 0
    for case in range(request.config.getoption("--soak") or CASES):
        seed = f"{session_seed}/{kind}/{case}"
        content = _made(random.Random(seed), kind).encode("utf-8", "surrogatepass")
        try:
            told += answer(content) is not None
        except BaseException as fault:  # a panic of pydantic's Rust is no Exception
            raise AssertionError(f"seed {seed}: {content!r}") from fault
    assert told, "some of them are wrong"


def test_a_manifest_that_includes_made_up_ones_with_a_profile_and_variables_is_read_or_told(session_seed: int) -> None:
    draw = random.Random(session_seed)
    for _ in range(30):
        others = {
            name: _made(draw, draw.choice(("keys", "slips"))).encode("utf-8", "replace").decode() for name in ("b/Uetfile.yaml", "c.yaml")
        }
        root = (
            "version: 1\ninclude: [b/Uetfile.yaml, {path: c.yaml, as: c}, '?/Uetfile.yaml']\nvars: {x: a}\nprofiles: {p: "
            + "{vars: {x: b}}}\n"
        )
        answer(
            root.encode(),
            others,
            draw.choice((None, "p", "", "\udcff", "nope")),
            **{draw.choice(("x", "y")): draw.choice(("", "{{ x }}", "\0", "\udcff", "a" * 5000))},
        )


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"version: 1\n", b"version: 1\nworkstreams: {a: {run: ", b"\xef\xbb\xbf", b"\xff\xfe"])
)
def test_any_bytes_are_a_manifest_or_told(content: bytes, before: bytes) -> None:
    answer(before + content)


def test_a_gate_that_guards_a_workstream_at_fault_is_told_as_such() -> None:
    error = answer(b"version: 1\ndefaults: {gates: b}\nworkstreams:\n  c: {run: ['{{ vars.a }}']}\n  b: {run: x}\n")
    assert [one.message for one in getattr(error, "errors", ())] == ["unknown variable `a`"]


def test_a_name_of_any_length_is_told_on_a_screen() -> None:
    assert answer(b"version: 1\ndefault: " + b"x" * 1_000_000 + b"\nworkstreams: {a: {run: b}}\n") is not None


@pytest.mark.parametrize("amount", ["settings: {output_limit: %s}", "workstreams: {a: {run: b, budget: {tokens: %s}}}"])
def test_an_amount_of_absurd_length_is_told_in_our_words(amount: str) -> None:
    error = answer(b"version: 1\n" + (amount % ("9" * 5000)).encode())
    assert "Exceeds" not in str(getattr(error, "errors", ("Exceeds",))[0])


def test_byte_order_marks_take_no_place() -> None:
    error = answer(b"\xef\xbb\xbf\xef\xbb\xbfversion: 1\nsettings: x\nsettings: x\n")
    assert [one.message for one in getattr(error, "errors", ())] == ["`settings` expects a map, got `x`", "`settings` is given twice"]
    assert answer(b"\xef\xbb\xbf\x80") is not None


def test_what_is_asked_of_an_item_without_parts_has_a_hint() -> None:
    error = answer(b"version: 1\nworkstreams: {a: {foreach: [x], run: '{{ item.rel }}'}}\n")
    assert "without parts" in getattr(error, "errors", (error,))[0].hint
