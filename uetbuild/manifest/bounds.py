"""How large a value may become. Variables that use each other double a text line by line: forty lines would fill any memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MAX_LETTERS = 16_000_000  # of a value with all that it holds
MAX_ELEMENTS = 250_000


def measured(value: object) -> object:
    """The same value. Raises OverflowError where it holds too much, each element counted as often as it stands there."""
    letters, elements, todo = 0, 0, [value]
    while todo:
        one = todo.pop()
        elements += 1
        if isinstance(one, str):
            letters += len(one)
        elif isinstance(one, Mapping):
            todo += one.values()
        elif isinstance(one, list | tuple):
            todo += one
        if letters > MAX_LETTERS or max(elements, len(todo)) > MAX_ELEMENTS:
            raise OverflowError(too_much(letters > MAX_LETTERS))
    return value


def joined(texts: Iterable[str]) -> str:
    """One text of several. Raises OverflowError before it becomes too long."""
    found, letters = [], 0
    for text in texts:
        letters += len(text)
        if letters > MAX_LETTERS:
            raise OverflowError(too_much(True))
        found.append(text)
    return "".join(found)


def too_much(is_text: bool = False) -> str:
    """Words for what is too large."""
    return f"a value of more than {MAX_LETTERS:,} letters" if is_text else f"a value of more than {MAX_ELEMENTS:,} elements"
