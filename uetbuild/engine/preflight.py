"""What must hold before anything runs: `require`, `programs`, and plain inputs that exist or are created."""

from __future__ import annotations

from uetbuild.core.kinds import Kind
from uetbuild.errors import Location, UetError, UetErrors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from uetbuild.core.graph import Graph
    from uetbuild.core.needs import Makers
    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Disk


def preflight(graph: Graph, members: Collection[int], disk: Disk, *, inputs_only: bool = False) -> None:
    """Raise UetErrors with everything that is missing; `inputs_only` for looking without building."""
    makers: Makers | None = None  # mostly all is there, and nobody asks for them
    errors: list[UetError] = []
    told: set[tuple[str, str]] = set()
    nodes, kind = graph.nodes, disk.kind
    needs = graph.needs
    if needs is None:  # the manifest was read just now, or in part
        needs = {i: wanted for i in members if (wanted := nodes[i].needs)}
    for i in filter(needs.__contains__, members):
        disk.reader = i
        paths, requires = needs[i]
        if Kind.ABSENT in map(kind, paths):
            makers = makers or _makers(nodes)
            errors += [_missing_input(nodes[i], path) for path in paths if kind(path) == Kind.ABSENT and not makers.make(path)]
        if requires and not inputs_only:
            errors += _missing_requirements(nodes[i], disk)
            errors += _missing_programs(nodes[i], disk, told)
    disk.reader = -1
    if errors:
        raise errors[0] if len(errors) == 1 else UetErrors(errors)


def _makers(nodes: Sequence[Node]) -> Makers:
    from uetbuild.core.needs import Makers  # only where something is missing

    return Makers(nodes)


def _missing_input(node: Node, path: str) -> UetError:
    source = next(source for source in node.needed if source.pattern == path)
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
