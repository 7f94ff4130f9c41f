"""The fields that only nodes with a recipe have: files, environment, steps, limits, conditions.

Knows nothing of other nodes; ids in lists of paths are looked up by `World.paths`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Agent, Node, Pieces, ShVar, Source, Sources, Step
from uetbuild.core.policies import Limit, Retry
from uetbuild.core.ports import Disk
from uetbuild.core.relative import seen_from
from uetbuild.core.render import late_of
from uetbuild.core.scope import Scope
from uetbuild.errors import UetError
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.instances import FileItem, Instance
from uetbuild.manifest.models_agent import Agent as AgentSpec
from uetbuild.manifest.models_gate import Gate
from uetbuild.manifest.models_paths import PathEntry
from uetbuild.manifest.names import Names, Unusable
from uetbuild.manifest.namespaces import Declared
from uetbuild.manifest.outputnames import output_names
from uetbuild.manifest.recipes import StepMaker, env_value, folder_of
from uetbuild.manifest.references import References
from uetbuild.manifest.sources import Paths
from uetbuild.manifest.texts import Filled, filled, filled_list
from uetbuild.manifest.tools import DeclaredTool, Tools
from uetbuild.manifest.tree import Text
from uetbuild.manifest.words import did_you_mean


class World:
    """What lowering looks at besides the instance: `paths` reads lists of a unit; `closures`: `sh` variable -> what asking it takes."""

    __slots__ = ("closures", "disk", "faults", "paths", "pools", "python", "references", "root", "tools")

    def __init__(
        self,
        root: str,
        disk: Disk,
        paths: Callable[[Declared], Paths],
        references: References,
        tools: Tools,
        pools: Mapping[str, int],
        python: str,
        sh_vars: Iterable[ShVar],
        faults: Faults,
    ) -> None:
        self.root = root
        self.disk = disk
        self.paths = paths
        self.references = references
        self.tools = tools
        self.pools = pools
        self.python = python
        self.faults = faults
        self.closures = _closures(sh_vars)


def _closures(sh_vars: Iterable[ShVar]) -> dict[str, tuple[str, ...]]:
    """For each variable those that have to be asked before it, and itself; they are declared in that order."""
    closures: dict[str, tuple[str, ...]] = {}
    for variable in sh_vars:
        used = sorted(name[4:] for name in late_of(variable.step) if name.startswith("var:"))
        closures[variable.name] = tuple(dict.fromkeys([*(before for name in used for before in closures[name]), variable.name]))
    return closures


class RecipeFields:
    """Fills in what only nodes with a recipe have."""

    def __init__(self, world: World, instance: Instance, node: Node) -> None:
        self.world = world
        self.instance = instance
        self.node = node
        self.around = instance.around
        self.spec = instance.declared.spec
        self.defaults = instance.around.defaults
        self.names: dict[str, Names] = {}
        self.env: Mapping[str, Pieces] = {}

    def fill(self) -> None:
        self._files()
        self._place()
        self._environment()
        self._steps()
        self._limits()
        self._conditions()

    # --- files ----------------------------------------------------------------------------------------------------------------------

    def _files(self) -> None:
        node, spec, paths = self.node, self.spec, self.world.paths(self.instance.declared)
        node.outputs = self.instance.outputs
        node.inputs = self._with_item(paths.read(spec.inputs, self.instance.for_paths, self.world.faults, created=True))
        node.edits = self._read(paths, spec.edits)
        node.forbid = self._read(paths, spec.forbid)
        if spec.depfile is not None:
            node.depfile = paths.path(Filled(filled(spec.depfile, self.instance.for_paths), spec.depfile))
        for source in node.inputs:
            if source.kind == Source.CREATED and source.pattern == node.workstream:
                raise UetError(f"`{node.id}` cannot read its own outputs", spec.where("inputs"), "take `outputs:` of itself away")
        for source in node.outputs:
            if not source.pattern and source.kind == Source.PATH:
                raise UetError(f"`{node.id}` cannot create the root folder", spec.where("outputs"), "name a folder below it")

    def _read(self, paths: Paths, entries: tuple[PathEntry, ...]) -> Sources:
        return paths.read(entries, self.instance.for_paths, self.world.faults) if entries else ()

    def _with_item(self, inputs: Sources) -> Sources:
        """The item of a glob is an input by itself, the first one unless the list names it."""
        element = self.instance.element
        if not isinstance(element, FileItem):
            return inputs
        if any(source.kind == Source.PATH and source.pattern == element.path for source in inputs):
            return inputs
        line, column = self._line("foreach")
        return (Source(pattern=element.path, line=line, column=column), *inputs)

    def _line(self, key: str) -> tuple[int, int]:
        place = self.spec.where(key)
        return place.line, place.column

    def _place(self) -> None:
        spec, folder = self.spec, self.around.unit.folder
        cwd = self.defaults.get("cwd")
        if spec.cwd is not None:
            self.node.cwd = folder_of(spec.cwd, folder, self.instance.for_texts)
        elif isinstance(cwd, Text):
            self.node.cwd = folder_of(cwd, folder, self.around.names)
        else:
            self.node.cwd = folder

    # --- environment ----------------------------------------------------------------------------------------------------------------

    def _environment(self) -> None:
        node, spec = self.node, self.spec
        node.pass_env = tuple(sorted({name.text for name in spec.pass_env}))
        node.secrets = tuple(sorted({name.text for name in spec.secrets}))
        node.env_mode = spec.env_mode or _text(self.defaults.get("env_mode")) or "inherit"
        self.env = self.around.set_env(node.env_mode == "strict", frozenset((*node.pass_env, *node.secrets)))
        if spec.env:
            own = {name: env_value(value, lambda: self._names_at(node.cwd)) for name, value in spec.env.items()}
            self.env = {**self.env, **own}
            self.names.clear()  # recipes see these too
        node.env = tuple(sorted(self.env.items()))

    def _names_at(self, cwd: str) -> Names:
        """The names of a text that is used in a folder."""
        if cwd not in self.names:
            more: dict[str, object] = {"outputs": output_names(self.node.outputs, cwd), "cwd": self._absolute(cwd)}
            if self.spec.agent is None and not isinstance(self.spec, Gate):  # a tool's command suits many workstreams
                more |= self._undeclared()
            if self.node.depfile:
                more["depfile"] = seen_from(cwd, self.node.depfile)
            named = frozenset([source.name for source in self.node.inputs if source.name])
            self.names[cwd] = self.instance.for_recipes(cwd, more, self.env, named)
        return self.names[cwd]

    def _undeclared(self) -> dict[str, Unusable]:
        """Names that stand for nothing, since nothing is declared: no recipe means that."""
        node, found = self.node, {}
        for name, verb in (("inputs", "reads"), ("outputs", "creates")):
            if not getattr(self.spec, name) and not getattr(node, name):
                found[name] = Unusable(f"`{node.workstream}` declares no `{name}`", f"write what it {verb} under `{name}`")
        return found

    def _early_names_at(self, cwd: str) -> Names:
        """The same for what is asked before the inputs are known."""
        names = self._names_at(cwd)
        return Names({name: value for name, value in names.constants.items() if name != "inputs"}, frozenset(), names.late_vars)

    def _absolute(self, cwd: str) -> str:
        return f"{self.world.root}/{cwd}" if cwd else self.world.root

    # --- what runs ------------------------------------------------------------------------------------------------------------------

    def _steps(self) -> None:
        node, spec = self.node, self.spec
        shell = tuple([word.text for word in spec.shell]) if spec.shell is not None else self.around.shell
        kitchen = StepMaker(node.folder, node.cwd, shell, self._names_at)
        node.steps = tuple([kitchen.step(step) for step in spec.run])
        if spec.agent is not None:
            self._ask(spec.agent, shell)
        node.finally_ = tuple([kitchen.step(step) for step in spec.finally_])
        if spec.probes or spec.skip_if is not None:
            early = StepMaker(node.folder, node.cwd, shell, self._early_names_at)
            node.probes = tuple([self._question(early.step(step)) for step in spec.probes])
            node.skip_if = self._question(early.step(spec.skip_if)) if spec.skip_if is not None else None
        node.programs = self._words(spec.programs)
        self._count_modules()
        questions = node.probes if node.skip_if is None else (*node.probes, node.skip_if)
        prompt = node.agent.prompt if node.agent is not None else ()
        late = late_of(*node.steps, *node.finally_, *questions, *[value for _, value in node.env], prompt)
        if late:
            node.uses_args = "args" in late
            used = sorted(name[4:] for name in late if name.startswith("var:"))
            node.sh_vars = tuple(dict.fromkeys([before for name in used for before in self.world.closures[name]]))

    def _ask(self, spec: AgentSpec, shell: tuple[str, ...]) -> None:
        """The call of a tool as the only step, and what it is asked."""
        tool = self._tool(spec)
        agent = Agent(tool=tool.name, model=filled(spec.model, self.instance.for_texts) if spec.model is not None else tool.model)
        assert tool.spec.cmd is not None
        step = StepMaker(self.node.folder, self.node.cwd, shell, lambda cwd: tool.names(self._names_at(cwd))).step(tool.spec.cmd)
        step.timeout = tool.spec.timeout or 0.0
        self.node.steps = (step,)
        if spec.prompt is not None:
            names = self._names_at(self.node.cwd)
            told = Names(names.constants, names.late | {"feedback"}, names.late_vars, names.inputs)
            agent.prompt = env_value(spec.prompt, lambda: told)
        if spec.prompt_file is not None:
            agent.prompt_file = self._prompt_file(spec.prompt_file)
        self.node.agent = agent

    def _tool(self, spec: AgentSpec) -> DeclaredTool:
        unit, tools = self.around.unit, self.world.tools
        if spec.tool is not None:
            return tools.named(Filled(filled(spec.tool, self.instance.for_texts), spec.tool), unit)
        assert spec.capability is not None
        return tools.able(Filled(filled(spec.capability, self.instance.for_texts), spec.capability), unit)

    def _prompt_file(self, text: Text) -> str:
        """The path of the file that says what is to be done, which is an input."""
        node = self.node
        path = self.world.paths(self.instance.declared).path(Filled(filled(text, self.instance.for_paths), text))
        if node.edits and Scope(node.edits).matches(path):
            hint = f'take it out of `edits`: `"!{text.text}"`'
            raise UetError(f"the prompt file `{path}` is among what `{node.id}` edits", text.locate(), hint)
        if all(source.pattern != path for source in node.inputs):
            place = text.locate()
            node.inputs = (*node.inputs, Source(pattern=path, line=place.line, column=place.column))
        return path

    def _question(self, step: Step) -> Step:
        """A probe or `skip_if` is asked on its own, so it says itself where it runs."""
        if step.cwd is None:
            step.cwd = self.node.cwd
        return step

    def _count_modules(self) -> None:
        """The file of a Python step is an input, where it lies in the manifest's folder and files decide at all."""
        node = self.node
        if not node.touches_files:
            return
        for step in node.steps:
            if step.kind != Step.PYTHON:
                continue
            module = "/".join([part for part in (node.folder, str(step.words[0][0]).partition(":")[0].replace(".", "/")) if part])
            for path in (f"{module}.py", f"{module}/__init__.py"):
                if self.world.disk.kind(path) != Kind.ABSENT:
                    if all(source.pattern != path for source in (*node.inputs, *node.edits)):
                        line, column = self._line("run")
                        node.inputs = (*node.inputs, Source(pattern=path, line=line, column=column))
                    break

    def _words(self, texts: tuple[Text, ...]) -> tuple[str, ...]:
        return tuple(sorted({element.text for element in filled_list(texts, self.instance.for_texts)})) if texts else ()

    # --- how it runs ----------------------------------------------------------------------------------------------------------------

    def _limits(self) -> None:
        node, spec = self.node, self.spec
        timeout = spec.timeout if spec.timeout is not None else self.defaults.get("timeout")
        node.timeout = timeout if isinstance(timeout, float) else 0.0
        retry = spec.retry if spec.retry is not None else self.defaults.get("retry")
        budget = spec.budget.limit() if spec.budget is not None else self.defaults.get("budget")
        node.budget = budget if isinstance(budget, Limit) and budget != Limit() else None
        node.retry = retry if isinstance(retry, Retry) and retry.attempts > 1 else None
        resources = spec.resources if spec.resources is not None else self.defaults.get("resources")
        if isinstance(resources, dict) and resources:
            node.resources = tuple(sorted([(pool, amount) for pool, amount in resources.items() if amount]))
            self._check_pools()
        node.mutex = self._words(spec.mutex)
        node.exclusive = spec.exclusive
        node.isolation = spec.isolation or _text(self.defaults.get("isolation")) or "none"
        node.keep = spec.keep if spec.keep is not None else bool(self.defaults.get("keep"))
        node.always = spec.always
        node.interactive = spec.interactive
        node.python = self.world.python

    def _check_pools(self) -> None:
        for pool, amount in self.node.resources:
            place = self.spec.where("resources")
            if pool not in self.world.pools:
                hint = did_you_mean(pool, self.world.pools) or "pools are declared under `pools`"
                raise UetError(f"workstream `{self.node.workstream}` takes from unknown pool `{pool}`", place, hint)
            size = self.world.pools[pool]
            if amount > size:
                message = f"workstream `{self.node.workstream}` takes {amount} of pool `{pool}`, which has {size}"
                raise UetError(message, place, "it could never start")

    def _conditions(self) -> None:
        node, spec = self.node, self.spec
        if spec.confirm is not None:
            node.confirm = filled(spec.confirm, self.instance.for_texts)
        if spec.require is not None:
            node.require_env = tuple(sorted({name.text for name in spec.require.env}))
            paths = self.world.paths(self.instance.declared)
            elements = filled_list(spec.require.files, self.instance.for_paths)
            node.require_files = tuple(sorted({paths.path(element) for element in elements}))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
