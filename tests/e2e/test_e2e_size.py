"""Twenty thousand workstreams, in a chain and side by side: planned in seconds, built, and never quadratic."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from transcript import Folder


def chain(count: int) -> str:
    """Each workstream reads what the one before it creates."""
    lines = ["version: 1\nworkstreams:\n  w0: {outputs: [o0], run: touch o0}\n"]
    lines += [f"  w{i}: {{inputs: [o{i - 1}], outputs: [o{i}], run: touch o{i}}}\n" for i in range(1, count)]
    return "".join(lines)


def independent(count: int) -> str:
    """No workstream has to do with another."""
    return "version: 1\nworkstreams:\n" + "".join([f'  w{i}: {{outputs: [d{i % 100}/o{i}], run: "true"}}\n' for i in range(count)])


def editors(count: int) -> str:
    """All edit files of one folder, each its own, and share a conflict group."""
    return "version: 1\nworkstreams:\n" + "".join([f'  w{i}: {{edits: [src/f{i}.c], mutex: all, run: "true"}}\n' for i in range(count)])


SHAPES = [chain, independent, editors]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_plan_of_20_000(folder: Folder, shape: Callable[[int], str]) -> None:
    folder.write("Uetfile.yaml", shape(20_000))
    said = folder("-n --json -j4")
    assert said.code == 0, said.err[:1000]
    plan = json.loads(said.out)
    assert (plan["workstreams"], plan["stale"]) == (20_000, 20_000)
    assert len(plan["critical_path"]) == (20_000 if shape is chain else 1)


def calls(work: Callable[[], Any]) -> int:
    """How many functions are called, which does not depend on how busy the machine is."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", [chain, pytest.param(independent, marks=pytest.mark.slow)])
def test_work_grows_as_the_manifest_does(folder: Folder, shape: Callable[[int], str]) -> None:
    counted = []
    for count in (500, 1_000):
        folder.write("Uetfile.yaml", shape(count))
        counted.append(calls(lambda: folder("-n --json -j4")))
    assert counted[1] <= 2.2 * counted[0]


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_as_a_large_manifest_does(folder: Folder, shape: Callable[[int], str]) -> None:
    counted = []
    for count in (10_000, 20_000):
        folder.write("Uetfile.yaml", shape(count))
        counted.append(calls(lambda: folder("-n --json -j4")))
    assert counted[1] <= 2.2 * counted[0]


def builds(folder: Folder, text: str, count: int) -> None:
    folder.write("Uetfile.yaml", text.replace('"true"', '"touch {{ outputs }}"'))
    said = folder("-j2 -q")
    assert (said.code, said.text) == (0, "")
    assert folder("-j2").text == f"up to date ({count} workstreams)\n"


@pytest.mark.parametrize("shape", [chain, independent])
def test_building_100(folder: Folder, shape: Callable[[int], str]) -> None:
    builds(folder, shape(100), 100)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("shape", [chain, independent])
def test_building_20_000(folder: Folder, shape: Callable[[int], str]) -> None:
    builds(folder, shape(20_000), 20_000)
