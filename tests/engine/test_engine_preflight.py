"""What must hold before anything runs."""

from __future__ import annotations

import pytest
from world import World

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node
from uetbuild.engine.preflight import preflight
from uetbuild.errors import UetError


@pytest.mark.parametrize(("environ", "state"), [({}, "not set"), ({"HOST": ""}, "empty")])
def test_a_required_variable_must_be_set_and_not_be_empty(environ: dict[str, str], state: str) -> None:
    world = World()
    world.environ = environ
    graph = Graph([Node(id="deploy", workstream="deploy", require_env=("HOST",))], {})
    with pytest.raises(UetError, match=f"`deploy` requires the environment variable `HOST`, which is {state}"):
        preflight(graph, [0], world)
    world.environ = {"HOST": "example"}
    preflight(graph, [0], world)
