"""`tools`, the programs that start AI coding agents, and `agent`, what one of them is asked. Knows nothing of how a tool is found."""

from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.errors import UetError, not_yet
from uetbuild.manifest.later import ADAPTERS as LATER_ADAPTERS
from uetbuild.manifest.models_base import Block, Reads, Refused, Schema, read_block, read_map, refuse
from uetbuild.manifest.models_recipe import StepSpec, read_step
from uetbuild.manifest.models_values import (
    ID_PATTERN,
    TEXT_SCHEMA,
    Ids,
    OptionalDuration,
    OptionalText,
    check_id,
    read_choice,
    read_line,
)
from uetbuild.manifest.tree import Map, Text, Tree

COMMAND = "command"


def _read_adapter(node: Tree) -> str:
    word = read_choice(COMMAND, *sorted(LATER_ADAPTERS))(node)
    if word in LATER_ADAPTERS:
        raise Refused([not_yet(f"`adapter: {word}`", node.location())])
    return word


def _read_command(node: Tree) -> StepSpec:
    """A command line; a tool is one call, so neither a list nor a map."""
    return read_step(read_line(node))


def _read_prompt(node: Tree) -> Text:
    text = read_line(node)
    if not text.text.strip():
        raise refuse("is empty", node, "say what is to be done")
    return text


class Tool(Block):
    """A program that starts an AI coding agent."""

    NOUN: ClassVar[str] = "tool"
    EXAMPLE: ClassVar[str] = """\
tools:
  aider:
    adapter: command
    cmd: aider --yes-always --message-file "$UET_PROMPT_FILE" --model "$UET_MODEL" {{ inputs }}
    model: gpt-4o
    capabilities: [edit, python]
    timeout: 30m
"""

    adapter: Annotated[str, Reads(_read_adapter, {"const": COMMAND}, f"`{COMMAND}`")] = Field(
        description="How it is spoken to; `command`: its `cmd` gets the prompt as standard input and in `$UET_PROMPT_FILE`."
    )
    cmd: Annotated[StepSpec | None, Reads(_read_command, TEXT_SCHEMA, "command")] = Field(
        None, description="Command line that starts it, as in a recipe; must be given."
    )
    model: OptionalText = Field(None, description="Model to use where the `agent` does not name one: `$UET_MODEL`.")
    capabilities: Ids = Field((), description="What it can do: `agent: {capability: NAME}` takes the first tool that has it.")
    timeout: OptionalDuration = Field(None, description="Longest time for one call; 0 = none.")


class Agent(Block):
    """What an AI coding agent is asked, instead of a recipe."""

    NOUN: ClassVar[str] = "agent"
    EXAMPLE: ClassVar[str] = """\
workstreams:
  docstrings:
    edits: ["core/**/*.py"]
    agent: {tool: aider, prompt: "Give every public function a docstring."}
  parser:
    inputs: [grammar.txt]
    edits: [parser.py]
    agent: {capability: python, prompt_file: prompts/parser.md, model: gpt-4o-mini}
"""
    RULES: ClassVar[Schema] = {
        "allOf": [{"oneOf": [{"required": [way]} for way in ways]} for ways in (("tool", "capability"), ("prompt", "prompt_file"))]
    }

    tool: OptionalText = Field(None, description="Name of the tool.")
    capability: OptionalText = Field(None, description="Instead of `tool`: the first tool that can do this.")
    prompt: Annotated[Text | None, Reads(_read_prompt, TEXT_SCHEMA, "text")] = Field(
        None, description="What is to be done; templates are filled in as they are, `{{ feedback }}` is what failed gates said."
    )
    prompt_file: OptionalText = Field(None, description="Instead of `prompt`: path of a file that says it, without templates; an input.")
    model: OptionalText = Field(None, description="Model to use; that of the tool if not set.")


def read_tool(node: Tree, key: Text) -> Tool:
    """One tool, with a command line."""
    tool = read_block(Tool, node, key)
    if tool.cmd is None:
        raise Refused([UetError(f"tool `{key.text}` has no `cmd`", key.location(), "it says how the tool is started")])
    return tool


def read_agent(node: Tree) -> Agent:
    """An agent with one way to find its tool and one prompt."""
    agent = read_block(Agent, node)
    for one, other in (("tool", "capability"), ("prompt", "prompt_file")):
        _check_one(agent.tree, one, other)
    return agent


def _check_one(block: Map, one: str, other: str) -> None:
    given = [name for name in (one, other) if name in block.entries]
    if len(given) == 2:
        raise Refused([UetError(f"an agent has one of `{one}` and `{other}`, not both", block.where(other))])
    if not given:
        raise Refused([UetError(f"this agent has neither `{one}` nor `{other}`", block.location())])


def _read_tools(node: Tree) -> dict[str, Tool]:
    def read(value: Tree, key: Text) -> Tool:
        check_id(key, "tool")
        return read_tool(value, key)

    return read_map(node, read)


_TOOLS_SCHEMA: Schema = {
    "type": ["object", "null"],
    "patternProperties": {"^x-": True, f"^{ID_PATTERN}$": {"$ref": "#/$defs/Tool"}},
    "additionalProperties": False,
}
Tools = Annotated[dict[str, Tool], Reads(_read_tools, _TOOLS_SCHEMA, "map of names to tools")]
AgentValue = Annotated[Agent | None, Reads(read_agent, {"$ref": "#/$defs/Agent"}, "map")]
