"""Is a node up to date? One traversal that decides and explains at once.

`present` holds what the world says now, `last` what the stamp says; both are `Stamp`s, so a field that counts is a field of both.
Digests are compared for equality, never times for order; early cut-off follows from that. Knows nothing of files.
"""

from __future__ import annotations

from uetbuild.core.stamps import Stage, counted
from uetbuild.core.verdicts import Judged, Reason, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from uetbuild.core.nodes import Node
    from uetbuild.core.stamps import Chain, Stamp

UP_TO_DATE = Judged(verdict=Verdict.UP_TO_DATE)
DEPENDS = Judged(verdict=Verdict.DEPENDS)
SKIPPED = Judged(verdict=Verdict.SKIPPED)


def judge(
    node: Node,
    present: Stamp,
    last: Stamp | None,
    *,
    outputs: Mapping[str, str],
    edits: Iterable[Reason] = (),
    unsure: Container[str] = (),
    commanded: Iterable[Reason] = (),
    approved: bool = False,
) -> Judged:
    """Up to date, or stale with every reason, in the order of the contract's codes.

    `outputs`: what stands now at the paths of `last.outputs`. `edits`: reasons from the chains (`edit_reasons`). `unsure`: paths that
    a dependency is about to make or change, and the ids of such dependencies; what is said about them counts only once they are
    done. `commanded`: `forced` or `arguments`. `approved`: an approval guards it, so that what it made is not made anew only because it
    always runs.
    """
    reasons = list(commanded)
    if (node.always and not approved) or not node.touches_files:
        reasons.append(Reason(code="always"))
    if last is None:
        reasons.append(Reason(code="never_run"))
    elif last.stage not in (Stage.PRODUCED, Stage.DONE):
        reasons.append(Reason(code="incomplete"))
    else:
        if counted(present) != counted(last):
            reasons.extend(_differences(present, last, unsure))
        if outputs != last.outputs:
            reasons.extend(_output_reasons(last, outputs))
        reasons.extend(edits)
    return Judged(verdict=Verdict.STALE, reasons=tuple(reasons)) if reasons else UP_TO_DATE


def _differences(present: Stamp, last: Stamp, unsure: Container[str]) -> Iterable[Reason]:
    if present.definition != last.definition:
        yield Reason(code="definition_changed")
    if present.sh_vars != last.sh_vars:
        for name in _changed_keys(present.sh_vars, last.sh_vars):
            yield Reason(code="definition_changed", detail=f"vars.{name}")
    if present.inputs != last.inputs:
        yield from _file_reasons(present.inputs, last.inputs, unsure)
    if present.discovered != last.discovered:
        yield from _file_reasons(present.discovered, last.discovered, unsure)
    for code, now, then in (
        ("env_changed", present.env, last.env),
        ("program_changed", present.programs, last.programs),
        ("probe_changed", present.probes, last.probes),
        ("dependency_changed", present.deps, last.deps),
    ):
        if now != then:
            for name in _changed_keys(now, then):
                if name not in unsure:
                    yield Reason(code=code, detail=name)


def _file_reasons(now: Mapping[str, str], then: Mapping[str, str], unsure: Container[str]) -> Iterable[Reason]:
    for path in _changed_keys(now, then):
        if path in unsure:
            continue
        if not then.get(path):
            yield Reason(code="input_added", detail=path)
        elif not now.get(path):
            yield Reason(code="input_removed", detail=path)
        else:
            yield Reason(code="input_changed", detail=path)


def _changed_keys(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    return sorted([name for name in now.keys() | then.keys() if now.get(name) != then.get(name)])


def _output_reasons(last: Stamp, outputs: Mapping[str, str]) -> Iterable[Reason]:
    for path in sorted(last.outputs):
        if not outputs.get(path):
            yield Reason(code="output_missing", detail=path)
        elif outputs[path] != last.outputs[path]:
            yield Reason(code="output_modified", detail=path)


def edit_reasons(node: str, last: Stamp | None, now: Mapping[str, str], chains: Mapping[str, Chain]) -> list[Reason]:
    """Why an editor is stale: a file of it that it never saw, or whose chain broke.

    `now`: digests of all files that match its `edits`, and of those that it edited last time ("" = gone). The chain of a file is
    sound when its last editor left what is there now; an editor that is no longer in the chain of a file that it edited was overtaken
    by a change before it. A file that came into being after the editor ran, by the hand of another editor, is none of its business.
    """
    if last is None:
        return []
    reasons = []
    for path in sorted(now):
        chain = chains.get(path, ())
        if not chain:
            sound = not now[path]
        elif chain[-1].left != now[path]:
            sound = False
        else:
            sound = any(link.node == node for link in chain) or (path not in last.edits and not chain[0].found)
        if not sound:
            reasons.append(Reason(code="edit_modified", detail=path))
    return reasons
