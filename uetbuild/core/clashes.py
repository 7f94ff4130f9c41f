"""Declarations of files that contradict each other: two creators of one path, a creator and an editor, one path in two lists.

Found on the patterns alone, with both places; the indexes that are built on the way serve core/coupling.py too.
"""

from __future__ import annotations

from uetbuild.core.created import creates, leaves, literal_part, resolved, wild_part
from uetbuild.core.nodes import Source
from uetbuild.core.overlap import OverlapIndex, overlap
from uetbuild.core.places import shown, written
from uetbuild.errors import UetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.core.nodes import Node, Sources
    from uetbuild.errors import Location


class Faults:
    """Collects errors; those that nodes of one `matrix` or `foreach` repeat at the same places are kept once."""

    def __init__(self) -> None:
        self.found: list[UetError] = []
        self._seen: set[tuple[object, ...]] = set()

    def add(self, message: str, here: Location | None, hint: str, label: str, there: Location | None) -> None:
        places = tuple([place.order() if place else None for place in (here, there)])
        if places != (None, None):
            if places in self._seen:
                return
            self._seen.add(places)
        others = [(label, there)] if there and places[0] != places[1] else []
        self.found.append(UetError(message, here, hint, others=others))


def _named(sources: Sources, patterns: Sequence[str]) -> Source:
    """The entry that the first of `patterns` (from `overlap`) is."""
    return next(source for source in leaves(sources) if shown(source) == patterns[0])


def _alone(sources: Sources, entry: Source) -> Sources:
    """`entry` with what `sources` takes away from it, without the other entries: finds what meets this one."""
    place = next(i for i, source in enumerate(sources) if entry is source or any(entry is leaf for leaf in leaves(source.items)))
    return (entry, *[source for source in sources[place + 1 :] if source.negative])


def check_alone(node: Node, faults: Faults) -> None:
    """A literal path in two of the lists of one node, or below a literal output."""
    if not node.outputs:
        return
    made = {source.pattern: source for source in leaves(node.outputs) if source.kind == Source.PATH}
    for source in leaves(node.inputs):
        output = made.get(_covering(source.pattern, made)) if source.kind == Source.PATH else None
        if output:
            message = f"`{shown(source)}` is in both `inputs` and `outputs` of `{node.id}`"
            hint = "a file that is changed in place belongs under `edits` alone"
            faults.add(message, written(node, source), hint, "declared as an output here", written(node, output))
    for source in leaves(node.edits):
        output = made.get(source.pattern) if source.kind == Source.PATH else None
        if output:
            message = f"`{shown(source)}` is in both `edits` and `outputs` of `{node.id}`"
            hint = "`edits` is for a file that is there before, `outputs` for one that the recipe makes anew: keep one of them"
            faults.add(message, written(node, source), hint, "declared as an output here", written(node, output))


def _covering(path: str, literals: dict[str, Source]) -> str:
    """`path` itself or the folder above it that is one of `literals`, else ""."""
    while path and path not in literals:
        path = path.rpartition("/")[0]
    return path


def index_created(nodes: Sequence[Node], exclude: tuple[str, ...], faults: Faults) -> OverlapIndex:
    """All that is created, by node; a node that claims what an earlier one creates is reported instead of added."""
    everything = OverlapIndex(exclude)
    literals = OverlapIndex(exclude) if any(wild_part(node.outputs) for node in nodes) else None  # only wildcards ask for it
    for number, node in enumerate(nodes):
        made = creates(node)
        if not made:
            continue
        literal, wild = literal_part(made), wild_part(made)
        clashes = everything.meets(literal) if literal else []
        if wild and literals:
            clashes = clashes + literals.meets(wild)
        if clashes:
            _report_clash(nodes[min(clashes)], node, exclude, faults)
            continue
        everything.add(number, made)
        if literal and literals:
            literals.add(number, literal)
    return everything


def _report_clash(first: Node, second: Node, exclude: tuple[str, ...], faults: Faults) -> None:
    theirs, ours = creates(first), creates(second)
    literal, wild = literal_part(ours), wild_part(ours)
    met = overlap(literal, theirs, exclude) or overlap(wild, literal_part(theirs), exclude)
    mine = _named(ours, met)
    against = theirs if mine.kind == Source.PATH else literal_part(theirs)
    other = _named(theirs, overlap(against, _alone(ours, mine), exclude))
    if mine.pattern == other.pattern:
        message = f"both `{first.id}` and `{second.id}` create `{shown(mine)}`"
    else:
        message = f"`{second.id}` creates `{shown(mine)}`, which meets `{shown(other)}` that `{first.id}` creates"
    if first.workstream == second.workstream:
        hint = "let the path tell the nodes apart, with the value of `matrix` or `item` in it"
    elif Source.GLOB in (mine.kind, other.kind):
        path, pattern = (mine, other) if mine.kind == Source.PATH else (other, mine)
        hint = f'narrow the pattern: ["{shown(pattern)}", "!{shown(path)}"]'
    else:
        hint = "let one of them create it and the other read it, or write to another path"
    faults.add(message, written(second, mine), hint, f"`{first.id}` creates it here", written(first, other))


def index_edited(
    nodes: Sequence[Node], members: dict[str, list[int]], created: OverlapIndex, exclude: tuple[str, ...], faults: Faults
) -> OverlapIndex | None:
    """All that is edited, by node; None where nothing is."""
    edited: OverlapIndex | None = None
    for number, node in enumerate(nodes):
        if not node.edits:
            continue
        edits = resolved(node.edits, nodes, members)
        creators = [other for other in created.meets(edits) if other != number]
        if creators:
            _report_edit(nodes[min(creators)], node, edits, exclude, faults)
        edited = edited or OverlapIndex(exclude)
        edited.add(number, edits)
    return edited


def _report_edit(creator: Node, editor: Node, edits: Sources, exclude: tuple[str, ...], faults: Faults) -> None:
    theirs = creates(creator)
    output = _named(theirs, overlap(theirs, edits, exclude))
    mine = _named(edits, overlap(edits, _alone(theirs, output), exclude))
    if mine.kind == Source.GLOB or mine.pattern != output.pattern:
        hint = f'a file has either a creator or editors: leave it out of `edits`: "!{shown(output)}"'
    else:
        hint = "a file has either a creator or editors: read it as an input and create another, or let one workstream do both steps"
    message = f"`{editor.id}` edits `{shown(output)}`, which `{creator.id}` creates"
    faults.add(message, written(editor, mine), hint, f"`{creator.id}` creates it here", written(creator, output))
