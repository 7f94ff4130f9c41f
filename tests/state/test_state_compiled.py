"""The compiled manifest: read back as it was, or not at all."""

import os

import pytest

from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Hole, Node, Project, Settings, ShVar, Source, Step
from uetbuild.core.secrets import Secrets
from uetbuild.state import atomic, compiled
from uetbuild.state.compiled import MOST, cache_key, load, load_some, save
from uetbuild.state.layout import Layout
from uetbuild.state.observations import Observations
from uetbuild.state.sealed import seal

STEP = Step(words=(("cc",), (Hole(name="inputs", context=(("x", 1),)),)), env=(("A", ("b", Hole(name="var", key="rev"))),))
PROJECT = Project(
    nodes=(
        Node(id="a", workstream="a", inputs=(Source(pattern="s", kind=Source.GROUP, items=(Source(pattern="x\udcff"),)),), steps=(STEP,)),
        Node(id="b", workstream="b", skip_if=STEP, env=(("E", ("v",)),)),
    ),
    sh_vars=(ShVar(name="rev", step=STEP),),
    settings=Settings(pools=(("llm", 2),)),
    default=("a",),
)
GRAPH = Graph(PROJECT.nodes)


@pytest.fixture
def layout(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    return layout


@pytest.fixture
def seen():
    seen = Observations()
    seen.files["Uetfile.yaml"] = (1, 2, 3, 4)
    seen.env["HOME"] = None
    return seen


def test_what_was_saved_is_loaded(layout, seen):
    save(layout, "k", PROJECT, GRAPH, seen, Secrets.known({}, (["PIN"], ["rev"])))
    kept = load(layout, "k", lambda seen: True)
    assert kept.project == PROJECT
    assert (kept.graph.nodes, kept.graph.index, kept.graph.row()) == (PROJECT.nodes, GRAPH.index, GRAPH.row())
    assert kept.seen.row() == seen.row()
    assert kept.names == (("PIN",), ("rev",))
    assert load(layout, "other", lambda seen: True) is None


@pytest.mark.parametrize("wanted", [[1], [0, 1]])
def test_of_some_nodes_no_more_is_believed_than_is_whole(layout, seen, wanted):
    total = save(layout, "k", PROJECT, GRAPH, seen, Secrets())
    assert load_some(layout, "k", total, wanted).project == PROJECT.with_(nodes=tuple([PROJECT.nodes[i] for i in wanted]))
    assert load_some(layout, "k", total + 1, wanted) is None
    data = atomic.read_own(layout.compiled("k"))
    end = len(data) - len(seal(GRAPH.row()))
    for place in range(end - 200, end, 17):  # in the last node
        atomic.write(layout.compiled("k"), data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        assert load_some(layout, "k", total, wanted) is None


def test_a_damaged_file_is_passed_over(layout, seen):
    save(layout, "k", PROJECT, GRAPH, seen, Secrets())
    data = atomic.read_own(layout.compiled("k"))
    for size in range(0, len(data), 61):
        atomic.write(layout.compiled("k"), data[:size])
        assert load(layout, "k", lambda seen: True) is None
    for place in range(0, len(data), 17):
        atomic.write(layout.compiled("k"), data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
        assert load(layout, "k", lambda seen: True) is None
    atomic.write(layout.compiled("k"), data)
    assert load(layout, "k", lambda seen: True) is not None


def test_a_file_of_another_version_is_passed_over(layout, seen, monkeypatch):
    save(layout, "k", PROJECT, GRAPH, seen, Secrets())
    monkeypatch.setattr(compiled, "__version__", "99")
    assert load(layout, "k", lambda seen: True) is None


def test_a_file_of_other_sources_of_the_tool_is_passed_over(layout, seen, monkeypatch):
    save(layout, "k", PROJECT, GRAPH, seen, Secrets())
    monkeypatch.setattr(compiled, "_sources", lambda: ["load.py 1"])
    assert load(layout, "k", lambda seen: True) is None


def test_only_a_regular_file_of_ours_is_believed(layout, seen, monkeypatch):
    save(layout, "k", PROJECT, GRAPH, seen, Secrets())
    path = layout.compiled("k")
    os.chmod(path, 0o666)
    assert load(layout, "k", lambda seen: True) is None, "others could have written it"
    os.chmod(path, 0o600)
    assert load(layout, "k", lambda seen: True) is not None
    os.rename(path, path + ".real")
    os.symlink(path + ".real", path)
    assert load(layout, "k", lambda seen: True) is None, "a link"
    os.replace(path + ".real", path)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert load(layout, "k", lambda seen: True) is None, "somebody else's"


def test_the_oldest_files_go(layout, seen):
    for number in range(MOST + 3):
        save(layout, f"{number}", PROJECT, GRAPH, seen, Secrets())
        os.utime(layout.compiled(f"{number}"), (number, number))
    save(layout, "newest", PROJECT, GRAPH, seen, Secrets())
    kept = {name for name in os.listdir(layout.folder) if name.startswith("graph-")}
    assert len(kept) == MOST and "graph-newest.bin" in kept and "graph-3.bin" not in kept


def test_saving_where_nothing_can_be_written_is_no_error(layout, seen):
    os.rename(layout.folder, layout.folder + "-gone")
    save(layout, "k", PROJECT, GRAPH, seen, Secrets())
    assert load(layout, "k", lambda seen: True) is None


def test_the_key_tells_builds_apart():
    first = cache_key("/r", "Uetfile.yaml", "", {"a": "1", "b": "2"})
    assert first == cache_key("/r", "Uetfile.yaml", "", {"b": "2", "a": "1"})
    others = [
        ("/s", "Uetfile.yaml", "", {}),
        ("/r", "sub/Uetfile.yaml", "", {}),
        ("/r", "Uetfile.yaml", "ci", {}),
        ("/r", "U", "", {"a": "\udcff"}),
    ]
    assert len({first, *[cache_key(*other) for other in others]}) == 5
