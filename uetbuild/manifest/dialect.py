"""Makes the C parser, which reads the grammar of YAML 1.1, read that of 1.2.

In 1.1 a `:` or `?` inside `[…]` or `{…}` ends an unquoted text (`[scope:core]`, `[src/?.c]`, `[:id]` are errors), and U+0085, U+2028
and U+2029 end a line. So every one of them that is no indicator in 1.2 is handed over as another character that the text does not
hold, of which the parser makes nothing, and put back into what comes out. No place is moved by this.
"""

from __future__ import annotations

import re

_COLON = re.compile(r""":(?=[^\s,\[\]{}])(?<!["'\]}]:)""")  # `{"a":1}` is a key and its value in both
_QUESTION = re.compile(r"((?:[\[{,\n\r]|[-:][ \t]|\A)[ \t]*\?(?=\s|\Z))|\?")  # the first form is the indicator of a key
_BREAKS = "\x85\u2028\u2029"
_DISGUISED = ":?" + _BREAKS
_LAST = 0x10FFF0


class Disguise:
    """`text` as the parser is to see it; `reveal` turns a text that came out of it back."""

    __slots__ = ("_back", "text")

    def __init__(self, text: str) -> None:
        first = _LAST
        while any(chr(first + offset) in text for offset in range(len(_DISGUISED))):
            first -= len(_DISGUISED)
        masks = [chr(first + offset) for offset in range(len(_DISGUISED))]
        self._back = str.maketrans("".join(masks), _DISGUISED)
        text = _COLON.sub(masks[0], text)
        if "?" in text:
            text = _QUESTION.sub(lambda found: found[1] or masks[1], text)
        if not text.isascii():
            text = text.translate(str.maketrans(_BREAKS, "".join(masks[2:])))
        self.text = text

    def reveal(self, value: str) -> str:
        """The value as it was written."""
        return value if value.isascii() else value.translate(self._back)
