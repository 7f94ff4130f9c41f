"""The simple values of the manifest: text, names, yes or no, numbers, durations, lists of texts, maps of texts."""

import re
from collections.abc import Callable
from typing import Annotated

from uetbuild.errors import UetError
from uetbuild.manifest import units
from uetbuild.manifest.models_base import Reads, Refused, expects, read_items, read_map, refuse
from uetbuild.manifest.tree import Map, Seq, Text, Tree
from uetbuild.manifest.words import did_you_mean, quoted

ID_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
NAME_PATTERN = r"[A-Za-z_][A-Za-z0-9_]*"
_ID = re.compile(ID_PATTERN)
_NAME = re.compile(NAME_PATTERN)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")

BOOLS = ("true", "True", "TRUE", "false", "False", "FALSE")

TEXT_SCHEMA: dict[str, object] = {"type": ["string", "number", "boolean", "null"]}
"""Unquoted `3.10`, `no` and `~` are text for us, but numbers, booleans and null for who reads the schema."""
TEXTS_SCHEMA: dict[str, object] = {"anyOf": [TEXT_SCHEMA, {"type": "array", "items": TEXT_SCHEMA}]}

# --- scalars -------------------------------------------------------------------------------------------------------------------


def read_text(node: Tree, what: str = "text") -> Text:
    """The text as it stands; nothing written is refused, `""` is not."""
    if not isinstance(node, Text) or node.missing:
        raise expects(what, node, 'write "" for an empty text' if what == "text" and isinstance(node, Text) else "")
    return node


def read_line(node: Tree) -> Text:
    """A text that people write without quotes, and so one from which a ` #` may have cut the end (a command, a title)."""
    text = read_text(node)
    cut = text.comment()
    if cut is None:
        return text
    raw = text.source.text
    comment = raw[cut:].split("\n", 1)[0].rstrip()
    glued = len(comment) > 1 and not comment[1].isspace() and comment.strip("#")
    if not glued and _balanced(text.text):
        return text
    whole = raw[text.start : cut] + comment
    hint = f"quote it: {quoted(whole)}" if "\n" not in whole else "quote the whole text"
    line, column = text.source.position(cut)
    raise refuse("ends before ` #`, which starts a comment", text, hint, text.source.location(line, column, len(comment)))


def _balanced(text: str) -> bool:
    """Whether all shell quotes of `text` are closed."""
    quote = ""
    escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
    return not quote


def read_bool(node: Tree) -> bool:
    """`true` or `false`."""
    text = read_text(node, "`true` or `false`").text
    if text not in BOOLS:
        meant = {"yes": "true", "on": "true", "1": "true", "no": "false", "off": "false", "0": "false"}.get(text.lower(), "")
        raise expects("`true` or `false`", node, f"write `{meant}`" if meant else "")
    return text.lower() == "true"


def read_integer(minimum: int | None = None) -> Callable[[Tree], int]:
    """A reader of whole numbers, not below `minimum`."""
    what = "a whole number" if minimum is None else f"a whole number of at least {minimum}"

    def read(node: Tree) -> int:
        text = read_text(node, what).text
        if not _INTEGER.fullmatch(text) or (minimum is not None and int(text) < minimum):
            raise expects(what, node)
        return int(text)

    return read


def read_duration(node: Tree) -> float:
    """Seconds; 0 = none."""
    text = read_text(node, "a duration")
    try:
        return units.duration(text.text)
    except ValueError as wrong:
        raise expects("a duration", node, str(wrong)) from None


def read_size(node: Tree) -> int:
    """Bytes."""
    text = read_text(node, "a size")
    try:
        return units.size(text.text)
    except ValueError as wrong:
        raise expects("a size", node, str(wrong)) from None


def read_choice(*choices: str) -> Callable[[Tree], str]:
    """A reader of one of a few words."""
    what = f"one of {', '.join(f'`{choice}`' for choice in choices)}"

    def read(node: Tree) -> str:
        text = read_text(node, what).text
        if text not in choices:
            raise expects(what, node, did_you_mean(text, choices))
        return text

    return read


# --- names ---------------------------------------------------------------------------------------------------------------------


def read_id(node: Tree) -> Text:
    """A text that is an id."""
    text = read_text(node, "an id")
    check_id(text, "id")
    return text


def check_id(text: Text, noun: str) -> None:
    """Raises `Refused` unless the text matches the pattern of ids."""
    if _ID.fullmatch(text.text):
        return
    hint = "ids hold letters, digits, `_`, `.` and `-`, and start with a letter, a digit or `_`"
    raise Refused([UetError(f"`{text.text}` cannot be the {noun}" if noun == "id" else _cannot(text, noun), text.location(), hint)])


def check_name(text: Text, noun: str) -> None:
    """Raises `Refused` unless the text can stand behind a dot in a template."""
    if _NAME.fullmatch(text.text):
        return
    near = re.sub(r"[^A-Za-z0-9_]", "_", text.text)
    hint = f"call it `{near}`: names hold letters, digits and `_`" if _NAME.fullmatch(near) else "names hold letters, digits and `_`"
    raise Refused([UetError(_cannot(text, noun), text.location(), hint)])


def _cannot(text: Text, noun: str) -> str:
    article = "an" if noun[0] in "aeiou" else "a"
    return f"`{text.text}` cannot be the name of {article} {noun}"


# --- lists and maps ------------------------------------------------------------------------------------------------------------


def read_texts(node: Tree) -> tuple[Text, ...]:
    """A text or a list of texts, as a list."""
    if isinstance(node, Seq):
        return read_items(node.items, read_text)
    if isinstance(node, Map):
        raise expects("text or a list of texts", node)
    return (read_text(node, "text or a list of texts"),)


def read_ids(node: Tree) -> tuple[Text, ...]:
    """A list of ids."""
    texts = read_texts(node)
    return read_items(texts, read_id)


def read_words(node: Tree) -> tuple[Text, ...]:
    """A list of words, at least one: the start of a command line."""
    if not isinstance(node, Seq) or not node.items:
        raise expects("a list of words", node, "as in `[bash, -c]`")
    return read_items(node.items, read_text)


def read_env(node: Tree) -> dict[str, Text]:
    """Environment variables."""

    def read(value: Tree, key: Text) -> Text:
        check_name(key, "environment variable")
        return read_text(value)

    return read_map(node, read)


def read_amounts(minimum: int) -> Callable[[Tree], dict[str, int]]:
    """A reader of maps from names to whole numbers (pools, resources)."""
    number = read_integer(minimum)

    def read(value: Tree, key: Text) -> int:
        check_id(key, "pool")
        return number(value)

    return lambda node: read_map(node, read)


def _amounts(minimum: int) -> Reads:
    schema: dict[str, object] = {
        "type": ["object", "null"],
        "patternProperties": {"^x-": True, f"^{ID_PATTERN}$": integer_schema(minimum)},
        "additionalProperties": False,
    }
    return Reads(read_amounts(minimum), schema, "map of names to numbers")


def choice(*choices: str) -> Reads:
    """Metadata of a field that holds one of a few words."""
    return Reads(read_choice(*choices), {"enum": list(choices)}, " or ".join(f"`{word}`" for word in choices))


def _integer(minimum: int | None, shown: str) -> Reads:
    return Reads(read_integer(minimum), integer_schema(minimum), shown)


def integer_schema(minimum: int | None = None) -> dict[str, object]:
    """Whole numbers, quoted ones too."""
    number: dict[str, object] = {"type": "integer"} | ({} if minimum is None else {"minimum": minimum})
    return {"anyOf": [number, {"type": "string", "pattern": "^[-+]?[0-9]+$"}]}


_BOOL = Reads(read_bool, {"anyOf": [{"type": "boolean"}, {"enum": list(BOOLS)}]}, "`true` or `false`")
_LINE = Reads(read_line, TEXT_SCHEMA, "text")
_ENV_SCHEMA: dict[str, object] = {
    "type": ["object", "null"],
    "patternProperties": {"^x-": True, f"^{NAME_PATTERN}$": TEXT_SCHEMA},
    "additionalProperties": False,
}

TextValue = Annotated[Text, Reads(read_text, TEXT_SCHEMA, "text")]
OptionalText = Annotated[Text | None, Reads(read_text, TEXT_SCHEMA, "text")]
OptionalLine = Annotated[Text | None, _LINE]
OptionalId = Annotated[Text | None, Reads(read_id, TEXT_SCHEMA, "id")]
Bool = Annotated[bool, _BOOL]
OptionalBool = Annotated[bool | None, _BOOL]
Integer = Annotated[int, _integer(None, "number")]
OptionalCount = Annotated[int | None, _integer(0, "number")]
OptionalDuration = Annotated[
    float | None,
    Reads(
        read_duration, {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^[0-9.]+(ms|[smhd]|$)"}]}, "duration"
    ),
]
OptionalSize = Annotated[
    int | None,
    Reads(read_size, {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "^[0-9.]+([kMGT]|[KMGT]i)?$"}]}, "size"),
]
Texts = Annotated[tuple[Text, ...], Reads(read_texts, TEXTS_SCHEMA, "list of texts")]
OptionalTexts = Annotated[tuple[Text, ...] | None, Reads(read_texts, TEXTS_SCHEMA, "list of texts")]
Ids = Annotated[tuple[Text, ...], Reads(read_ids, TEXTS_SCHEMA, "list of ids")]
OptionalWords = Annotated[
    tuple[Text, ...] | None, Reads(read_words, {"type": "array", "items": TEXT_SCHEMA, "minItems": 1}, "list of words")
]
Env = Annotated[dict[str, Text], Reads(read_env, _ENV_SCHEMA, "map of names to texts")]
Pools = Annotated[dict[str, int], _amounts(1)]
Resources = Annotated[dict[str, int], _amounts(0)]
OptionalResources = Annotated[dict[str, int] | None, _amounts(0)]
