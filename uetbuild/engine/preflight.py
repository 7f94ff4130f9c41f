"""What must hold before anything runs: `require`, `programs`, and plain inputs that exist or are created."""

from __future__ import annotations

from uetbuild.core.kinds import Kind
from uetbuild.core.nodes import Source
from uetbuild.core.scope import PathIndex, Scope
from uetbuild.errors import Location, UetError, UetErrors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Disk


def preflight(graph: Graph, members: Iterable[int], disk: Disk, *, inputs_only: bool = False) -> None:
    """Raise UetErrors with everything that is missing; `inputs_only` for looking without building."""
    makers: _Makers | None = None  # mostly all is there, and nobody asks for them
    errors: list[UetError] = []
    told: set[tuple[str, str]] = set()
    for i in members:
        node = graph.nodes[i]
        if node.skipped:
            continue
        disk.reader = i
        for source in node.inputs:
            if source.kind != Source.PATH or source.optional or source.negative or disk.kind(source.pattern) != Kind.ABSENT:
                continue
            makers = makers or _Makers(graph)
            if not makers.make(source.pattern):
                errors.append(_missing_input(node, source))
        if inputs_only:
            continue
        if node.require_env or node.require_files:
            errors.extend(_missing_requirements(node, disk))
        if node.programs:
            errors.extend(_missing_programs(node, disk, told))
    disk.reader = -1
    if errors:
        raise errors[0] if len(errors) == 1 else UetErrors(errors)


def _missing_input(node: Node, source: Source) -> UetError:
    return UetError(
        f"input `{source.pattern}` of `{node.id}` neither exists nor is created by any workstream",
        Location(node.file, source.line, source.column, len(source.pattern)),
        f"create it, or write `{{optional: {source.pattern}}}` if it may be missing",
    )


def _missing_requirements(node: Node, disk: Disk) -> Iterator[UetError]:
    where = Location(node.file, node.line, node.column, len(node.workstream))
    for name in node.require_env:
        value = disk.env(name)
        if not value:
            state = "not set" if value is None else "empty"
            yield UetError(f"`{node.id}` requires the environment variable `{name}`, which is {state}", where, f"export {name}=…")
    for path in node.require_files:
        if disk.kind(path) == Kind.ABSENT:
            yield UetError(f"`{node.id}` requires the file `{path}`, which is not there", where)


def _missing_programs(node: Node, disk: Disk, told: set[tuple[str, str]]) -> Iterator[UetError]:
    """Each once for all nodes of a workstream (`told`)."""
    for name in node.programs:
        if not disk.which(name) and (node.workstream, name) not in told:
            told.add((node.workstream, name))
            where = Location(node.file, node.line, node.column, len(node.workstream))
            from uetbuild.core.installing import how_to_install  # only for this message

            yield UetError(f"`{node.id}` needs the program `{name}`, which is not on PATH", where, how_to_install(name))


class _Makers:
    """Who creates or edits paths; patterns are matched only for what no literal output names."""

    def __init__(self, graph: Graph) -> None:
        self._literal = PathIndex(
            [source.pattern for node in graph.nodes for source in node.outputs if source.kind == Source.PATH]
            + [node.depfile for node in graph.nodes if node.depfile]
        )
        self._scopes = [
            Scope((*node.outputs, *node.edits), ())
            for node in graph.nodes
            if node.edits or any(source.kind == Source.GLOB for source in node.outputs)
        ]

    def make(self, path: str) -> bool:
        if path in self._literal or self._literal.below(path):
            return True
        parent = path.rpartition("/")[0]
        while parent:
            if parent in self._literal:
                return True
            parent = parent.rpartition("/")[0]
        return any(scope.matches(path) for scope in self._scopes)
