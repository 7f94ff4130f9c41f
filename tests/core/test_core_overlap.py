"""uetbuild.core.overlap: whether two lists of sources can mean one path."""

from __future__ import annotations

from itertools import product

import pytest
from glob_oracle import group, source, sources
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core import letters, sharing
from uetbuild.core.globs import fault, name_predicate
from uetbuild.core.letters import Effort, TooHard, outcomes
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.overlap import OverlapIndex, overlap
from uetbuild.core.patterns import EVERY, routes
from uetbuild.core.scope import Scope


def meet(a: str, b: str, *exclude: str) -> bool:
    """Two lists, each given with spaces between; the answer is the same both ways."""
    one, two = sources(*a.split(" ")), sources(*b.split(" "))
    there, back = overlap(one, two, exclude), overlap(two, one, exclude)
    assert bool(there) is bool(back)
    return bool(there)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a/**/b", "a/b"),
        ("docs/", "docs/a.md"),
        ("docs", "docs"),
        ("docs", "docs/"),
        ("docs", "docs/ !*"),
        ("a/b", "a"),
        ("src/*.c", "src/a.*"),
        ("src/a*", "src/*b"),
        ("**/*.c", "src/*"),
        ("src/**", "**/*.c"),
        ("src/**/a/**", "**/b/*"),
        ("src/", "src/**/*.c"),
        ("*/", "src/*.c"),
        ("*/", "a/b/c"),
        ("{a,b}/*.c", "{b,c}/x.*"),
        ("[a-m]*", "[m-z]*"),
        ("[!a]", "?"),
        ("a?c", "ab*"),
        ("**/*.c !src/**", "src2/*.c"),
        ("src/ !src/gen/**", "src/gen/.h"),
        ("src/** src/gen/a.c", "src/gen/a.c"),
        ("src/** !src/gen/** src/gen/a.c", "src/gen/*.c"),
        (".git/HEAD", ".git/*"),
        ("*a*b* !*c*", "*b*a*"),
    ],
)
def test_patterns_meet(a: str, b: str) -> None:
    assert meet(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("src/*.c", "src/*.h"),
        ("src/*.c", "lib/*.c"),
        ("src", "src2"),
        ("src/*", "src/*/*"),
        ("src/**/*.c", "src/a.h"),
        ("core/**/*.py !core/**/generated_*.py", "core/generated_parser.py"),
        ("core !core/**/generated_*.py", "core/x/generated_parser.py"),
        ("core/ !core/*.tmp", "core/x.tmp"),
        ("src/** !src/gen/**", "src/gen/*.c"),
        ("src/** !src/gen/**", "src/gen/*.c src/gen/a/"),
        ("src/**/*.c !**/*_test.c", "src/**/*_test.c"),
        ("src/*.c !src/[a-m]*", "src/[a-k]*.c"),
        ("*", ".*"),
        ("**/*.c", ".hidden/*.c"),
        ("a/**/b", "a/.x/b"),
        ("[a-m]*", "[n-z]*"),
        ("[!a]", "a"),
        ("?", "??"),
        ("a*bc", "a*cb"),
        ("**", ".git/HEAD"),
        ("a/", "a/.uet/x"),
        ("a", "a/.git/config"),
        ("a/.?", "a/.[.]"),
        ("?a", "[.]a"),
        ("src/** !src/gen/**", "src/gen/.h"),
        ("*a*b* !*b*", "*b*a*"),
        ("*a*b* !*a*", "*b*a*"),
    ],
)
def test_patterns_do_not_meet(a: str, b: str) -> None:
    assert not meet(a, b)


# --- literal paths that may be folders -----------------------------------------------------------------------------------------


def test_a_literal_path_is_not_taken_for_a_folder_only_because_a_wildcard_could_go_on() -> None:
    assert not meet("build/app", "build/**/*.o")
    assert not meet("build/app", "build/*/x.o")
    assert meet("build/app/", "build/**/*.o")
    assert meet("build/app/", "build/*/x.o")


def test_a_literal_path_is_taken_for_a_folder_that_the_other_pattern_names() -> None:
    assert meet("gen", "gen/**/*.h")
    assert meet("packages/a/dist", "packages/*/dist/*.js")
    assert meet("packages/a/dist", "**/dist/*.js")
    assert meet("packages/a/dist", "packages/*/dist/")
    assert not meet("packages/a/dist", "**/dist/*.js !packages/**")


def test_a_literal_path_is_taken_for_a_folder_where_anything_below_would_match() -> None:
    assert meet("build/app", "build/*/*")
    assert meet("build/app", "build/*/**")
    assert meet("build/app", "*/*/*/*/*")
    assert not meet("build/app", "build/*/* !build/app/**")


def test_a_folder_is_not_a_file_that_a_wildcard_matches() -> None:
    assert not meet("build/", "*")
    assert meet("build", "*")
    assert meet("build/", "build")


def test_the_root_meets_everything() -> None:
    root = (Source(pattern=""),)
    assert overlap(root, sources("a")) == (".",)
    assert overlap(root, sources("*.c")) == (".",)
    assert overlap(sources("**/*.c"), root) == ("**/*.c",)
    assert overlap((Source(pattern="", folder=True),), root) == ("./",)


# --- lists, scopes, names that wildcards never enter ---------------------------------------------------------------------------


def test_the_patterns_that_meet_are_told_sorted_and_once() -> None:
    a = (*sources("src/*.h", "src/*.c", "docs/", "!src/x.c"), group("src/*.c", "lib/*.c"))
    assert overlap(a, sources("src/*", "docs/a.md")) == ("docs/", "src/*.c", "src/*.h")
    assert overlap(a, sources("src/x.c")) == ("src/*.c",)  # of the scope, behind the exclusion
    assert overlap(a, ()) == ()


def test_scopes_are_evaluated_on_their_own() -> None:
    core = group("core/*.py", "!core/gen_*.py")
    assert overlap((source("core/gen_a.py"), core), sources("core/gen_a.py")) == ("core/gen_a.py",)
    assert overlap((core,), sources("core/gen_*.py")) == ()
    assert overlap((source("core/*.py"), core.with_(negative=True)), sources("core/gen_*.py")) == ("core/*.py",)
    assert overlap((source("core/*.py"), core.with_(negative=True)), sources("core/a*.py")) == ()


def test_what_another_creates_adds_and_takes_nothing() -> None:
    created = Source(pattern="gen", kind=Source.CREATED)
    assert overlap((created,), sources("**")) == ()
    assert overlap((source("a*"), created.with_(negative=True)), sources("*b")) == ("a*",)
    assert overlap((source("a*"), created.with_(negative=True)), sources("ab")) == ("a*",)


def test_excluded_names_are_met_only_where_they_are_named() -> None:
    assert not meet("**/*.js", "node_modules/*.js", "node_modules")
    assert meet("**/*.js", "node_modules/*.js")
    assert meet("node_modules/**", "node_modules/*.js", "node_modules")
    assert not meet("a/", "a/node_modules/x", "node_modules")
    assert not meet("**/node_modules/x", "**/node_modules/*", "node_modules")
    assert not meet("x.egg-info/*", "*/y", "*.egg-info")
    assert not meet("*.egg-info", "*info", "*.egg-info")
    assert meet("*.egg-info", "*info")


def test_an_exclusion_reaches_into_excluded_names() -> None:
    assert not meet("node_modules/** !**/*.map", "node_modules/a.map", "node_modules")
    assert not meet("node_modules/** !**/*.map", "node_modules/*.map", "node_modules")


def test_patterns_too_entangled_to_decide_are_taken_to_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "MOST_STEPS", 10_000)
    apart = ["**/*q*[a-g]", *[f"!**/*{letter}*" for letter in "abcdefg"]]
    assert overlap(sources(*apart), sources("**/*q[a-p]*[a-p]")) == ("**/*q*[a-g]",)
    with pytest.raises(TooHard):
        Effort().spend(10_001)


def test_memories_have_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "_KNOWN", {number: [] for number in range(10_000)})
    monkeypatch.setattr(sharing, "_STARTS", {number: [] for number in range(10_000)})
    assert meet("a*c", "*bc")
    assert len(letters._KNOWN) < 10
    assert len(sharing._STARTS) < 10


# --- against brute force -------------------------------------------------------------------------------------------------------

NAMES = [name for size in (1, 2, 3, 4) for name in map("".join, product("abc.", repeat=size)) if name not in (".", "..")]
TOKENS = ["a", "b", ".", "*", "?", "[ab]", "[!a]"]
PARTS = (
    st.lists(st.sampled_from(TOKENS), min_size=1, max_size=3)
    .map("".join)
    .filter(lambda text: "**" not in text and text not in (".", ".."))
    .map(lambda text: routes(text)[0].parts[0])
)


@given(st.lists(PARTS | st.just(EVERY), min_size=1, max_size=2), st.lists(PARTS, max_size=2), st.lists(PARTS, max_size=1))
def test_what_names_can_do_is_what_they_do(required: list[object], observed: list[object], refused: list[object]) -> None:
    predicates = [[name_predicate(part) for part in parts] for parts in (required, observed, refused)]
    seen = {
        tuple(holds(name) for holds in predicates[1])
        for name in NAMES
        if all(holds(name) for holds in predicates[0]) and not any(holds(name) for holds in predicates[2])
    }
    told = list(outcomes(tuple(required), tuple(observed), tuple(refused), Effort()))
    assert set(told) >= seen
    assert len(told) == len(set(told))
    if len(required) + len(observed) + len(refused) <= 2:  # else a name that shows it may be longer than four letters
        assert set(told) == seen


PATH_NAMES = ["a", "b", "ab", ".a", "c", "ac", "cb", "acb", "cc"]  # whatever some of the parts below match and others do not
PATHS = ["/".join(names) for depth in (1, 2, 3, 4) for names in product(PATH_NAMES, repeat=depth)]
PATH_PARTS = ["a", "b", "ab", ".a", "*", "a*", "*b", "?", "[!a]", "{a,b}", "{a,.a}"]
# short enough for a path of four names to show that two of them meet
GLOBS = (
    st.tuples(*[st.sampled_from(["", "**/"]), st.sampled_from(PATH_PARTS), st.sampled_from(["", "/", "/**", "/a", "/*", "/.a", "/**/b", "/**/*b"])])
    .map("".join)
    .filter(lambda text: fault(text) is None)
)  # fmt: skip
_MEANT: dict[Source, frozenset[int]] = {}


def meant(pattern: str) -> frozenset[int]:
    """The paths of a pattern, by number; a literal path is a folder here."""
    one = source(pattern)
    if one.kind == Source.PATH:
        one = one.with_(folder=True)
    found = _MEANT.get(one)
    if found is None:
        holds = Scope((one,)).matches
        found = frozenset(i for i, path in enumerate(PATHS) if holds(path) and (one.kind == Source.GLOB or path != one.pattern))
        _MEANT[one] = found
    return found


def meaning(texts: list[str]) -> frozenset[int]:
    found: frozenset[int] = frozenset()
    for text in texts:
        if text.startswith("!"):
            one = source(text[1:])
            holds = Scope((one,)).matches
            found = frozenset(i for i in found if not holds(PATHS[i]))
        else:
            found |= meant(text)
    return found


def as_folders(texts: list[str]) -> Sources:
    return tuple(one.with_(folder=True) if one.kind == Source.PATH else one for one in sources(*texts))


LISTS = st.tuples(GLOBS, st.lists(st.tuples(st.sampled_from(["", "!", "!"]), GLOBS).map("".join), max_size=2)).map(
    lambda made: [made[0], *made[1]]
)


@given(LISTS, LISTS)
def test_lists_meet_exactly_where_a_path_is_of_both(a: list[str], b: list[str]) -> None:
    assert bool(overlap(as_folders(a), as_folders(b))) is bool(meaning(a) & meaning(b))


@given(st.sampled_from(["a", "b", "a/b", "ab/a", "c", ".a/b", "a/.a"]), LISTS)
def test_a_literal_path_meets_as_a_file_and_never_where_a_folder_would_not(path: str, texts: list[str]) -> None:
    answer = bool(overlap((Source(pattern=path),), sources(*texts)))
    if Scope(sources(*texts)).matches(path):
        assert answer
    as_folder = bool(overlap((Source(pattern=path, folder=True),), sources(*texts)))
    assert answer <= (as_folder or Scope(sources(*texts)).matches(path))


@given(st.lists(LISTS, max_size=6), LISTS)
def test_an_index_finds_what_meets(lists: list[list[str]], asked: list[str]) -> None:
    index = OverlapIndex()
    for key, texts in enumerate(lists):
        index.add(key, sources(*texts))
    wanted = [key for key, texts in enumerate(lists) if overlap(sources(*texts), sources(*asked))]
    assert index.meets(sources(*asked)) == wanted


# --- the index -----------------------------------------------------------------------------------------------------------------


def test_an_index_answers_after_each_addition() -> None:
    index = OverlapIndex(("node_modules",))
    index.add(7, sources("src/a/b.c", "src/a/b.c"))
    assert index.meets(sources("src/")) == [7]
    index.add(3, sources("src/**/*.c"))
    index.add(5, sources("src/**/*.c"))
    index.add(5, sources("src/**/*.c", "docs/"))
    assert index.meets(sources("src/")) == [3, 5, 7]
    assert index.meets(sources("src/a/b.c")) == [3, 5, 7]
    assert index.meets(sources("docs/x/y")) == [5]
    assert index.meets(sources("src/node_modules/b.c")) == []
    assert index.meets(sources("**")) == [3, 5, 7]


def test_an_index_of_many_literal_paths_compares_only_those_near(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counting(*terms: object) -> bool:
        nonlocal compared
        compared += 1
        return sharing.share_a_path(*terms)  # type: ignore[arg-type]

    monkeypatch.setattr("uetbuild.core.overlap.share_a_path", counting)
    index = OverlapIndex()
    for number in range(2000):
        index.add(number, sources(f"build/{number % 50}/{number}.o"))
    assert [index.meets(sources(f"build/{number % 50}/{number}.o")) for number in range(2000)] == [[number] for number in range(2000)]
    assert index.meets(sources("build/7/")) == list(range(7, 2000, 50))
    assert compared == 2000 + 40


def test_an_index_asks_once_for_equal_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    index = OverlapIndex()
    index.add(0, sources("include/**/*.h"))
    assert index.meets(sources("include/a.h")) == [0]
    monkeypatch.setattr("uetbuild.core.overlap.share_a_path", None)
    assert index.meets(sources("include/a.h")) == [0]
