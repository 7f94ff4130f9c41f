"""What `{{ outputs }}` stands for in a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from uetbuild.core.created import leaves
from uetbuild.core.nodes import Source, Sources
from uetbuild.core.relative import seen_from
from uetbuild.manifest.names import Unusable


class NamedList(list[str]):
    """A list of which parts have names: `{{ outputs }}` is all of it, `{{ outputs.page }}` a part.

    Counts as a Mapping for templates, which so ask it for its names before its methods.
    """

    def __init__(self, elements: Sequence[str], named: Mapping[str, list[str]]) -> None:
        super().__init__(elements)
        self.named = named

    def __contains__(self, name: object) -> bool:
        return name in self.named or super().__contains__(name)

    def __getitem__(self, key: Any) -> Any:
        return self.named[key] if isinstance(key, str) else super().__getitem__(key)


Mapping.register(NamedList)


def output_names(outputs: Sources, cwd: str) -> object:
    """The outputs as seen from the folder `cwd`, in the order written; a wildcard among them cannot be used."""
    found = list(leaves(outputs))
    wild = next((source for source in found if source.kind == Source.GLOB), None)
    if wild is not None:
        return Unusable(
            f"`outputs` cannot be used here: `{wild.pattern}` has a wildcard, and what it creates is not known before it ran",
            "name the files, or a folder with `/` at its end",
        )  # fmt: skip
    paths = [seen_from(cwd, source.pattern) for source in found]
    named: dict[str, list[str]] = {}
    for source, path in zip(found, paths, strict=True):
        if source.name:
            named.setdefault(source.name, []).append(path)
    return NamedList(paths, named) if named else paths
