"""The JSON Schema and the reference, which are made from the models."""

import json
import re

import pytest
import yaml_blocks as blocks
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from uetbuild.manifest import reference, schema
from uetbuild.manifest.generated import current
from uetbuild.manifest.models import BLOCKS, Manifest, validate
from uetbuild.manifest.models_base import keys_of
from uetbuild.manifest.tree import SourceFile
from uetbuild.manifest.yamltext import parse

VALIDATOR = Draft202012Validator(schema.schema())


def accepted(text: str) -> bool:
    """Whether the schema accepts what a reader of YAML 1.2 makes of the text."""
    value = YAML(typ="safe", pure=True).load(text)
    return VALIDATOR.is_valid(json.loads(json.dumps(value, default=str)))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.schema())


def test_the_schema_accepts_the_manifest_of_the_contract() -> None:
    assert accepted(blocks.CONTRACT_NOW)
    assert not accepted(blocks.CONTRACT)


@pytest.mark.parametrize("block", [Manifest, *BLOCKS], ids=lambda block: block.NOUN)
def test_the_examples_of_the_reference_are_read_and_fit_the_schema(block: type) -> None:
    example = block.EXAMPLE  # type: ignore[attr-defined]
    if example.startswith(("run:", "require:", "retry:", "budget:")):
        example = "workstreams:\n  a:\n" + "".join(f"    {line}\n" for line in example.splitlines())
    validate(parse(SourceFile("U", example)))
    assert accepted(example)


@pytest.mark.parametrize(
    "text",
    [
        "x-a: 1\nworkstreams: {a: {run: x, x-b: [1]}}",
        "workstreams: {a: {title: 3.10, tags: no, run: 1, priority: '3', always: 'true', timeout: 90, env: {A: 1, B: true}}}",
        "workstreams: {a: {inputs: {s: [a, {optional: b}]}, outputs: c, run: {argv: [a, 1]}, retry: 0, isolation: sandbox}}",
        "workstreams: {a: {foreach: [a, {b: 1}], matrix: {p: [3.11], q: 1}, run: {python: 'a:b', args: {n: [1]}}}}",
        "vars: {a: {b: {sh: 1}}, c: {sh: {cmd: x}}, d: null}",
        "vars:\nenv:\nworkstreams:\nsettings:\nprofiles: {ci: null}\nphases: {a: }",
        "settings: {jobs: 4, output_limit: 1000}\ninclude: a.yaml\ndefault: all",
        "tools: {t: {adapter: command, cmd: x, timeout: 3, capabilities: a}}\nworkstreams: {a: {agent: {tool: t, prompt: 3}}}",
        "defaults: {retry: 2}\nworkstreams: {a: {run: x, retry: {attempts: 4, backoff: 0.5, max: 1m, on: lost, rate_limit_codes: [75, '29']}}}",
    ],
)
def test_the_schema_accepts_what_we_accept(text: str) -> None:
    validate(parse(SourceFile("U", text)))
    assert accepted(text)


@pytest.mark.parametrize(
    "text",
    [
        "foo: 1",
        "workstreams: {a: {titel: x}}",
        "workstreams: {'a b': {run: x}}",
        "workstreams: {a: {run: {cmd: x, argv: [y]}}}",
        "workstreams: {a: {run: {cmd: x, args: {}}}}",
        "workstreams: {a: {run: []}}",
        "workstreams: {a: {timeout: 5x}}",
        "workstreams: {a: {always: maybe}}",
        "workstreams: {a: {inputs: [[a]]}}",
        "workstreams: {a: {outputs: {a-b: c}}}",
        "workstreams: {a: {retry: -1}}",
        "workstreams: {a: {retry: {attempts: 0}}}",
        "workstreams: {a: {retry: {on: [exits]}}}",
        "workstreams: {a: {retry: {rate_limit_codes: [256]}}}",
        "workstreams: {a: {isolation: worktree}}",
        "vars: {a-b: 1}",
        "vars: {a: {sh: x, y: 1}}",
        "include: [{as: x}]",
        "settings: {jobs: many}",
        "profiles: {ci: {foo: 1}}",
        "pools: {a: 0}",
        "version: 2",
    ],
)
def test_the_schema_rejects_what_we_reject(text: str) -> None:
    assert not accepted(text)


def test_the_files_in_the_repository_are_up_to_date() -> None:
    assert current(schema.PATH) == schema.schema_text(), "run python -m uetbuild.manifest.schema"
    assert current(reference.PATH) == reference.reference(), "run python -m uetbuild.manifest.reference"


def test_every_key_has_its_meaning_in_the_reference() -> None:
    page = reference.reference()
    for block in (Manifest, *BLOCKS):
        for key in keys_of(block):
            row = re.search(rf"^\| `{key}` \| (.+?) \| .*? \| (.+) \|$", page, re.MULTILINE)
            assert row and row[1].strip() and row[2].strip(), key
