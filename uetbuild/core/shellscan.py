"""Where in a shell text its templates stand, and so how their values have to be quoted there (interface, Templates).

A walk over the text with a stack of what is open: quotes and substitutions nest in every shell, so `{{ x }}` in "$(cmd {{ x }})" is a
word, not a quoted text. Where no quoting is safe (here-documents, backticks, `$'…'`, `${…}`, arithmetic, comments, subscripts) the
hole is refused with the reason. Where shells disagree about the text itself, or where only a full parser could tell what follows
(`case` inside `$(…)`, `$[…]`), the walk stops, and every later hole is refused: rather no answer than a wrong one.

Knows the quoting of sh, dash, bash, zsh and ksh; nothing of values, Jinja2 and manifests. Holes are `shelltext.HOLE` characters.
"""

from __future__ import annotations

import re

from uetbuild.core import shellcommands as commands
from uetbuild.core import shellquotes as quotes
from uetbuild.core.nodes import Place
from uetbuild.core.shelltext import HOLE
from uetbuild.core.shellwalk import ARITHMETIC, DOUBLE, PARAMETER, PARENTHESES, SUBSTITUTION, TOP, TRANSLATED, LostError, Scan, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.core.shellwalk import Frame

    Handlers = dict[str, Callable[[Walk, Frame], None]]

__all__ = ["Scan", "scan"]

_OPENED = {SUBSTITUTION: "$(", PARENTHESES: "(", DOUBLE: '"', TRANSLATED: '$"', PARAMETER: "${", ARITHMETIC: "(("}


def scan(text: str, family: str, raw: frozenset[int] = frozenset()) -> Scan:
    """The places of the holes of a text for a shell of this `family`. Holes whose index is in `raw` hold shell source, are refused nowhere,
    and are taken to leave open what was open.
    """
    walk = Walk(text, family, raw)
    try:
        _run(walk)
    except LostError as lost:
        reason = str(lost)
        walk.forsake(reason)
        for index in range(len(walk.found.places), text.count(HOLE)):
            walk.add(index, Place.PLAIN, reason)
    if raw:
        walk.found.unclosed = None  # the source that comes later may close it
    return walk.found


def _run(walk: Walk) -> None:
    length = len(walk.text)
    while walk.at < length:
        frame = walk.stack[-1]
        plain = _PLAIN[frame.kind].match(walk.text, walk.at)
        if plain:
            if frame.command is frame:
                frame.extend(plain.group())
            elif "\n" in plain.group():
                walk.no_pending()
            walk.at = plain.end()
        else:
            _HANDLERS[frame.kind][walk.text[walk.at]](walk, frame)
    walk.end_word(walk.stack[-1].command)
    if len(walk.stack) > 1:
        frame = walk.stack[-1]
        walk.found.unclosed = (frame.opened, _OPENED[frame.kind])


def _table(entries: Handlers) -> Handlers:
    """One entry a letter."""
    return {letter: handler for letters, handler in entries.items() for letter in letters}


# What means nothing in each kind of frame, and who passes the rest: together they know every character.
_PLAIN = {
    TOP: re.compile(r"[^\0\\'\"`$ \t\n#;&|<>()\[\]]+"),
    DOUBLE: re.compile(r"[^\0\\\"`$]+"),
    PARAMETER: re.compile(r"[^\0\\'\"`${}<>]+"),
    ARITHMETIC: re.compile(r"[^\0\\'\"`$()]+"),
}
_PLAIN |= {SUBSTITUTION: _PLAIN[TOP], PARENTHESES: _PLAIN[TOP], TRANSLATED: _PLAIN[DOUBLE]}

_QUOTE: Handlers = {HOLE: Walk.hole, "\\": quotes.backslash, '"': quotes.double, "`": quotes.backtick, "$": quotes.dollar}
_COMMAND = _QUOTE | _table({
    "'": quotes.single, " \t": commands.blank, "\n": commands.newline, ";&|": commands.separator, "#": commands.number_sign,
    "<>": commands.redirection, "(": commands.open_parenthesis, ")": commands.close_parenthesis,
    "[": commands.open_bracket, "]": commands.close_bracket,
})  # fmt: skip
_PARAMETER = _QUOTE | _table({"'": quotes.single, "}": quotes.close_parameter, "{<>": quotes.odd_in_parameter})
_ARITHMETIC = _QUOTE | _table({"'": quotes.single, "(": quotes.open_arithmetic, ")": quotes.close_arithmetic})
_HANDLERS = {
    TOP: _COMMAND, SUBSTITUTION: _COMMAND, PARENTHESES: _COMMAND, DOUBLE: _QUOTE, TRANSLATED: _QUOTE,
    PARAMETER: _PARAMETER, ARITHMETIC: _ARITHMETIC,
}  # fmt: skip
