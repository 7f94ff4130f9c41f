"""Bad input: bombs. A manifest that asks for endless work or memory is an error, and the work until then has bounds. No time is asserted: without
its bound each of these takes all memory, or minutes, which the time limit of a test ends."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest
from bad_input import answer

from uetbuild.errors import UetError, UetErrors
from uetbuild.manifest import bounds, expand, expressions, yamltext
from uetbuild.manifest.expand import MAX_NODES
from uetbuild.manifest.faults import MAX_FAULTS

WORK = "workstreams: {a: {run: 'true'}}\n"
TEN = ",".join("0123456789")
pytestmark = pytest.mark.timeout(30)


@pytest.fixture(autouse=True)
def little_memory() -> Iterator[None]:
    """Not more than a GiB above what this process has, so that a bomb fails its test and not the machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (1 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def told(text: str) -> list[str]:
    """The messages that a manifest gets."""
    error = answer(("version: 1\n" + text).encode())
    assert isinstance(error, UetError), "it was read"
    return [one.message for one in getattr(error, "errors", (error,))]


def doubling(first: str, more: str, lines: int = 40) -> str:
    """Variables of which each holds the one before it twice; `P` in `more` is the name of that one."""
    lines_ = [f"  v0: {first}", *(f"  v{number}: {more}".replace("P", f"vars.v{number - 1}") for number in range(1, lines))]
    return "vars:\n" + "\n".join(lines_) + "\nworkstreams: {a: {run: 'echo {{ vars.v39 }}'}}\n"


ALIASES = "x-a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"x-{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMBS = {
    "aliases of aliases": (ALIASES + WORK, "aliases make this manifest too large"),
    "merges of merges": ("x-0: &m0 {a0: 1}\n" + "".join(f"x-{i}: &m{i} {{<<: *m{i - 1}, a{i}: 1}}\n" for i in range(1, 2000)) + WORK, "aliases make this"),
    "a deep list": ("workstreams: " + "[" * 100_000, "nested more than 100 deep"),
    "a deep map": ("workstreams: " + "{a: " * 20_000, "nested more than 100 deep"),
    "a huge command": ("workstreams: {a: {run: '" + "$x " * 500_000 + "'}}", "this text has 1,500,000 letters; 262,144 are read"),
    "a huge key": ("x" * 1_000_000 + "y: 1\n" + WORK, ""),
    "a huge path": ("workstreams: {a: {inputs: ['" + "a/" * 100_000 + "'], run: 'true'}}", "has 200,000 letters; 16,384 are the most"),
    "a huge pattern": ("workstreams: {a: {inputs: ['" + "*x" * 100_000 + "'], run: 'true'}}", "has 200,000 letters; 16,384 are the most"),
    "too many choices": ("workstreams: {a: {inputs: ['" + "{a,b}" * 3000 + "'], run: 'true'}}", ""),
    "keys given twice": ("version: 1\n" * 20_000, "`version` is given twice"),
    "unknown keys": ("".join(f"k{i}: 1\n" for i in range(20_000)), "unknown key `k0` in manifest"),
    "too many items": ("workstreams: [" + "a," * 600_000 + "]", "this file is too large for a manifest"),
    "errors on one line": ("workstreams: {a: {run: 'true', depends_on: [" + ",".join(f"f{i}" for i in range(20_000)) + "]}}", "unknown workstream `f0`"),
    "includes on one line": ("include: [" + ",".join(f"f{i}" for i in range(3_000)) + "]\n" + WORK, "include `f0` does not exist"),
    "a matrix": (f"workstreams: {{a: {{run: 'true', matrix: {{{', '.join(f'm{i}: [{TEN}]' for i in range(200))}}}}}}}", "100,000 are the most"),
    "many matrices": ("workstreams:\n" + "".join(f"  a{k}: {{run: 'true', matrix: {{{', '.join(f'm{i}: [{TEN}]' for i in range(4))}}}}}\n" for k in range(50)), "with `a10` these are 110,000 nodes; 100,000 are the most"),
    "items times a matrix": (f"workstreams: {{a: {{run: 'true', foreach: [{','.join(map(str, range(1000)))}], matrix: {{m: [{','.join(map(str, range(1000)))}]}}}}}}", "this makes 1,000,000 nodes"),
    "a range": ("workstreams: {a: {run: 'true', foreach: '{{ range(10**9) }}'}}", "failed: a value of more than"),
    "texts": (doubling("xxxxxxxxxx", "'{{ P }}{{ P }}'"), "a value of more than 16,000,000 letters"),
    "lists": (doubling("[a]", "['{{ P }}', '{{ P }}']"), "`v18` would be a value of more than 250,000 elements"),
    "lists of lists": (doubling("[a]", "'{{ [P, P] }}'"), "a value of more than 250,000 elements"),
    "sums of lists": (doubling("[a]", "'{{ P + P }}'"), "a value of more than 250,000 elements"),
    "texts side by side": (doubling("xxxxxxxxxx", "'{{ P ~ P }}'"), "a value of more than 16,000,000 letters"),
    "joined texts": (doubling("xxxxxxxxxx", "\"{{ [P, P] | join('') }}\""), "a value of more than 16,000,000 letters"),
    "replacements": (doubling("xxxxxxxxxx", "\"{{ P | replace('x', 'xx') }}\""), "a value of more than 16,000,000 letters"),
    "squares": (doubling("xxxxxxxxxx", "\"{{ P.replace('x', P) }}\""), "a value of more than 16,000,000 letters"),
    "scopes": ("scopes:\n  s0: [a]\n" + "".join(f"  s{i}: ['scope:s{i - 1}', 'scope:s{i - 1}']\n" for i in range(1, 40)) + WORK, "10,000 are the most"),
    "empty scopes": ("scopes:\n  s0: []\n" + "".join(f"  s{i}: ['scope:s{i - 1}', 'scope:s{i - 1}']\n" for i in range(1, 40)) + WORK, "10,000 are the most"),
    "deep scopes": ("scopes:\n  s0: [a]\n" + "".join(f"  s{i}: ['scope:s{i - 1}']\n" for i in range(1, 2000)) + WORK, "more than 100 that stand one in another"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_an_error(bomb: str) -> None:
    text, message = BOMBS[bomb]
    said = told(text)
    assert message in said[0] and len(said) <= 20


@pytest.mark.parametrize(
    "expression",
    [
        "'a' * 10**9", "((9**1024)**1024)**1024", "'a' | center(10**9)", "'a'.ljust(10**9)", "'a'.zfill(10**9)", "'%1000000000d' | format(1)", "'%*d' | format(10**9, 1)",
        "'{:1000000000}'.format(1)", "'{:{}}'.format(1, 10**9)", "('a\\n' * 9999) | indent(99999)", "[1] | batch(10**9, 'x') | list", "('\\t' * 99999).expandtabs(99999)",
        "('a' * 99999) | replace('a', 'a' * 99999)", "(['a'] * 99999) | join('a' * 99999)", "'{:1000000000}' | attr('format')",
    ],
)  # fmt: skip
def test_an_expression_makes_no_more_than_its_bound(expression: str) -> None:
    if "attr" in expression:
        with pytest.raises(expressions.TemplateFault):
            expressions.compute(f"({expression})(1)", {})
        return
    with pytest.raises(expressions.TemplateFault, match=r"more than|wider than|power|large"):
        expressions.compute(expression, {})


@pytest.mark.parametrize(
    ("expression", "value"),
    [("'%04d' | format(7)", "0007"), ("'{:>4}'.format('a')", "   a"), ("'a'.center(3)", " a "), ("['a', 'b'] | join(', ')", "a, b"), ("'2026 %s' | format('x')", "2026 x"),
     ("'aa' | replace('a', 'bc')", "bcbc"), ("12345678901234567890 + 1", 12345678901234567891), ("'a\\nb' | indent(2)", "a\n  b"), ("range(3) | list", [0, 1, 2])],
)  # fmt: skip
def test_what_is_within_the_bounds_is_as_ever(expression: str, value: object) -> None:
    assert expressions.compute(expression, {}) == value


def test_items_that_make_items_stop_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    plain = expand.Instance
    monkeypatch.setattr(expand, "MAX_NODES", 500)
    monkeypatch.setattr(expand, "Instance", lambda *given: made.append(given) or plain(*given))
    chain = ", ".join(
        f"a{i}: {{run: 'true', foreach: 'o{i}/*', outputs: ['o{i + 1}/{{{{ item.name }}}}x', 'o{i + 1}/{{{{ item.name }}}}y']}}"
        for i in range(30)
    )
    assert "these are 501 nodes; 500 are the most" in told(f"workstreams: {{b: {{outputs: [o0/a], run: 'true'}}, {chain}}}")[0]
    assert len(made) == 500 < MAX_NODES


def test_the_tree_of_aliases_stops_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    attached: list[object] = []
    plain = yamltext._Composer._attach
    monkeypatch.setattr(yamltext._Composer, "_attach", lambda self, node: attached.append(node) or plain(self, node))
    told(ALIASES + WORK)
    assert len(attached) < 200


def test_no_more_errors_are_collected_than_anybody_reads() -> None:
    error = answer(("version: 1\n" + BOMBS["errors on one line"][0]).encode())
    assert isinstance(error, UetErrors)
    assert len(error.errors) + error.left_out == MAX_FAULTS


def test_values_are_counted_as_often_as_they_stand_there() -> None:
    half = ["x"] * (bounds.MAX_ELEMENTS // 2 - 1)
    assert bounds.measured({"a": half}) == {"a": half}
    with pytest.raises(OverflowError):
        bounds.measured([half, (half,)])
