"""Chains of editors: which nodes changed a file in place, in what order, what each found and left (interface, Edits).

A chain is sound while each `found` equals the `left` before it and the last `left` is what stands on the disk.
"""

from __future__ import annotations

from uetbuild.core.stamps import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uetbuild.core.stamps import Chain


def advance(chains: Mapping[str, Chain], node: str, before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, Chain]:
    """The chains that change when `node` has run: path -> new chain.

    `before` and `after` are the digests of the files of its edits ("" or missing: no file). A second run of an editor over its own
    result keeps its place, so its `found` stays what it was, and those that came after it leave the chain (they are stale). After
    a foreign change the chain begins anew.
    """
    changed: dict[str, Chain] = {}
    for path in before.keys() | after.keys():
        found, left = before.get(path, ""), after.get(path, "")
        chain = chains.get(path, ())
        if chain and chain[-1].left == found:
            for place, link in enumerate(chain):
                if link.node == node:
                    chain, found = chain[:place], link.found
                    break
        else:
            chain = ()
        if chain or found or left:
            changed[path] = (*chain, Link(node=node, found=found, left=left))
        elif path in chains:
            changed[path] = ()
    return changed


def as_read(chain: Chain, now: str, comes_after: Callable[[str], bool]) -> str:
    """The digest that counts for a reader of an edited file whose digest is `now`.

    A reader that is ordered before an editor saw what that editor found; `comes_after` tells whether a node is ordered after the reader.
    """
    if chain and chain[-1].left == now:
        for link in chain:
            if comes_after(link.node):
                return link.found
    return now
