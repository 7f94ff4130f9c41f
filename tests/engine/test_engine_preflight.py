"""What must hold before anything runs."""

from __future__ import annotations

import pytest
from world import World, group, node, sources

from uetbuild.core.coupling import couple
from uetbuild.core.graph import Graph
from uetbuild.engine.preflight import preflight
from uetbuild.errors import UetError, UetErrors


@pytest.fixture
def world():
    world = World()
    world.files = {"there": "", "bin/cc": "", "src/a.c": ""}
    world.environ = {"HOME": "/"}
    return world


def faults(world: World, *nodes, members=None, **more) -> list[str]:
    graph = Graph(nodes, couple(nodes)[0])
    try:
        preflight(graph, range(len(nodes)) if members is None else members, world, **more)
    except UetErrors as many:
        return [error.message for error in many.errors]
    except UetError as one:
        return [one.message]
    return []


def test_a_plain_input_that_neither_exists_nor_is_created_is_an_error(world):
    assert faults(world, node("a", ["there", "gone"])) == ["input `gone` of `a` neither exists nor is created by any workstream"]


def test_a_pattern_an_optional_input_or_an_exclusion_may_match_nothing(world):
    optional = node("a", ["*.none", "!gone"])
    assert faults(world, optional.with_(inputs=(*optional.inputs, sources("gone")[0].with_(optional=True)))) == []


def test_the_place_that_is_told_is_that_of_the_input_and_not_of_its_exclusion(world):
    wanted = sources("gone")[0]
    one = node("a").with_(inputs=(wanted.with_(negative=True, line=3), wanted.with_(optional=True, line=4), wanted.with_(line=5)))
    with pytest.raises(UetError) as told:
        preflight(Graph([one]), [0], world)
    assert told.value.location.line == 5


@pytest.mark.parametrize(
    ("wanted", "maker"),
    [
        ("made", {"outputs": ["made"]}),
        ("out/deep/made", {"outputs": ["out/"]}),
        ("out", {"outputs": ["out/made"]}),
        ("out/made.o", {"outputs": ["out/*.o"]}),
        ("gen/new", {"edits": ["gen/**"]}),
        ("made.d", {"depfile": "made.d"}),
    ],
)
def test_an_input_that_somebody_creates_need_not_exist(world, wanted, maker):
    assert faults(world, node("a", [wanted]), node("b", **maker)) == []


def test_an_input_beside_what_somebody_creates_is_missing(world):
    assert len(faults(world, node("a", ["out/x.c"]), node("b", outputs=["out/*.o", "other"]))) == 1


def test_requirements_are_told_all_at_once_with_where_they_are_written(world):
    needy = node("a", require_env=("TOKEN", "HOME"), require_files=("key", "there"), programs=("cc", "ld"))
    assert faults(world, needy) == [
        "`a` requires the environment variable `TOKEN`, which is not set",
        "`a` requires the file `key`, which is not there",
        "`a` needs the program `ld`, which is not on PATH",
    ]
    with pytest.raises(UetError) as caught:
        preflight(Graph([node("a", programs=("ld",))], {}), [0], world)
    assert (caught.value.location.file, caught.value.hint) == ("Uetfile.yaml", "install `ld`, or set PATH")


def test_looking_without_building_needs_no_program(world):
    assert faults(world, node("a", programs=("ld",), require_env=("TOKEN",)), inputs_only=True) == []


def test_only_what_takes_part_and_is_not_skipped_must_hold(world):
    nodes = (node("a", ["gone"]), node("b", ["gone"], skipped=True), node("c", ["there"]), group("g", "c"))
    assert faults(world, *nodes, members=[1, 2, 3]) == []


def test_a_missing_program_is_told_once_for_all_nodes_of_a_workstream_with_how_to_install_it(world):
    nodes = [node("a[1]", programs=("ruff",)), node("a[2]", programs=("ruff",)), node("b", programs=("ruff",))]
    with pytest.raises(UetErrors) as caught:
        preflight(Graph(nodes, {}), [0, 1, 2], world)
    assert [(error.message[:7], error.hint) for error in caught.value.errors] == [
        ("`a[1]` ", "install it (`pip install ruff`), or set PATH"),
        ("`b` nee", "install it (`pip install ruff`), or set PATH"),
    ]
