"""JSON as `json.dumps` writes it, without what that loads: `re` and `enum`, longer than a small build takes."""

from __future__ import annotations

from _json import encode_basestring as _text  # what `json` wraps
from _json import encode_basestring_ascii as _ascii_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WORDS = {None: "null", True: "true", False: "false"}


def dumps(value: object, indent: int = 0, ascii: bool = False) -> str:
    """The text of texts, numbers, truth values, None, and of lists, tuples and dicts of these; on one line, or with so many spaces a level.
    `ascii`: all else is escaped. Raises TypeError for anything else.
    """
    return _written(value, _ascii_text if ascii else _text, " " * indent, "\n" if indent else "")


def _written(value: object, text: Callable[[str], str], step: str, line: str) -> str:
    """`line`: the end of a line with the indentation at which this value began; "" for all on one."""
    if isinstance(value, str):
        return text(value)
    deeper = line + step
    if isinstance(value, dict):
        return _enclosed("{}", [f"{_key(key, text)}: {_written(each, text, step, deeper)}" for key, each in value.items()], line, deeper)
    if isinstance(value, list | tuple):
        return _enclosed("[]", [_written(each, text, step, deeper) for each in value], line, deeper)
    return _plain(value)


def _enclosed(marks: str, parts: Iterable[str], line: str, deeper: str) -> str:
    joined = ("," + deeper if line else ", ").join(parts)
    return f"{marks[0]}{deeper}{joined}{line}{marks[1]}" if joined else marks


def _key(key: object, text: Callable[[str], str]) -> str:
    return text(key) if isinstance(key, str) else f'"{_plain(key)}"'


def _plain(value: object) -> str:
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(shown := float.__repr__(value), shown)
    raise TypeError(f"no value of JSON: {type(value).__name__}")
