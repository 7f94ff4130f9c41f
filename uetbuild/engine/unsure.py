"""What cannot be said of a node before those are done that it waits for: on the files that these make, and on what they result in."""

from __future__ import annotations

from uetbuild.core.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.nodes import Node
    from uetbuild.engine.memory import Memory


class Unsure:
    """Paths that pending nodes are about to make or change, and the ids of these nodes (with what groups stand for)."""

    __slots__ = ("_ids", "_paths", "_scopes")

    def __init__(self, pending: Iterable[Node], memory: Memory) -> None:
        self._ids: set[str] = set()
        self._paths: set[str] = set()
        self._scopes: list[Scope] = []
        for node in pending:
            self._ids.add(node.id)
            stamp = memory.stamps.get(node.id)
            if stamp is not None:
                self._paths.update(stamp.outputs)
                self._paths.update(stamp.edits)
            if node.outputs or node.edits:
                self._scopes.append(Scope((*node.outputs, *node.edits), ()))

    def __contains__(self, name: object) -> bool:
        return name in self._ids or name in self._paths or any(scope.matches(str(name)) for scope in self._scopes)
