"""What commands name and nobody declares: files of the project that may change without anybody noticing. For `check`; only looks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from uetbuild.core.created import leaves
from uetbuild.core.graph import Graph
from uetbuild.core.nodes import Node, Step
from uetbuild.core.paths import resolve
from uetbuild.core.scope import Scope

_BETWEEN = re.compile(r"[\s'\"=<>|;&(),]+")  # what stands between the words of a shell text, roughly


def undeclared(graph: Graph, root: str) -> list[str]:
    """A warning for each file that exists, that a command writes out, and that its workstream neither declares nor gets from others.

    Nobody is asked who always runs, who has no files, whose depfile tells what was read, or who lets an agent do it.
    """
    found: dict[tuple[str, str], None] = {}
    for i, node in enumerate(graph.nodes):
        if node.kind == Node.WORKSTREAM and node.touches_files and not (node.always or node.depfile or node.agent):
            told = [node, *[graph.nodes[other] for other in graph.deps[i]]]
            sources = (*[source for one in told for source in (*one.outputs, *one.edits)], *node.inputs)
            declared = Scope(tuple(leaves(sources))).matches
            for path in _named(node, root):
                if not declared(path):
                    found[node.workstream, path] = None
    return [f"`{name}` names `{path}`, which is not among its `inputs`: when that changes, nothing happens" for name, path in found]


def _named(node: Node, root: str) -> Iterator[str]:
    """The files, root-relative, that stand in the commands of a node."""
    for step in node.steps:
        if step.kind == Step.PYTHON:
            continue
        for word in _BETWEEN.split(" ".join(_literal([step.text, *step.words]))):
            path = resolve(node.cwd if step.cwd is None else step.cwd, word) if word and not word.startswith(("/", "-", ".")) else None
            if path and not path.startswith(".") and os.path.isfile(os.path.join(root, path)):
                yield path


def _literal(pieces: Iterable[Iterable[object]]) -> Iterator[str]:
    """What is not a hole."""
    for one in pieces:
        yield "".join([piece if isinstance(piece, str) else " " for piece in one])
