"""Chains of editors: which nodes changed a file in place, in what order, what each found and left (interface, Edits).

A chain is sound while each `found` equals the `left` before it and the last `left` is what stands on the disk.
"""

from __future__ import annotations

from uetbuild.core.stamps import Link

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uetbuild.core.stamps import Chain


def advance(
    chains: Mapping[str, Chain],
    node: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    stays: Callable[[str], bool] | None = None,
) -> dict[str, Chain]:
    """The chains that change when `node` has run: path -> new chain.

    `before` and `after` are the digests of the files of its edits ("" or missing: no file). Those that came after it leave the chain
    (they are stale), but for those that `stays` names: they are left before it. After a foreign change the chain begins anew.
    """
    changed: dict[str, Chain] = {}
    for path in before.keys() | after.keys():
        found, left = before.get(path, ""), after.get(path, "")
        chain = chains.get(path, ())
        if not chain or chain[-1].left != found:
            chain = ()
        place = next((place for place, link in enumerate(chain) if link.node == node), -1)
        if place >= 0:
            later = tuple([link for link in chain[place + 1 :] if stays is not None and stays(link.node)])
            if not later:
                found = chain[place].found  # over its own result: what it found first still is what a reader before it saw
            chain = chain[:place] + later
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
