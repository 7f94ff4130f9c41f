"""Tools that start agents, and what agents are asked: from the manifest to nodes, and what is wrong with it."""

from __future__ import annotations

import pytest
from manifest_disk import argv, faults, nodes

from uetbuild.core.nodes import Agent, Hole, Node

TOOLS = """
    version: 1
    vars: {who: "it's me", t: first, rev: {sh: git rev-parse HEAD}}
    tools:
      first: {adapter: command, cmd: "first {{ inputs }}", capabilities: [edit]}
      second:
        adapter: command
        cmd: "second '{{ vars.who }}' \\"$UET_MODEL\\" {{ inputs.src }} {{ args }} | tee log"
        model: m-{{ os }}
        capabilities: [edit, python]
        timeout: 90s
"""


def agent(line: str, rest: str = "inputs: {src: in.txt}", files: dict[str, str] | None = None) -> Node:
    """The node of a workstream `a` with this `agent`."""
    text = f"{TOOLS}    workstreams:\n      a: {{{rest}, timeout: 5m, agent: {{{line}}}}}\n"
    return nodes(text, {"in.txt": "", "ask.md": "", **(files or {})})["a"]


def wrong(line: str, rest: str = "edits: [x]") -> tuple[str, str, str]:
    """Message, the text at its place, hint."""
    text = f"{TOOLS}    workstreams:\n      a: {{{rest}, agent: {{{line}}}}}\n"
    (error,) = faults(text, {"ask.md": ""})
    place = error.location
    assert place is not None
    return error.message, place.source[place.column - 1 : place.column - 1 + place.length], error.hint


def test_the_tool_is_the_only_step_of_an_agent() -> None:
    made = agent('tool: second, prompt: "Do it"')
    (step,) = made.steps
    assert not made.is_group and made.agent is not None
    assert (made.agent.tool, made.agent.prompt, made.agent.prompt_file) == ("second", ("Do it",), "")
    assert (step.timeout, made.timeout, step.shell[-1]) == (90.0, 300.0, "-c")
    assert step.text[0] == "second 'it'\\''s me' \"$UET_MODEL\" " and made.uses_args


@pytest.mark.parametrize(
    ("line", "tool"),
    [("tool: first", "first"), ("capability: edit", "first"), ("capability: python", "second"), ('tool: "{{ vars.t }}"', "first")],
)
def test_a_tool_is_found_by_its_name_or_by_what_it_can_do(line: str, tool: str) -> None:
    made = agent(f"{line}, prompt: x")
    assert made.agent is not None and made.agent.tool == tool
    assert made.steps[0].shown.startswith(tool)


def test_the_agent_names_the_model_else_its_tool_does() -> None:
    for line, model in (("tool: first", ""), ("tool: second", "m-linux"), ('tool: second, model: "{{ vars.who }}"', "it's me")):
        made = agent(f"{line}, prompt: x")
        assert made.agent is not None and made.agent.model.replace("macos", "linux") == model


def test_a_prompt_is_a_text_with_values_of_now_and_of_later() -> None:
    made = agent('tool: first, prompt: "For {{ vars.who }} at {{ vars.rev }}: {{ inputs.src }} {{ changed }} {{ args }}! {{ feedback }}"')
    assert made.agent is not None
    assert [piece if isinstance(piece, str) else (piece.name, piece.key) for piece in made.agent.prompt] == [
        "For it's me at ", ("var", "rev"), ": ", ("inputs", "src"), " ", ("changed", ""), " ", ("args", ""), "! ", ("feedback", ""),
    ]  # fmt: skip
    assert made.sh_vars == ("rev",) and made.uses_args


def test_feedback_may_stand_in_an_expression_but_only_in_a_prompt() -> None:
    made = agent("""tool: first, prompt: '{{ "Failed: " ~ feedback if feedback else "" }}'""")
    assert made.agent is not None
    (hole,) = made.agent.prompt
    assert isinstance(hole, Hole) and hole.late == ("feedback",)
    message, _, hint = wrong("tool: first, prompt: x", 'edits: ["{{ feedback }}"]')
    assert message == "`feedback` is not known here" and "feedback" not in hint


def test_a_prompt_file_is_an_input() -> None:
    made = agent("tool: first, prompt_file: ask.md")
    assert made.agent == Agent(tool="first", prompt_file="ask.md")
    assert [source.pattern for source in made.inputs] == ["in.txt", "ask.md"]
    again = agent("tool: first, prompt_file: ask.md", "inputs: [ask.md]")
    assert [source.pattern for source in again.inputs] == ["ask.md"]


def test_the_definition_holds_prompt_model_and_command_line() -> None:
    one = agent("tool: first, prompt: x").definition
    assert one == agent("capability: edit, prompt: x").definition
    for other in (
        "tool: first, prompt: y",
        "tool: first, prompt: x, model: m",
        "tool: second, prompt: x",
        "tool: first, prompt_file: ask.md",
    ):
        assert agent(other).definition != one


@pytest.mark.parametrize(
    ("line", "message", "place", "hint"),
    [
        ("tool: frist, prompt: x", "unknown tool `frist`", "frist", "did you mean `first`?"),
        ("capability: pyton, prompt: x", "no tool has the capability `pyton`", "pyton", "did you mean `python`?"),
        ("capability: fly, prompt: x", "no tool has the capability `fly`", "fly", "tools say what they can do under `capabilities`"),
        ("tool: first, capability: edit, prompt: x", "an agent has one of `tool` and `capability`, not both", "capability", ""),
        ("tool: first, prompt: x, prompt_file: y", "an agent has one of `prompt` and `prompt_file`, not both", "prompt_file", ""),
        ("tool: first", "this agent has neither `prompt` nor `prompt_file`", "{", ""),
        ("prompt: x", "this agent has neither `tool` nor `capability`", "{", ""),
        ('tool: first, prompt: " "', "`prompt` is empty", '" "', "say what is to be done"),
        ("tool: first, prompt: x, modle: y", "unknown key `modle` in agent", "modle", "did you mean `model`?"),
        ("tool: first, prompt: x, context: {}", "`context` is not yet supported", "context", None),
        ("tool: first, prompt: '{{ inptus }}'", "unknown name `inptus`", "inptus", "did you mean `inputs`?"),
        ("tool: first, prompt_file: ../x", "`../x` leads out of the root", "../x", None),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(line: str, message: str, place: str, hint: str | None) -> None:
    told = wrong(line)
    assert (told[0], told[1][: len(place)]) == (message, place)
    assert hint is None or told[2] == hint


def test_an_agent_cannot_edit_its_own_prompt_file() -> None:
    told = wrong("tool: first, prompt_file: ask.md", 'edits: ["*.md"]')
    assert told == ("the prompt file `ask.md` is among what `a` edits", "ask.md", 'take it out of `edits`: `"!ask.md"`')
    assert agent("tool: first, prompt_file: ask.md", 'edits: ["*.md", "!ask.md"]').agent is not None


def test_run_and_agent_exclude_each_other() -> None:
    told = wrong("tool: first, prompt: x", "run: x")
    assert told == ("workstream `a` has both `run` and `agent`", "agent", "it is done by one of them")


@pytest.mark.parametrize(
    ("tool", "message", "hint"),
    [
        ("{adapter: aider}", "`adapter: aider` is not yet supported", None),
        ("{adapter: comand, cmd: x}", "`adapter` expects one of", "did you mean `command`?"),
        ("{adapter: command}", "tool `t` has no `cmd`", "it says how the tool is started"),
        ("{cmd: x}", "this tool has no `adapter`", ""),
        ("{adapter: command, cmd: [a, b]}", "`cmd` expects text, got a list", ""),
        ("{adapter: command, cmd: ''}", "`cmd` has no command", ""),
        ("{adapter: command, cmd: x, rate: 10/min}", "`rate` is not yet supported", None),
        ("{adapter: command, cmd: x, modell: y}", "unknown key `modell` in tool", "did you mean `model`?"),
        ("{adapter: command, cmd: x, capabilities: [a b]}", "`a b` cannot be the id", None),
    ],
)
def test_what_is_wrong_with_a_tool(tool: str, message: str, hint: str | None) -> None:
    (error,) = faults(f"tools: {{t: {tool}}}\nworkstreams: {{a: {{run: x}}}}\n")
    assert error.message.startswith(message)
    assert hint is None or error.hint == hint


def test_without_tools_the_hint_says_where_they_belong() -> None:
    (error,) = faults("workstreams: {a: {agent: {tool: x, prompt: y}}}\n")
    assert (error.message, error.hint) == ("unknown tool `x`", "tools are declared under `tools`")


def test_included_manifests_have_their_own_tools_first_and_their_own_variables() -> None:
    made = nodes(
        """
        version: 1
        include: [{path: lib/Uetfile.yaml, as: lib}]
        vars: {flag: -outer}
        tools:
          t: {adapter: command, cmd: "outer {{ vars.flag }} {{ inputs }}", capabilities: [edit, plan]}
          only: {adapter: command, cmd: "only {{ vars.flag }}"}
        workstreams:
          a: {agent: {tool: t, prompt: x}}
          b: {agent: {tool: "lib:t", prompt: x}}
        """,
        {
            "lib/Uetfile.yaml": """
                version: 1
                vars: {flag: -inner}
                tools: {t: {adapter: command, cmd: "inner {{ vars.flag }}", capabilities: [edit]}}
                workstreams:
                  a: {agent: {tool: t, prompt: "{{ vars.flag }}"}}
                  b: {agent: {tool: only, prompt: x}}
                  c: {agent: {capability: edit, prompt: x}}
                  d: {agent: {capability: plan, prompt_file: ask.md}}
                """,
            "lib/ask.md": "",
        },
    )
    started = {name: argv(node)[:2] for name, node in made.items()}
    assert started == {
        "a": ["outer", "-outer"], "b": ["inner", "-inner"],
        "lib:a": ["inner", "-inner"], "lib:b": ["only", "-outer"], "lib:c": ["inner", "-inner"], "lib:d": ["outer", "-outer"],
    }  # fmt: skip
    assert made["lib:a"].agent is not None and made["lib:a"].agent.prompt == ("-inner",)
    assert made["lib:d"].agent is not None and made["lib:d"].agent.prompt_file == "lib/ask.md"


def test_a_tool_is_declared_once() -> None:
    (error,) = faults(
        "include: [b.yaml]\ntools: {t: {adapter: command, cmd: x}}\nworkstreams: {a: {run: x}}\n",
        {"b.yaml": "tools: {t: {adapter: command, cmd: y}}\n"},
    )
    assert (error.message, error.location and error.location.file) == ("tool `t` is declared twice", "b.yaml")
