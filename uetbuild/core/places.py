"""Where in the manifest a node or one of its paths is written, for errors."""

from __future__ import annotations

from uetbuild.errors import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.nodes import Node, Source


def declared(node: Node) -> Location | None:
    """Where a node's workstream is declared; None where the manifest does not say it."""
    return Location(node.file, node.line, node.column, len(node.workstream.rpartition(":")[2])) if node.line else None


def shown(source: Source) -> str:
    """A path or pattern for people, with `/` at its end where it was written: as `overlap` names it."""
    return (source.pattern or ".") + ("/" if source.folder else "")


def written(node: Node, source: Source) -> Location | None:
    """Where `source`, an entry of `node`, is written; failing that where the node is."""
    if not source.line:
        return declared(node)
    text = source.pattern.removeprefix(node.folder + "/") if node.folder else source.pattern
    return Location(node.file, source.line, source.column, len(text) + source.folder)
