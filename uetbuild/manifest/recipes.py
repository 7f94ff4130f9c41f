"""Steps of recipes: from what the manifest writes to `core.nodes.Step`, with what people are shown. Knows nothing of workstreams."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from uetbuild.core.nodes import Hole, Pieces, Place, Step
from uetbuild.core.paths import resolve
from uetbuild.errors import UetError
from uetbuild.manifest import templates
from uetbuild.manifest.models_recipe import StepSpec
from uetbuild.manifest.names import Names, TemplateFault
from uetbuild.manifest.texts import filled, placed
from uetbuild.manifest.tree import Map, Text, Tree, plain

NamesAt = Callable[[str], Names]  # the names of a text that is used in a root-relative folder: paths are given as seen from there


class StepMaker:
    """Makes steps in one place: `folder` is what a `cwd` is relative to, `cwd` where steps without one run."""

    __slots__ = ("_cwd", "_folder", "_names", "_shell")

    def __init__(self, folder: str, cwd: str, shell: tuple[str, ...], names: NamesAt) -> None:
        self._folder = folder
        self._cwd = cwd
        self._shell = shell
        self._names = names

    def step(self, spec: StepSpec) -> Step:
        """One step. Raises UetError with its place."""
        cwd = self._cwd if spec.cwd is None else folder_of(spec.cwd, self._folder, lambda: self._names(self._cwd))
        step = self._command(spec, cwd)
        if spec.cwd is not None:
            step.cwd = cwd
        if spec.name is not None:
            step.name = filled(spec.name, lambda: self._names(cwd))
        if spec.env:
            step.env = tuple([(name, self._value(spec.env[name], cwd)) for name in sorted(spec.env)])
        step.timeout = spec.timeout or 0.0
        step.allow_failure = spec.allow_failure
        return step

    def _command(self, spec: StepSpec, cwd: str) -> Step:
        if spec.cmd is not None:
            line = spec.cmd
            step = placed(line, lambda source: templates.recipe(source, self._names_if(source, cwd), self._shell))
            if "{{" in line.text:
                step.shown = self._shown(step, line, cwd)
            return step
        if spec.argv is not None:
            step = self._argv(spec.argv, cwd)
            step.shown = _spoken(step)
            return step
        assert spec.python is not None
        return self._python(spec.python, spec.args, cwd)

    def _shown(self, step: Step, line: Text, cwd: str) -> str:
        if step.kind == Step.DIRECT:
            return _spoken(step)
        return _readable(placed(line, lambda source: templates.pieces(source, self._names(cwd))))  # without the quotes of a shell

    def _python(self, function: Text, args: Map | None, cwd: str) -> Step:
        name = filled(function, lambda: self._names(cwd))
        _check_function(name, function)
        arguments = plain(args) if args is not None else {}
        assert isinstance(arguments, dict)
        try:
            step = templates.python(name, arguments, self._names(cwd))
        except TemplateFault:
            for text in _texts(args):  # which of them it is
                placed(text, lambda source: templates.python("a:b", {"": source}, self._names(cwd)))
            raise
        step.shown = f"{name}({', '.join(arguments)})"
        return step

    def _argv(self, words: tuple[Text, ...], cwd: str) -> Step:
        built: list[Pieces] = []
        for word in words:
            built += placed(word, lambda source: templates.argv([source], self._names_if(source, cwd))).words
        return Step(kind=Step.DIRECT, words=tuple(built))

    def _value(self, value: Text, cwd: str) -> Pieces:
        return env_value(value, lambda: self._names(cwd))

    def _names_if(self, source: str, cwd: str) -> Names:
        return self._names(cwd) if "{{" in source else _NONE


_NONE = Names({})


def env_value(value: Text, names: Callable[[], Names]) -> Pieces:
    """The value of an environment variable. Raises UetError."""
    if "{{" not in value.text:
        return (value.text,)
    return placed(value, lambda source: templates.pieces(source, names()))


def folder_of(cwd: Text, folder: str, names: Callable[[], Names]) -> str:
    """A `cwd`, written in a manifest of `folder`, as root-relative folder. Raises UetError."""
    text = filled(cwd, names)
    path = resolve(folder, text)
    if path is None:
        raise UetError(f"`{text}` leads out of the root", cwd.locate(), "a recipe runs in a folder of the project")
    return path


def _spoken(step: Step) -> str:
    """The words of a directly executed command on one line."""
    return " ".join([_word(_readable(word), word) for word in step.words])


def _readable(pieces: Pieces) -> str:
    """A text as people read it: values known now filled in, others as they are written."""
    return "".join([f"{{{{ {_source(piece)} }}}}" if isinstance(piece, Hole) else piece for piece in pieces])


def _source(hole: Hole) -> str:
    """What stands between the braces."""
    if hole.source:
        return hole.source
    if hole.name == "var":
        name = "vars." + hole.key.rpartition(":")[2]
    else:
        name = f"{hole.name}.{hole.key}" if hole.key else hole.name
    return name + (" | words" if hole.words else "") + (" | raw" if hole.place == Place.RAW else "")


_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")


def _word(text: str, pieces: Pieces) -> str:
    """A word of a directly executed command as a shell would have to read it."""
    if any(isinstance(piece, Hole) for piece in pieces) or (text and _SAFE.issuperset(text)):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def _check_function(name: str, where: Text) -> None:
    module, colon, attribute = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), *attribute.split("."))):
        raise UetError(f"`{name}` is no function", where.locate(), "it is written `package.module:function`")


def _texts(tree: Tree | None) -> Iterator[Text]:
    if isinstance(tree, Text):
        yield tree
    elif tree is not None:
        for child in tree.entries.values() if isinstance(tree, Map) else tree.items:
            yield from _texts(child)
