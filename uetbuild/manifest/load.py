"""From a manifest on disk to a `Project`: read, validate, expand, lower, check; every look at the world goes through the disk."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping

from uetbuild.core.barriers import hold_next_waves
from uetbuild.core.cells import hold_dependents, hold_followers
from uetbuild.core.coupling import couple, only_after
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Pieces, Project, Settings, ShVar, Source
from uetbuild.core.policies import Limit
from uetbuild.core.ports import Disk
from uetbuild.core.prices import PRICES
from uetbuild.errors import Location, UetError, UetErrors
from uetbuild.manifest.collector import paused_collector
from uetbuild.manifest.discover import NAME
from uetbuild.manifest.expand import Expansion
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.gating import Gating, after_guarded
from uetbuild.manifest.lower import Lowering
from uetbuild.manifest.manifests import Family, Unit, read_family
from uetbuild.manifest.namespaces import Declared, Namespaces
from uetbuild.manifest.recipe_fields import World
from uetbuild.manifest.recipes import env_value
from uetbuild.manifest.references import References
from uetbuild.manifest.scopes import Scopes
from uetbuild.manifest.sources import Paths, nobody
from uetbuild.manifest.surroundings import Surroundings
from uetbuild.manifest.texts import Filled, filled, filled_list
from uetbuild.manifest.tools import Tools
from uetbuild.manifest.tree import Text
from uetbuild.manifest.variables import check_assignments, declare_vars
from uetbuild.manifest.yamltext import decode

_SYSTEMS = {"darwin": "macos"}
_MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}


def load(
    root: str, manifest: str, disk: Disk, *, profile: str | None = None, assignments: Mapping[str, str] | None = None,
    made: Collection[str] = (),
) -> Project:  # fmt: skip
    """The compiled project of the manifest `manifest` (root-relative) in the absolute folder `root`.

    `assignments` are NAME=VALUE of the command line; `made`: paths that nodes are recorded to have created. Raises UetErrors with all that
    is wrong.
    """
    with paused_collector():
        return _Loading(root, disk, read_family(manifest, disk, profile), assignments or {}, made).project()


class _Loading:
    """The work of `load`, one step a method."""

    def __init__(self, root: str, disk: Disk, family: Family, assignments: Mapping[str, str], made: Collection[str]) -> None:
        self.root = root
        self.disk = disk
        self.family = family
        self.assignments = assignments
        self.made = frozenset(made)
        self.faults = Faults()
        self.sh_vars: dict[str, ShVar] = {}
        self.surroundings: dict[str, Surroundings] = {}
        self.warnings: list[str] = []

    def project(self) -> Project:
        """Raises UetErrors, those of reading the manifests included."""
        try:
            project = self._compiled()
        except UetErrors as errors:
            raise UetErrors([*self.family.errors, *errors.errors], errors.left_out) from None
        if self.family.errors:
            raise UetErrors(self.family.errors)
        return project

    def _compiled(self) -> Project:
        self._surround()
        namespaces = Namespaces(self.family, self.faults)
        self.faults.check(self.family.sources)
        scopes = Scopes(self.surroundings, namespaces, self.faults)
        paths = self._paths(namespaces, scopes)
        expansion = Expansion(self.disk, self.family.exclude, paths, self.faults, self.made)
        instances = expansion.expand([(one, self.surroundings[one.unit.file]) for one in namespaces.workstreams.values()])
        gating = Gating(namespaces, self.faults)
        gating.name(instances)
        owners = {instance.id: instance.declared for instance in instances}
        references = References(namespaces, owners, self._phases(), self.faults)
        tools = Tools(self.surroundings, namespaces, self.faults)
        lowering = Lowering(
            World(self.root, self.disk, paths, references, tools, self._pools(), self._python(), self.sh_vars.values(), self.faults)
        )
        gating.lower(lambda gate: expansion.single(gate, self.surroundings[gate.unit.file]), lowering.node)
        nodes = [node for instance in instances if (node := lowering.node(instance)) is not None]
        nodes += gating.nodes(nodes)
        defaults = {unit.file: self._default(unit, references, nodes) for unit in self.family.units}
        self._check_prices(nodes)
        self.faults.check(self.family.sources)
        self._order(nodes, gating)
        return self._assembled(nodes, defaults, [*expansion.warnings, *gating.warnings])

    # --- what surrounds the workstreams -----------------------------------------------------------------------------------------------

    def _surround(self) -> None:
        machine = os.uname().machine.lower()
        constants = {"root": self.root, "os": _SYSTEMS.get(sys.platform, sys.platform), "arch": _MACHINES.get(machine, machine)}
        check_assignments(self.assignments, self.family.root.manifest.vars, self.faults)
        for unit in self.family.units:
            above = self.surroundings[unit.parent.file] if unit.parent is not None else None
            around = self.surroundings[unit.file] = Surroundings(unit, self.disk, constants, above)
            self._read_dotenv(around)
            given = self.assignments if unit.parent is None else {}
            before = len(self.sh_vars)
            declare_vars(around, above, given, self.sh_vars, self.faults)
            self._set_env(around)
            for variable in list(self.sh_vars.values())[before:]:
                variable.env = _known_now(around.set_env(False, frozenset()))

    def _read_dotenv(self, around: Surroundings) -> None:
        reader = Paths(around.unit.folder, nobody, nobody)
        for text in around.unit.manifest.dotenv:
            try:
                path = reader.path(Filled(filled(text, around.names), text))
                content = self.disk.read(path)
                if content is not None:
                    from uetbuild.manifest.dotenv import parse as parse_dotenv  # most manifests name none

                    around.dotenv.update(parse_dotenv(decode(path, content)))
            except UetError as error:
                self.faults.add(error)

    def _set_env(self, around: Surroundings) -> None:
        manifest = around.unit.manifest
        blocks: list[dict[str, Text]] = [manifest.env]
        if manifest.defaults is not None:
            blocks.append(manifest.defaults.env)
        for block in blocks:
            values = {}
            for name, text in block.items():
                try:
                    values[name] = env_value(text, around.names)
                except UetError as error:
                    self.faults.add(error)
            around.env.update(values)

    # --- looking names up -----------------------------------------------------------------------------------------------------------

    def _paths(self, namespaces: Namespaces, scopes: Scopes) -> Callable[[Declared], Paths]:
        """A reader of lists of paths for each manifest."""
        readers: dict[str, Paths] = {}
        for unit in self.family.units:
            readers[unit.file] = Paths(
                unit.folder,
                lambda name, where, unit=unit: scopes.group(name, unit, where),  # type: ignore[misc]
                lambda name, where, unit=unit: _created(name, where, unit, namespaces),  # type: ignore[misc]
            )
        return lambda declared: readers[declared.unit.file]

    def _phases(self) -> frozenset[str]:
        return frozenset([name for unit in self.family.units for name in unit.manifest.phases])

    def _pools(self) -> dict[str, int]:
        """All pools; of one that several manifests declare the outermost says the size."""
        pools: dict[str, int] = {}
        for unit in self.family.units:
            for name, size in unit.manifest.pools.items():
                pools.setdefault(name, size)
        return pools

    def _python(self) -> str:
        settings = self.family.root.manifest.settings
        return settings.python.text if settings is not None and settings.python is not None else ""

    def _default(self, unit: Unit, references: References, nodes: list[Node]) -> tuple[str, ...] | None:
        """The nodes that a manifest's `default` means; None where it declares none."""
        texts = unit.manifest.default
        if texts is None:
            return None
        try:
            named = filled_list(texts, self.surroundings[unit.file].names)
        except UetError as error:
            self.faults.add(error)
            return ()
        everything = any(element.text == "all" for element in named) and references.workstream("all", unit) is None
        ids, _ = references.nodes([element for element in named if not everything or element.text != "all"], unit, None, "names")
        if everything:
            ids = tuple(sorted({*ids, *[node.id for node in nodes if node.id.startswith(unit.prefix) and node.is_product]}))
        return ids

    # --- the whole ------------------------------------------------------------------------------------------------------------------

    def _order(self, nodes: list[Node], gating: Gating) -> None:
        """Add what the files say about the order, and the gates of the waves that follow from it; contradictions and cycles are errors."""
        everyone = [*nodes, *gating.of_waves]
        inferred, errors = couple(everyone)
        self.faults.add_all(errors)
        order = only_after(everyone, inferred)
        for node in everyone:
            behind = order.get(node.id, ())
            node.after = tuple(dict.fromkeys((*node.after, *behind)))
            inferred[node.id] = tuple([name for name in inferred.get(node.id, ()) if name not in behind])
        after_guarded(nodes, inferred)
        inferred = hold_dependents(nodes, inferred)
        held = hold_followers(nodes, inferred)
        for node in nodes:
            node.after = (*node.after, *held.get(node.id, ()))
        try:
            inferred = self._with_waves(nodes, gating, Graph(everyone, inferred), inferred)
        except UetError as cycle:
            self.faults.add(cycle)
        self.faults.check(self.family.sources)
        for node in nodes:
            node.inferred = inferred.get(node.id, ())

    def _with_waves(
        self, nodes: list[Node], gating: Gating, graph: Graph, inferred: dict[str, tuple[str, ...]]
    ) -> dict[str, tuple[str, ...]]:
        """Add the gates of waves to `nodes`; returns `inferred` with their edges."""
        gates = gating.after_waves(graph, inferred) if gating.of_waves else []
        nodes += gates
        return hold_next_waves(graph, gates, {**inferred, **{gate.id: gate.inferred for gate in gates}}) if gates else inferred

    def _assembled(self, nodes: list[Node], defaults: dict[str, tuple[str, ...] | None], warnings: list[str]) -> Project:
        root = self.family.root
        return Project(
            nodes=tuple(nodes), default=defaults[root.file],
            namespaces=tuple([
                (unit.folder, unit.prefix.removesuffix(":"), defaults[unit.file])
                for unit in self.family.units if unit is root or unit.file.rpartition("/")[2] == NAME
            ]),
            sh_vars=tuple(self.sh_vars.values()), vars=tuple(root.manifest.vars), settings=self._settings(),
            warnings=(*warnings, *self._unknown_phases(nodes)),
        )  # fmt: skip

    def _settings(self) -> Settings:
        manifest = self.family.root.manifest
        settings = manifest.settings
        values: dict[str, object] = {
            "project": manifest.project.text if manifest.project is not None else "",
            "exclude": self.family.exclude, "pools": tuple(sorted(self._pools().items())),
        }  # fmt: skip
        if manifest.budgets is not None and manifest.budgets.run is not None:
            values["budget"] = manifest.budgets.run.limit()
        phases: dict[str, Limit] = {}
        prices: dict[str, tuple[str, str, str]] = {}
        for unit in self.family.units:  # the outermost says it
            for name, phase in unit.manifest.phases.items():
                if phase.budget is not None:
                    phases.setdefault(name, phase.budget.limit())
            for name, price in unit.manifest.models.items():
                prices.setdefault(name, price.rates())
        values["phases"] = tuple(sorted(phases.items(), key=lambda item: item[0]))
        values["prices"] = tuple([(name, *rates) for name, rates in sorted(prices.items())])
        for name in ("jobs", "keep_runs", "output_limit"):
            value = getattr(settings, name, None)
            if value is not None:
                values[name] = value
        return Settings(**values)

    def _check_prices(self, nodes: list[Node]) -> None:
        """A limit in USD is nothing for a model of which nobody knows what it costs."""
        settings = self._settings()
        priced = {*PRICES, *[price[0] for price in settings.prices]}
        phases = {name for name, limit in settings.phases if limit.usd}
        everywhere = settings.budget is not None and bool(settings.budget.usd)
        for node in nodes:
            limited = everywhere or node.phase in phases or (node.budget is not None and bool(node.budget.usd))
            if limited and node.agent is not None and node.agent.model and node.agent.model not in priced:
                message = f"`{node.id}` has a budget in USD, but the model `{node.agent.model}` has no price"
                hint = f"say it: `models: {{{node.agent.model}: {{input_per_1k: …, output_per_1k: …}}}}`"
                self.faults.add(UetError(message, Location(node.file, node.line, node.column, len(node.workstream)), hint))

    def _unknown_phases(self, nodes: list[Node]) -> list[str]:
        """Where a manifest lists its phases, one that is not listed was probably meant otherwise."""
        known = self._phases()
        used = {node.phase: node.workstream for node in nodes if node.phase and node.phase not in known} if known else {}
        return [f"phase `{phase}` of `{used[phase]}` is not declared under `phases`" for phase in sorted(used)]


def _known_now(env: Mapping[str, Pieces]) -> tuple[tuple[str, Pieces], ...]:
    """The part of an environment that waits for nothing: what a command of a variable gets, which others may wait for."""
    return tuple([(name, value) for name, value in sorted(env.items()) if all(isinstance(piece, str) for piece in value)])


def _created(name: str, where: Text, unit: Unit, namespaces: Namespaces) -> list[Source]:
    """What `outputs:NAME` stands for. Raises UetError."""
    found = namespaces.matching(name, unit) if ":" not in name or "*" in name or "?" in name else None
    if found is None:
        one = namespaces.find(namespaces.workstreams, name, unit)
        if one is None:
            hint = namespaces.suggest(name, unit).replace("`", "`outputs:", 1)
            if "[" in name:
                hint = "`outputs:` takes a workstream, and means all its nodes"
            raise UetError(f"`outputs:{name}` names unknown workstream `{name}`", where.locate(), hint)
        if not one.spec.outputs:
            hint = "a dependency without files belongs under `depends_on`"
            raise UetError(f"`outputs:{name}`: workstream `{one.id}` creates nothing", where.locate(), hint)
        found = [one]
    return [Source(pattern=one.id, kind=Source.CREATED) for one in found if one.spec.outputs and not (len(found) > 1 and one.manual)]
