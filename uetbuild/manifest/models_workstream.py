"""The block of one workstream, and what only it holds: `foreach`, `matrix`, `require`."""

from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.errors import UetError, not_yet
from uetbuild.manifest.later import ISOLATIONS
from uetbuild.manifest.models_agent import AgentValue
from uetbuild.manifest.models_base import MAX_ERRORS, Block, Reads, Refused, Schema, expects, read_block, read_items, read_map, refuse
from uetbuild.manifest.models_budget import BudgetValue
from uetbuild.manifest.models_paths import Paths, RequiredPaths
from uetbuild.manifest.models_recipe import CommandValue, RecipeValue
from uetbuild.manifest.models_retry import RetryValue
from uetbuild.manifest.models_values import (
    NAME_PATTERN,
    TEXT_SCHEMA,
    TEXTS_SCHEMA,
    Bool,
    Env,
    Ids,
    Integer,
    OptionalBool,
    OptionalDuration,
    OptionalId,
    OptionalLine,
    OptionalResources,
    OptionalText,
    OptionalTexts,
    OptionalWords,
    Texts,
    check_name,
    choice,
    read_choice,
    read_text,
    read_texts,
)
from uetbuild.manifest.tree import Map, Seq, Text, Tree


class Foreach:
    """What a workstream is repeated over; one of `glob` (a pattern), `template` (one `{{ … }}`) and `items` (texts or maps of texts)."""

    __slots__ = ("glob", "items", "template", "tree")

    def __init__(
        self, tree: Tree, glob: Text | None = None, template: Text | None = None, items: tuple[Text | dict[str, Text], ...] = ()
    ) -> None:
        self.tree = tree
        self.glob = glob
        self.template = template
        self.items = items


def read_foreach(node: Tree) -> Foreach:
    """A glob, a template, or a list of texts or maps."""
    if isinstance(node, Seq):
        return Foreach(node, items=read_items(node.items, _read_item))
    text = read_text(node, "a pattern, a list or a template")
    if text.text.startswith("outputs:"):
        raise Refused([not_yet("`foreach` over `outputs:`", text.location())])
    return Foreach(node, template=text) if "{{" in text.text else Foreach(node, glob=text)


def _read_item(node: Tree) -> Text | dict[str, Text]:
    if isinstance(node, Map):
        return read_map(node, lambda value, key: _named(value, key, "item's key"))
    return read_text(node)


def _named(value: Tree, key: Text, noun: str) -> Text:
    check_name(key, noun)
    return read_text(value)


def read_matrix(node: Tree) -> dict[str, tuple[Text, ...]]:
    """A map of names to lists of texts; one text stands for a list of one (a template may give more)."""

    def read(value: Tree, key: Text) -> tuple[Text, ...]:
        check_name(key, "matrix axis")
        texts = read_texts(value)
        if not texts:
            raise expects("at least one value", value)
        return texts

    axes = read_map(node, read, empty=False)
    if not axes:
        raise expects("at least one axis", node, "as in `matrix: {py: [3.11, 3.12]}`")
    return axes


def read_isolation(node: Tree) -> str:
    """`none` or `sandbox`."""
    text = read_choice("none", "sandbox", *ISOLATIONS)(node)
    if text in ISOLATIONS:
        raise Refused([not_yet(f"`isolation: {text}`", node.location())])
    return text


class Require(Block):
    """What must be there before anything runs."""

    NOUN: ClassVar[str] = "require"
    EXAMPLE: ClassVar[str] = "require: {env: [DEPLOY_HOST], files: [secrets/key.pem]}\n"

    env: Texts = Field((), description="Environment variables that must be set and not be empty.")
    files: Texts = Field((), description="Paths that must exist.")


OptionalForeach = Annotated[
    Foreach | None,
    Reads(
        read_foreach,
        {"anyOf": [TEXT_SCHEMA, {"type": "array", "items": {"anyOf": [TEXT_SCHEMA, {"type": "object"}]}}]},
        "pattern, list of texts or maps, or template",
    ),
]
Matrix = Annotated[
    dict[str, tuple[Text, ...]],
    Reads(
        read_matrix,
        {
            "type": "object",
            "minProperties": 1,
            "patternProperties": {"^x-": True, f"^{NAME_PATTERN}$": TEXTS_SCHEMA},
            "additionalProperties": False,
        },
        "map of names to lists",
    ),
]
EnvMode = Annotated[str | None, choice("inherit", "strict")]
Isolation = Annotated[str | None, Reads(read_isolation, {"enum": ["none", "sandbox"]}, "`none` or `sandbox`")]
RequireValue = Annotated[Require | None, Reads(lambda node: read_block(Require, node), {"$ref": "#/$defs/Require"}, "map")]


class Workstream(Block):
    """A declared unit of work."""

    NOUN: ClassVar[str] = "workstream"
    EXAMPLE: ClassVar[str] = """\
workstreams:
  parser:
    title: Generate the parser
    inputs: {src: "grammar/*.g", tool: tools/gen.py}
    outputs: [core/generated_parser.py]
    run: "python3 {{ inputs.tool }} {{ inputs.src }} > {{ outputs }}"
  obj:
    foreach: "src/**/*.c"
    outputs: ["build/{{ item.rel }}.o"]
    depfile: "build/{{ item.rel }}.d"
    run: "cc -MD -MF {{ depfile }} -c {{ item }} -o {{ outputs }}"
  test:
    matrix: {py: [3.11, 3.12]}
    inputs: ["src/**", "tests/**"]
    run: "uv run -p {{ matrix.py }} pytest -q {{ args }}"
  all: {depends_on: [parser, obj, test]}
"""

    RULES: ClassVar[Schema] = {"not": {"required": ["run", "agent"]}}

    title: OptionalLine = Field(None, description="One line that says what it does.")
    phase: OptionalId = Field(None, description="Id of the phase to which it belongs; `phase:ID` selects all of a phase.")
    tags: Ids = Field((), description="Names by which it is selected: `tag:NAME`.")
    priority: Integer = Field(0, description="Among those that could start next and are as urgent, the highest starts first.")
    depends_on: Texts = Field((), description="Ids, patterns over ids, `tag:NAME`, `phase:ID`: must succeed first.")
    after: Texts = Field((), description="As `depends_on`, but only the order, where both run.")
    inputs: Paths = Field((), description="Files that it reads: paths, patterns, `outputs:ID`, `scope:NAME`, `{optional: PATH}`.")
    outputs: RequiredPaths = Field((), description="Files that it creates.")
    edits: Paths = Field((), description="Files that it changes in place.")
    forbid: RequiredPaths = Field((), description="Files that it must not touch.")
    run: RecipeValue = Field((), description="The recipe: a command, or a list of steps; with neither `run` nor `agent` it is a group.")
    agent: AgentValue = Field(None, description="Instead of `run`: what an AI coding agent is asked.")
    cwd: OptionalText = Field(None, description="Working folder; the manifest's folder if not set.")
    shell: OptionalWords = Field(
        None, description="Command that gets a shell text as its last argument; `[bash, -euo, pipefail, -c]` if not set."
    )
    env: Env = Field(default_factory=dict, description="Environment variables; they count in the fingerprint.")
    pass_env: Texts = Field((), description="Environment variables that are inherited and count.")
    env_mode: EnvMode = Field(None, description="`inherit` the environment, or `strict`: only the base set and what is declared.")
    secrets: Texts = Field((), description="Environment variables that are passed, masked everywhere, never counted or stored.")
    programs: Texts = Field((), description="Programs that must be on PATH; their files count.")
    probes: RecipeValue = Field((), description="Commands whose output counts (`python --version`).")
    depfile: OptionalText = Field(None, description="Make-style dependency file that the recipe writes.")
    timeout: OptionalDuration = Field(None, description="Longest time for the recipe; 0 = none.")
    gates: OptionalTexts = Field(
        None, description="Ids of the gates that guard it, or of workstreams that serve as such; `defaults.gates` if not set."
    )
    retry: RetryValue = Field(None, description="How often it is tried again when it fails; 0 = never, 2 = three attempts in all.")
    budget: BudgetValue = Field(None, description="What it may spend, all attempts together.")
    resources: OptionalResources = Field(None, description="How much it takes of which pool.")
    mutex: Texts = Field((), description="Names of conflict groups: never two of one group at a time.")
    exclusive: Bool = Field(False, description="Whether it runs alone.")
    isolation: Isolation = Field(None, description="`sandbox`: a folder that holds only the declared inputs.")
    keep: OptionalBool = Field(None, description="Whether what it created is left in place before it runs and when it fails.")
    always: Bool = Field(False, description="Whether it is never up to date.")
    manual: Bool = Field(False, description="Whether it runs only when named, or needed by one that is.")
    interactive: Bool = Field(False, description="Whether it gets the terminal; implies `manual`.")
    confirm: OptionalLine = Field(None, description="Question asked just before it runs; implies `manual`.")
    when: OptionalText = Field(None, description="Expression over `vars env matrix os arch`; false: skipped.")
    skip_if: CommandValue = Field(None, description="Command; where it succeeds a stale node counts as up to date for this run.")
    require: RequireValue = Field(None, description="What must be there before anything runs.")
    matrix: Matrix = Field(default_factory=dict, description="One node for each combination of the values.")
    foreach: OptionalForeach = Field(None, description="One node for each file or item.")
    finally_: RecipeValue = Field((), alias="finally", description="Steps that always run after it.")


def read_workstream(node: Tree, key: Text) -> Workstream:
    """One workstream; an empty one is refused."""
    if isinstance(node, Text) and node.missing:
        raise refuse("is empty", node, "give it a recipe (`run`), or members (`depends_on`)")
    workstream = read_block(Workstream, node, key)
    if workstream.run and workstream.agent is not None:
        problem = f"workstream `{key.text}` has both `run` and `agent`"
        raise Refused([UetError(problem, workstream.where("agent"), "it is done by one of them")])
    return workstream


def same_but_for_case(keys: dict[str, Text]) -> list[UetError]:
    """Errors for names that differ in case only: their logs would be one file where file names ignore case."""
    seen: dict[str, Text] = {}
    errors: list[UetError] = []
    for key in keys.values():
        if len(errors) >= MAX_ERRORS:
            break
        first = seen.setdefault(key.text.casefold(), key)
        if first is not key:
            message = f"`{key.text}` differs from `{first.text}` in upper and lower case only"
            others = [(f"`{first.text}` is declared here", first.location())]
            errors.append(UetError(message, key.location(), "rename one of them", others=others))
    return errors
