"""Paths as manifests write them to `core.nodes.Source`: resolved against the manifest's folder, with scopes and `outputs:ID` looked up.

Says what is wrong with a path by itself. Whether it exists, and whether two declarations contradict each other, is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from uetbuild.core.globs import fault
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.paths import is_glob, resolve
from uetbuild.errors import UetError
from uetbuild.manifest.faults import Faults
from uetbuild.manifest.models_paths import PathEntry
from uetbuild.manifest.names import Names
from uetbuild.manifest.texts import Filled, filled_list
from uetbuild.manifest.tree import Text

# File names may hold what means something in a pattern. While a template inserts one (`item`), these stand for such letters.
_SPECIAL = "*?[]{},!:\\"
MAX_SHOWN = 500  # letters of a path in an error
_MARKS = {ord(letter): chr(0xF0000 + number) for number, letter in enumerate(_SPECIAL)}
_LITERAL = {ord(mark): chr(letter) for letter, mark in _MARKS.items()}
_ESCAPED = {ord(mark): f"[{chr(letter)}]" if chr(letter) in "*?[]{}," else chr(letter) for letter, mark in _MARKS.items()}

Named = Callable[[str, Text], Iterable[Source]]  # what `scope:NAME` or `outputs:ID` stands for, given the name; raises UetError


def marked(name: str) -> str:
    """A file name to be inserted in paths, so that none of its letters is taken for a part of a pattern."""
    return name.translate(_MARKS)


def nobody(name: str, where: Text) -> tuple[Source, ...]:
    """For lists in which neither scopes nor `outputs:` can stand."""
    raise UetError(f"`{where.text}` cannot stand here", where.locate(), "a path is needed")


class Paths:
    """Reads the lists of one manifest. `scope` and `outputs` look names up."""

    __slots__ = ("_folder", "_known", "_outputs", "_scope")

    def __init__(self, folder: str, scope: Named, outputs: Named) -> None:
        self._folder = folder
        self._scope = scope
        self._outputs = outputs
        self._known: dict[str, tuple[str, int, bool]] = {}

    def read(self, entries: Iterable[PathEntry], names: Callable[[], Names], faults: Faults, *, created: bool = False) -> Sources:
        """The sources of a list; what is wrong is noted and left out. `created`: whether `outputs:ID` may stand in it."""
        found: list[Source] = []
        for entry in entries:
            try:
                for element in filled_list((entry.text,), names):
                    found += self._sources(element, entry, created)
            except UetError as error:
                faults.add(error)
        return tuple(found)

    def path(self, element: Filled) -> str:
        """One literal path (a `depfile`, a required file), canonical. Raises UetError."""
        pattern, kind, _ = self._resolved(element.text, element.where)
        if kind == Source.GLOB:
            raise UetError(f"`{element.text.translate(_LITERAL)}` is a pattern, where one path is needed", element.where.locate())
        return pattern

    def pattern(self, element: Filled) -> Source:
        """One pattern or path as it is (`foreach`). Raises UetError."""
        pattern, kind, folder = self._resolved(element.text, element.where)
        return Source(pattern=pattern, kind=kind, folder=folder)

    def _sources(self, element: Filled, entry: PathEntry, created: bool) -> Iterable[Source]:
        text = element.text
        negative = text.startswith("!")
        body = text[1:] if negative else text
        line, column = _position(element.where)
        if body.startswith("scope:"):
            made = self._scope(body[6:], element.where)
        elif body.startswith("outputs:"):
            if not created:
                raise UetError("`outputs:` can only stand in `inputs`", element.where.locate(), "write the paths themselves")
            made = self._outputs(body[8:], element.where)
        else:
            pattern, kind, folder = self._known.get(body) or self._resolved(body, element.where)
            source = Source(pattern=pattern, kind=kind, folder=folder, negative=negative)
            source.optional, source.name, source.line, source.column = entry.optional, entry.name, line, column
            return (source,)
        return [source.with_(negative=negative, optional=entry.optional, name=entry.name, line=line, column=column) for source in made]

    def _resolved(self, text: str, where: Text) -> tuple[str, int, bool]:
        """(canonical path or pattern, its kind, whether it is written with `/` at its end)."""
        wild = is_glob(text)
        wrong = fault(text) if text else "is empty"
        if wrong is not None and not _is_absolute(text):
            hint = "write `/`, also on other systems" if "backslash" in wrong else ""
            shown = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"
            raise UetError(f"`{shown.translate(_LITERAL)}` {wrong}", where.locate(), hint)
        folder = self._folder
        if wild and is_glob(folder):
            folder = folder.translate(_MARKS)
        path = resolve(folder, text)
        if path is None:
            raise UetError(f"`{text.translate(_LITERAL)}` leads out of the root", where.locate(), _outside(text))
        if not path.isascii():
            path = path.translate(_ESCAPED if wild else _LITERAL)
        result = path, Source.GLOB if wild else Source.PATH, text.endswith("/")
        self._known[text] = result
        return result


def _is_absolute(text: str) -> bool:
    return text.startswith("/") and not text.startswith("//")


def _outside(text: str) -> str:
    if _is_absolute(text):
        return f"`/{text}` would be a path from the root of the project"
    return "all paths stay inside the folder of the outermost manifest"


def _position(where: Text) -> tuple[int, int]:
    line, column = where.source.position(where.start)
    return line, column + (where.style in ("'", '"'))
