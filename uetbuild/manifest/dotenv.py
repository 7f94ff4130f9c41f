"""Files of `KEY=VALUE` lines (`.env`): plain values, never templates, nothing is expanded. Knows nothing of who uses them.

`export` in front of a key, blank lines and `#` comments are passed over. `'…'` is literal, in `"…"` the escapes `\\n \\r \\t \\" \\\\ \\$`
are read; both may go over several lines. An unquoted value ends at ` #` or the end of its line, blanks around it do not count.
"""

from __future__ import annotations

import re

from uetbuild.errors import UetError
from uetbuild.manifest.tree import SourceFile

_BLANK = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*")
_KEY = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_PLAIN = re.compile(r"((?:[^\n#]|(?<![ \t])#)*)")
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?\n")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}


def parse(source: SourceFile) -> dict[str, str]:
    """The values by key, the last of a key wins. Raises UetError at the first line that is none of the above."""
    text = source.text.replace("\r\n", "\n")
    text += "" if text.endswith("\n") else "\n"
    values: dict[str, str] = {}
    end = _end(_BLANK, text, 0)
    while end < len(text):
        key = _KEY.match(text, end)
        if not key:
            raise _fault(source, text, end, "expected `KEY=VALUE`")
        value, end = _value(source, text, key.end())
        values[key[1]] = value
        end = _end(_BLANK, text, end)
    return values


def _value(source: SourceFile, text: str, start: int) -> tuple[str, int]:
    """A value and where the next line begins."""
    quote = text[start]
    if quote not in "'\"":
        plain = _PLAIN.match(text, start)
        assert plain
        return plain[1].strip(), _end(_REST, text, plain.end())
    found = (_SINGLE if quote == "'" else _DOUBLE).match(text, start)
    if not found:
        raise _fault(source, text, start, f"the quote `{quote}` is never closed")
    rest = _REST.match(text, found.end())
    if not rest:
        raise _fault(source, text, found.end(), "nothing but a comment may follow a quoted value")
    value = found[1] if quote == "'" else _ESCAPE.sub(lambda escape: _unescaped(escape[1]), found[1])
    return value, rest.end()


def _unescaped(letter: str) -> str:
    return _ESCAPED.get(letter, letter if letter in '"\\$' else "\\" + letter)


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def _fault(source: SourceFile, text: str, index: int, message: str) -> UetError:
    before = text[:index]
    line = before.count("\n") + 1
    return UetError(message, source.location(line, index - before.rfind("\n"), 1), "lines of a dotenv file are `KEY=VALUE` or `# …`")
