"""Whose verdict of this build still is the verdict at its end, if its files look then as they do now: these need not be judged again.

Knows nothing of what the verdict is then kept for.
"""

from __future__ import annotations

from uetbuild.core.scope import single
from uetbuild.core.stamps import Stage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.nodes import Node
    from uetbuild.core.stamps import Stamp
    from uetbuild.engine.survey import Survey


def settle(survey: Survey, i: int) -> None:
    """Take note that a node is good: it ran well, or need not run. It stands where nothing but its recipe and single files decided that,
    and all these are known to look as they did then."""
    node = survey.graph.nodes[i]
    survey.settled.add(node.id)
    if i not in survey.seen:
        return  # it is known otherwise that nothing has changed, and nobody looked at its files
    stamp = survey.memory.stamps.get(node.id)
    if stamp is None or not _is_plain(node, stamp):
        return
    chains = survey.memory.chains
    if (not chains or chains.keys().isdisjoint(stamp.inputs)) and survey.disk.vouch(stamp.inputs | stamp.outputs, i):
        survey.standing.add(i)


def _is_plain(node: Node, stamp: Stamp) -> bool:
    """Whether the recipe came to its end, and a verdict rests on nothing else that may change while the manifest does not."""
    special = (
        node.edits, node.depfile, node.guard, node.gates, node.programs, node.probes, node.sh_vars, node.pass_env, node.always,
        node.require_env, node.require_files, node.skip_if, node.skipped, node.agent,
    )  # fmt: skip
    if any(special) or not stamp.outputs or stamp.stage != Stage.DONE:
        return False  # (one without files always runs)
    return single(node.inputs) == [*stamp.inputs]
