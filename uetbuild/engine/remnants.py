"""What nodes left behind that are no longer in the manifest: it is nobody's output and nobody's source."""

from __future__ import annotations

from uetbuild.core.nodes import Source
from uetbuild.core.paths import PathIndex
from uetbuild.core.scope import files
from uetbuild.core.stamps import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.graph import Graph
    from uetbuild.core.ports import Disk
    from uetbuild.core.stamps import Stamp
    from uetbuild.engine.memory import Memory


def remnants(graph: Graph, memory: Memory, disk: Disk, exclude: tuple[str, ...]) -> frozenset[str]:
    """Files that only such nodes made, or had begun to make when they were cut off."""
    known = graph.index
    dead = [stamp for stamp in memory.stamps.values() if stamp.node not in known]
    if not dead:
        return frozenset()
    alive = {path for stamp in memory.stamps.values() if stamp.node in known for path in stamp.outputs}
    declared = {source.pattern for node in graph.nodes for source in node.outputs if source.kind == Source.PATH}
    left = [path for stamp in dead for path in (*stamp.outputs, *half_made(stamp, disk, exclude))]
    return frozenset([path for path in left if path not in alive and path not in declared])


def half_made(stamp: Stamp, disk: Disk, exclude: tuple[str, ...]) -> list[str]:
    """Files at the outputs of an attempt that has not ended, but for those that stood there before; by the record of its start alone."""
    if stamp.stage != Stage.STARTED or not stamp.makes:
        return []
    sources = tuple([Source(kind=kind, pattern=pattern, folder=folder, optional=True) for kind, pattern, folder in stamp.makes])
    strangers = dict(stamp.before)
    return [path for _, path in files(sources, disk, exclude, PathIndex(())) if path not in strangers]
