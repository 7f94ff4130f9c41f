"""Workstreams that an agent does: what makes them stale, and what does not."""

from __future__ import annotations

import pytest
from world import Build, World, node

from uetbuild.core.nodes import Agent

ASK = Agent(prompt=("Add a docstring",))
FILES = ("f", "g")


def says(text: str, *files: str):
    """A recipe that adds a line to files."""
    return lambda world: world.files.update({path: world.files[path] + text for path in files})


def agent(name: str = "agent", **more):
    return node(name, more.pop("inputs", ()), more.pop("outputs", ()), more.pop("edits", FILES), agent=more.pop("ask", ASK), **more)


@pytest.fixture
def world():
    world = World()
    world.files = {"f": "1", "g": "2", "in": "3"}
    world.recipes = {"agent": says("a", *FILES), "tool": says("t", "f")}
    return world


def test_a_foreign_change_of_what_it_edits_does_not_start_an_agent_again(world):
    assert Build(world, agent()).run() == ["agent"]
    world.files |= {"f": "changed"}
    del world.files["g"]
    again = Build(world, agent())
    assert again.verdicts() == {"agent": "up_to_date"} and again.run() == []
    assert Build(world, agent(ask=None)).verdicts() == {"agent": "stale"}


@pytest.mark.parametrize("change", ["definition", "input", "output", "forced"])
def test_all_else_that_counts_starts_it_again(world, change):
    world.recipes["agent"] = lambda world: world.files.update(out="o")
    Build(world, agent(inputs=("in",), outputs=("out",))).run()
    assert Build(world, agent(inputs=("in",), outputs=("out",))).run() == []
    if change == "output":
        world.files["out"] = "changed"
    if change == "input":
        world.files["in"] = "changed"
    ask = Agent(prompt=("Take it away",)) if change == "definition" else ASK
    forced = ("agent",) if change == "forced" else ()
    assert Build(world, agent(inputs=("in",), outputs=("out",), ask=ask), forced=forced).run() == ["agent"]


@pytest.mark.parametrize("order", [{"depends_on": ("tool",)}, {"after": ("tool",)}])
def test_neither_does_the_editor_before_it_that_goes_over_the_changed_files(world, order):
    nodes = (node("tool", [], [], ["f"]), agent(**order))
    assert Build(world, *nodes).run() == ["tool", "agent"]
    assert Build(world, *nodes).run() == []
    world.files["f"] = "changed"
    assert Build(world, *nodes).run() == ["tool"]
    assert Build(world, *nodes).run() == []
    assert world.files["f"] == "changedt"


def test_the_editor_behind_it_goes_over_what_it_wrote_and_over_foreign_changes(world):
    nodes = (agent(), node("tool", [], [], ["f"], depends_on=("agent",)))
    assert Build(world, *nodes).run() == ["agent", "tool"]
    assert Build(world, *nodes).run() == []
    world.files["f"] = "changed"
    assert Build(world, *nodes).run() == ["tool"]
    assert Build(world, *nodes, forced=("agent",)).run() == ["agent", "tool"]
    assert Build(world, *nodes).run() == []


def test_another_result_of_what_it_depends_on_starts_it_again(world):
    nodes = (node("tool", ["in"], ["made"]), agent(depends_on=("tool",)))
    world.recipes["tool"] = lambda world: world.files.update(made=world.files["in"])
    assert Build(world, *nodes).run() == ["tool", "agent"]
    world.files["in"] = "changed"
    assert Build(world, *nodes).run() == ["tool", "agent"]
