"""Jinja2 expressions: what they use, and what they are. The one module that imports Jinja2 (47 ms), so only imported when needed.

Sandboxed: nothing with an underscore in front, no method that changes a value, no unbounded powers and repetitions. Strict: a name that
is not there is a fault. Left out of Jinja2: statements, globals but `range`, and `random`, which would make builds differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from functools import lru_cache, wraps
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.environment import TemplateExpression
from jinja2.parser import Parser
from jinja2.sandbox import SandboxedEnvironment

from uetbuild.core.render import as_words
from uetbuild.errors import UetError
from uetbuild.manifest.bounds import MAX_LETTERS, measured, too_much
from uetbuild.manifest.names import CONTRACT, TemplateFault
from uetbuild.manifest.words import did_you_mean

MAX_POWER = 1024
MAX_BITS = 100_000
MAX_REPEATED = 1_000_000


class _MissingError(UndefinedError):
    """A use of what is not there."""

    def __init__(self, message: str, name: object, owner: object) -> None:
        super().__init__(message)
        self.name = str(name)
        self.is_index = isinstance(name, int)
        self.owner = owner


class _Missing(StrictUndefined):
    """Remembers what was missing where, for the hint."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, exc: type = UndefinedError) -> None:
        super().__init__(hint, obj, name, exc)
        if exc is UndefinedError and name is not None:
            self._undefined_exception = lambda message: _MissingError(message or "", name, obj)  # type: ignore[assignment]


class Inputs(list[str]):
    """The inputs as a list that knows its names."""

    def __init__(self, paths: list[str], named: Mapping[str, list[str]]) -> None:
        super().__init__(paths)
        self.named = named


class _Environment(SandboxedEnvironment):
    """Keys of maps come before their methods."""

    intercepted_binops = frozenset({"**", "*"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Inputs):
            obj = obj.named
        if isinstance(obj, Mapping):
            try:
                return obj[attribute]
            except KeyError:
                pass
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Inputs) and isinstance(argument, str):
            obj = obj.named
        return super().getitem(obj, argument)

    def call(self, context: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        """A method of a value, or `range`."""
        owner = getattr(getattr(function, "__wrapped__", function), "__self__", None)  # Jinja2 wraps `format`
        return _bounded(
            super().call, getattr(function, "__name__", ""), (owner, *args, *kwargs.values()), (context, function, *args), kwargs
        )

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(right, int | float) and abs(right) > MAX_POWER:
            raise OverflowError(f"a power above {MAX_POWER}")
        if operator == "**" and isinstance(left, int) and left.bit_length() * abs(right) > MAX_BITS:
            raise OverflowError("a power of a number that is too large")
        if operator == "*" and any(isinstance(side, str | list) for side in (left, right)):
            count, value = (left, right) if isinstance(left, int) else (right, left)
            if isinstance(count, int) and count * len(value) > MAX_REPEATED:
                raise OverflowError(f"a text or list of more than {MAX_REPEATED} elements")
        return super().call_binop(context, operator, left, right)


# What makes much of little, of a text and a number or another text: the product of the two largest bounds it.
_GROWING = frozenset({"replace", "join", "indent", "expandtabs", "wordwrap"})
_WIDE = re.compile(r"[%:][-+ #0-9.,_<>=^*]*\d{4}")  # a width in a format


def _bounded(function: Callable[..., Any], name: str, values: Iterable[Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a function makes of `args`; `values` are those that may make it large. Raises OverflowError where that might take all memory."""
    sizes = sorted(_size(value) for value in values)
    if sizes and (sizes[-1] > 2 * MAX_LETTERS or (name in _GROWING and len(sizes) > 1 and sizes[-1] * sizes[-2] > 2 * MAX_LETTERS)):
        raise OverflowError(too_much(True))
    if "format" in name and any(isinstance(value, str) and _WIDE.search(value) for value in values):
        raise OverflowError("a format that is wider than 999 letters")
    return function(*args, **kwargs)


def _size(value: Any) -> int:
    if isinstance(value, int):
        return abs(value)
    return len(value) if isinstance(value, str | list | tuple) else 1


def _bounded_filter(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        return _bounded(function, name, (*args, *kwargs.values()), args, kwargs)

    return filtered


def _words(value: Any) -> Any:
    return as_words(value, words=True)


def _raw(value: Any) -> Any:
    """Says how a value is inserted, not what it is: seen by `Uses.raw`."""
    return value


def _make() -> _Environment:
    environment = _Environment(undefined=_Missing, cache_size=0)
    environment.globals = {"range": environment.globals["range"]}
    del environment.filters["random"]
    environment.filters |= {"words": _words, "raw": _raw}
    environment.filters = {name: _bounded_filter(name, function) for name, function in environment.filters.items()}
    return environment


_ENVIRONMENT = _make()


class Uses:
    """What an expression names: `names` holds (name, key), key None where the whole is used; `raw`: its outermost filter is `raw`."""

    __slots__ = ("names", "raw")

    def __init__(self, names: frozenset[tuple[str, str | None]], raw: bool) -> None:
        self.names = names
        self.raw = raw


@lru_cache(4096)
def uses(source: str) -> Uses:
    """What an expression uses. Raises TemplateFault where it is none, or names a filter that is not there."""
    tree = _parse(source)
    _compiled(source)
    found: set[tuple[str, str | None]] = set()
    todo: list[nodes.Node] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, nodes.Name):
            found.add((node.name, None))
        elif isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            found.add((node.node.name, node.attr))
        elif isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and _key(node.arg) is not None:
            found.add((node.node.name, _key(node.arg)))
        else:
            todo += node.iter_child_nodes()
    found -= {(name, None) for name in _ENVIRONMENT.globals}
    return Uses(frozenset(found), isinstance(tree, nodes.Filter) and tree.name == "raw")


def _key(node: nodes.Node) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def _parse(source: str) -> nodes.Expr:
    try:
        parser = Parser(_ENVIRONMENT, source, state="variable")
        tree = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError(f"unexpected `{parser.stream.current.value}`", 1)
    except TemplateSyntaxError as error:
        raise _syntax_fault(source, error) from None
    except RecursionError:
        raise TemplateFault("the expression is nested too deeply") from None
    return tree


@lru_cache(4096)
def _compiled(source: str) -> TemplateExpression:
    try:
        return _ENVIRONMENT.compile_expression(source, undefined_to_none=False)
    except TemplateSyntaxError as error:
        raise _syntax_fault(source, error) from None


def _syntax_fault(source: str, error: TemplateSyntaxError) -> TemplateFault:
    message = _readable(error.message or "it is no expression")
    unknown = re.fullmatch(r"no (filter|test) named `(.*)`", message)
    if unknown:
        known = _ENVIRONMENT.filters if unknown.group(1) == "filter" else _ENVIRONMENT.tests
        return TemplateFault(f"unknown {unknown.group(1)} `{unknown.group(2)}`", did_you_mean(unknown.group(2), known))
    hint = "" if "{{" in source else 'braces that are no template are written `{{ "{{" }}`'
    return TemplateFault(f"cannot read `{{{{ {source} }}}}`: {message}", hint)


def _readable(message: str) -> str:
    """Jinja2's words in our style."""
    line = " ".join(message.split()).rstrip(".")
    line = re.sub(r"'([^']*)'", r"`\1`", line)
    return line[:1].lower() + line[1:]


def compute(source: str, variables: Mapping[str, object]) -> object:
    """The value of an expression; generators come as lists. Raises TemplateFault."""
    try:
        value = _compiled(source)(variables)
        if isinstance(value, Undefined):
            str(value)  # raises, with the reason
        return measured(list(value) if isinstance(value, Iterator | KeysView | ValuesView | ItemsView) else value)
    except UetError:
        raise  # of a variable that is computed when it is asked for
    except _MissingError as error:
        raise _missing_fault(error, variables) from None
    except TemplateError as error:
        raise TemplateFault(f"`{{{{ {source} }}}}` failed: {_readable(error.message or type(error).__name__)}") from None
    except Exception as error:  # whatever a filter or operator does with a value that it was not made for
        raise TemplateFault(f"`{{{{ {source} }}}}` failed: {_readable(str(error) or type(error).__name__)}") from None


def _missing_fault(error: _MissingError, variables: Mapping[str, object]) -> TemplateFault:
    if error.is_index:
        return TemplateFault(f"there is no element {error.name} in this value")
    if isinstance(error.owner, Inputs):
        return unknown_key("inputs", error.name, error.owner.named)
    for name, value in variables.items():
        if value is error.owner and isinstance(value, Mapping):
            return unknown_key(name, error.name, value)
    if error.name in CONTRACT and not isinstance(error.owner, Mapping | list | str):
        return TemplateFault(f"`{error.name}` is not known here")
    known = error.owner if isinstance(error.owner, Mapping) else ()
    return TemplateFault(f"there is no `{error.name}` in this value", did_you_mean(error.name, [str(key) for key in known]))


def unknown_key(owner: str, name: str, known: Mapping[str, object] | frozenset[str]) -> TemplateFault:
    """The fault of `{{ owner.name }}` where the owner has no such name."""
    if owner == "env":
        return TemplateFault(
            f"environment variable `{name}` is not set", f"write `{{{{ env.{name} | default('…') }}}}` where it may be unset"
        )
    if owner == "item":
        names = f"it has {', '.join(sorted(map(str, known)))}" if known else "it is a value without parts: write `item`"
        return TemplateFault(f"`item` has no `{name}`", did_you_mean(name, map(str, known)) or names)
    words = {"vars": "variable", "matrix": "matrix key", "inputs": "input"}
    if owner == "inputs" and not known:
        return TemplateFault(f"unknown input `{name}`: the inputs have no names", "write `inputs` as a map of names")
    hint = did_you_mean(name, [str(key) for key in known])
    return TemplateFault(f"unknown {words[owner]} `{name}`" if owner in words else f"`{owner}` has no `{name}`", hint)
