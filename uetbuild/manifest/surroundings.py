"""What surrounds the workstreams of one manifest: its variables, environment and defaults, with what it inherits from its includer.

Knows nothing of single workstreams.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from uetbuild.core.environment import is_base
from uetbuild.core.nodes import Pieces
from uetbuild.core.ports import Disk
from uetbuild.manifest.manifests import Unit
from uetbuild.manifest.models import Defaults
from uetbuild.manifest.names import Names, TemplateFault

DEFAULT_SHELL = ("bash", "-euo", "pipefail", "-c")


class Env(Mapping[str, str]):
    """`env` in templates: what is set (`over`), else the caller's environment, else what dotenv files say (`below`).

    Lists only the names that the manifest itself knows: the caller's are looked up one by one, so that each look is an observation.
    """

    __slots__ = ("_below", "_disk", "_over", "_secrets")

    def __init__(self, disk: Disk, below: Mapping[str, str], over: Mapping[str, Pieces], secrets: frozenset[str] = frozenset()) -> None:
        self._disk = disk
        self._below = below
        self._over = over
        self._secrets = secrets

    def __getitem__(self, name: str) -> str:
        if name in self._secrets:
            raise TemplateFault(f"`{name}` is a secret, and a template would store it", f"let the recipe read it: `$\u007b{name}\u007d`")
        pieces = self._over.get(name)
        if pieces is not None:
            texts = [piece for piece in pieces if isinstance(piece, str)]
            if len(texts) < len(pieces):
                hint = f"let the recipe read it: `${name}`"
                raise TemplateFault(f"`env.{name}` is only known when the recipe runs", hint)
            return "".join(texts)
        value = self._disk.env(name)
        return self._below[name] if value is None else value

    def __iter__(self) -> Iterator[str]:
        return iter({**self._below, **self._over})

    def __len__(self) -> int:
        return len({**self._below, **self._over})


class Surroundings:
    """Filled in the order of its slots when a manifest is loaded.

    `constants`: names that every template of the manifest may use, besides `vars` and `env`. `vars`: variables known now; `late_vars`:
    name -> full name of the `ShVar`. `dotenv`: what dotenv files say; `env`: what is set for every recipe, over `dotenv`. `defaults`:
    key -> value, inherited ones included.
    """

    __slots__ = ("constants", "defaults", "disk", "dotenv", "env", "late_vars", "unit", "vars")

    def __init__(self, unit: Unit, disk: Disk, constants: Mapping[str, object], above: Surroundings | None) -> None:
        self.unit = unit
        self.disk = disk
        self.constants = constants
        self.vars: Mapping[str, object] = {}
        self.late_vars: Mapping[str, str] = {}
        self.dotenv: dict[str, str] = dict(above.dotenv) if above is not None else {}
        self.env: dict[str, Pieces] = dict(above.env) if above is not None else {}
        self.defaults: dict[str, object] = _defaults(unit.manifest.defaults, above.defaults if above is not None else {})

    def names(self, more: Mapping[str, object] = MappingProxyType({})) -> Names:
        """The names of a text that stands outside of all workstreams, and `more`."""
        env = Env(self.disk, self.dotenv, self.env)
        return Names({**self.constants, "vars": self.vars, "env": env, **more}, late_vars=self.late_vars)

    @property
    def shell(self) -> tuple[str, ...]:
        shell = self.defaults.get("shell", DEFAULT_SHELL)
        assert isinstance(shell, tuple)
        return shell

    def set_env(self, strict: bool, passed: frozenset[str]) -> dict[str, Pieces]:
        """What is set for a recipe: the dotenv values that the caller does not override, under what the manifest sets."""
        values: dict[str, Pieces] = {}
        for name, value in self.dotenv.items():
            inherited = not strict or is_base(name) or name in passed
            if not inherited or self.disk.env(name) is None:
                values[name] = (value,)
        values.update(self.env)
        return values


def _defaults(own: Defaults | None, inherited: Mapping[str, object]) -> dict[str, object]:
    """`defaults` as plain values. `env` is not among them (see `Surroundings.env`), and `cwd` is not inherited: folders are their own."""
    values = {key: value for key, value in inherited.items() if key != "cwd"}
    if own is None:
        return values
    for key in ("timeout", "retry", "env_mode", "isolation", "keep", "resources", "gates", "cwd"):
        value = getattr(own, key)
        if value is not None:
            values[key] = value
    if own.budget is not None:
        values["budget"] = own.budget.limit()
    if own.shell is not None:
        values["shell"] = tuple([word.text for word in own.shell])
    return values
