"""What a manifest becomes: nodes with sources and recipes, everything resolved that can be resolved before a build.

Texts that hold a value known only later (the list of inputs, an `sh` variable, `{{ args }}`) are `Pieces`: literal strings and
`Hole`s. Paths are relative to the root, with `/`, without `./` or a `/` at the end. Knows nothing of YAML, files or processes.
"""

from __future__ import annotations

from uetbuild.core.policies import Guard, Limit, Retry
from uetbuild.core.record import Record, Spelled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# --- late values in texts ------------------------------------------------------------------------------------------------------


class Place:
    """Where in a shell text a hole stands; decides how its value is quoted (interface, Templates)."""

    PLAIN = 0  # no shell: an environment value, or a word of a directly executed command
    WORD = 1  # outside quotes, a word by itself: a list becomes one word an element
    SINGLE = 2  # inside '…'
    DOUBLE = 3  # inside "…"
    RAW = 4  # shell source, inserted as it stands
    PART = 5  # outside quotes, part of a bigger word: always exactly one word
    TARGET = 6  # outside quotes, what a redirection names: a list must have exactly one element
    JSON = 7  # a whole value in the JSON of a Python step
    JSON_TEXT = 8  # inside a string of that JSON


class Hole(Record):
    """One `{{ … }}` whose value is known when its node is ready.

    `name` is `inputs`, `changed`, `args`, `files`, `feedback`, `var` (with `key`, see below) or `expr`. `key` is the input's name for
    `inputs` ("" = all), the full variable name for `var`. For `expr`, `source` is the Jinja2 expression and `context` the
    constant values that it uses ((name, value), …); names in `late` come from the moment. `words`: split the text into words.
    """

    __slots__ = ("context", "key", "late", "name", "place", "source", "words")
    DEFAULTS = {"key": "", "place": Place.PLAIN, "source": "", "context": (), "late": (), "words": False}

    name: str
    key: str
    place: int
    source: str
    context: tuple[tuple[str, Any], ...]
    late: tuple[str, ...]
    words: bool


Pieces = tuple["str | Hole", ...]

# --- sources: which files ------------------------------------------------------------------------------------------------------


class Source(Spelled):
    """One entry of `inputs`, `outputs`, `edits` or `forbid`.

    `kind`: `PATH` (a literal path: itself and everything below), `GLOB`, `GROUP` (a scope: `items`, evaluated on their own, later
    patterns win inside it), `CREATED` (`outputs:ID`: `pattern` is the workstream's id). `negative` takes matches of all before it in the
    same list away. `folder`: written with `/` at the end. `name`: its name where the manifest has a map. `line`, `column`: its
    place in the node's file.
    """

    PATH, GLOB, GROUP, CREATED = 0, 1, 2, 3

    __slots__ = ("pattern", "kind", "items", "negative", "optional", "folder", "name", "line", "column")

    def __init__(
        self, pattern: str, kind: int = 0, items: tuple[Source, ...] = (), negative: bool = False, optional: bool = False,
        folder: bool = False, name: str = "", line: int = 0, column: int = 0,
    ) -> None:  # fmt: skip
        self.pattern = pattern
        self.kind = kind
        self.items = items
        self.negative = negative
        self.optional = optional
        self.folder = folder
        self.name = name
        self.line = line
        self.column = column


Source.NESTED = {"items": Source}

Sources = tuple[Source, ...]

# --- recipes -------------------------------------------------------------------------------------------------------------------


class Step(Spelled):
    """One command. `kind` says which of the following fields hold it.

    `DIRECT`: `words`, each a tuple of pieces, executed without shell; a word that is one list hole becomes one word an element.
    `SHELL`: `text` is handed to the argv `shell` as one more argument. `PYTHON`: `words` is ((“pkg.mod:func”,), (JSON of args pieces…)).
    `env` adds to the node's; `cwd` (root-relative, None = the node's); `timeout` in seconds, 0 = none; `shown` is the text as
    the manifest writes it, for people.
    """

    DIRECT, SHELL, PYTHON = 0, 1, 2

    __slots__ = ("kind", "words", "text", "shell", "name", "env", "cwd", "timeout", "allow_failure", "shown")
    NESTED = {"words": Hole, "text": Hole, "env": Hole}

    def __init__(
        self, kind: int = 0, words: tuple[Pieces, ...] = (), text: Pieces = (), shell: tuple[str, ...] = (), name: str = "",
        env: tuple[tuple[str, Pieces], ...] = (), cwd: str | None = None, timeout: float = 0.0, allow_failure: bool = False,
        shown: str = "",
    ) -> None:  # fmt: skip
        self.kind = kind
        self.words = words
        self.text = text
        self.shell = shell
        self.name = name
        self.env = env
        self.cwd = cwd
        self.timeout = timeout
        self.allow_failure = allow_failure
        self.shown = shown


class Agent(Record):
    """What an AI coding agent is asked: `prompt`, a text with late values, or the content of `prompt_file` (root-relative, "" = none).

    `model`: what it is to use ("" = what it takes by itself); `tool`: its name in the manifest. How it is started is said by the node's
    only step.
    """

    __slots__ = ("tool", "model", "prompt", "prompt_file")
    DEFAULTS = {"tool": "", "model": "", "prompt": (), "prompt_file": ""}
    NESTED = {"prompt": Hole}

    tool: str
    model: str
    prompt: Pieces
    prompt_file: str


class Node(Record):
    """What the engine runs: a workstream after `matrix` and `foreach` (`id` = `test[py=3.12]`, `workstream` = `test`), a group, a gate.

    `depends_on`, `after` and `inferred` hold node ids, sorted; `inferred` is what the files say. `env`, `pass_env`, … are those of the
    node after defaults. `definition` is the digest of all fields that count (core/fingerprint.py). `when` is already decided:
    `skipped` is True where it was false. `file`, `line`, `column`: where it is declared. `python` is the interpreter for Python steps
    ("" = decide at run time). `folder` is the root-relative folder of its manifest. `gates`: ids of the gate nodes that guard it,
    sorted; `guard`: what makes it a gate (kind GATE), else None. `agent`: what the agent is asked that its step starts, None for a recipe.
    """

    WORKSTREAM, GROUP, GATE, MERGE = 0, 1, 2, 3

    __slots__ = (
        "id", "workstream", "kind", "title", "phase", "tags", "priority", "folder",
        "depends_on", "after", "inferred", "inputs", "outputs", "edits", "forbid",
        "steps", "finally_", "cwd", "env", "pass_env", "env_mode", "secrets",
        "programs", "probes", "depfile", "timeout", "resources", "mutex", "exclusive", "isolation",
        "keep", "always", "manual", "interactive", "confirm", "cache", "skipped", "skip_if",
        "require_env", "require_files", "uses_args", "sh_vars", "python", "agent", "retry", "gates", "guard", "budget", "definition",
        "file", "line", "column",
    )  # fmt: skip
    DEFAULTS = {
        "kind": 0, "title": "", "phase": "", "tags": (), "priority": 0, "folder": "",
        "depends_on": (), "after": (), "inferred": (), "inputs": (), "outputs": (), "edits": (), "forbid": (),
        "steps": (), "finally_": (), "cwd": "", "env": (), "pass_env": (), "env_mode": "inherit", "secrets": (),
        "programs": (), "probes": (), "depfile": "", "timeout": 0.0, "resources": (), "mutex": (), "exclusive": False,
        "isolation": "none", "keep": False, "always": False, "manual": False, "interactive": False, "confirm": "",
        "cache": True, "skipped": False, "skip_if": None, "require_env": (), "require_files": (), "uses_args": False,
        "sh_vars": (), "python": "", "agent": None, "retry": None, "gates": (), "guard": None, "budget": None, "definition": "", "file": "",
        "line": 0, "column": 0,
    }  # fmt: skip
    NESTED = {
        "inputs": Source, "outputs": Source, "edits": Source, "forbid": Source, "steps": Step, "finally_": Step,
        "env": Hole, "probes": Step, "skip_if": Step, "agent": Agent, "retry": Retry, "guard": Guard, "budget": Limit,
    }  # fmt: skip

    id: str
    workstream: str
    kind: int
    title: str
    phase: str
    tags: tuple[str, ...]
    priority: int
    folder: str
    depends_on: tuple[str, ...]
    after: tuple[str, ...]
    inferred: tuple[str, ...]
    inputs: Sources
    outputs: Sources
    edits: Sources
    forbid: Sources
    steps: tuple[Step, ...]
    finally_: tuple[Step, ...]
    cwd: str
    env: tuple[tuple[str, Pieces], ...]
    pass_env: tuple[str, ...]
    env_mode: str
    secrets: tuple[str, ...]
    programs: tuple[str, ...]
    probes: tuple[Step, ...]
    depfile: str
    timeout: float
    resources: tuple[tuple[str, int], ...]
    mutex: tuple[str, ...]
    exclusive: bool
    isolation: str
    keep: bool
    always: bool
    manual: bool
    interactive: bool
    confirm: str
    cache: bool
    skipped: bool
    skip_if: Step | None
    require_env: tuple[str, ...]
    require_files: tuple[str, ...]
    uses_args: bool
    sh_vars: tuple[str, ...]
    python: str
    agent: Agent | None
    retry: Retry | None
    gates: tuple[str, ...]
    guard: Guard | None
    budget: Limit | None
    definition: str
    file: str
    line: int
    column: int

    @property
    def is_group(self) -> bool:
        return self.kind == Node.GROUP

    @property
    def touches_files(self) -> bool:
        """Whether its verdict can come from files at all; a recipe without any always runs. A gate's come from what it guards."""
        return bool(self.inputs or self.outputs or self.edits or self.kind == Node.GATE)

    @property
    def needs(self) -> tuple[tuple[str, ...], bool] | None:
        """(paths of its inputs that must be there, or be made, before a build begins; whether it requires anything else); None where
        nothing of it has to be looked at then.
        """
        if self.skipped:
            return None
        paths = tuple([one.pattern for one in self.needed])
        requires = bool(self.require_env or self.require_files or self.programs)
        return (paths, requires) if paths or requires else None

    @property
    def needed(self) -> list[Source]:
        """Plain inputs that are not optional."""
        return [one for one in self.inputs if one.kind == Source.PATH and not (one.optional or one.negative)]

    @property
    def is_product(self) -> bool:
        """Whether a build of everything makes it: a workstream that has files and does not run by itself."""
        return self.kind == Node.WORKSTREAM and not (self.manual or self.always) and self.touches_files


class ShVar(Record):
    """A variable whose value a command says (`vars: {rev: {sh: …}}`); `name` is unique in the manifest tree (`api:rev`).

    Its step may use earlier `sh` variables through holes named `var`.
    """

    __slots__ = ("name", "step", "env")
    DEFAULTS = {"env": ()}
    NESTED = {"step": Step, "env": Hole}

    name: str
    step: Step
    env: tuple[tuple[str, Pieces], ...]


class Settings(Record):
    """What holds for the whole build. `pools`: ((name, size), …); `output_limit` in bytes; `jobs` 0 = the cores. `budget`: of one run;
    `phases`: ((id, budget), …) of those that have one; `prices`: ((model, USD for 1,000 tokens of input, of cached input, of output), …).
    """

    __slots__ = ("project", "jobs", "keep_runs", "output_limit", "exclude", "pools", "budget", "phases", "prices")
    DEFAULTS = {
        "project": "", "jobs": 0, "keep_runs": 50, "output_limit": 1 << 30,
        "exclude": ("node_modules", "venv", "__pycache__"), "pools": (), "budget": None, "phases": (), "prices": (),
    }  # fmt: skip
    NESTED = {"budget": Limit, "phases": Limit}

    project: str
    jobs: int
    keep_runs: int
    output_limit: int
    exclude: tuple[str, ...]
    pools: tuple[tuple[str, int], ...]
    budget: Limit | None
    phases: tuple[tuple[str, Limit], ...]
    prices: tuple[tuple[str, str, str, str], ...]


class Project(Record):
    """A compiled manifest tree: all that a build needs to know, and nothing of YAML.

    `default`: the declared default as ids (None = not declared). `namespaces`: ((folder, prefix, default ids or None), …), for bare ids
    typed in a sub-folder. `tags`/`phases` are found on the nodes. `vars`: declared variable names of the root manifest.
    `warnings` are lines for stderr.
    """

    __slots__ = ("nodes", "default", "namespaces", "sh_vars", "vars", "settings", "warnings")
    DEFAULTS = {"default": None, "namespaces": (), "sh_vars": (), "vars": (), "warnings": ()}
    NESTED = {"nodes": Node, "sh_vars": ShVar, "settings": Settings}

    nodes: tuple[Node, ...]
    default: tuple[str, ...] | None
    namespaces: tuple[tuple[str, str, tuple[str, ...] | None], ...]
    sh_vars: tuple[ShVar, ...]
    vars: tuple[str, ...]
    settings: Settings
    warnings: tuple[str, ...]
