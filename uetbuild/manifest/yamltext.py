"""YAML 1.2 text to a `Tree`."""

from __future__ import annotations

from uetbuild.manifest.tree import SourceFile, Tree


def decode(name: str, data: bytes) -> SourceFile:
    """The text of a file shown as `name`; raises UetError for what is not UTF-8 or too long."""
    raise NotImplementedError


def parse(source: SourceFile, *, data: bool = False) -> Tree:
    """The tree of a manifest, without keys that start with `x-` (kept with `data`). Raises UetErrors."""
    raise NotImplementedError
