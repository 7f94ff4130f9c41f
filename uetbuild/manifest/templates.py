"""Templates in manifest texts: `{{ … }}` replaced by values known now, or kept as holes for values that come when the node is ready.

`{% … %}` and `{# … #}` are plain text. Recipes are made in manifest/commandlines.py, single templates understood in
manifest/resolution.py; this module is the door to all of it.
"""

from __future__ import annotations

from uetbuild.core.nodes import Hole
from uetbuild.core.render import joined
from uetbuild.manifest import bounds
from uetbuild.manifest.commandlines import argv, python, recipe
from uetbuild.manifest.names import Item, Names, TemplateFault, Unusable
from uetbuild.manifest.resolution import OPEN, Expression, Found, parts_of, pieces, resolve, revived

__all__ = [
    "Item", "Names", "TemplateFault", "Unusable",
    "argv", "condition", "elements", "evaluate", "has_templates", "pieces", "python", "recipe", "text", "value",
]  # fmt: skip


def has_templates(source: str) -> bool:
    """Whether a text holds any template at all."""
    return OPEN in source


def _static(part: Expression, names: Names) -> Found:
    """An expression whose value has to be known now."""
    found = resolve(part, names)
    if found.hole is not None:
        raise part.fault(f"`{{{{ {part.source} }}}}` is only known when the workstream runs, and cannot be used here")
    return found


def text(source: str, names: Names) -> str:
    """A path, title or other text that is needed now; a list is joined by a space. Raises TemplateFault."""
    if OPEN not in source:
        return source
    try:
        return bounds.joined([part if isinstance(part, str) else joined(_static(part, names).words()) for part in parts_of(source)])
    except OverflowError as error:
        raise TemplateFault(str(error)) from None


def elements(source: str, names: Names) -> list[str]:
    """An element of a list of texts: one, or as many as the list has that it is. Raises TemplateFault."""
    if OPEN not in source:
        return [source]
    parts = parts_of(source)
    if len(parts) == 1 and isinstance(parts[0], Expression):
        words = _static(parts[0], names).words()
        return [words] if isinstance(words, str) else words
    texts = []
    for part in parts:
        words = part if isinstance(part, str) else _static(part, names).words()
        if not isinstance(words, str):
            assert isinstance(part, Expression)
            raise part.fault(f"`{{{{ {part.source} }}}}` is a list inside a bigger text", "let it stand alone, as an element by itself")
        texts.append(words)
    return ["".join(texts)]


def value(source: str, names: Names) -> object:
    """A value under `vars`: of the type that it has when it is one template, else text. Raises TemplateFault."""
    parts = parts_of(source) if OPEN in source else []
    if len(parts) == 1 and isinstance(parts[0], Expression):
        return _static(parts[0], names).value
    return text(source, names)


def condition(source: str, names: Names) -> bool:
    """A `when`: an expression, in `{{ }}` or without. Texts are true unless they are empty or say no, as variables of the environment and
    the command line do: `0`, `false`, `no`, `off`. Raises TemplateFault.
    """
    parts = parts_of(source.strip()) if source.lstrip().startswith(OPEN) else []
    if len(parts) == 1 and isinstance(parts[0], Expression):
        expression = parts[0]
        expression.offset += len(source) - len(source.lstrip())
    else:
        expression = Expression(source, 0)
    found = _static(expression, names).value
    return found.casefold() not in ("", "0", "false", "no", "off") if isinstance(found, str) else bool(found)


def evaluate(hole: Hole, names: dict[str, object]) -> object:
    """The value of an `expr` hole; this module is a `ports.Evaluator`. `names` as core/render.py gives them. Raises TemplateFault."""
    from uetbuild.manifest import expressions  # Jinja2: only for holes that are more than a name

    variables: dict[str, object] = {name: revived(value) for name, value in hole.context if name != "late vars"}
    aliases = dict(hole.context).get("late vars")
    if isinstance(aliases, dict):
        known = variables.get("vars")
        variables["vars"] = {**(known if isinstance(known, dict) else {}), **{key: names[f"var:{full}"] for key, full in aliases.items()}}
    for name in hole.late:
        if not name.startswith("var:"):
            variables[name] = names[name]
    if "inputs" in hole.late:
        paths, named = names["inputs"], names.get("named", {})
        assert isinstance(paths, list) and isinstance(named, dict)
        variables["inputs"] = expressions.Inputs(paths, named)
    return expressions.compute(hole.source, variables)
