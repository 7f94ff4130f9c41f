"""Templates found in a text, and what each is: a value known now, or a hole for one that comes when the node is ready.

Most are names (`vars.cc`, `item.stem`, `inputs.src | raw`) and are looked up right here; everything else is a Jinja2 expression
(manifest/expressions.py). Knows nothing of shells and paths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from uetbuild.core.nodes import Hole, Pieces, Place
from uetbuild.core.render import Words, as_words, placed
from uetbuild.errors import UetError
from uetbuild.manifest.names import CONTRACT, ITEM_PARTS, Item, Names, TemplateFault, Unusable
from uetbuild.manifest.words import did_you_mean

OPEN = "{{"
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[{}]""", re.DOTALL)
_NAME = r"[A-Za-z_]\w*"
_KEY = rf"""\.{_NAME}|\[\s*(?:"[^"\\]*"|'[^'\\]*')\s*\]"""
_SIMPLE = re.compile(rf"({_NAME})((?:{_KEY})*)\s*(?:\|\s*(raw|words))?", re.ASCII)
_KEYS = re.compile(rf"""\.({_NAME})|\[\s*["']([^"']*)["']\s*\]""", re.ASCII)
_LITERALS = frozenset({"true", "false", "none", "True", "False", "None", "not"})
# --- finding them --------------------------------------------------------------------------------------------------------------


class Expression:
    """One `{{ … }}`: the expression, and where it stands in the source."""

    __slots__ = ("end", "length", "offset", "source")

    def __init__(self, source: str, offset: int) -> None:
        self.end = offset + len(source) + 2  # behind the closing braces
        self.source = source.strip()
        self.offset = offset + len(source) - len(source.lstrip())
        self.length = max(1, len(self.source))

    def fault(self, message: str, hint: str = "") -> TemplateFault:
        """A fault at this expression."""
        return TemplateFault(message, hint, self.offset, self.length)


Parts = list[str | Expression]


def parts_of(source: str) -> Parts:
    """Literal texts (none empty) and expressions, in order. Raises TemplateFault."""
    found: Parts = []
    at = 0
    while (start := source.find(OPEN, at)) >= 0:
        if start > at:
            found.append(source[at:start])
        end = _end(source, start)
        expression = Expression(source[start + 2 : end], start + 2)
        if not expression.source:
            raise TemplateFault("a template is empty", 'braces that are no template are written `{{ "{{" }}`', start, end + 2 - start)
        found.append(expression)
        at = end + 2
    if at < len(source):
        found.append(source[at:])
    return found


def _end(source: str, start: int) -> int:
    """Where the `}}` stands that closes the template at `start`: not in a text, not of a map inside the expression."""
    depth = 0
    at = start + 2
    while token := _TOKEN.search(source, at):
        at = token.end()
        if token.group() == "{":
            depth += 1
        elif token.group() == "}":
            if depth:
                depth -= 1
            elif source.startswith("}", at):
                return at - 1
    raise TemplateFault("`{{` is never closed", 'close it with `}}`; braces that are no template are written `{{ "{{" }}`', start, 2)


# --- what they are -------------------------------------------------------------------------------------------------------------


class Found:
    """What an expression is: a `value` known now, or a `hole`; `raw`: to be inserted as shell source."""

    __slots__ = ("expression", "hole", "raw", "value")

    def __init__(self, expression: Expression, value: object, hole: Hole | None, raw: bool) -> None:
        self.expression = expression
        self.value = value
        self.hole = hole
        self.raw = raw

    def words(self) -> Words:
        """The value as text or list of texts. Raises TemplateFault."""
        try:
            return as_words(self.value, self.expression.source)
        except UetError as error:
            raise self.expression.fault(error.message, error.hint) from None

    def placed(self, place: int) -> str:
        """The value as it stands at a place of a shell text. Raises TemplateFault."""
        try:
            return placed(self.words(), place, self.expression.source)
        except TemplateFault:
            raise
        except UetError as error:
            raise self.expression.fault(error.message, error.hint) from None


def resolve(expression: Expression, names: Names) -> Found:
    simple = _SIMPLE.fullmatch(expression.source)
    try:
        found = _simple(expression, simple, names) if simple and simple.group(1) not in _LITERALS else None
        return found or _computed(expression, names)
    except UetError as error:
        if error.location is not None:
            raise  # a variable that is wrong where it is declared
        raise expression.fault(error.message, error.hint) from None


def _simple(expression: Expression, match: re.Match[str], names: Names) -> Found | None:
    """A name with keys, without Jinja2; None when it takes more."""
    name, chosen = match.group(1), match.group(3)
    keys = [key or quoted for key, quoted in _KEYS.findall(match.group(2))]
    raw, words = chosen == "raw", chosen == "words"
    place = Place.RAW if raw else Place.PLAIN
    hole = None
    if name in names.late and not keys:
        hole = Hole(name=name, place=place, words=words)
    elif name in names.late and name == "inputs":
        _known_input(keys[0], names)
        hole = Hole(name="inputs", key=keys[0], place=place, words=words) if len(keys) == 1 else None
    elif name == "vars" and keys and keys[0] in names.late_vars:
        hole = Hole(name="var", key=names.late_vars[keys[0]], place=place, words=words) if len(keys) == 1 else None
    elif name not in names.late:
        found = _lookup(name, keys, names)
        return Found(expression, as_words(found, expression.source, words=True) if words else found, None, raw)
    return Found(expression, None, hole, raw) if hole else None


def _lookup(name: str, keys: Sequence[str], names: Names) -> object:
    """A constant. Raises TemplateFault."""
    found = _constant(name, names)
    for at, key in enumerate(keys):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, Item) and key in ITEM_PARTS:
            found = getattr(found, key)
        else:
            from uetbuild.manifest.expressions import unknown_key  # Jinja2, only needed to say what is wrong

            known = found if isinstance(found, Mapping) else frozenset(ITEM_PARTS) if isinstance(found, Item) else frozenset[str]()
            if name == "vars" and at == 0:
                known = frozenset({*map(str, known), *names.late_vars})
            raise unknown_key(".".join([name, *keys[:at]]), key, known)
    return found


def _constant(name: str, names: Names) -> object:
    if name in names.constants:
        found = names.constants[name]
        if isinstance(found, Unusable):
            raise TemplateFault(found.message, found.hint)
        return found
    if name == "vars":
        return {}
    if name in CONTRACT:
        raise TemplateFault(f"`{name}` is not known here", _known(names))
    raise TemplateFault(f"unknown name `{name}`", _meant(name, names))


def _meant(name: str, names: Names) -> str:
    """The hint for an unknown name: where it is to be found, the nearest one, or all that there are."""
    for owner in ("vars", "matrix", "item"):
        held = names.constants.get(owner)
        if (isinstance(held, Mapping) and name in held) or (owner == "vars" and name in names.late_vars):
            return f"write `{owner}.{name}`"
    return did_you_mean(name, names.all()) or _known(names)


def _known(names: Names) -> str:
    usable = [name for name in sorted(names.all()) if not isinstance(names.constants.get(name), Unusable)]
    return f"what is known here: {', '.join(usable)}"


def _known_input(key: str, names: Names) -> None:
    if key not in names.inputs:
        from uetbuild.manifest.expressions import unknown_key  # Jinja2, only needed to say what is wrong

        raise unknown_key("inputs", key, names.inputs)


def _computed(expression: Expression, names: Names) -> Found:
    """An expression that takes Jinja2."""
    from uetbuild.manifest import expressions  # Jinja2 costs 47 ms: most manifests only use names

    used = expressions.uses(expression.source)
    late, context = _used(used.names, names)
    if not late:
        variables = {name: names.constants[name] for name, _ in used.names if name in names.constants}
        if any(name == "vars" for name, _ in used.names):
            variables.setdefault("vars", {})
        return Found(expression, expressions.compute(expression.source, variables), None, used.raw)
    place = Place.RAW if used.raw else Place.PLAIN
    hole = Hole(name="expr", source=expression.source, context=tuple(sorted(context.items())), late=tuple(sorted(late)), place=place)
    return Found(expression, None, hole, used.raw)


def _used(uses: frozenset[tuple[str, str | None]], names: Names) -> tuple[set[str], dict[str, object]]:
    """Which late names an expression uses, and the constants (as plain data) that it needs besides."""
    late: set[str] = set()
    context: dict[str, dict[str, object]] = {}
    whole: dict[str, object] = {}
    for name, key in sorted(uses, key=lambda use: (use[0], use[1] or "")):
        if name in names.late:
            late.add(name)
            if name == "inputs" and key is not None:
                _known_input(key, names)
        elif name == "vars" and key is not None and key in names.late_vars:
            late.add(f"var:{names.late_vars[key]}")
            context.setdefault("late vars", {})[key] = names.late_vars[key]
        elif name == "vars" and names.late_vars and _is_whole(names.constants.get("vars"), key):
            late.update(f"var:{full}" for full in names.late_vars.values())  # any of them: the key is computed
            context["late vars"] = dict(names.late_vars)
            whole[name] = names.constants.get("vars", {})
        elif name in names.constants or name not in CONTRACT:
            found = _constant(name, names)
            if key is not None and isinstance(found, Mapping) and not _is_whole(found, key):
                context.setdefault(name, {}).update({key: found[key]} if key in found else {})
            else:
                whole[name] = found
    if not late:
        return late, {}
    return late, {name: _data(name, value) for name, value in {**context, **whole}.items()}


def _is_whole(owner: object, key: str | None) -> bool:
    """Whether `owner.key` takes all of a map: no key, or a method such as `items`."""
    return key is None or (hasattr(dict, key) and not (isinstance(owner, Mapping) and key in owner))


def _data(name: str, value: object) -> object:
    """A constant as data for marshal: lists as tuples, an item as ("item", text, fixed)."""
    if isinstance(value, Item):
        return ("item", str(value), value.fixed)
    if isinstance(value, list | tuple):
        return tuple([_data(name, element) for element in value])
    if name == "env" and isinstance(value, Mapping) and not isinstance(value, dict):
        raise TemplateFault("`env` needs a plain name beside values that are only known when it runs", "write `env.NAME`")
    if isinstance(value, Mapping):
        return {str(key): _data(name, element) for key, element in value.items()}
    return str(value) if isinstance(value, str) else value


def revived(value: object) -> object:
    """The constant that `_data` turned into data."""
    if isinstance(value, tuple):
        return Item(value[1], value[2]) if len(value) == 3 and value[0] == "item" else [revived(element) for element in value]
    return {key: revived(element) for key, element in value.items()} if isinstance(value, dict) else value


# --- texts with holes ----------------------------------------------------------------------------------------------------------


def pieces(source: str, names: Names) -> Pieces:
    """A value under `env`: text with holes. Raises TemplateFault."""
    if OPEN not in source:
        return (source,)
    found: list[str | Hole] = []
    for part in parts_of(source):
        if isinstance(part, str):
            found.append(part)
        else:
            resolved = resolve(part, names)
            found.append(resolved.placed(Place.PLAIN) if resolved.hole is None else resolved.hole.with_(place=Place.PLAIN))
    return merged(found)


def merged(found: Sequence[str | Hole]) -> Pieces:
    """Neighbouring texts as one, none empty."""
    merged: list[str | Hole] = []
    for piece in found:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    return tuple(merged)
