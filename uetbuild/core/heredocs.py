"""Here-documents in a walk over a shell text: holes in them are refused, and what follows them is text as any other.

Where shells do not agree on the end of one, the walk is lost.
"""

from __future__ import annotations

import re

from uetbuild.core.shelltext import HOLE
from uetbuild.core.shellwalk import SPECIAL, SUBSTITUTION, TOP, LostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.shellwalk import Frame, Walk

_HERE = re.compile(r"""<<(-?)[ \t]*((?:[^\s;&|<>()'"\\]|'[^'\n]*'|"[^"\n]*"|\\[^\n])+)""")
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)"|\\(.)""")


def _scope(walk: Walk) -> Frame:
    """The innermost substitution, or the whole text: here-documents belong to it."""
    return next(frame for frame in reversed(walk.stack) if frame.kind in (TOP, SUBSTITUTION))


def announce(walk: Walk) -> None:
    found = _HERE.match(walk.text, walk.at)
    if not found or not {"$", "`", HOLE}.isdisjoint(found.group(2)):
        raise LostError("in or after the delimiter of a here-document")
    word = found.group(2)
    delimiter = _QUOTED.sub(lambda part: "".join(filter(None, part.groups())), word)
    _scope(walk).pending.append((delimiter, delimiter != word, bool(found.group(1))))
    walk.at = found.end()


def read_bodies(walk: Walk) -> None:
    waiting = [frame for frame in walk.stack if frame.pending]
    if not waiting:
        return
    scope = _scope(walk)
    if waiting != [scope]:
        raise LostError("after a here-document whose line goes on inside `$(…)`")
    documents, scope.pending = scope.pending, []
    for delimiter, quoted, tabs in documents:
        start = walk.at
        clear = _body(walk, delimiter, quoted, tabs)
        body = walk.text[start : walk.at]
        if scope.kind == SUBSTITUTION and not SPECIAL.isdisjoint(body):
            clear = False  # shells up to bash 3.2 look for quotes there
        if not clear or (not quoted and not _balanced(body)):
            raise LostError("after a here-document whose end is not the same to all shells")


def _body(walk: Walk, delimiter: str, quoted: bool, tabs: bool) -> bool:
    """Skip one body; False when shells could see its end elsewhere."""
    clear = True
    continued = False
    while walk.at < len(walk.text):
        end = walk.text.find("\n", walk.at)
        end = len(walk.text) if end < 0 else end
        line = walk.text[walk.at : end]
        walk.skip(min(end + 1, len(walk.text)), "in a here-document")
        if (line.lstrip("\t") if tabs else line) == delimiter:
            return clear and not continued
        continued = not quoted and line.endswith("\\")
    return clear


def _balanced(body: str) -> bool:
    """Whether substitutions in an unquoted here-document can be taken to end in it."""
    return body.count("(") == body.count(")") and body.count("`") % 2 == 0 and body.count("${") <= body.count("}")
