"""A tree without what is wrong in it but means nothing to the rest, so that the rest of a manifest can be checked in the same go."""

from __future__ import annotations

from collections.abc import Iterable

from uetbuild.errors import UetError
from uetbuild.manifest.foreign import here
from uetbuild.manifest.tree import Map, Seq, Text, Tree

ASIDE = frozenset(
    ("title", "priority", "timeout", "retry", "isolation", "env_mode", "keep", "always", "manual", "interactive", "exclusive", "cache",
     "keep_runs", "jobs", "output_limit")
)  # fmt: skip
"""Keys whose values nothing else in a manifest refers to: with a wrong one the rest can be checked as if it were not there."""

Place = tuple[int, int]  # line and column, from 1


def prune(tree: Tree, errors: Iterable[UetError]) -> bool:
    """Remove from `tree` what `errors` tell of, if it is no more than unknown or not yet supported keys and values of keys that stand
    aside; whether it was no more than that.
    """
    if isinstance(tree, Map) and any(here("manifest", key) == "workstreams" for key in tree.entries):
        return False  # what all the rest is about has another name
    keys: set[Place] = set()
    values: set[Place] = set()
    for error in errors:
        if error.location is None:
            return False
        is_key = error.message.startswith("unknown key ") or error.message.endswith(" is not yet supported")
        (keys if is_key else values).add((error.location.line, error.location.column))
    return _remove(tree, keys, values) == len(keys) + len(values)


def _remove(tree: Tree, keys: set[Place], values: set[Place]) -> int:
    """Remove entries by the places of their keys, and those of `ASIDE` by the places of their values; how many were removed."""
    removed = 0
    todo = [tree]
    while todo:
        block = todo.pop()
        if isinstance(block, Map):
            for name, key in list(block.keys.items()):
                value = block.entries[name]
                if (key.line, key.column) in keys or (name in ASIDE and isinstance(value, Text) and (value.line, value.column) in values):
                    del block.entries[name], block.keys[name]
                    block.pruned = True
                    removed += 1
            todo.extend(block.entries.values())
        elif isinstance(block, Seq):
            todo.extend(block.items)
    return removed
