"""Whose output a build shows, and when: what `--output` means here."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from uetbuild.core.graph import Graph


def output_mode(choice: str, environ: Mapping[str, str]) -> str:
    """What `--output` means here: `auto` becomes `github` under GITHUB_ACTIONS and `group` under CI."""
    if choice != "auto":
        return choice
    if environ.get("GITHUB_ACTIONS", "false") not in ("", "0", "false"):
        return "github"
    return "group" if environ.get("CI", "false") not in ("", "0", "false") else "auto"


def wants_live(declined: bool, environ: Mapping[str, str]) -> bool:
    """Whether a live region is wanted, should there be a terminal; nobody looks at that of a machine that builds."""
    return not declined and environ.get("TERM", "dumb") not in ("", "dumb") and environ.get("CI", "false") in ("", "0", "false")


def followed(mode: str, graph: Graph, members: Iterable[int], named: Collection[int], settled: int = 0) -> frozenset[int]:
    """The members whose output is shown as it comes (`Request.follow`); `named`: indices named directly, not through a group; `settled`:
    how many take part besides.
    """
    if mode not in ("auto", "stream"):
        return frozenset()
    working = frozenset(members) - graph.groups
    if mode == "stream" or len(working) + settled == 1:
        return working
    return frozenset([i for i in working.intersection(named) if not graph.nodes[i].outputs])
