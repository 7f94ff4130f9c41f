"""How a walk over a shell text passes what stands between words: blanks, comments, operators, parentheses, brackets, redirections.

Each function stands at its character, outside quotes.
"""

from __future__ import annotations

import re

from uetbuild.core.heredocs import announce, read_bodies
from uetbuild.core.nodes import Place
from uetbuild.core.shellwalk import ARITHMETIC, ASSIGNMENT, CONTINUED, PARENTHESES, SPECIAL, SUBSTITUTION, LostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.shellwalk import Frame, Walk

_NAME_AT_END = re.compile(r"(.*\$)?[A-Za-z_]\w*", re.DOTALL)
_DESCRIPTOR = re.compile(r"\d+|\{[A-Za-z_]\w*\}")


def blank(walk: Walk, frame: Frame) -> None:
    walk.end_word(frame)
    walk.at += 1


def newline(walk: Walk, frame: Frame) -> None:
    walk.end_command(frame)
    walk.at += 1
    read_bodies(walk)


def separator(walk: Walk, frame: Frame) -> None:
    _no_array(frame)
    if walk.text.startswith("&>", walk.at):
        walk.end_word(frame)
        walk.at += 1  # the `>` makes what follows a target
    else:
        walk.end_command(frame)
        walk.at += 1


def number_sign(walk: Walk, frame: Frame) -> None:
    """A comment at the start of a word, else a letter."""
    if frame.word is not None:
        frame.extend("#")
        walk.at += 1
        return
    if walk.at == walk.closed or walk.text[walk.at - 1 : walk.at] == "(" or frame.subscript:
        raise LostError("after `#` beside a parenthesis or bracket")
    end = walk.text.find("\n", walk.at)
    end = len(walk.text) if end < 0 else end
    nested = walk.nested()
    lost = nested and not SPECIAL.isdisjoint(walk.text[walk.at : end])
    walk.skip(end, "in a comment")
    if lost:
        raise LostError("after a comment with quotes or parentheses inside `$(…)`")


def _no_array(frame: Frame) -> None:
    """An operator in name=( … ) is an error after which bash goes on with the next line, be it in the middle of a quoted word."""
    if frame.array:
        raise LostError("after an operator inside `name=( … )`")


def open_parenthesis(walk: Walk, frame: Frame) -> None:
    _no_array(frame)
    if walk.text.startswith(CONTINUED, walk.at + 1):
        raise LostError("after `(` at the end of a line")
    if walk.text.startswith("((", walk.at):
        if frame.word is not None:
            raise LostError("after `((` inside a word")
        walk.push(ARITHMETIC, frame)
        walk.at += 2
        return
    array = frame.word is not None and frame.word.endswith("=") and ASSIGNMENT.match(frame.word) is not None
    if not array:
        walk.end_command(frame)
    elif walk.nested():
        raise LostError("in or after `name=( … )` inside `$(…)`, which bash reads twice")
    opened = walk.push(PARENTHESES, frame)
    opened.array, opened.condition, opened.first = array, frame.condition, len(walk.found.places)
    opened.head = "" if array else None  # what stands in an array is no command
    walk.at += 1


def close_parenthesis(walk: Walk, frame: Frame) -> None:
    walk.end_command(frame)
    walk.at += 1
    if frame.kind == PARENTHESES:
        walk.stack.pop()
        walk.closed = walk.at
        if frame.array:
            walk.stack[-1].extend("()")
    elif frame.kind == SUBSTITUTION:
        if frame.pending:
            raise LostError("after a here-document that its `$(…)` does not hold")
        walk.stack.pop()


def open_bracket(walk: Walk, frame: Frame) -> None:
    named = frame.word is not None and _NAME_AT_END.fullmatch(frame.word)
    if frame.subscript or named or (frame.array and frame.word is None):
        frame.subscript += 1
    frame.extend("[")
    walk.at += 1


def close_bracket(walk: Walk, frame: Frame) -> None:
    frame.subscript = max(0, frame.subscript - 1)
    frame.extend("]")
    walk.at += 1


def redirection(walk: Walk, frame: Frame) -> None:
    text, at = walk.text, walk.at
    if frame.word is not None and _DESCRIPTOR.fullmatch(frame.word):
        frame.word = None  # the number of a descriptor is no word
    if text.startswith("(", at + 1):
        frame.extend("<")
        walk.push(SUBSTITUTION, frame)
        walk.at += 2
        return
    _no_array(frame)
    walk.end_word(frame)
    if text.startswith("<<<", at):
        frame.target = Place.PART
        walk.at += 3
    elif text.startswith("<<", at):
        announce(walk)
    else:
        walk.at += 2 if text[at + 1 : at + 2] in ("<", ">", "&", "|") else 1
        frame.target = Place.TARGET
        frame.duplicating = text.startswith("&", at + 1)
    if text.startswith(CONTINUED, walk.at):
        raise LostError("after a redirection at the end of a line")
