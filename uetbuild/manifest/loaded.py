"""Data files that `vars: {x: {load: PATH}}` names: YAML, JSON or TOML, by the ending of the path. Values are never read as templates."""

from __future__ import annotations

import json
import tomllib

from uetbuild.core.kinds import Kind
from uetbuild.core.paths import resolve
from uetbuild.core.ports import Disk
from uetbuild.errors import Location, UetError
from uetbuild.manifest.tree import Text, typed
from uetbuild.manifest.words import did_you_mean
from uetbuild.manifest.yamltext import decode, parse

ENDINGS = (".yaml", ".yml", ".json", ".toml")


def load_data(path: str, where: Text, folder: str, disk: Disk) -> object:
    """The data in a file, `path` as written in a manifest of `folder`, at `where`. Raises UetError."""
    target = resolve(folder, path)
    if target is None:
        raise UetError(f"`{path}` leads out of the root", where.locate(), "all files of a project lie below its root")
    if not target.endswith(ENDINGS):
        raise UetError(f"cannot load `{path}`", where.locate(), f"files are loaded by their ending: {', '.join(ENDINGS)}")
    content = disk.read(target)
    if content is None:
        near, _, name = target.rpartition("/")
        hint = did_you_mean(name, [entry for entry, kind in disk.entries(near) if kind == Kind.FILE])
        raise UetError(f"cannot load `{path}`: there is no such file", where.locate(), hint)
    if target.endswith((".yaml", ".yml")):
        return typed(parse(decode(target, content), data=True))
    try:
        text = content.decode("utf-8")
        return json.loads(text) if target.endswith(".json") else _without_dates(tomllib.loads(text))
    except json.JSONDecodeError as wrong:
        raise UetError(wrong.msg[:1].lower() + wrong.msg[1:], Location(target, wrong.lineno, wrong.colno), "it is loaded as JSON") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as wrong:
        reason = str(wrong) or "it is nested too deeply"
        raise UetError(f"cannot load `{path}`: {reason[:1].lower()}{reason[1:].rstrip('.')}", where.locate()) from None


def _without_dates(value: object) -> object:
    """TOML's dates and times as texts."""
    if isinstance(value, dict):
        return {key: _without_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item) for item in value]
    return value if isinstance(value, str | int | float) else str(value)
