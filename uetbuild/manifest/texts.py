"""Texts of the manifest with their templates filled in; a fault in a template gets the place where it is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from uetbuild.errors import UetError
from uetbuild.manifest import templates
from uetbuild.manifest.bounds import MAX_ELEMENTS, too_much
from uetbuild.manifest.names import Names, TemplateFault
from uetbuild.manifest.tree import Text

Made = TypeVar("Made")


class Filled:
    """An element of a list: its `text` after templates, and the scalar `where` it is written."""

    __slots__ = ("text", "where")

    def __init__(self, text: str, where: Text) -> None:
        self.text = text
        self.where = where


def placed(text: Text, make: Callable[[str], Made]) -> Made:
    """`make(text)`; a fault of its templates is raised as an error with its place in the manifest."""
    try:
        return make(text.text)
    except TemplateFault as fault:
        raise UetError(fault.message, text.locate(fault.offset, fault.length), fault.hint) from None
    except UetError as error:
        if error.location is None:
            raise UetError(error.message, text.locate(), error.hint, code=error.code, others=error.others) from None
        raise


def filled(text: Text, names: Callable[[], Names]) -> str:
    """The text with its templates filled in. `names` is only asked when there are any. Raises UetError."""
    if "{{" not in text.text:
        return text.text
    return placed(text, lambda source: templates.text(source, names()))


def filled_list(texts: Iterable[Text], names: Callable[[], Names]) -> list[Filled]:
    """The elements of a list; one that is a template giving a list stands for its elements. Raises UetError."""
    found: list[Filled] = []
    for text in texts:
        if "{{" not in text.text:
            found.append(Filled(text.text, text))
        else:
            found += [Filled(element, text) for element in placed(text, lambda source: templates.elements(source, names()))]
            if len(found) > MAX_ELEMENTS:
                raise UetError(too_much(), text.locate())
    return found
