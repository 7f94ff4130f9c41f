"""How a walk over a shell text passes quotes, backslashes, substitutions, `${…}` and arithmetic. Each function stands at its character."""

from __future__ import annotations

from uetbuild.core.nodes import Place
from uetbuild.core.shelltext import HOLE
from uetbuild.core.shellwalk import ARITHMETIC, CONTINUED, DOUBLE, PARAMETER, QUOTES, SUBSTITUTION, TRANSLATED, LostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.shellwalk import Frame, Walk


def backslash(walk: Walk, frame: Frame) -> None:
    if walk.text.startswith(CONTINUED, walk.at):
        walk.at += 2
        return
    walk.before = "right after a backslash"
    if walk.text[walk.at + 1 : walk.at + 2] == HOLE:
        walk.at += 1
    else:
        walk.before = ""
        if frame.kind == ARITHMETIC or (frame.kind == PARAMETER and walk.quoted() and walk.text[walk.at + 1 : walk.at + 2] in ("'", '"')):
            raise LostError("after a backslash inside `$((…))` or `${…}`")
        walk.at += 2
    frame.command.extend("\\")


def single(walk: Walk, frame: Frame) -> None:
    if frame.kind == ARITHMETIC or (frame.kind == PARAMETER and walk.quoted()):
        raise LostError("after a quote inside `$((…))` or `${…}`")
    end = walk.text.find("'", walk.at + 1)
    if end < 0:
        walk.found.unclosed = (walk.at, "'")
        raise LostError("after a quote that never ends")
    if walk.text.find("\n", walk.at, end) >= 0:
        walk.no_pending()
    command = frame.command
    command.extend("''")
    for _ in range(walk.text.count(HOLE, walk.at, end)):
        index = len(walk.found.places)
        walk.add(index, Place.SINGLE, walk.spoilt(frame) or walk.reread(command))
        command.holes.append(index)
    walk.at = end + 1


def double(walk: Walk, frame: Frame) -> None:
    if frame.kind in QUOTES:
        walk.stack.pop()
    elif frame.kind == ARITHMETIC or (frame.kind == PARAMETER and walk.quoted()):
        raise LostError("after a quote inside `$((…))` or `${…}`")
    else:
        walk.push(DOUBLE, frame)
        frame.command.extend('"')
    walk.at += 1


def backtick(walk: Walk, frame: Frame) -> None:
    if frame.kind == ARITHMETIC:
        raise LostError("after backticks inside `$((…))`")
    end = walk.at + 1
    while end < len(walk.text) and walk.text[end] != "`":
        end += 2 if walk.text[end] == "\\" else 1
    inside = walk.text[walk.at + 1 : end]
    if "\n" in inside:
        walk.no_pending()
    walk.skip(min(end, len(walk.text)), "inside backticks")
    walk.at += 1
    frame.command.extend("`")
    if inside.count("'") % 2 or inside.count('"') % 2:
        raise LostError("after backticks with a single quote in them")


def dollar(walk: Walk, frame: Frame) -> None:
    text, at = walk.text, walk.at
    following = text[at + 1 : at + 2]
    quoted = walk.quoted()
    frame.command.extend("$")
    if following == "(":
        _substitution(walk, frame)
    elif following == "{":
        if text[at + 2 : at + 3] in " \t\n|":
            raise LostError("after `${ …}`")
        walk.push(PARAMETER, frame)
        walk.at += 2
    elif following == "[":
        raise LostError("inside or after `$[…]`")
    elif text.startswith(CONTINUED, at + 1):
        raise LostError("after `$` at the end of a line")
    elif following == "$" and text[at + 2 : at + 3] in ("(", "{", "[", "'", '"', "`", "\\"):
        raise LostError("after `$$` and a quote or parenthesis, on which bash disagrees with itself")
    elif following == "'" and not quoted:
        _ansi(walk)
    elif following == '"' and not quoted:
        walk.push(TRANSLATED, frame)
        walk.at += 2
    elif following == HOLE and frame.kind not in QUOTES:
        walk.before = "right after `$`"
        walk.at += 1
    else:
        walk.at += 2 if following and following in "$#?!*@-0123456789" else 1


def _substitution(walk: Walk, frame: Frame) -> None:
    if walk.text.startswith(CONTINUED, walk.at + 2):
        raise LostError("after `$(` at the end of a line")
    arithmetic = walk.text.startswith("((", walk.at + 1)
    walk.push(ARITHMETIC if arithmetic else SUBSTITUTION, frame)
    walk.at += 3 if arithmetic else 2


def _ansi(walk: Walk) -> None:
    end = walk.at + 2
    while end < len(walk.text) and walk.text[end] != "'":
        end += 2 if walk.text[end] == "\\" else 1
    if end >= len(walk.text):
        walk.found.unclosed = (walk.at + 1, "'")
        raise LostError("inside `$'…'`")
    inside = walk.text[walk.at + 2 : end]
    if "\n" in inside:
        walk.no_pending()
    walk.skip(end, "inside `$'…'`")
    walk.at += 1
    if "\\'" in inside and walk.family in ("sh", "dash"):
        raise LostError(r"after `\'` inside `$'…'`, on which shells disagree")


def close_parameter(walk: Walk, frame: Frame) -> None:
    walk.stack.pop()
    walk.at += 1


def odd_in_parameter(walk: Walk, frame: Frame) -> None:
    if walk.text[walk.at] == "{" or walk.text[walk.at + 1 : walk.at + 2] == "(":
        raise LostError("after braces or parentheses inside `${…}`")
    walk.at += 1


def open_arithmetic(walk: Walk, frame: Frame) -> None:
    frame.depth += 1
    walk.at += 1


def close_arithmetic(walk: Walk, frame: Frame) -> None:
    if frame.depth > 2:
        frame.depth -= 1
        walk.at += 1
    elif walk.text.startswith("))", walk.at):
        walk.stack.pop()
        walk.at += 2
    else:
        raise LostError("after `((` that is no arithmetic")
