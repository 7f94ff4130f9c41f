"""The tools that start agents, by name and by what they can do, and the step that is a call of one. Knows nothing of workstreams."""

from __future__ import annotations

from collections.abc import Mapping

from uetbuild.errors import UetError
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.manifests import Unit
from uetbuild.manifest.models_agent import Tool
from uetbuild.manifest.names import Names
from uetbuild.manifest.namespaces import Namespaces
from uetbuild.manifest.surroundings import Surroundings
from uetbuild.manifest.texts import Filled, filled
from uetbuild.manifest.words import did_you_mean


class DeclaredTool:
    """A tool as written: `name` is full (`api:aider`)."""

    __slots__ = ("around", "name", "spec")

    def __init__(self, around: Surroundings, name: str, spec: Tool) -> None:
        self.around = around
        self.name = around.unit.prefix + name
        self.spec = spec

    @property
    def model(self) -> str:
        """The model that it uses where nobody says otherwise, "" where it takes what it likes. Raises UetError."""
        return filled(self.spec.model, self.around.names) if self.spec.model is not None else ""

    def names(self, caller: Names) -> Names:
        """The names of its command line: those of the caller, but the variables are those of the manifest that declares the tool."""
        return Names({**caller.constants, "vars": self.around.vars}, caller.late, self.around.late_vars, caller.inputs)


class Tools:
    """All tools by full name, in the order in which they are declared."""

    __slots__ = ("_declared", "_namespaces")

    def __init__(self, surroundings: Mapping[str, Surroundings], namespaces: Namespaces, faults: Faults) -> None:
        """`surroundings` by file, in the order of the family."""
        self._namespaces = namespaces
        self._declared: dict[str, DeclaredTool] = {}
        for around in surroundings.values():
            for name, spec in around.unit.manifest.tools.items():
                tool = DeclaredTool(around, name, spec)
                first = self._declared.setdefault(tool.name, tool)
                if first is not tool:
                    others = [("the other is here", first.spec.where())]
                    faults.add(UetError(f"tool `{tool.name}` is declared twice", spec.where(), "rename one of them", others=others))

    def named(self, name: Filled, unit: Unit) -> DeclaredTool:
        """The tool that a name means in `unit`. Raises UetError."""
        found = self._namespaces.find(self._declared, name.text, unit)
        if found is None:
            hint = self._namespaces.suggest(name.text, unit, self._declared)
            raise UetError(f"unknown tool `{name.text}`", name.where.locate(), hint or "tools are declared under `tools`")
        return found

    def able(self, capability: Filled, unit: Unit) -> DeclaredTool:
        """The first tool that can do something: of those that `unit` declares, then of its includers'. Raises UetError."""
        known: dict[str, DeclaredTool] = {}
        for prefix in unit.chain:
            for tool in self._declared.values():
                if tool.around.unit.prefix == prefix:
                    for able in tool.spec.capabilities:
                        known.setdefault(able.text, tool)
        if capability.text not in known:
            hint = did_you_mean(capability.text, known) or "tools say what they can do under `capabilities`"
            raise UetError(f"no tool has the capability `{capability.text}`", capability.where.locate(), hint)
        return known[capability.text]
