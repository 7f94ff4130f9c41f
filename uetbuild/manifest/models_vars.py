"""The values under `vars`: the one place where unquoted scalars keep their type, and where a value may come from elsewhere."""

from typing import Annotated

from uetbuild.manifest.models_base import Reads, expects, read_items, read_map, refuse
from uetbuild.manifest.models_recipe import STEP_SCHEMA, StepSpec, read_step
from uetbuild.manifest.models_values import TEXT_SCHEMA, check_name, read_text
from uetbuild.manifest.tree import Map, Seq, Text, Tree
from uetbuild.manifest.words import did_you_mean


class VarSpec:
    """One variable: `value` (a tree; `typed` makes it a value), or a command (`sh`), a file (`load`), or one of `choices`.

    Exactly one of the four is set. `default` goes with `choices`; None = it must be given on the command line.
    """

    __slots__ = ("choices", "default", "key", "load", "sh", "value")

    def __init__(
        self,
        key: Text,
        value: Tree | None = None,
        sh: StepSpec | None = None,
        load: Text | None = None,
        choices: tuple[Text, ...] = (),
        default: Text | None = None,
    ) -> None:
        self.key = key
        self.value = value
        self.sh = sh
        self.load = load
        self.choices = choices
        self.default = default


_SPECIAL = {"sh": (), "load": (), "one_of": ("default",)}


def read_var(node: Tree, key: Text) -> VarSpec:
    """One entry of `vars`; a map with a key `sh`, `load` or `one_of` says where the value comes from."""
    check_name(key, "variable")
    special = next((name for name in _SPECIAL if isinstance(node, Map) and name in node.entries), "")
    if not isinstance(node, Map) or not special:
        return VarSpec(key, value=node)
    for name in node.entries:
        if name != special and name not in _SPECIAL[special]:
            allowed = _SPECIAL[special]
            hint = did_you_mean(name, allowed) or f"a map with other keys than `{special}` is a value"
            raise refuse(f"cannot have `{name}` besides `{special}`", node, hint, node.where(name))
    value = node.entries[special]
    if special == "sh":
        return VarSpec(key, sh=read_step(value))
    if special == "load":
        return VarSpec(key, load=read_text(value, "a path"))
    return _read_choices(node, key)


def _read_choices(node: Map, key: Text) -> VarSpec:
    choices = node.entries["one_of"]
    if not isinstance(choices, Seq) or not choices.items:
        raise expects("a list of the values it may have", choices)
    texts = read_items(choices.items, read_text)
    if "default" not in node.entries:
        return VarSpec(key, choices=texts)
    default = read_text(node.entries["default"])
    known = [text.text for text in texts]
    if default.text not in known:
        raise refuse(
            f"has a default that is none of {', '.join(f'`{name}`' for name in known)}", default, did_you_mean(default.text, known)
        )
    return VarSpec(key, choices=texts, default=default)


def read_vars(node: Tree) -> dict[str, VarSpec]:
    """The block `vars`."""
    return read_map(node, read_var)


_SOURCES: list[dict[str, object]] = [
    {"properties": {"sh": STEP_SCHEMA}, "required": ["sh"]},
    {"properties": {"load": TEXT_SCHEMA}, "required": ["load"]},
    {
        "properties": {"one_of": {"type": "array", "items": TEXT_SCHEMA, "minItems": 1}, "default": TEXT_SCHEMA},
        "required": ["one_of"],
    },
]
_VAR_SCHEMA: dict[str, object] = {
    "anyOf": [
        {"not": {"type": "object", "anyOf": [{"required": [name]} for name in _SPECIAL]}},
        *[{"type": "object", "patternProperties": {"^x-": True}, "additionalProperties": False, **source} for source in _SOURCES],
    ]
}
Vars = Annotated[
    dict[str, VarSpec],
    Reads(
        read_vars,
        {
            "type": ["object", "null"],
            "patternProperties": {"^x-": True, "^[A-Za-z_][A-Za-z0-9_]*$": _VAR_SCHEMA},
            "additionalProperties": False,
        },
        "map of names to values, `{sh: COMMAND}`, `{load: PATH}` or `{one_of: LIST, default: VALUE}`",
    ),
]
