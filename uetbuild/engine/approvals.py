"""Approvals, as far as the world says how they stand: what was made, whether it still lies there, and what was said about it.

Asks nobody and records nothing (engine/departures.py asks; an answer is recorded by who types it).
"""

from __future__ import annotations

from uetbuild.core.approval import Standing, answer_key, made_digest, standing
from uetbuild.core.staleness import UP_TO_DATE
from uetbuild.core.stamps import Stage
from uetbuild.core.verdicts import Judged, Reason, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uetbuild.core.approval import Answer
    from uetbuild.core.graph import Graph
    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Disk
    from uetbuild.engine.memory import Memory


class Approvals:
    """The approvals of a project; `absent`: what a gate guards but does not take part."""

    __slots__ = ("_absent", "_disk", "_graph", "_memory")

    def __init__(
        self, graph: Graph, memory: Memory, disk: Disk, absent: Callable[[Node], frozenset[str]] = lambda node: frozenset()
    ) -> None:
        self._absent = absent
        self._graph = graph
        self._memory = memory
        self._disk = disk

    def judge(self, node: Node, forced: bool) -> Judged:
        """Up to date where it was given, else stale: `incomplete`, with `approval` or `refused` where that is all that is missing."""
        found = self.standing(node, forced)
        if found == Standing.GIVEN:
            return UP_TO_DATE
        detail = {Standing.OPEN: "approval", Standing.REFUSED: "refused"}.get(found, "")
        commanded = (Reason(code="forced"),) if forced else ()
        return Judged(verdict=Verdict.STALE, reasons=(*commanded, Reason(code="incomplete", detail=detail)))

    def standing(self, node: Node, anew: bool) -> str:
        """A `Standing`."""
        return standing(self.digest(node), self.answer(node), bool(self.touched(node)), anew)

    def digest(self, node: Node) -> str:
        """Of what the guarded nodes made, "" where one of them left no record."""
        return made_digest([(name, self._memory.stamps.get(name)) for name in self.guarded(node)])

    def key(self, node: Node) -> str:
        """Under which the answer to just this is remembered."""
        return answer_key(node.id, self.digest(node))

    def answer(self, node: Node) -> Answer | None:
        """What was said about just this."""
        return self._memory.approvals.get(self.key(node))

    def complaint(self, node: Node, found: str) -> str:
        """Why it cannot be given now; `found`: its standing."""
        answer = self.answer(node)
        if found == Standing.REFUSED and answer is not None:
            return f"refused by {answer.who}" + (f": {answer.comment}" if answer.comment else "")
        touched = self.touched(node)
        if touched:
            return f"`{touched[0]}` is not what was made; build without `--only`"
        return "there is no record of what it is about; build without `--only` and `--`"

    def files(self, node: Node) -> list[str]:
        """What is to be looked at, by path."""
        return sorted({path for name in self.guarded(node) for path in self._memory.files_of(name)})

    def touched(self, node: Node) -> list[str]:
        """The paths where no longer lies what was made, or what later editors of them left; sorted."""
        found: set[str] = set()
        for name in self.guarded(node):
            stamp = self._memory.stamps.get(name)
            if stamp is None or stamp.stage == Stage.STARTED:
                continue
            found.update([path for path, digest in stamp.outputs.items() if self._disk.digest(path) != digest])
            for path, digest in stamp.edits.items():
                chain = self._memory.chains.get(path)
                if self._disk.digest(path) != (chain[-1].left if chain else digest):
                    found.add(path)
        return sorted(found)

    def guarded(self, node: Node) -> list[str]:
        """The nodes whose files are meant, by id."""
        assert node.guard is not None
        nodes = [self._graph.nodes[self._graph.index[name]] for name in node.guard.guards if name not in self._absent(node)]
        return [other.id for other in nodes if (other.outputs or other.edits) and not other.skipped]
