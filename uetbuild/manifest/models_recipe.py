"""Recipes: `run`, `finally`, `probes`, `skip_if`. A recipe is a tuple of `StepSpec`s; templates in it are not looked at here."""

import re
from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.errors import UetError
from uetbuild.manifest.models_base import Block, Fault, Reads, Refused, Schema, expects, read_block, read_items, refuse
from uetbuild.manifest.models_values import (
    TEXT_SCHEMA,
    Bool,
    Env,
    OptionalDuration,
    OptionalLine,
    OptionalText,
    OptionalWords,
    read_line,
)
from uetbuild.manifest.tree import Map, Seq, Text, Tree
from uetbuild.manifest.words import quoted

_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def _read_args(node: Tree) -> Map:
    if not isinstance(node, Map):
        raise expects("a map of arguments", node, "as in `args: {name: value}`")
    return node


def _read_function(node: Tree) -> Text:
    text = read_line(node)
    if "{{" not in text.text and not _FUNCTION.fullmatch(text.text):
        raise expects("a function written `package.module:function`", node)
    return text


Arguments = Annotated[Map | None, Reads(_read_args, {"type": "object"}, "map of names to values")]
Function = Annotated[Text | None, Reads(_read_function, {"type": "string"}, "`package.module:function`")]


class StepSpec(Block):
    """One step of a recipe; exactly one of `cmd`, `argv` and `python` is set. A step written as text has only `cmd`."""

    NOUN: ClassVar[str] = "step"
    EXAMPLE: ClassVar[str] = """\
run:
  - ruff check core
  - {cmd: "pytest -q {{ args }}", name: tests, env: {CI: "1"}, timeout: 5m}
  - argv: [cp, "a file with spaces", build/]
  - {python: "tools.gen:main", args: {out: build/table.json}}
"""

    RULES: ClassVar[Schema] = {
        "oneOf": [{"required": [way]} for way in ("cmd", "argv", "python")],
        "dependentRequired": {"args": ["python"]},
    }

    cmd: OptionalLine = Field(None, description="Command line, run directly when it holds no shell syntax, else by `shell`.")
    argv: OptionalWords = Field(None, description="Program and arguments, one word each; never read by a shell.")
    python: Function = Field(None, description="Python function to call, in a process of its own.")
    args: Arguments = Field(None, description="Keyword arguments of the Python function.")
    name: OptionalLine = Field(None, description="Name shown in events and logs.")
    env: Env = Field(default_factory=dict, description="Environment variables of this step.")
    cwd: OptionalText = Field(None, description="Working folder of this step.")
    timeout: OptionalDuration = Field(None, description="Longest time for this step; 0 = none.")
    allow_failure: Bool = Field(False, description="Whether the recipe goes on when this step fails.")

    @property
    def text(self) -> Text:
        """The text that stands for the step: command, function, or first word."""
        return self.cmd or self.python or (self.argv or ())[0]


Recipe = tuple[StepSpec, ...]
_WAYS = ("cmd", "argv", "python")
_PLAIN = StepSpec.model_construct()  # most steps are a text: a copy costs a fifth of making one


def read_recipe(node: Tree) -> Recipe:
    """A text, one step, or a list of both."""
    if not isinstance(node, Seq):
        return (read_step(node),)
    if not node.items:
        raise refuse("has no steps", node)
    return read_items(node.items, read_step)


def read_step(node: Tree) -> StepSpec:
    """A text or the map of one step."""
    if isinstance(node, Text):
        line = read_line(node) if not node.missing else None
        if line is None or not line.text.strip():
            raise refuse("has no command", node)
        step = _PLAIN.model_copy(update={"cmd": line})
        step.stand(Map(node.source, node.start, False))
        return step
    if not isinstance(node, Map):
        raise expects("a command or a map of `cmd`, `argv` or `python`", node)
    _refuse_split_command(node)
    step = read_block(StepSpec, node)
    ways = [way for way in _WAYS if way in node.entries]
    if len(ways) != 1:
        place = node.where(ways[1]) if ways else node.location()
        problem = (
            f"a step has one of `cmd`, `argv` and `python`, not {len(ways)}" if ways else "this step has none of `cmd`, `argv` and `python`"
        )
        raise Refused([UetError(problem, place)])
    if step.args is not None and step.python is None:
        raise Refused([UetError("`args` goes with `python` only", node.where("args"))])
    return step


def _refuse_split_command(node: Map) -> None:
    """`- echo a: b` is a map for YAML: say what was meant."""
    if node.flow or len(node) != 1:
        return
    ((key, value),) = node.entries.items()
    if key in StepSpec.model_fields or not isinstance(value, Text) or not (" " in key or value.missing):
        return
    whole = f"{key}: {value.text}".rstrip()
    line = node.source.position(node.start)[0]
    end = value.end if node.source.position(value.end)[0] == line else node.keys[key].end + 1
    place = node.source.span(node.start, end)
    raise Refused([Fault("expects a command, but `: ` in it makes it a map", node, f"quote it: {quoted(whole)}", place)])


STEP_SCHEMA: dict[str, object] = {"anyOf": [TEXT_SCHEMA, {"$ref": "#/$defs/StepSpec"}]}
_RECIPE = Reads(read_recipe, {"anyOf": [STEP_SCHEMA, {"type": "array", "items": STEP_SCHEMA, "minItems": 1}]}, "command or list of steps")

RecipeValue = Annotated[tuple[StepSpec, ...], _RECIPE]
CommandValue = Annotated[StepSpec | None, Reads(read_step, STEP_SCHEMA, "command")]
