"""The values of `vars`: what a manifest declares, over what it inherits, under what the command line says.

A value from a command (`sh`) stays a name: it is asked when a recipe needs it (`late_vars`). Values from `load`, `sh` and the command
line are never read as templates. Knows nothing of workstreams.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from uetbuild.core.nodes import ShVar, Step
from uetbuild.core.topology import find_cycle, topological
from uetbuild.errors import UetError
from uetbuild.manifest import templates
from uetbuild.manifest.bounds import MAX_ELEMENTS, measured, too_much
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.models_vars import VarSpec
from uetbuild.manifest.names import Names, TemplateFault
from uetbuild.manifest.recipes import StepMaker
from uetbuild.manifest.surroundings import Surroundings
from uetbuild.manifest.texts import filled, placed
from uetbuild.manifest.tree import Map, Seq, Text, Tree, Value, typed
from uetbuild.manifest.words import did_you_mean

_REFERENCE = re.compile(r"\bvars\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*[\"']([^\"']*)[\"']\s*\])")


class Vars(dict[str, object]):
    """`vars` in templates. A variable that must be given on the command line and is not is a fault where it is used, not before."""

    def __init__(self, values: Mapping[str, object], wanted: Mapping[str, str]) -> None:
        super().__init__(values)
        self.wanted = dict(wanted)  # name -> the choices, for the message

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.wanted

    def __missing__(self, name: str) -> object:
        if name not in self.wanted:
            raise KeyError(name)
        raise TemplateFault(f"variable `{name}` has no value", f"give it on the command line: `{name}=…`, one of {self.wanted[name]}")


def declare_vars(
    around: Surroundings, above: Surroundings | None, assignments: Mapping[str, str], sh_vars: dict[str, ShVar], faults: Faults
) -> None:
    """Fill `around.vars` and `around.late_vars`; commands are added to `sh_vars` by their full names, their `env` left to the caller.

    What is wrong is noted.
    """
    _Declaring(around, above, assignments, sh_vars, faults).declare()


def check_assignments(assignments: Mapping[str, str], declared: Mapping[str, VarSpec], faults: Faults) -> None:
    """Every NAME of NAME=VALUE must be declared, and its value one of its choices, if it has any."""
    for name, value in assignments.items():
        spec = declared.get(name)
        if spec is None:
            hint = did_you_mean(name, declared) or "declare it under `vars` in the root manifest"
            faults.add(UetError(f"unknown variable `{name}` in `{name}={value}`", None, hint))
        elif spec.choices and value not in [choice.text for choice in spec.choices]:
            hint = did_you_mean(value, [choice.text for choice in spec.choices])
            faults.add(UetError(f"variable `{name}` cannot be `{value}`: it is one of {_choices(spec)}", None, hint))


class _Declaring:
    """The work of `declare_vars`."""

    def __init__(
        self, around: Surroundings, above: Surroundings | None, assignments: Mapping[str, str], sh_vars: dict[str, ShVar], faults: Faults
    ) -> None:
        self.around = around
        self.assignments = assignments
        self.sh_vars = sh_vars
        self.faults = faults
        self.specs = around.unit.manifest.vars
        inherited = above.vars if above is not None else {}
        self.values = {name: value for name, value in inherited.items() if name not in self.specs}
        wanted = inherited.wanted if isinstance(inherited, Vars) else {}
        self.wanted = {name: choices for name, choices in wanted.items() if name not in self.specs}
        self.late = {name: full for name, full in above.late_vars.items() if name not in self.specs} if above is not None else {}

    def declare(self) -> None:
        for spec in self._in_order():
            try:
                self._declare(spec)
            except UetError as error:
                self.faults.add(error)
                self.values.setdefault(spec.key.text, "")  # what uses it is not wrong by itself
        self.around.vars = Vars(self.values, self.wanted)
        self.around.late_vars = self.late

    def _in_order(self) -> Sequence[VarSpec]:
        """The variables, each behind those that it uses; those on a cycle are noted, and empty."""
        specs = list(self.specs.values())
        if not any(_references(spec) for spec in specs):
            return specs
        index = {name: number for number, name in enumerate(self.specs)}
        uses = [sorted({index[name] for name in _references(spec) if name in index}) for spec in specs]
        order = topological(uses)
        if len(order) < len(specs):
            self.faults.add(_cycle([specs[number] for number in find_cycle(uses) or ()]))
            for number in set(range(len(specs))).difference(order):
                self.values[specs[number].key.text] = ""
        return [specs[number] for number in order]

    def _declare(self, spec: VarSpec) -> None:
        name = spec.key.text
        if name in self.assignments:
            self.values[name] = _assigned(spec, self.assignments[name])
        elif spec.sh is not None:
            self._declare_late(spec, self._kitchen().step(spec.sh))
        elif spec.load is not None:
            from uetbuild.manifest.loaded import load_data  # JSON and TOML: few manifests load a file

            self.values[name] = load_data(filled(spec.load, self._names), spec.load, self.around.unit.folder, self.around.disk)
        elif spec.choices:
            if spec.default is None:
                self.wanted[name] = _choices(spec)
            else:
                self.values[name] = spec.default.text
        elif spec.value is not None:
            self._declare_value(spec, spec.value)

    def _declare_value(self, spec: VarSpec, tree: Tree) -> None:
        late = [used for used in _references(spec) if used in self.late]
        if not late:
            try:
                value = self._value(tree)
                self.values[spec.key.text] = value if isinstance(tree, Text) else measured(value)  # what a template gives is measured
            except OverflowError as error:
                raise UetError(f"`{spec.key.text}` would be {error}", spec.key.location()) from None
        elif isinstance(tree, Text):
            # a text around the answer of a command is an answer itself: printf says it when it is needed
            pieces = placed(tree, lambda source: templates.pieces(source, self._names()))
            step = Step(kind=Step.DIRECT, words=(("printf",), ("%s",), pieces), cwd=self.around.unit.folder, shown=tree.text)
            self._declare_late(spec, step)
        else:
            raise UetError(
                f"`{spec.key.text}` is no text, and so cannot use `{late[0]}`, which is only known when a recipe runs",
                spec.key.location(), "use the variable in the recipe itself",
            )  # fmt: skip

    def _declare_late(self, spec: VarSpec, step: Step) -> None:
        unit = self.around.unit
        full = unit.prefix + spec.key.text
        if full in self.sh_vars:  # a manifest whose names join those of its includer
            full = f"{unit.file}:{spec.key.text}"
        if step.cwd is None:
            step.cwd = unit.folder
        self.sh_vars[full] = ShVar(name=full, step=step)
        self.late[spec.key.text] = full

    def _kitchen(self) -> StepMaker:
        folder = self.around.unit.folder
        return StepMaker(folder, folder, self.around.shell, lambda cwd: self._names())

    def _value(self, tree: Tree) -> object:
        """A value with its templates filled in; an element that is a template giving a list stands for its elements."""
        if isinstance(tree, Text):
            return placed(tree, lambda source: templates.value(source, self._names())) if "{{" in tree.text else typed(tree)
        if isinstance(tree, Map):
            return {key: self._value(value) for key, value in tree.entries.items()}
        found: list[object] = []
        for item in tree.items:
            value = self._value(item)
            if isinstance(value, list) and isinstance(item, Text):
                found += value
                if len(found) > MAX_ELEMENTS:
                    raise OverflowError(too_much())
            else:
                found.append(value)
        return found

    def _names(self) -> Names:
        """`vars env os arch`, of the variables those that come before."""
        names = self.around.names({"vars": Vars(self.values, self.wanted)})
        names.late_vars = self.late
        names.constants = {name: value for name, value in names.constants.items() if name in ("vars", "env", "os", "arch")}
        return names


def _assigned(spec: VarSpec, value: str) -> Value:
    """A value from the command line: of the type of the declared one, a list as the words of the text."""
    declared = spec.value
    if isinstance(declared, Map):
        raise UetError(f"variable `{spec.key.text}` is a map, and cannot be set on the command line", spec.key.location())
    if isinstance(declared, Seq):
        try:
            return [*shlex.split(value)]
        except ValueError as wrong:
            raise UetError(f"cannot split `{spec.key.text}={value}` into words: {str(wrong).lower()}", spec.key.location()) from None
    if isinstance(declared, Text) and not isinstance(typed(declared), str):
        return typed(Text(value, "", declared.source, declared.start, declared.end))
    return value


def _references(spec: VarSpec) -> list[str]:
    """The variables that templates in a spec name. Finds some that stand in quotes too: no harm, they only come first."""
    found: dict[str, None] = {}
    for text in _texts(spec):
        if "{{" in text.text:
            found.update(dict.fromkeys([name or quoted for name, quoted in _REFERENCE.findall(text.text)]))
    return list(found)


def _texts(spec: VarSpec) -> Iterator[Text]:
    todo: list[Tree] = [tree for tree in (spec.value, spec.load) if tree is not None]
    if spec.sh is not None:
        todo += [*(text for text in (spec.sh.cmd, spec.sh.cwd) if text is not None), *(spec.sh.argv or ()), *spec.sh.env.values()]
    while todo:
        tree = todo.pop()
        if isinstance(tree, Text):
            yield tree
        else:
            todo += tree.entries.values() if isinstance(tree, Map) else tree.items


def _cycle(around: list[VarSpec]) -> UetError:
    names = [spec.key.text for spec in around]
    path = " -> ".join(f"`{name}`" for name in [*names, names[0]])
    others = [(f"`{spec.key.text}` is declared here", spec.key.location()) for spec in around[1:]]
    return UetError(f"variables use each other: {path}", around[0].key.location(), "give one of them a value of its own", others=others)


def _choices(spec: VarSpec) -> str:
    return ", ".join(f"`{choice.text}`" for choice in spec.choices)
