"""Bad input, made up: trees of the schema's keys, mutations of real manifests; and what an answer to it may look like.

All randomness comes from one `random.Random`, so a seed is a case, for hypothesis as for `tests/fuzz_manifest.py`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.manifest.manifest_disk import ROOT, FakeDisk
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Project
from uetbuild.errors import ExitCode, Location, UetError, UetErrors
from uetbuild.manifest.load import load
from uetbuild.manifest.source import SourceFile
from uetbuild.report.faults import as_json, as_text

HERE = Path(__file__).resolve().parents[2]
FILES = {  # what manifests find on the disk, besides themselves
    "src/a.c": "", "src/b.c": "", "src/deep/c.py": "", "data.json": '{"a": [1, {"b": null}]}', "data.toml": "a = 1\n", "deep.json": "[" * 5000,
    ".env": "A=b\n", "bad.env": 'A="b\nexport =\n', "odd/na me": "", "odd/x{y}": "", "odd/\udcff": "", "prompt.md": "{{ vars.x }} {{",
}  # fmt: skip


@cache
def corpus() -> list[str]:
    """Real manifests: the examples, that of a whole project, our own, and each block of YAML in the docs."""
    files = [*sorted(HERE.glob("examples/*/Uetfile.yaml")), HERE / "tests/data/thirty-six.yaml", HERE / "Uetfile.yaml"]
    found = [file.read_text() for file in files]
    for page in sorted(HERE.glob("docs/**/*.md")):
        found += [block for block in re.findall(r"```ya?ml\n(.*?)```", page.read_text(), re.DOTALL) if "workstreams" in block]
    return found


# --- what is made up -----------------------------------------------------------------------------------------------------------

_WORDS = (
    "", "a", "b", "a:b", "x-a", "*", "**", "src/**/*.c", "src/a.c", "!src/b.c", "{a,b", "{a,{b,c}}", "[", "[z-a]", "[!", "../x", "/etc/passwd", "//x",
    "a//b", "a/", ".", "..", "\\", "-", "--", "-rf", " ", "\t", "\n", "\0", "\x1b[2J", "ü", "u\u0308", "\u2028", "\ud7ff", "😀", "~", "null", "true", "no", "0",
    "-1", "1", "1.5", "0x10", "1e999", "nan", ".inf", "9" * 30, "10m", "1h30m", "5x", "60k", "1Gi", "2.50", "auto", "all", "test", "outputs:a", "outputs:",
    "scope:a", "scope:", "gate:a", "gate:", "workstreams", "default", "version", "{{", "}}", "{{ }}", "{{ x }}", "{{ vars.a }}", "{{ vars.b }}", "{{ vars }}",
    "{{ inputs }}", "{{ outputs }}", "{{ item }}", "{{ item.name }}", "{{ item.rel }}", "{{ matrix.a }}", "{{ args }}", "{{ env.HOME }}", "{{ prompt }}",
    "{{ vars.a | default('x') }}", "{{ 1/0 }}", "{{ 9**9**9 }}", "{{ 'a' * 10**9 }}", "{{ range(10**9) }}", "{{ a.__class__ }}", "{% for x in y %}", "{# #}",
    "{{ ((((((1)))))) }}", "{{ [vars.a] * 100000000 }}", "{{ vars.a.b.c }}", "cat {{ inputs }} > {{ outputs }}", "echo 'a {{ item }}'", "echo $(", "cat <<E",
    "env.get('A') == 'b'", "env['", "1 if", "lambda: 0", "(" * 300, "a" * 300, "x" * 5000, "uses", "ruff", "py:", "py: a", "mod:func", "data.json", "deep.json",
    "data.toml", ".env", "bad.env", "odd/*", "odd/x{y}", "prompt.md", "lint", "approval", "run", "wave", "2024-01-01", "exit", "gate", "rate_limit", "10/min",
)  # fmt: skip
_TAME = (
    "a", "b", "src/a.c", "src/*.c", "src/**/*.py", "!src/b.c", "out", "out/{{ item.stem }}", "cat {{ inputs }}", "{{ vars.a }}", "echo", "{{ item }} {{ matrix.a }}",
    "1", "10", "2.50", "10m", "60k", "{{ outputs }}", "scope:a", "outputs:a", "b", "c", "py", "true", "lint", "{{ prompt }}", "a/b", "TOKEN",
)  # fmt: skip
_NAMES = (
    "a",
    "b",
    "c",
    "all",
    "default",
    "x-y",
    "",
    "a b",
    "A",
    "1",
    "ws-*",
    "a:b",
    "\n",
    "é",
    "<<",
    "null",
    "default",
    "build",
    "a" * 200,
)


class Maker:
    """Made-up manifests from one source of randomness."""

    def __init__(self, source: random.Random) -> None:
        self.random = source
        self.wildness = source.choice((0.0, 0.01, 0.04, 0.15))  # how often something stands where it does not belong
        self.schema = json.loads((HERE / "schemas/uetfile.schema.json").read_text())

    def manifest(self) -> Any:
        """A tree that follows the schema mostly, with some values of every shape where they do not belong."""
        made = self._fill(self.schema, 0)
        if isinstance(made, dict):
            made["version"] = 1
            if self.random.random() < 0.8:
                made["workstreams"] = {
                    self._name(): self._fill({"$ref": "#/$defs/Workstream"}, 2) for _ in range(self.random.randint(1, 4))
                }
        return made

    def text(self, tree: Any) -> str:
        """A tree as YAML: as JSON, as a block of maps, quoted or not."""
        return json.dumps(tree, ensure_ascii=self.random.random() < 0.5) if self.random.random() < 0.3 else self._block(tree, 0)

    def _block(self, tree: Any, depth: int) -> str:
        pad = "  " * depth
        if isinstance(tree, dict) and tree:
            return "".join(f"{pad}{self._scalar(key)}:{self._value(value, depth)}" for key, value in tree.items())
        if isinstance(tree, list) and tree:
            return "".join(f"{pad}-{self._value(value, depth)}" for value in tree)
        return pad + self._scalar(tree) + "\n"

    def _value(self, value: Any, depth: int) -> str:
        if isinstance(value, dict | list) and value and self.random.random() < 0.8:
            return "\n" + self._block(value, depth + 1)
        return " " + (json.dumps(value) if isinstance(value, dict | list) else self._scalar(value)) + "\n"

    def _scalar(self, value: Any) -> str:
        if isinstance(value, str) and (self.random.random() < 0.05 or re.fullmatch(r"\w[\w./-]*", value)):
            return value
        return json.dumps(value, ensure_ascii=False)

    def _word(self) -> str:
        return self.random.choice(_WORDS if self.random.random() < self.wildness * 3 else _TAME)

    def _name(self) -> str:
        return self.random.choice(_NAMES if self.random.random() < self.wildness * 2 else _NAMES[:3])

    def _wild(self, depth: int) -> Any:
        kind = self.random.randrange(9 if depth < 6 else 6)
        if kind == 6:
            return [self._wild(depth + 1) for _ in range(self.random.randrange(4))]
        if kind > 6:
            return {self._name(): self._wild(depth + 1) for _ in range(self.random.randrange(4))}
        return self.random.choice([None, True, 0, -1, 1.5, 10**20]) if kind == 0 else self._word()

    def _fill(self, schema: Any, depth: int) -> Any:
        draw = self.random
        if depth > 9 or not isinstance(schema, dict) or draw.random() < self.wildness:
            return self._wild(depth)
        if "$ref" in schema:
            return self._fill(self.schema["$defs"][schema["$ref"].rpartition("/")[2]], depth)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._fill(draw.choice(schema[word]), depth)
        if "allOf" in schema:
            return self._fill(schema["allOf"][0], depth)
        if "enum" in schema or "const" in schema:
            return draw.choice(schema.get("enum", [schema.get("const")]))
        kinds = schema.get("type", "string")
        kind = kinds if isinstance(kinds, str) else draw.choice(kinds)
        if kind == "array":
            return [self._fill(schema.get("items"), depth + 1) for _ in range(draw.choice((1, 1, 2, 3)))]
        if kind == "object" or "properties" in schema or "patternProperties" in schema:
            return self._map(schema, depth)
        if kind in ("integer", "number", "boolean"):
            return draw.choice((True, False) if kind == "boolean" else (1, 2, 0, 60))
        return self._matching(schema.get("pattern", ""))

    def _matching(self, pattern: str) -> str:
        if self.random.random() < self.wildness:
            return self._word()
        fitting = [word for word in _TAME if re.search(pattern, word)]
        return self.random.choice(fitting or _TAME)

    def _map(self, schema: Any, depth: int) -> Any:
        draw, known = self.random, list(schema.get("properties", {}).items())
        made = {name: self._fill(inner, depth + 1) for name, inner in draw.sample(known, min(len(known), draw.choice((1, 2, 3, 5))))}
        others = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
        for inner in others:
            if isinstance(inner, dict):
                made |= {self._name(): self._fill(inner, depth + 1) for _ in range(draw.randrange(3))}
        return made

    def mutated(self, text: str) -> str:
        """A real manifest with some slips of the pen."""
        for _ in range(self.random.choice((1, 1, 2, 3, 8))):
            text = self.random.choice(_SLIPS)(self.random, text)
        return text


def _lines(change: Callable[[random.Random, list[str], int], None]) -> Callable[[random.Random, str], str]:
    def slip(draw: random.Random, text: str) -> str:
        lines = text.split("\n")
        change(draw, lines, draw.randrange(len(lines)))
        return "\n".join(lines)

    return slip


@_lines
def _delete(draw: random.Random, lines: list[str], at: int) -> None:
    del lines[at : at + draw.choice((1, 1, 3))]


@_lines
def _double(draw: random.Random, lines: list[str], at: int) -> None:
    lines.insert(draw.randrange(len(lines)), lines[at])


@_lines
def _swap(draw: random.Random, lines: list[str], at: int) -> None:
    other = draw.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


@_lines
def _indent(draw: random.Random, lines: list[str], at: int) -> None:
    lines[at] = draw.choice((" ", "  ", "\t", "    ", "- ")) + lines[at] if draw.random() < 0.6 else lines[at].lstrip()


@_lines
def _borrow(draw: random.Random, lines: list[str], at: int) -> None:
    key, colon, _ = lines[at].partition(": ")
    others = _values().get(key.strip(" -"))
    if colon and others:
        lines[at] = key + colon + draw.choice(others)


@cache
def _values() -> dict[str, list[str]]:
    """What stands behind each key in real manifests."""
    found: dict[str, list[str]] = {}
    for line in "\n".join(corpus()).split("\n"):
        key, colon, value = line.partition(": ")
        if colon:
            found.setdefault(key.strip(" -"), []).append(value)
    return found


@_lines
def _insert(draw: random.Random, lines: list[str], at: int) -> None:
    """A key with a value of another manifest, beside what stands here."""
    key = draw.choice(list(_values()))
    blanks = len(lines[at]) - len(lines[at].lstrip())
    lines.insert(at, " " * blanks + key + ": " + draw.choice(_values()[key]))


@_lines
def _value(draw: random.Random, lines: list[str], at: int) -> None:
    key, colon, _ = lines[at].partition(": ")
    lines[at] = (
        key
        + colon
        + draw.choice((json.dumps(draw.choice(_WORDS)), draw.choice(_WORDS), "[]", "{}", "[a, {b: c}]", "{a: [b]}", "*a", "&a b", "|"))
    )


def _letter(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(_LETTERS) + text[at + draw.randrange(3) :]


def _cut(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text) + 1)
    return text[:at] if draw.random() < 0.5 else text[at:]


def _ends(draw: random.Random, text: str) -> str:
    return text.replace("\n", draw.choice(("\r\n", "\r", "\n\n", "\u2028", "\x85"))) if draw.random() < 0.5 else "\ufeff" + text


_LETTERS = [
    *"*&!%@`|>'\"\\#~?:,[]{}-<= \t\n\r\0\x1b\x7f\x85\xa0\u2028\ufeff\ufffe",
    "é",
    "😀",
    "{{",
    "}}",
    "<<: ",
    "--- ",
    "...",
    ": ",
    "- ",
]
_SLIPS: list[Callable[[random.Random, str], str]] = [
    _delete,
    _double,
    _swap,
    _indent,
    _borrow,
    _borrow,
    _insert,
    _insert,
    _insert,
    _value,
    _value,
    _letter,
    _letter,
    _letter,
    _cut,
    _ends,
]


# --- what may be answered ------------------------------------------------------------------------------------------------------


def answer(content: bytes, others: dict[str, str] | None = None, profile: str | None = None, **assignments: str) -> UetError | None:
    """Read a root manifest, and check what is said of it; None where nothing is wrong. Anything but a UetError goes through."""
    files: dict[str, str | bytes] = {"Uetfile.yaml": content}
    files |= {path: text.encode("utf-8", "surrogateescape") for path, text in (FILES | (others or {})).items()}
    disk = FakeDisk(files, {"HOME": "/home/a", "A": "b"})
    try:
        project: Project = load(ROOT, "Uetfile.yaml", disk, profile=profile, assignments=assignments)
        Graph(project.nodes)
    except UetError as error:
        check(error, {path: text.encode() if isinstance(text, str) else text for path, text in files.items()})
        return error
    return None


def check(error: UetError, files: dict[str, bytes]) -> None:
    """Whether an error says what a person can use: at most 20, in our style, with places that are there; as text and as JSON."""
    several = error.errors if isinstance(error, UetErrors) else (error,)
    assert 1 <= len(several) <= UetErrors.LIMIT
    assert error.code in (ExitCode.USAGE, ExitCode.CONFLICT, ExitCode.FAILED), error.code
    for one in several:
        _check_words(one.message)
        _check_words(one.hint)
        for place in _places(one):
            _check_place(place, files)
    said = json.loads(json.dumps(as_json(error)))
    assert len(said["errors"]) == len(several)
    shown = as_text(error)
    shown.encode()
    assert not re.search(r"[\0-\x08\x0b-\x1f\x7f\x80-\x9f]", shown), repr(shown)
    assert len(shown) < len(several) * 12_000, "a screen, not a flood"


def _places(error: UetError) -> Iterator[Location]:
    if error.location is not None:
        yield error.location
    yield from (place for _, place in error.others)


def _check_words(text: str) -> None:
    ours = re.sub(r"`[^`]*`", "``", text)  # what is quoted is theirs
    assert not re.match(r"[A-Z][a-z]", ours), text
    assert not ours.endswith((".", "!", " ")), text
    assert "Traceback" not in text
    assert not re.search(r"<[\w.]+ object at|pydantic|\bNoneType\b|\bValueError\b", ours), text


def _check_place(place: Location, files: dict[str, bytes]) -> None:
    assert place.file in files, place.file
    source = SourceFile(place.file, files[place.file].decode("utf-8", "replace").lstrip("\ufeff"))
    last, _ = source.position(len(source.text))
    assert 1 <= place.line <= last, (place.line, last)
    shown = source.line(place.line)
    assert 1 <= place.column <= len(shown) + 1, (place.column, shown)
    assert place.length >= 1
    assert place.source in ("", shown), (place.source, shown)
