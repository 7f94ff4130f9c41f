"""A command line as somebody types it into bash: taken apart up to the cursor, and what a completion puts in the place of its last word."""

from __future__ import annotations

NONE, SINGLE, DOUBLE = "", "'", '"'
_SPECIAL = frozenset(" \t\"'\\$`&;|<>()[]{}*?!#~^")
_IN_DOUBLE = frozenset('"\\$`')


def words_of(line: str) -> tuple[list[str], int, str]:
    """The words without their quotes; where the last one begins in `line`; the quote that is open there. After a blank a word "" begins."""
    words = [""]
    start, style, begun = 0, NONE, False
    i = 0
    while i < len(line):
        letter = line[i]
        if style == NONE and letter in " \t\n":
            if begun:
                words.append("")
            start, begun = i + 1, False
        else:
            begun = True
            if letter == style or (style == NONE and letter in (SINGLE, DOUBLE)):
                style = NONE if style else letter
            elif letter == "\\" and style != SINGLE and i + 1 < len(line) and (style == NONE or line[i + 1] in _IN_DOUBLE):
                i += 1
                words[-1] += line[i]
            elif letter != "\\" or style != NONE:
                words[-1] += letter
        i += 1
    return words, start, style


def in_place(raw: str, replaced: str, value: str) -> str | None:
    """What to put for `replaced`, the end of the raw word that bash replaces (it cuts words at `:` and `=`, and after a quote), so that the
    word means `value`. None where that cannot be."""
    if not raw.endswith(replaced):
        return None
    kept = raw[: len(raw) - len(replaced)]
    words, _, style = words_of(kept)
    if len(words) != 1 or not value.startswith(words[0]):
        return None
    return _quoted(value[len(words[0]) :], style)


def _quoted(text: str, style: str) -> str:
    if style == SINGLE:
        return text.replace("'", "'\\''")
    special = _IN_DOUBLE if style == DOUBLE else _SPECIAL
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)
