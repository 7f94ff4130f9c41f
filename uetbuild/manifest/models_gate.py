"""The block of one gate: a workstream that guards others."""

from typing import Annotated, ClassVar

from pydantic import Field

from uetbuild.core.approval import APPROVAL
from uetbuild.errors import UetError, not_yet
from uetbuild.manifest.catalogue import CATALOGUE
from uetbuild.manifest.later import PLACES
from uetbuild.manifest.models_base import Reads, Refused, Schema, read_block, read_map, refuse
from uetbuild.manifest.models_recipe import StepSpec
from uetbuild.manifest.models_values import ID_PATTERN, Bool, OptionalLine, check_id, choice, read_choice
from uetbuild.manifest.models_workstream import Workstream, same_but_for_case
from uetbuild.manifest.tree import Map, Text, Tree

GATE_TYPES = ("syntax", "lint", "unit", "integration", "security", "custom", "approval")
AT = ("workstream", "wave", "run", "merge")


def _chosen(key: str, choices: tuple[str, ...], later: frozenset[str]) -> Reads:
    """A word of a few, some of which are not built yet."""

    def read(node: Tree) -> str:
        word = read_choice(*choices)(node)
        if word in later:
            raise Refused([not_yet(f"`{key}: {word}`", node.location())])
        return word

    there = [choice for choice in choices if choice not in later]
    return Reads(read, {"enum": there}, ", ".join(f"`{choice}`" for choice in there))


_USES = Reads(read_choice(*CATALOGUE), {"enum": [*CATALOGUE]}, "name of a ready-made gate")


class Gate(Workstream):
    """A workstream that guards: it checks what others made, and holds or warns. It has the keys of a workstream, and these."""

    NOUN: ClassVar[str] = "gate"
    RULES: ClassVar[Schema] = {"not": {"required": ["run", "uses"]}}
    EXAMPLE: ClassVar[str] = """\
gates:
  lint: {type: lint, run: "ruff check {{ files }}", blocking: false}
  unit: {type: unit, inputs: [core/, tests/], run: python3 -m unittest}
workstreams:
  parser:
    inputs: [grammar.g]
    outputs: [core/parser.py]
    run: "python3 tools/gen.py {{ inputs }} > {{ outputs }}"
    gates: [lint, unit]
"""

    type: Annotated[str, choice(*GATE_TYPES)] = Field(
        "custom", description="What kind of check it is; for people and reports. `approval` waits for a person."
    )
    blocking: Bool = Field(True, description="Whether what depends on a guarded workstream waits for it, or its failure is only a warning.")
    at: Annotated[str, _chosen("at", AT, PLACES)] = Field(
        "workstream",
        description="After what it stands: each workstream that names it; each wave with one that names it; the whole run. After waves and "
        "run it guards all where nobody names it.",
    )
    uses: Annotated[str | None, _USES] = Field(None, description="A ready-made gate instead of `run`; see the catalogue below.")
    message: OptionalLine = Field(None, description="What is said when it fails, or what an approval asks.")


_EARLY = frozenset(("agent", "gates", "matrix", "foreach", "edits"))


def read_gate(node: Tree, key: Text) -> Gate:
    """One gate; it needs a recipe."""
    if isinstance(node, Text) and node.missing:
        raise refuse("is empty", node, "give it a recipe (`run`)")
    if isinstance(node, Map):
        for name in node.entries:
            if name in _EARLY:
                raise Refused([UetError(f"a gate has no `{name}`", node.where(name), "it checks what workstreams made")])
    gate = read_block(Gate, node, key)
    if gate.type == APPROVAL:
        _check_approval(gate, key)
        return gate
    if gate.uses:
        _take(gate, key)
    if not gate.run:
        hint = "a gate checks by a recipe, or by a ready-made one: `uses: ruff`"
        raise Refused([UetError(f"gate `{key.text}` has no `run`", key.location(), hint)])
    if gate.at == "wave":
        for name in ("outputs", "depfile"):
            if getattr(gate, name):
                raise Refused(
                    [UetError(f"a gate of waves has no `{name}`", gate.where(name), "it stands more than once; `at: run` does not")]
                )
    return gate


# What an approval may say: it runs nothing, so nothing that is about running means anything.
_OF_APPROVALS = frozenset(
    ("type", "message", "at", "blocking", "title", "phase", "tags", "priority", "depends_on", "after", "when", "manual")
)


def _check_approval(gate: Gate, key: Text) -> None:
    errors = []
    for name in gate.tree.entries:
        if name not in _OF_APPROVALS and not name.startswith("x-"):
            hint = "a person looks at what the guarded workstream made, and answers with `uetbuild approve`"
            errors.append(UetError(f"an approval runs nothing: `{key.text}` has no `{name}`", gate.where(name), hint))
    if not gate.blocking:
        hint = "take `blocking` away"
        errors.append(UetError(f"approval `{key.text}` would hold nothing", gate.where("blocking"), hint))
    if errors:
        raise Refused(errors)


def _take(gate: Gate, key: Text) -> None:
    """Fill in what the ready-made gate says, as far as the gate does not."""
    assert gate.uses is not None
    tree, ready = gate.tree, CATALOGUE[gate.uses]
    if gate.run:
        hint = (
            f"keep `uses: {gate.uses}`, or write what it runs and change that: `{' '.join(ready.words)}`" if not ready.title else "keep one"
        )
        raise Refused([UetError(f"gate `{key.text}` has both `uses` and `run`", gate.where("run"), hint)])
    place = tree.entries["uses"]

    def text(word: str) -> Text:
        return Text(word, '"', place.source, place.start, place.end)

    step = StepSpec.model_construct(argv=tuple([text(word) for word in ready.words]))
    step.stand(Map(place.source, place.start, False))
    gate.run = (step,)
    gate.programs = (*gate.programs, text(ready.program))
    if "type" not in tree.entries:
        gate.type = ready.type
    if gate.title is None and ready.title:
        gate.title = text(ready.title)


def read_gates(node: Tree) -> dict[str, Gate]:
    """The map of all gates of a manifest."""

    def read(value: Tree, key: Text) -> Gate:
        check_id(key, "gate")
        return read_gate(value, key)

    gates = read_map(node, read)
    if isinstance(node, Map):
        errors = same_but_for_case(node.keys)
        if errors:
            raise Refused(errors)
    return gates


_SCHEMA: dict[str, object] = {
    "type": ["object", "null"],
    "patternProperties": {"^x-": True, f"^{ID_PATTERN}$": {"$ref": "#/$defs/Gate"}},
    "additionalProperties": False,
}
Gates = Annotated[dict[str, Gate], Reads(read_gates, _SCHEMA, "map of ids to gates")]
