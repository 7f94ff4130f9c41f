"""The definition digest: every field of a node either counts or is listed as deliberately left out."""

import pytest

from uetbuild.core import fingerprint as f
from uetbuild.core.nodes import Agent, Hole, Node, Source, Step
from uetbuild.core.policies import Guard

NODE = Node(id="a", workstream="a")
STEP = Step(words=(("true",),))
SOURCE = Source(pattern="x")
AGENT = Agent(prompt=("Fix it",))

OTHER = {
    "inputs": (SOURCE,), "outputs": (SOURCE,), "edits": (SOURCE,), "steps": (STEP,), "finally_": (STEP,), "cwd": "d", "env_mode": "strict",
    "depfile": "d", "isolation": "sandbox", "python": "py", "env": (("A", ("b",)),), "pass_env": ("A",), "programs": ("p",), "probes": (STEP,),
    "sh_vars": ("v",), "depends_on": ("b",), "inferred": ("b",), "id": "b", "workstream": "b", "kind": 1, "title": "t", "phase": "p",
    "tags": ("t",), "folder": "d", "file": "f", "line": 3, "column": 3, "priority": 1, "after": ("b",), "timeout": 1.0,
    "resources": (("p", 1),), "mutex": ("m",), "exclusive": True, "always": True, "manual": True, "interactive": True, "confirm": "c",
    "cache": False, "keep": True, "skipped": True, "skip_if": STEP, "require_env": ("A",), "require_files": ("f",), "forbid": (SOURCE,),
    "agent": AGENT, "retry": 1, "gates": ("g",), "guard": Guard(only=("*.py",)), "budget": 1, "secrets": ("S",), "uses_args": True, "definition": "d",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "counted", "left_out"),
    [
        (Node, f.NODE_COUNTED, f.NODE_LEFT_OUT),
        (Source, f.SOURCE_COUNTED, f.SOURCE_LEFT_OUT),
        (Step, f.STEP_COUNTED, f.STEP_LEFT_OUT),
        (Hole, f.HOLE_COUNTED, f.HOLE_LEFT_OUT),
        (Agent, f.AGENT_COUNTED, f.AGENT_LEFT_OUT),
        (Guard, f.GUARD_COUNTED, f.GUARD_LEFT_OUT),
    ],
)
def test_every_field_is_hashed_or_listed_as_not_hashed(kind, counted, left_out):
    assert sorted((*counted, *left_out)) == sorted(kind.__slots__)


@pytest.mark.parametrize("name", Node.__slots__)
def test_the_digest_changes_with_what_counts_and_only_with_that(name):
    assert (f.definition(NODE.with_(**{name: OTHER[name]})) != f.definition(NODE)) == (name in f.NODE_COUNTED)


@pytest.mark.parametrize(
    ("base", "other", "names", "counted"),
    [
        (
            SOURCE,
            {"pattern": "y", "kind": 1, "items": (SOURCE,), "negative": True, "optional": True, "folder": True, "name": "n", "line": 2, "column": 2},
            Source.__slots__,
            f.SOURCE_COUNTED,
        ),
        (
            STEP,
            {
                "kind": 1, "words": (("false",),), "text": ("x",), "shell": ("sh",), "name": "n", "env": (("A", ("b",)),), "cwd": "d", "timeout": 1.0,
                "allow_failure": True, "shown": "s",
            },
            Step.__slots__,
            f.STEP_COUNTED,
        ),
    ],
)  # fmt: skip
def test_the_same_holds_for_sources_and_steps(base, other, names, counted):
    def digest(value):
        return f.definition(NODE.with_(**({"inputs": (value,)} if isinstance(value, Source) else {"steps": (value,)})))

    for name in names:
        assert (digest(base.with_(**{name: other[name]})) != digest(base)) == (name in counted), name


def test_the_same_holds_for_holes():
    hole = Hole(name="inputs")
    other = {"name": "args", "key": "k", "place": 1, "source": "s", "context": (("a", 1),), "late": ("x",), "words": True}
    for name in Hole.__slots__:
        changed = STEP.with_(words=((hole.with_(**{name: other[name]}),),))
        assert f.definition(NODE.with_(steps=(changed,))) != f.definition(NODE.with_(steps=(STEP.with_(words=((hole,),)),)))


@pytest.mark.parametrize(
    ("name", "other"),
    [("tool", "aider"), ("model", "gpt-4o"), ("prompt", ("Do it",)), ("prompt", (Hole(name="inputs"),)), ("prompt_file", "ask.md")],
)
def test_what_an_agent_is_asked_counts_and_not_what_its_tool_is_called(name, other):
    changed = f.definition(NODE.with_(agent=AGENT.with_(**{name: other})))
    assert (changed != f.definition(NODE.with_(agent=AGENT))) == (name in f.AGENT_COUNTED)


def test_text_with_stray_bytes_has_a_digest():
    assert len(f.digest_text("a\udcffb")) == 64
