"""The JSON Schema (draft 2020-12) of the manifest, made from the models; `schemas/uetfile.schema.json` is what this writes.

It accepts every manifest that we accept; what a schema cannot say (ids that exist, paths, templates) it lets pass. Keys of later
versions are left out. `python -m uetbuild.manifest.schema` writes the file, with `--check` it only says whether it is up to date.
"""

from __future__ import annotations

import json

from uetbuild.manifest.generated import generate
from uetbuild.manifest.models import BLOCKS, Manifest
from uetbuild.manifest.models_base import Block, Schema, reads_of

PATH = "schemas/uetfile.schema.json"
_EXTENSIONS: Schema = {"^x-": True}


def schema() -> Schema:
    """The schema as a JSON value."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Uetfile.yaml",
        **block_schema(Manifest),
        "$defs": {**{block.__name__: block_schema(block) for block in BLOCKS}, "Profile": _profile_schema()},
    }


def block_schema(model: type[Block]) -> Schema:
    """The schema of one block: its keys, none else but those that start with `x-`."""
    properties: Schema = {}
    required: list[str] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        properties[key] = {"description": field.description, **reads_of(field).schema}
        if field.is_required():
            required.append(key)
    described: Schema = {"description": model.__doc__, "type": "object", "properties": properties}
    if required:
        described["required"] = required
    return {**described, **model.RULES, "patternProperties": _EXTENSIONS, "additionalProperties": False}


def _profile_schema() -> Schema:
    """Parts of a manifest: the same keys, but each value may be null at any depth, so nothing is said of them."""
    keys = [key for key in block_schema(Manifest)["properties"] if key not in ("version", "profiles")]
    return {
        "description": "What is laid over the manifest: maps merge, lists and scalars replace, null deletes.",
        "type": ["object", "null"],
        "properties": dict.fromkeys(keys, True),
        "patternProperties": _EXTENSIONS,
        "additionalProperties": False,
    }


def schema_text() -> str:
    """The schema as it is written to the file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    raise SystemExit(generate(PATH, schema_text()))
