"""From an instance to a node: what groups have too, and then, for all others, the fields of their recipe (recipe_fields.py).

Knows nothing of other nodes but their ids; what the files say about the order is added later (core/coupling.py).
"""

from __future__ import annotations

from uetbuild.core.approval import APPROVAL
from uetbuild.core.fingerprint import definition
from uetbuild.core.nodes import Node
from uetbuild.errors import UetError
from uetbuild.manifest import templates
from uetbuild.manifest.instances import Instance
from uetbuild.manifest.models_gate import Gate
from uetbuild.manifest.names import Names
from uetbuild.manifest.namespaces import Declared
from uetbuild.manifest.recipe_fields import RecipeFields, World
from uetbuild.manifest.texts import filled, filled_list, placed
from uetbuild.manifest.tree import Text

_NEEDS_RECIPE = (
    "inputs", "outputs", "edits", "forbid", "depfile", "finally_", "probes", "programs", "skip_if", "confirm", "budget", "gates",
)  # fmt: skip


class Lowering:
    """Makes nodes, one after the other; ids that do not depend on `matrix` and `foreach` are looked up once a workstream."""

    __slots__ = ("_named", "_world")

    def __init__(self, world: World) -> None:
        self._world = world
        self._named: dict[tuple[str, str], tuple[str, ...]] = {}

    def node(self, instance: Instance) -> Node | None:
        """The node, or None where something is wrong, which is noted."""
        faults = self._world.faults
        try:
            node = self._common(instance)
            if node.is_group:
                self._check_group(instance)
            elif not (isinstance(instance.declared.spec, Gate) and instance.declared.spec.type == APPROVAL):
                RecipeFields(self._world, instance, node).fill()
        except UetError as error:
            faults.add(error)
            return None
        node.definition = definition(node)
        return node

    def _common(self, instance: Instance) -> Node:
        """What groups have too."""
        declared, spec = instance.declared, instance.declared.spec
        key = spec.key
        assert key is not None
        line, column = key.source.position(key.start)
        texts = instance.for_texts
        return Node(
            id=instance.id, workstream=declared.id, kind=_kind(declared),
            title=filled(spec.title, texts) if spec.title is not None else "",
            phase=spec.phase.text if spec.phase is not None else "", tags=tuple(sorted({tag.text for tag in spec.tags})),
            priority=spec.priority, folder=declared.unit.folder, manual=declared.manual,
            depends_on=self._ids(instance, "depends_on"), after=self._ids(instance, "after"),
            skipped=spec.when is not None and not self._condition(spec.when, texts()),
            file=declared.unit.file, line=line, column=column,
        )  # fmt: skip

    def _condition(self, when: Text, names: Names) -> bool:
        return placed(when, lambda source: templates.condition(source, names))

    def _ids(self, instance: Instance, field: str) -> tuple[str, ...]:
        """The nodes that `depends_on` or `after` means."""
        texts: tuple[Text, ...] = getattr(instance.declared.spec, field)
        if not texts:
            return ()
        constant = not any("{{" in text.text for text in texts)
        key = (instance.declared.id, field)
        if constant and key in self._named:
            return self._named[key]
        declared = instance.declared
        verb = "depends on" if field == "depends_on" else "comes after"
        references = filled_list(texts, instance.for_texts)
        ids, some = self._world.references.nodes(references, declared.unit, declared, verb)
        if declared.is_group and field == "depends_on" and not some and not declared.spec.tree.pruned:
            self._world.faults.add(_without_members(declared))
        if constant:
            self._named[key] = ids
        return ids

    def _check_group(self, instance: Instance) -> None:
        spec = instance.declared.spec
        if spec.tree.pruned:
            return  # a key of its recipe may be what was taken away
        if not spec.depends_on:
            raise _without_members(instance.declared)
        for field in _NEEDS_RECIPE:
            if getattr(spec, field):
                key = field.rstrip("_")
                message = f"workstream `{instance.declared.id}` has `{key}` but no `run`"
                raise UetError(message, spec.where(key), "give it a recipe (`run`); without one it is a group, which only has members")


def _kind(declared: Declared) -> int:
    if isinstance(declared.spec, Gate):
        return Node.GATE
    return Node.GROUP if declared.is_group else Node.WORKSTREAM


def _without_members(declared: Declared) -> UetError:
    hint = "name its members under `depends_on`, or give it a recipe (`run`)"
    if declared.spec.depends_on:
        hint = "patterns, tags and phases pass over the group itself and over `manual` workstreams: name these by their ids"
    return UetError(f"group `{declared.id}` has no members", declared.spec.where(), hint)
