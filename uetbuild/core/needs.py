"""What must be there when a build begins: plain inputs that nobody makes. Depends on the manifest alone, so it is found once."""

from __future__ import annotations

from uetbuild.core.nodes import Source
from uetbuild.core.paths import PathIndex
from uetbuild.core.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.nodes import Node


def needs(nodes: Sequence[Node]) -> dict[int, tuple[tuple[str, ...], bool]]:
    """`Node.needs` by number, where there is any, without what is certain to be made."""
    literal = Makers(nodes).literally
    found = {i: wanted for i, node in enumerate(nodes) if (wanted := node.needs)}
    return {i: (tuple([path for path in paths if not literal(path)]), requires) for i, (paths, requires) in found.items()}


class Makers:
    """Who creates or edits paths; patterns are matched only for what no literal output names."""

    __slots__ = ("_literal", "_nodes", "_scopes")

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = nodes
        self._scopes: list[Scope] | None = None
        self._literal = PathIndex(
            [source.pattern for node in nodes for source in node.outputs if source.kind == Source.PATH]
            + [node.depfile for node in nodes if node.depfile]
        )

    def make(self, path: str) -> bool:
        """Whether anybody may make it."""
        if self.literally(path):
            return True
        if self._scopes is None:
            wild = [node for node in self._nodes if node.edits or any(source.kind == Source.GLOB for source in node.outputs)]
            self._scopes = [Scope((*node.outputs, *node.edits), ()) for node in wild]
        return any(scope.matches(path) for scope in self._scopes)

    def literally(self, path: str) -> bool:
        """Whether it is a literal output or a depfile, or lies above or below one."""
        if path in self._literal or self._literal.below(path):
            return True
        parent = path.rpartition("/")[0]
        while parent:
            if parent in self._literal:
                return True
            parent = parent.rpartition("/")[0]
        return False
