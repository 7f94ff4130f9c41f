"""`Focus`: the files that a build is limited to (`--since`, `--files-from`, source files as targets), and what they affect."""

from __future__ import annotations

from uetbuild.core.paths import PathIndex
from uetbuild.core.render import late_of
from uetbuild.core.scope import Scope, grounds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node, Pieces, Step
    from uetbuild.core.stamps import Stamp
    from uetbuild.core.verdicts import Reason

FILES = frozenset(("input_changed", "input_added", "input_removed", "edit_modified"))  # codes of reasons that name a file
NAME = "UET_CHANGED_FILES"


class Focus:
    """`affected`: the numbers of the nodes that read, edit or create one of the `paths`, and of all that depend on such a node, groups
    included; with `everything` all nodes. `narrowed`: those of them whose recipe asks which files have changed: it is told of those only
    that are in the focus (`in`), which are the paths and what the affected nodes create.
    """

    __slots__ = ("affected", "narrowed", "_made", "_paths")

    def __init__(
        self, graph: Graph, stamps: Mapping[str, Stamp], paths: Iterable[str], exclude: tuple[str, ...], everything: bool = False
    ) -> None:  # fmt: skip
        self._paths = PathIndex(paths)
        found: set[int] = set()
        for i in graph.order:
            node = graph.nodes[i]
            if everything or not found.isdisjoint(graph.deps[i]) or self._touches(node, stamps.get(node.id), exclude):
                found.add(i)
        self.affected = frozenset(found)
        self.narrowed = frozenset([i for i in found if asks_what_changed(graph.nodes[i])])
        self._made = [Scope(graph.nodes[i].outputs, exclude) for i in graph.order if i in found and graph.nodes[i].outputs]

    def __contains__(self, path: str) -> bool:
        return path in self._paths or any(scope.matches(path) for scope in self._made)

    def passes_over(self, i: int, reasons: Iterable[Reason]) -> bool:
        """Whether a node is stale only because of files that are out of focus, and would only be told that nothing has changed."""
        return i in self.narrowed and all(reason.code in FILES and reason.detail not in self for reason in reasons)

    def _touches(self, node: Node, last: Stamp | None, exclude: tuple[str, ...]) -> bool:
        if last is not None and any(path in self._paths for seen in (last.inputs, last.discovered, last.edits) for path in seen):
            return True
        sources = (*node.inputs, *node.edits, *node.outputs)
        near = [path for ground in grounds(sources) for path in self._near(ground)]
        if not near:
            return False
        scope = Scope(sources, exclude)
        return any(scope.matches(path) for path in near)

    def _near(self, ground: str) -> list[str]:
        """The paths that a pattern with this fixed part may mean."""
        below = self._paths.below(ground)
        return [ground, *below] if ground in self._paths else below


def asks_what_changed(node: Node) -> bool:
    """Whether a recipe says `{{ changed }}` or names the list of the changed files."""
    texts: list[Pieces | Step] = [*node.steps, *node.finally_, *[value for _, value in node.env]]
    if node.agent is not None:
        texts.append(node.agent.prompt)
    return "changed" in late_of(*texts) or any(NAME in step.shown or NAME in str((step.text, step.words)) for step in node.steps)
