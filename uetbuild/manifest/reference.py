"""The reference of the manifest for people, made from the models; `docs/reference/manifest.md` is what this writes.

`python -m uetbuild.manifest.reference` writes the file, with `--check` it only says whether it is up to date.
"""

from __future__ import annotations

from pydantic.fields import FieldInfo

from uetbuild.manifest.catalogue import table
from uetbuild.manifest.generated import generate
from uetbuild.manifest.later import ADAPTERS, ISOLATIONS, KEYS, PLACES
from uetbuild.manifest.models import BLOCKS, Manifest
from uetbuild.manifest.models_base import Block, reads_of
from uetbuild.manifest.models_gate import Gate

PATH = "docs/reference/manifest.md"

_HEAD = """\
# The manifest: `Uetfile.yaml`

<!-- made by `python -m uetbuild.manifest.reference` from the models; do not edit by hand -->

YAML 1.2, strict: a key that is not listed here is an error, and so is a key that is given twice. Keys that start with `x-` are
ignored at any level, anchors and `<<` work.

- **Text** is what stands there: unquoted `3.10`, `no` and `0755` are not turned into something else. Only under `vars` do unquoted
  `true`, `false`, `null` and numbers keep their type.
- **Quote** a text that starts with `*`, `!`, `&`, `{`, `[`, `%`, `@`, `` ` ``, `|` or `>`, or that holds `: ` or ` #`:
  `inputs: ["*.c"]`, `run: "{{ vars.py }} gen.py"`, `run: 'echo "a: b"'`.
- **Durations**: `500ms`, `90s`, `10m`, `1h30m`, `1.5h`, or a number of seconds; `0` = none.
- **Sizes**: `500k`, `10M`, `1G`, `1T` by 1000, `512Ki`, `10Mi`, `1Gi`, `1Ti` by 1024, or a number of bytes.
- **Ids** hold letters, digits, `_`, `.` and `-`, and start with a letter, a digit or `_`; two of them may not differ in upper and lower
  case only.
- **Paths** have `/`. In a list of paths the later patterns win; an entry that starts with `!` takes files away; `{optional: PATH}` may
  be missing; a map gives names to paths: `inputs: {src: "src/*.c"}` is `{{ inputs.src }}` in the recipe.
- **Lists of texts** may be written as one text where they have one item.
"""

_TITLES = {
    "manifest": "Top level",
    "workstream": "`workstreams.ID`",
    "gate": "`gates.ID`",
    "step": "Steps of a recipe",
    "agent": "`agent`",
    "tool": "`tools.NAME`",
    "require": "`require`",
    "retry": "`retry`",
    "budget": "`budget`",
    "budgets": "`budgets`",
    "run budget": "`budgets.run`",
    "model": "`models.NAME`",
    "include": "`include`",
    "phase": "`phases.ID`",
    "defaults": "`defaults`",
    "settings": "`settings`",
}


_READY = """\
Ready-made gates: what `uses` may say. `files` are those which it is given as `{{ files }}`, of what the guarded workstreams made or, where
the gate has `inputs`, of these; with none of them there is nothing to check. Its program must be on PATH, and counts. `type`, `title` and
all other keys may be given besides; a gate that needs other options writes its own `run`."""


def reference() -> str:
    """The page as Markdown."""
    blocks: tuple[type[Block], ...] = (Manifest, *BLOCKS)
    sections = [_section(block) for block in blocks]
    return "\n".join([_HEAD, *sections, _not_yet()])


def _section(model: type[Block]) -> str:
    rows = [_row(field.alias or name, field) for name, field in _own(model)]
    lines = [f"## {_TITLES[model.NOUN]}", "", model.__doc__ or "", ""]
    if model.EXAMPLE:
        lines += ["```yaml", model.EXAMPLE.rstrip(), "```", ""]
    more = ["", _READY, "", table()] if model is Gate else [""]
    return "\n".join([*lines, "| key | type | default | meaning |", "|---|---|---|---|", *rows, *more])


def _own(model: type[Block]) -> list[tuple[str, FieldInfo]]:
    """The keys of a block without those of the block that it extends."""
    base = model.__base__
    above = base.model_fields if base is not None and issubclass(base, Block) else {}
    return [(name, field) for name, field in model.model_fields.items() if name not in above]


def _row(key: str, field: FieldInfo) -> str:
    cells = (f"`{key}`", reads_of(field).shown, _default(field), field.description or "")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    default = field.get_default(call_default_factory=True)
    if default is None or default in ((), {}):
        return ""
    if isinstance(default, tuple):
        return f"`[{', '.join(map(str, default))}]`"
    return f"`{str(default).lower()}`"


def _not_yet() -> str:
    lines = ["## Not yet", "", "These keys belong to later versions; using one is an error that says so.", ""]
    for noun, keys in KEYS.items():
        lines.append(f"- {_TITLES[noun]}: {', '.join(f'`{key}`' for key in sorted(keys))}")
    values = [f"`isolation: {value}`" for value in sorted(ISOLATIONS)]
    values += [f"`at: {value}`" for value in sorted(PLACES)]
    values += [f"`adapter: {value}`" for value in sorted(ADAPTERS)]
    lines.append(f"- values: {', '.join(values)}, `foreach: outputs:ID`")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(generate(PATH, reference()))
