"""The manifest as a whole: its top-level blocks, and `validate`, which turns a tree into a `Manifest` or says all that is wrong."""

from collections.abc import Iterable
from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.errors import UetError, UetErrors
from uetbuild.manifest.collector import paused_collector
from uetbuild.manifest.later import KEYS
from uetbuild.manifest.models_agent import Agent, Tool, Tools
from uetbuild.manifest.models_base import (
    Block,
    Reads,
    Refused,
    expects,
    keys_of,
    read_block,
    read_items,
    read_map,
    refuse,
    unknown_key,
)
from uetbuild.manifest.models_budget import Budget, Budgets, BudgetValue, Phase, Price, Prices, RunBudget, read_phases
from uetbuild.manifest.models_gate import Gate, Gates
from uetbuild.manifest.models_paths import PATHS_SCHEMA, PathEntry, Paths, read_paths
from uetbuild.manifest.models_recipe import StepSpec
from uetbuild.manifest.models_retry import Retry, RetryValue
from uetbuild.manifest.models_values import (
    ID_PATTERN,
    TEXT_SCHEMA,
    Env,
    OptionalBool,
    OptionalCount,
    OptionalDuration,
    OptionalLine,
    OptionalResources,
    OptionalSize,
    OptionalText,
    OptionalTexts,
    OptionalWords,
    Pools,
    Texts,
    TextValue,
    check_id,
    integer_schema,
    read_integer,
    read_text,
)
from uetbuild.manifest.models_vars import Vars, VarSpec
from uetbuild.manifest.models_workstream import (
    EnvMode,
    Isolation,
    Require,
    Workstream,
    read_workstream,
    same_but_for_case,
)
from uetbuild.manifest.tree import Map, Seq, Text, Tree

__all__ = ["Defaults", "Include", "Manifest", "PathEntry", "Paths", "Phase", "Settings", "VarSpec", "Workstream", "validate"]

RESERVED_PREFIXES = frozenset(("tag", "phase", "scope", "gate", "outputs"))


def _read_prefix(node: Tree) -> Text:
    text = read_text(node, "a prefix")
    check_id(text, "prefix")
    if text.text in RESERVED_PREFIXES:
        raise refuse(f"cannot be `{text.text}`, which has a meaning of its own", text)
    return text


class Include(Block):
    """Another manifest that belongs to this one."""

    NOUN: ClassVar[str] = "include"
    EXAMPLE: ClassVar[str] = 'include: [ci/gates.yaml, "packages/*/Uetfile.yaml", {path: libs/api/Uetfile.yaml, as: api}]\n'

    path: TextValue = Field(description="Path of the manifest, or a pattern.")
    as_: Annotated[Text | None, Reads(_read_prefix, TEXT_SCHEMA, "id")] = Field(
        None, alias="as", description="Prefix of its ids: `PREFIX:ID`."
    )


class Defaults(Block):
    """What holds for every workstream that does not say otherwise."""

    NOUN: ClassVar[str] = "defaults"
    EXAMPLE: ClassVar[str] = "defaults: {timeout: 10m, env_mode: inherit, shell: [bash, -euo, pipefail, -c]}\n"

    timeout: OptionalDuration = Field(None, description="Longest time for a recipe; 0 = none.")
    retry: RetryValue = Field(None, description="How often a failed recipe is tried again; 0 = never.")
    shell: OptionalWords = Field(None, description="Command that gets a shell text as its last argument.")
    cwd: OptionalText = Field(None, description="Working folder.")
    env: Env = Field(default_factory=dict, description="Environment variables.")
    env_mode: EnvMode = Field(None, description="`inherit` or `strict`.")
    isolation: Isolation = Field(None, description="`none` or `sandbox`.")
    keep: OptionalBool = Field(None, description="Whether outputs are left in place before a recipe runs and when it fails.")
    resources: OptionalResources = Field(None, description="How much a workstream takes of which pool.")
    budget: BudgetValue = Field(None, description="What each workstream may spend.")
    gates: OptionalTexts = Field(None, description="Gates that guard every workstream with a recipe.")


def _read_jobs(node: Tree) -> int:
    if isinstance(node, Text) and node.text == "auto":
        return 0
    try:
        return read_integer(1)(node)
    except Refused:
        raise expects("`auto` or a whole number of at least 1", node) from None


class Settings(Block):
    """What holds for the whole build; only the root manifest's settings count."""

    NOUN: ClassVar[str] = "settings"
    EXAMPLE: ClassVar[str] = "settings: {jobs: auto, keep_runs: 50, output_limit: 1Gi, exclude: [node_modules, target]}\n"

    jobs: Annotated[int | None, Reads(_read_jobs, {"anyOf": [{"const": "auto"}, integer_schema(1)]}, "`auto` or number")] = Field(
        None, description="How many workers run at once; `auto`: the cores."
    )
    keep_runs: OptionalCount = Field(None, description="How many runs the history keeps; 50 if not set.")
    output_limit: OptionalSize = Field(None, description="Longest log of one node; 1Gi if not set.")
    python: OptionalText = Field(None, description="Interpreter of Python steps; `VIRTUAL_ENV`, `.venv` or `python3` if not set.")
    exclude: OptionalTexts = Field(None, description="Folder names that wildcards never enter; `node_modules venv __pycache__` if not set.")


def _read_version(node: Tree) -> int:
    if not isinstance(node, Text) or node.text != "1":
        raise expects("`1`", node, "this version of uetbuild reads manifests of version 1")
    return 1


def _read_includes(node: Tree) -> tuple[Include, ...]:
    def read(item: Tree) -> Include:
        if isinstance(item, Text):
            text = read_text(item, "a path")
            entry = Map(item.source, item.start, True)
            entry.end, entry.entries, entry.keys = item.end, {"path": text}, {"path": text}
            return read_block(Include, entry)
        return read_block(Include, item)

    if isinstance(node, Text) and node.null:
        return ()
    return read_items(node.items if isinstance(node, Seq) else [node], read)


def _read_scopes(node: Tree) -> dict[str, tuple[PathEntry, ...]]:
    def read(value: Tree, key: Text) -> tuple[PathEntry, ...]:
        check_id(key, "scope")
        return read_paths(value)

    return read_map(node, read)


def _read_workstreams(node: Tree) -> dict[str, Workstream]:
    def read(value: Tree, key: Text) -> Workstream:
        check_id(key, "workstream")
        return read_workstream(value, key)

    errors: list[UetError] = []
    workstreams: dict[str, Workstream] = {}
    try:
        workstreams = read_map(node, read)
    except Refused as refused:
        errors += [fault for fault in refused.faults if isinstance(fault, UetError)]
        if not isinstance(node, Map):
            raise
    if isinstance(node, Map):
        errors += same_but_for_case(node.keys)
    if errors:
        raise Refused(errors)
    return workstreams


def _read_profiles(node: Tree) -> dict[str, Map]:
    def read(value: Tree, key: Text) -> Map:
        check_id(key, "profile")
        if isinstance(value, Text) and value.null:
            return Map(value.source, value.start, False)
        if not isinstance(value, Map):
            raise expects("a map", value)
        known = [name for name in keys_of(Manifest) if name not in ("profiles", "version")]
        errors = [
            unknown_key("profile", name, known, value)
            for name in value.entries
            if name not in known and name not in KEYS.get("manifest", ())
        ]
        if errors:
            raise Refused(errors)
        return value

    return read_map(node, read)


def _named_blocks(schema: dict[str, object]) -> dict[str, object]:
    return {"type": ["object", "null"], "patternProperties": {"^x-": True, f"^{ID_PATTERN}$": schema}, "additionalProperties": False}


def _block(model: type[Block]) -> Reads:
    def read(node: Tree) -> Block:
        empty = isinstance(node, Text) and node.null
        return read_block(model, Map(node.source, node.start, False) if empty else node)

    return Reads(read, {"anyOf": [{"$ref": f"#/$defs/{model.__name__}"}, {"type": "null"}]}, "map")


_INCLUDE_SCHEMA: dict[str, object] = {"anyOf": [TEXT_SCHEMA, {"$ref": "#/$defs/Include"}]}


class Manifest(Block):
    """A whole `Uetfile.yaml`."""

    NOUN: ClassVar[str] = "manifest"
    EXAMPLE: ClassVar[str] = """\
version: 1
project: shop
default: [all]
vars:
  py: python3
  cflags: [-O2, -g]
  rev: {sh: git rev-parse --short HEAD}
  params: {load: params.yaml}
  stage: {one_of: [staging, prod], default: staging}
dotenv: [.env]
env: {LC_ALL: C.UTF-8}
scopes:
  core: ["core/**/*.py", "!core/**/generated_*.py"]
pools: {gpu: 1}
workstreams:
  all: {depends_on: [fmt, train]}
  fmt: {edits: [scope:core], run: [ruff check --fix core, ruff format core]}
  train: {inputs: [scope:core], outputs: [model.bin], resources: {gpu: 1}, run: "{{ vars.py }} -m core.train"}
profiles: {ci: {defaults: {env_mode: strict}}}
"""

    version: Annotated[int, Reads(_read_version, {"enum": [1, "1"]}, "1")] = Field(1, description="Version of this format.")
    project: OptionalLine = Field(None, description="Name of the project.")
    default: OptionalTexts = Field(None, description="What a bare `uetbuild` builds: ids, patterns, `tag:NAME`.")
    include: Annotated[
        tuple[Include, ...],
        Reads(_read_includes, {"anyOf": [_INCLUDE_SCHEMA, {"type": "array", "items": _INCLUDE_SCHEMA}]}, "list of paths or `{path, as}`"),
    ] = Field((), description="Other manifests that belong to this one.")
    vars: Vars = Field(default_factory=dict, description="Values for templates: `{{ vars.NAME }}`.")
    dotenv: Texts = Field((), description="Files with environment variables; one that does not exist is passed over.")
    env: Env = Field(default_factory=dict, description="Environment variables of every recipe; they count in the fingerprint.")
    scopes: Annotated[
        dict[str, tuple[PathEntry, ...]],
        Reads(_read_scopes, _named_blocks(PATHS_SCHEMA), "map of names to lists of paths"),
    ] = Field(default_factory=dict, description="Named sets of files: `scope:NAME`; later patterns win.")
    pools: Pools = Field(default_factory=dict, description="How much of what there is for `resources`.")
    workstreams: Annotated[
        dict[str, Workstream], Reads(_read_workstreams, _named_blocks({"$ref": "#/$defs/Workstream"}), "map of ids to workstreams")
    ] = Field(default_factory=dict, description="The units of work.")
    gates: Gates = Field(default_factory=dict, description="Checks that guard workstreams.")
    phases: Annotated[
        dict[str, Phase],
        Reads(read_phases, _named_blocks({"anyOf": [{"$ref": "#/$defs/Phase"}, {"type": "null"}]}), "map of ids to phases"),
    ] = Field(default_factory=dict, description="Named parts of the work.")
    budgets: Annotated[Budgets | None, _block(Budgets)] = Field(None, description="What the whole build may spend.")
    models: Prices = Field(default_factory=dict, description="What models cost.")
    tools: Tools = Field(default_factory=dict, description="Programs that start AI coding agents.")
    defaults: Annotated[Defaults | None, _block(Defaults)] = Field(
        None, description="What holds for every workstream that does not say otherwise."
    )
    profiles: Annotated[
        dict[str, Map], Reads(_read_profiles, _named_blocks({"$ref": "#/$defs/Profile"}), "map of names to parts of a manifest")
    ] = Field(
        default_factory=dict,
        description="`--profile NAME` lays this over the manifest: maps merge, lists and scalars replace, null deletes.",
    )
    settings: Annotated[Settings | None, _block(Settings)] = Field(None, description="What holds for the whole build.")


BLOCKS: tuple[type[Block], ...] = (
    Workstream, Gate, StepSpec, Agent, Require, Retry, Budget, Include, Phase, Budgets, RunBudget, Price, Tool, Defaults, Settings,
)  # fmt: skip
"""All blocks below the top level, in the order in which the reference shows them."""


def validate(tree: Tree, errors: Iterable[UetError] = ()) -> Manifest:
    """The manifest that a tree (profiles already merged) describes. Raises `UetErrors` with all that is wrong, by position.

    `errors` are those of `parse`; what stands on their lines is not told a second time.
    """
    found = list(errors)
    known = {(error.location.file, error.location.line) for error in found if error.location}
    try:
        with paused_collector():
            manifest = _validated(tree)
    except Refused as refused:
        further = [fault for fault in refused.faults if isinstance(fault, UetError)]
        found += [error for error in further if not error.location or (error.location.file, error.location.line) not in known]
        raise UetErrors(found) from None
    if found:
        raise UetErrors(found)
    return manifest


def _validated(tree: Tree) -> Manifest:
    if isinstance(tree, Text) and tree.missing:
        raise Refused([UetError("the manifest is empty", tree.location(), "it starts with `version: 1`")])
    if not isinstance(tree, Map):
        raise Refused([UetError("the manifest must be a map of keys", tree.location(), _no_blank(tree))])
    return read_block(Manifest, tree)


def _no_blank(tree: Tree) -> str:
    if isinstance(tree, Text) and ":" in tree.text:
        return f"write `{tree.text.split(':', 1)[0]}: …`, with a blank behind the colon"
    return "it starts with `version: 1`"
