"""uetbuild.core.scope: which files a list of sources means."""

from __future__ import annotations

import pytest
from glob_oracle import FakeDisk, group, source, sources
from hypothesis import given
from hypothesis import strategies as st

from uetbuild.core import barred as barred_module
from uetbuild.core.barred import barred
from uetbuild.core.nodes import Source
from uetbuild.core.paths import PathIndex
from uetbuild.core.scope import Scope, files, grounds

NOTHING = PathIndex(())
EXCLUDE = ("node_modules", "*.egg-info")


def found(disk: FakeDisk, *texts: str, exclude: tuple[str, ...] = EXCLUDE, declared: tuple[str, ...] = ()) -> list[str]:
    return [path for _, path in files(sources(*texts), disk, exclude, PathIndex(declared))]


def inside(path: str, *texts: str) -> bool:
    return Scope(sources(*texts), EXCLUDE).matches(path)


# --- one path ------------------------------------------------------------------------------------------------------------------


def test_a_literal_path_stands_for_itself_and_everything_below() -> None:
    for text in ("docs", "docs/"):
        assert inside("docs", text)
        assert inside("docs/a.md", text)
        assert inside("docs/.hidden/a", text)
        assert not inside("docs2", text)
        assert not inside("doc", text)


def test_the_root_as_a_path_stands_for_everything() -> None:
    assert Scope((Source(pattern=""),)).matches("a/.b")
    assert not Scope((Source(pattern=""),)).matches(".git/HEAD")


def test_a_wildcard_stands_for_what_it_matches_and_nothing_below() -> None:
    assert inside("src/a", "src/*")
    assert not inside("src/a/b", "src/*")


def test_a_wildcard_with_a_slash_at_its_end_stands_for_what_is_below() -> None:
    assert inside("packages/a/x", "packages/*/")
    assert inside("packages/a/.x/y", "packages/*/")
    assert not inside("packages/a", "packages/*/")
    assert not inside("packages/.a/x", "packages/*/")
    assert not inside("packages/a/node_modules/x", "packages/*/")


def test_later_patterns_win() -> None:
    texts = ("core/**/*.py", "!core/**/generated_*.py", "core/generated_keep.py")
    assert inside("core/a.py", *texts)
    assert not inside("core/x/generated_a.py", *texts)
    assert inside("core/generated_keep.py", *texts)


def test_an_exclusion_before_a_pattern_takes_nothing_away() -> None:
    assert inside("a.c", "!a.c", "*.c")


def test_in_a_map_each_name_is_a_list_of_its_own() -> None:
    named = (source("a.c").with_(name="one"), source("*.c").with_(name="many"), source("!a.c").with_(name="many"))
    assert Scope(named).matches("a.c")
    assert Scope(named).matches("b.c")
    assert files(named, FakeDisk("a.c", "b.c"), (), NOTHING) == [("one", "a.c"), ("many", "b.c")]


def test_an_exclusion_without_a_name_takes_from_all_names() -> None:
    named = (source("a.c").with_(name="one"), source("*.c").with_(name="many"), source("!a.c"))
    assert not Scope(named).matches("a.c")
    assert files(named, FakeDisk("a.c", "b.c"), (), NOTHING) == [("many", "b.c")]


def test_an_exclusion_under_a_name_without_patterns_takes_nothing() -> None:
    named = (source("a.c").with_(name="one"), source("!a.c").with_(name="two"))
    assert Scope(named).matches("a.c")
    assert files(named, FakeDisk("a.c"), (), NOTHING) == [("one", "a.c")]


def test_all_files_of_sources_lie_at_or_below_their_grounds() -> None:
    listed = (
        source("a/b.c"),
        group("src/*/x.c", "!src/old", "docs/{one,two}/**"),
        source("!a/b.d"),
        Source(pattern="gen", kind=Source.CREATED),
        Source(pattern="pages/[id].ts"),
        source("src/?.c"),
    )
    assert grounds(listed) == ["a/b.c", "src", "docs", "pages/[id].ts"]
    assert grounds((source("*.c"),)) == [""], "everything"


def test_a_scope_is_evaluated_on_its_own() -> None:
    scope = Scope((source("core/b.py"), group("core/*.py", "!core/b.py", "core/b.pyc"), source("!core/b.pyc")))
    assert scope.matches("core/a.py")
    assert scope.matches("core/b.py")  # the group's exclusion is the group's
    assert not scope.matches("core/b.pyc")


def test_a_negated_scope_takes_away_exactly_what_it_means() -> None:
    scope = Scope((source("src"), group("src/*.c", "!src/keep.c", negative=True)))
    assert not scope.matches("src/a.c")
    assert scope.matches("src/keep.c")
    assert scope.matches("src/x/a.c")


def test_a_list_of_exclusions_only_means_nothing() -> None:
    assert not inside("a", "!b")
    assert not inside("a")


@pytest.mark.parametrize("path", [".git/HEAD", "a/.git/HEAD", ".uet/state.db", "a/node_modules/x/y", "node_modules", "a.egg-info/x"])
def test_wildcards_and_folders_never_enter_barred_names(path: str) -> None:
    assert not Scope((Source(pattern=""),), EXCLUDE).matches(path)
    assert not inside(path, "**", "**/*", "a", "{a,.git,b}/**/.git/*", "*/", "a/**/")


@pytest.mark.parametrize(
    "text", ["a/node_modules/x", "a/node_modules", "a/node_modules/", "a/node_modules/**/*", "a/{node_modules,z}/*", "a/node_modules/*"]
)
def test_a_pattern_that_names_it_before_its_first_wildcard_enters(text: str) -> None:
    assert inside("a/node_modules/x", text)
    assert not inside("a/node_modules/b/node_modules/x", text)


def test_exclusions_need_not_name_what_they_exclude() -> None:
    assert not inside("node_modules/a/x.map", "node_modules/a/**", "!**/*.map")


def test_what_another_workstream_creates_is_not_known_here() -> None:
    created = Source(pattern="gen", kind=Source.CREATED)
    assert not Scope((created,)).matches("gen")
    assert Scope((source("gen"), created.with_(negative=True))).matches("gen")
    assert files((created,), FakeDisk("gen"), (), NOTHING) == []


def test_a_path_is_no_pattern_whatever_it_holds() -> None:
    page = Source(pattern="pages/[id]*.ts")
    assert Scope((page,)).matches("pages/[id]*.ts")
    assert not Scope((page,)).matches("pages/i.ts")
    assert files((page,), FakeDisk("pages/[id]*.ts", "pages/i.ts"), (), NOTHING) == [("", "pages/[id]*.ts")]


def test_names_are_those_of_the_map_in_its_order() -> None:
    scope = Scope((source("b", "src"), source("a", "tool"), source("c", "src"), source("d")))
    assert scope.names() == ("src", "tool")


def test_the_names_of_settings_are_prepared_once_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barred_module, "_KNOWN", {(str(number),): None for number in range(100)})
    assert barred(("a",)) is barred(("a",))
    assert len(barred_module._KNOWN) == 1


# --- an index of paths ---------------------------------------------------------------------------------------------------------


def test_an_index_knows_what_is_below_a_folder() -> None:
    index = PathIndex(["a/b", "a", "a-b", "a.c", "a/c/d", "a0", "b"])
    assert index.below("a") == ["a/b", "a/c/d"]
    assert index.below("x") == []
    assert index.below("") == sorted(["a/b", "a", "a-b", "a.c", "a/c/d", "a0", "b"])
    assert "a/b" in index
    assert "a/c" not in index
    assert len(index) == 7


# --- the disk ------------------------------------------------------------------------------------------------------------------


def test_files_come_in_the_order_of_the_patterns_and_by_path_within_one() -> None:
    disk = FakeDisk("src/b.c", "src/a.c", "src/x/c.c", "tools/gen.py", "readme")
    assert found(disk, "tools/gen.py", "src/**/*.c", "src/b.c", "**") == ["tools/gen.py", "src/a.c", "src/b.c", "src/x/c.c", "readme"]


def test_a_file_is_found_once_a_name() -> None:
    disk = FakeDisk("a.c", "b.c")
    asked = (source("*.c", "one"), source("a.c", "one"), source("a.c", "two"))
    assert files(asked, disk, (), NOTHING) == [("one", "a.c"), ("one", "b.c"), ("two", "a.c")]


def test_the_files_of_a_scope_have_the_name_of_its_entry() -> None:
    scope = group("b.c", "a.c", name="src")
    assert files((scope, source("!b.c")), FakeDisk("a.c", "b.c"), (), NOTHING) == [("src", "a.c")]


def test_only_files_and_links_are_found() -> None:
    disk = FakeDisk("a/x", "b", links={"l": "a", "dead": "nowhere"}, others=("pipe",))
    assert found(disk, "*") == ["b", "dead", "l"]
    assert found(disk, "pipe") == []


def test_wildcards_and_folders_do_not_enter_linked_folders() -> None:
    disk = FakeDisk("real/x.c", "src/a.c", links={"src/link": "real"})
    assert found(disk, "src/**/*.c") == ["src/a.c"]
    assert found(disk, "src/") == ["src/a.c", "src/link"]


def test_a_linked_folder_is_entered_where_the_pattern_names_it() -> None:
    disk = FakeDisk("real/x.c", links={"src/link": "real"})
    assert found(disk, "src/link/*.c") == ["src/link/x.c"]
    assert found(disk, "src/link") == ["src/link", "src/link/x.c"]


def test_wildcards_and_folders_do_not_enter_a_repository_of_its_own() -> None:
    disk = FakeDisk(".git/HEAD", "a.c", "sub/.git/HEAD", "sub/x/b.c", "work/.git", "work/c.c")
    assert found(disk, "**/*.c") == ["a.c"]
    assert found(disk, "sub/**/*.c", "work") == ["sub/x/b.c", "work/c.c"]
    assert found(disk, "*/") == []


def test_the_root_as_a_folder_is_found_without_our_own_files() -> None:
    disk = FakeDisk(".git/HEAD", ".uet/state.db", ".env", "a", "node_modules/x")
    assert [path for _, path in files((Source(pattern=""),), disk, EXCLUDE, NOTHING)] == [".env", "a"]


def test_braces_may_name_whole_paths() -> None:
    disk = FakeDisk("a.c", "x/b.c", "c.c")
    assert found(disk, "{a.c,x/*.c,x}") == ["a.c", "x/b.c"]


def test_declared_files_count_like_those_on_disk() -> None:
    declared = ("src/gen.c", "src/x/gen.h", "src/node_modules/n.c", "lib/.h/a.c", "out")
    assert found(FakeDisk("src/a.c"), "src/**/*.c", "out/", "lib/", declared=declared) == ["src/a.c", "src/gen.c", "out", "lib/.h/a.c"]
    assert found(FakeDisk(), "src/node_modules/*.c", declared=declared) == ["src/node_modules/n.c"]


def test_own_outputs_and_what_dead_nodes_left_are_left_out() -> None:
    disk = FakeDisk("a", "b", "c", "d")
    assert files(sources("*"), disk, (), PathIndex(["e", "b"]), frozenset(["b", "e"]), frozenset(["c"])) == [("", "a"), ("", "d")]


def test_each_folder_is_listed_once_for_all_patterns_that_start_there() -> None:
    disk = FakeDisk("src/a.c", "src/x/b.h", "lib/c.c")
    found(disk, "src/**/*.c", "src/**/*.h", "!src/**/*.x")
    assert disk.listed == ["src", "src/x"]


def test_folders_that_cannot_match_are_not_listed() -> None:
    disk = FakeDisk("src/a.c", "src/x/y/b.c", "src/z/b.c", "lib/c.c", "node_modules/z")
    found(disk, "src/*.c")
    assert disk.listed == ["src"]
    disk.listed.clear()
    found(disk, "*/x*/*")
    assert disk.listed == ["", "src", "src/x", "lib"]
    disk.listed.clear()
    found(disk, "src/a.c", "lib/none.c")
    assert disk.listed == []


@pytest.mark.parametrize("exclusion", ["!src/big", "!src/big/", "!src/big/**"])
def test_folders_that_exclusions_take_away_as_a_whole_are_not_listed(exclusion: str) -> None:
    disk = FakeDisk("src/a.c", "src/big/b.c", "src/big/.h/c.c")
    assert found(disk, "src/**/*.c", exclusion) == ["src/a.c"]
    assert disk.listed == ["src"]


def test_an_exclusion_that_spares_hidden_files_hides_no_folder() -> None:
    disk = FakeDisk("src/big/b.c", "src/big/.h/c.c", "src/big/.x")
    assert found(disk, "src", "!src/big/**") == ["src/big/.h/c.c", "src/big/.x"]
    assert found(disk, "src/**/.*", "!src/big/**") == ["src/big/.x"]
    assert found(disk, "src/*/.h/", "!src/**") == ["src/big/.h/c.c"]


def test_an_exclusion_of_one_pattern_does_not_hide_a_folder_from_a_later_one() -> None:
    disk = FakeDisk("src/big/b.c", "src/big/b.h")
    assert found(disk, "src/**/*.c", "!src/big", "src/**/*.h") == ["src/big/b.h"]


FILE_NAMES = st.sampled_from(["a.c", "b.h", ".d", "x", "node_modules", "e.egg-info"])
TREES = st.lists(st.lists(FILE_NAMES, min_size=1, max_size=4).map("/".join), max_size=12)
PATTERNS = st.sampled_from(
    [
        "**", "**/*.c", "*", "x/**", "x", "x/", "*/*", "**/x/*", "x/*/", "*/", ".d", ".d/**", "**/.d/*", "{x,a.c}/**/*.h", "x/node_modules",
        "node_modules/**", "**/node_modules/*", "[!a]*/**", "?", "*.{c,h}", "a.c/b.h", "x/e.egg-info/*",
    ]
)  # fmt: skip
LISTS = st.lists(st.tuples(st.sampled_from(["", "", "!"]), PATTERNS).map("".join).map(source), min_size=1, max_size=4)
GROUPS = st.tuples(LISTS, st.booleans()).map(
    lambda made: Source(pattern="", kind=Source.GROUP, items=tuple(made[0]), negative=made[1])
)  # fmt: skip


@given(TREES, st.lists(LISTS.map(lambda items: items[0]) | GROUPS, min_size=1, max_size=5).map(tuple))
def test_the_disk_is_found_to_hold_what_matches(paths: list[str], asked: tuple[Source, ...]) -> None:
    leaves = {path for path in paths if not any(other.startswith(path + "/") for other in paths)}
    disk = FakeDisk(*leaves)
    scope = Scope(asked, EXCLUDE)
    wanted = sorted(path for path in leaves if scope.matches(path))
    assert sorted(path for _, path in files(asked, disk, EXCLUDE, NOTHING)) == wanted
    assert sorted(path for _, path in files(asked, FakeDisk(), EXCLUDE, PathIndex(leaves))) == wanted
