"""Which files a node creates, as far as its declaration says, and lists of sources taken apart.

Pure rewriting of `Sources`; decides nothing about overlap.
"""

from __future__ import annotations

from uetbuild.core.nodes import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from uetbuild.core.nodes import Node, Sources


def creates(node: Node) -> Sources:
    """What a node creates: its `outputs` and its dependency file."""
    if not node.depfile:
        return node.outputs
    return (*node.outputs, Source(pattern=node.depfile, line=node.line, column=node.column))


def literal_part(sources: Sources) -> Sources:
    """The same without positive wildcards; empty when nothing positive is left. With `wild_part` it matches all that `sources` does."""
    return _part(sources, Source.PATH)


def wild_part(sources: Sources) -> Sources:
    """The same without positive literal paths; empty when nothing positive is left."""
    return _part(sources, Source.GLOB)


def _part(sources: Sources, kind: int) -> Sources:
    if len(sources) == 1 and sources[0].kind <= Source.GLOB:  # most lists
        return sources if sources[0].kind == kind and not sources[0].negative else ()
    kept: list[Source] = []
    some = False
    for source in sources:
        if source.negative:
            if kept:
                kept.append(source)
        elif source.kind == Source.GROUP:
            items = _part(source.items, kind)
            if items:
                kept.append(source.with_(items=items))
                some = True
        elif source.kind == kind:
            kept.append(source)
            some = True
    return tuple(kept) if some else ()


def leaves(sources: Sources) -> Iterator[Source]:
    """The positive entries, those of scopes included."""
    for source in sources:
        if source.negative:
            continue
        if source.kind == Source.GROUP:
            yield from leaves(source.items)
        else:
            yield source


def names_created(sources: Sources) -> Iterator[str]:
    """The workstreams that stand as `outputs:ID`."""
    return (source.pattern for source in leaves(sources) if source.kind == Source.CREATED)


def without_created(sources: Sources, stand_in: Callable[[Source], Sources] | None = None) -> Sources:
    """The same with each `outputs:ID` replaced by the group of what `stand_in` gives for it (nothing, without `stand_in`)."""
    if all(source.kind in (Source.PATH, Source.GLOB) for source in sources):
        return sources
    kept: list[Source] = []
    for source in sources:
        if source.kind == Source.CREATED:
            items = stand_in(source) if stand_in else ()
            kept += [source.with_(kind=Source.GROUP, items=items)] if items else []
        elif source.kind == Source.GROUP:
            kept.append(source.with_(items=without_created(source.items, stand_in)))
        else:
            kept.append(source)
    return tuple(kept)


def resolved(sources: Sources, nodes: Sequence[Node], members: dict[str, list[int]]) -> Sources:
    """The same with each `outputs:ID` replaced by what the nodes of that workstream create."""
    return without_created(sources, lambda created: outputs_of(created.pattern, nodes, members))


def outputs_of(workstream: str, nodes: Sequence[Node], members: dict[str, list[int]]) -> Sources:
    """What all nodes of a workstream create, one group a node; `members`: the nodes' numbers by workstream."""
    return tuple([Source(pattern="", kind=Source.GROUP, items=nodes[number].outputs) for number in members.get(workstream, ())])
