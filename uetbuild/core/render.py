"""Texts and recipes at the moment in which a node is ready: late values put into their holes, quoted as their place demands.

Whatever a value holds, the program that it is meant for gets it unchanged and no shell reads it as code: outside quotes it becomes a
single-quoted word, inside "…" the quotes are closed around a single-quoted part, so that neither a `$` before it nor a letter after
it can join it. Where values come from is told by `Values`; what expressions mean, by the `Evaluator`.
"""

from __future__ import annotations

from uetbuild.core.nodes import Hole, Place, Step
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from uetbuild.core.nodes import Pieces
    from uetbuild.core.ports import Evaluator

Words = str | list[str]


class Values:
    """What is known when a node is ready. `inputs`, `changed`, `args`, `files`: lists; `named`: the inputs by their names in the manifest;
    `feedback`: a text; `variable(full name)`: the text of an `sh` variable; `evaluator`: for `expr` holes.
    """

    __slots__ = ("args", "changed", "evaluator", "feedback", "files", "inputs", "named", "variable")

    def __init__(
        self,
        *,
        inputs: Sequence[str] = (),
        named: Mapping[str, Sequence[str]] | None = None,
        changed: Sequence[str] = (),
        args: Sequence[str] = (),
        files: Sequence[str] = (),
        feedback: str = "",
        variable: Callable[[str], str] | None = None,
        evaluator: Evaluator | None = None,
    ) -> None:
        self.inputs = inputs
        self.named = {} if named is None else named
        self.changed = changed
        self.args = args
        self.files = files
        self.feedback = feedback
        self.variable = variable
        self.evaluator = evaluator

    def of(self, hole: Hole) -> Words:
        """The text, or the list of texts, that a hole stands for. Raises UetError."""
        return as_words(self._text_of(hole), words=True) if hole.words else self._text_of(hole)

    def _text_of(self, hole: Hole) -> Words:
        name = hole.name
        if name == "inputs":
            return list(self.named.get(hole.key, ()) if hole.key else self.inputs)
        if name == "feedback":
            return self.feedback
        if name == "var":
            return self._variable(hole.key)
        if name == "expr":
            if self.evaluator is None:
                raise UetError(f"`{{{{ {hole.source} }}}}` cannot be evaluated here")
            return as_words(self.evaluator.evaluate(hole, self._names(hole.late)), what=hole.source)
        values: Sequence[str] = getattr(self, name)  # changed, args, files
        return list(values)

    def _names(self, late: tuple[str, ...]) -> dict[str, object]:
        """The late values that an expression uses: lists by name, `named` beside `inputs`, texts under `feedback` and `var:NAME`."""
        names: dict[str, object] = {}
        for name in late:
            if name.startswith("var:"):
                names[name] = self._variable(name[4:])
            elif name == "feedback":
                names[name] = self.feedback
            else:
                names[name] = list(getattr(self, name))
                if name == "inputs":
                    names["named"] = {key: list(paths) for key, paths in self.named.items()}
        return names

    def _variable(self, name: str) -> str:
        if self.variable is None:
            raise UetError(f"variable `{name}` is not known here")
        return self.variable(name)


# --- values to texts -----------------------------------------------------------------------------------------------------------


def as_text(value: object, what: str = "") -> str:
    """One value as the text that YAML would show: `true`, `1.0`. `what` names it in errors. Raises UetError for null, maps and lists."""
    if isinstance(value, str):
        return str(value)
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}.get(repr(value), repr(value))
    kind = "null" if value is None else "a list" if isinstance(value, list | tuple) else "a map" if isinstance(value, dict) else "no text"
    raise UetError(f"`{{{{ {what} }}}}` is {kind}, where a text is needed" if what else f"a value is {kind}, where a text is needed")


def as_words(value: object, what: str = "", words: bool = False) -> Words:
    """A value as text, a list as texts; `words` splits a text at blanks, tabs and newlines. Raises UetError."""
    if isinstance(value, list | tuple | range):
        return [as_text(item, what) for item in value]
    text = as_text(value, what)
    return [word for word in text.replace("\t", " ").replace("\n", " ").split(" ") if word] if words else text


def joined(value: Words) -> str:
    """A list as one text, its elements joined by a space."""
    return value if isinstance(value, str) else " ".join(value)


def quoted(text: str) -> str:
    """`text` as one word for every shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def placed(value: Words, place: int, what: str = "") -> str:
    """`value` as it has to stand at this place of a shell text. Raises UetError for a value that no shell text or argument can hold."""
    _refuse_nul(value, what)
    if place == Place.WORD:
        # an empty list is no word; the blank keeps what stands on both sides apart
        return quoted(value) if isinstance(value, str) else " ".join([quoted(item) for item in value]) or " "
    if place == Place.TARGET and not isinstance(value, str):
        if len(value) != 1:
            raise UetError(f"a redirection needs exactly one file, but `{{{{ {what} }}}}` has {len(value)}")
        return quoted(value[0])
    text = joined(value)
    if place == Place.PART or place == Place.TARGET:
        return quoted(text)
    if place == Place.SINGLE:
        return text.replace("'", "'\\''")
    if place == Place.DOUBLE:
        return f'"{quoted(text)}"'
    if place == Place.JSON or place == Place.JSON_TEXT:
        return _json(value, place)
    return text


def _json(value: Words, place: int) -> str:
    from uetbuild.core.jsontext import dumps  # only steps in Python pay for it

    return dumps(value, ascii=True) if place == Place.JSON else dumps(joined(value), ascii=True)[1:-1]


def _refuse_nul(value: Words, what: str) -> None:
    if "\0" in (value if isinstance(value, str) else "".join(value)):
        raise UetError(f"the value of `{{{{ {what} }}}}` holds a NUL character" if what else "a value holds a NUL character")


# --- texts and steps -----------------------------------------------------------------------------------------------------------


def render_text(pieces: Pieces, values: Values) -> str:
    """The text with every hole filled. Raises UetError."""
    if len(pieces) == 1 and isinstance(pieces[0], str):
        return pieces[0]
    return "".join([piece if isinstance(piece, str) else placed(values.of(piece), piece.place, _named(piece)) for piece in pieces])


def render_step(step: Step, values: Values) -> tuple[str, ...]:
    """The argv to execute; for a Python step (function, JSON of its arguments). Raises UetError."""
    if step.kind == Step.SHELL:
        return (*step.shell, render_text(step.text, values))
    if step.kind == Step.PYTHON:
        return tuple([render_text(word, values) for word in step.words])
    try:
        argv = [*map("".join, step.words)]  # type: ignore[arg-type]  # most commands hold nothing but texts
    except TypeError:
        argv = _filled(step.words, values)
    if not argv or not argv[0]:
        raise UetError("the command is empty" if not argv else "the name of the program is empty", hint=f"it is written `{step.shown}`")
    return tuple(argv)


def _filled(words: Iterable[Pieces], values: Values) -> list[str]:
    """The words of a command; one that is nothing but a list becomes one word an element. Raises UetError."""
    argv: list[str] = []
    for word in words:
        if len(word) == 1 and isinstance(only := word[0], Hole):
            value = values.of(only)
            _refuse_nul(value, _named(only))
            argv += [value] if isinstance(value, str) else value
        else:
            argv.append(render_text(word, values))
    return argv


def late_of(*texts: Pieces | Step) -> set[str]:
    """The late names that texts and steps use: `inputs`, `changed`, `args`, `files`, `feedback`, and `var:NAME` of `sh` variables."""
    found: set[str] = set()
    for text in texts:
        for hole in _holes(text):
            if hole.name == "expr":
                found.update(hole.late)
            else:
                found.add(f"var:{hole.key}" if hole.name == "var" else hole.name)
    return found


def _holes(text: Pieces | Step) -> Iterable[Hole]:
    if isinstance(text, Step):
        parts: tuple[Pieces, ...] = (*text.words, text.text, *[value for _, value in text.env])
    else:
        parts = (text,)
    return [piece for part in parts for piece in part if isinstance(piece, Hole)]


def _named(hole: Hole) -> str:
    """What a hole is called in the manifest, for messages."""
    if hole.name == "var":
        return f"vars.{hole.key}"
    return hole.source or (f"{hole.name}.{hole.key}" if hole.key else hole.name)
