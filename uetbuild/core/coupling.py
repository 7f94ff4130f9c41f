"""What the files say about the order of nodes, and where two declarations of files contradict each other.

Files are the only coupling: what one creates and another reads orders the two, what reads a file that another edits comes after
that editor. Decided on the patterns alone (core/overlap.py), never on the files of today. Two editors are not ordered here: they
exclude each other while they run (core/conflicts.py).
"""

from __future__ import annotations

from uetbuild.core.clashes import Faults, check_alone, index_created, index_edited
from uetbuild.core.created import creates, leaves, names_created, outputs_of, resolved, without_created
from uetbuild.core.nodes import Node, Source
from uetbuild.core.overlap import OverlapIndex, overlap
from uetbuild.core.places import shown
from uetbuild.core.topology import Ancestry, topological
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from uetbuild.core.nodes import Sources


def couple(nodes: Sequence[Node], exclude: tuple[str, ...] = ()) -> tuple[dict[str, tuple[str, ...]], list[UetError]]:
    """({reader's id: ids that it comes after, sorted}, what is wrong with the declarations).

    A reader comes after each node that creates what it reads, and after each editor of it that `depends_on` and `after` do not put
    behind the reader. Errors: a path in both `inputs` and `outputs` of one node, two creators of one path (two patterns with
    wildcards may meet: they only exclude each other), one creating what another edits. Ids that no node has are passed over: whoever
    resolves names reports them. `exclude`: names that wildcards and folders never enter (`settings.exclude`).
    """
    members: dict[str, list[int]] = {}
    for number, node in enumerate(nodes):
        members.setdefault(node.workstream, []).append(number)
    faults = Faults()
    for node in nodes:
        check_alone(node, faults)
    created = index_created(nodes, exclude, faults)
    edited = index_edited(nodes, members, created, exclude, faults)
    edges, doubtful = _read_edges(nodes, members, created, edited)
    for reader, editor in _editor_first(nodes, doubtful):
        edges.setdefault(reader, set()).add(editor)
    inferred = {nodes[reader].id: tuple(sorted([nodes[number].id for number in before])) for reader, before in edges.items()}
    return inferred, faults.found


def only_after(nodes: Sequence[Node], inferred: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Of what `couple` inferred, what is no need but only an order: a reader does not need a `manual` editor of its files to run.

    Who only reads them finds files with and without it; so building the reader never runs what somebody must ask for.
    """
    index = {node.id: node for node in nodes}
    asked = {node.id for node in nodes if node.manual and node.edits}
    if not asked:
        return {}
    found = {}
    for name, before in inferred.items():
        reads = without_created(index[name].inputs)
        ids = [other for other in before if other in asked and not _creates_for(index[other], index[name], reads)]
        if ids:
            found[name] = tuple(ids)
    return found


def _creates_for(other: Node, reader: Node, reads: Sources) -> bool:
    return other.workstream in names_created(reader.inputs) or bool(overlap(creates(other), reads))


def guards(gate: Node, other: Node) -> bool:
    """Whether `gate` is one of `other`."""
    return gate.guard is not None and other.id in gate.guard.guards


def why(reader: Node, other: Node) -> str:
    """The words for an inferred edge: what `reader` reads and `other` creates or edits, or that it is its gate."""
    if guards(reader, other):
        return f"`{reader.id}` guards `{other.id}`"
    reads = without_created(reader.inputs)
    made = overlap(creates(other), reads)
    if not made and other.workstream in names_created(reader.inputs):
        made = tuple([shown(source) for source in leaves(other.outputs)]) or (f"outputs:{other.workstream}",)
    if made:
        return f"`{reader.id}` reads `{made[0]}` that `{other.id}` creates"
    edited = overlap(other.edits, reads)
    if edited:
        first = f"(`after: [{reader.workstream}]` in `{other.workstream}` would put the reader first)"
        return f"`{reader.id}` reads `{edited[0]}` that `{other.id}` edits {first}"
    if other.guard is not None:
        return f"`{reader.id}` waits for what `{other.id}` guards"
    return f"`{reader.id}` read what `{other.id}` creates, as its depfile said"


def _read_edges(
    nodes: Sequence[Node], members: dict[str, list[int]], created: OverlapIndex, edited: OverlapIndex | None
) -> tuple[dict[int, set[int]], list[tuple[int, int]]]:
    """({reader: creators}, [(reader, editor)] of which an explicit order may say the contrary)."""
    edges: dict[int, set[int]] = {}
    doubtful: list[tuple[int, int]] = []
    for number, node in enumerate(nodes):
        if not node.inputs:
            continue
        found = {other for name in names_created(node.inputs) for other in members.get(name, ())}
        reads = _reads(node, nodes, members)
        creators = created.meets(reads)
        editors = edited.meets(reads) if edited else []
        if number in creators or number in editors:  # what it creates or edits itself is no input, with others neither
            reads = (*reads, _negated(creates(node)), _negated(resolved(node.edits, nodes, members)))
            creators = created.meets(reads)
            editors = edited.meets(reads) if edited else []
        found.update([other for other in creators if other != number])
        doubtful += [(number, other) for other in editors if other != number and other not in found]
        if found:
            edges[number] = found
    return edges, doubtful


def _reads(node: Node, nodes: Sequence[Node], members: dict[str, list[int]]) -> Sources:
    """What decides by its pattern whom a node reads from: `outputs:ID` does so by name, unless it takes something away."""
    return without_created(node.inputs, lambda source: outputs_of(source.pattern, nodes, members) if source.negative else ())


def _negated(sources: Sources) -> Source:
    return Source(pattern="", kind=Source.GROUP, items=sources, negative=True)


def _editor_first(nodes: Sequence[Node], pairs: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those (reader, editor) where `depends_on` and `after`, through any number of nodes, do not put the reader first."""
    if not pairs:
        return
    index = {node.id: number for number, node in enumerate(nodes)}
    before = [[index[name] for name in (*node.depends_on, *node.after) if name in index] for node in nodes]
    ancestry = Ancestry(before, topological(before), sorted({reader for reader, _ in pairs}))
    for reader, editor in pairs:
        if not ancestry.before(reader, editor):
            yield reader, editor
