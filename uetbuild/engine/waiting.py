"""Another attempt, later: how many there were, which nodes wait for the next one, and until when.

A node that waits holds no place; its count and deadline are in its stamp, so that the next build goes on where this one was cut off.
Knows nothing of how a node is started and ended.
"""

from __future__ import annotations

from _heapq import heappop, heappush

from uetbuild.core.retry import Cause, decide
from uetbuild.core.stamps import Stage, counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Clock
    from uetbuild.core.stamps import Stamp
    from uetbuild.engine.attempt import Attempt
    from uetbuild.engine.journal import Journal
    from uetbuild.engine.memory import Memory


class Waiting:
    """The attempts of one build, by index of the node. `dice`: a number in [0, 1), thrown for each delay."""

    __slots__ = ("_clock", "_dice", "_due", "_journal", "_memory", "_numbers", "_words")

    def __init__(self, memory: Memory, journal: Journal, clock: Clock, dice: Callable[[], float]) -> None:
        self._memory = memory
        self._journal = journal
        self._clock = clock
        self._dice = dice
        self._due: list[tuple[float, int]] = []  # a heap of (monotonic time, node)
        self._words: dict[int, tuple[str, dict[str, Any]]] = {}  # id and `node_finished` of those that wait because an attempt failed
        self._numbers: dict[int, int] = {}

    def __bool__(self) -> bool:
        """Whether any node waits."""
        return bool(self._due)

    def __contains__(self, i: object) -> bool:
        """Whether an attempt at this node failed and the next one is due later."""
        return i in self._words

    @property
    def seconds(self) -> float | None:
        """Until the first wait is over; None where nothing waits."""
        return max(0.0, self._due[0][0] - self._clock.monotonic()) if self._due else None

    def due(self) -> list[int]:
        """The nodes whose wait is over; from now on they wait no more."""
        found: list[int] = []
        now = self._clock.monotonic() if self._due else 0.0
        while self._due and self._due[0][0] <= now:
            _, i = heappop(self._due)
            self._words.pop(i, None)
            found.append(i)
        return found

    def next(self, i: int) -> int:
        """The number of the attempt that begins now."""
        number = self._numbers[i] = self._numbers.get(i, 0) + 1
        return number

    def put_off(self, attempt: Attempt, why: str, words: dict[str, Any], stopping: bool = False) -> bool:
        """Whether a failed attempt is followed by another, later, with the count and the deadline among the changes of the turn.

        `why`: a cause of `core.retry`; `words`: what `node_finished` says if it comes to nothing. A build that is `stopping` waits for
        nothing; the next one goes on.
        """
        if not why:
            return False
        node, number = attempt.node, attempt.number
        delay = decide(node.retry, number, why, self._dice())
        if delay is None or node.retry is None:
            self._record(attempt, 0, 0.0)
            return False
        self._record(attempt, number, self._clock.now() + delay)  # the next build goes on
        if stopping:
            return False
        self._wait(attempt.i, delay)
        self._words[attempt.i] = (node.id, words)
        self._tell(node, number + 1, delay, why, words)
        return True

    def number(self, i: int, node: Node) -> int:
        """Of the attempt whose result stands: the last one of this build, else what the stamp says."""
        last = self._memory.stamps.get(node.id)
        return self._numbers.get(i) or (last.attempt + 1 if last is not None and last.stage == Stage.PRODUCED else 1)

    def reject(self, i: int, node: Node, number: int, why: str, wait: bool, stopping: bool) -> None:
        """Another attempt after the one with this `number`, to which gates said no (`why`), and not the last one: after a while, or, where
        it does not `wait`, when it is its turn. Its stamp is among the changes of the turn.
        """
        self._numbers[i] = number
        delay = decide(node.retry, number, Cause.GATE, self._dice())
        assert delay is not None
        delay = delay if wait else 0.0
        stamp = self._memory.stamps.get(node.id)
        if stamp is not None and stamp.stage == Stage.REJECTED:
            self._memory.put(stamp.with_(attempt=number, not_before=self._clock.now() + delay), self._journal.changes)
        if stopping:
            return
        if wait:
            self._wait(i, delay)
            self._words[i] = (node.id, {"outcome": "cancelled", "seconds": 0.0, "code": 0, "message": why, "log": "", "command": ""})
        self._tell(node, number + 1, delay, Cause.GATE, {"message": why})

    def forget(self, i: int) -> None:
        """Its attempts are counted anew."""
        self._numbers.pop(i, None)

    def resume(self, i: int, node: Node, present: Stamp) -> float:
        """The seconds for which a node still has to wait that an earlier build was to try again, 0 for none. Its attempts are counted on,
        unless what counts has changed since.
        """
        last = self._memory.stamps.get(node.id)
        if node.retry is None or last is None or not 0 < last.attempt < node.retry.attempts or i in self._numbers:
            return 0.0
        if last.stage not in (Stage.STARTED, Stage.REJECTED):
            return 0.0  # it came to something
        if counted(last) != counted(present):
            return 0.0
        self._numbers[i] = last.attempt
        return max(0.0, min(last.not_before - self._clock.now(), node.retry.limit))  # clocks may have been set

    def go_on(self, i: int, node: Node, rest: float) -> None:
        """Wait for the rest of the time that an earlier build did not wait."""
        self._wait(i, rest)
        self._tell(node, self._numbers[i] + 1, rest, "resumed", {})

    def abandon(self) -> list[tuple[int, str]]:
        """The nodes that will not be tried again in this build after all, each with its `node_finished` said, and the outcome."""
        found: list[tuple[int, str]] = []
        for i in sorted(self._words):
            node, words = self._words.pop(i)
            self._journal.emit("node_finished", node, **words)
            found.append((i, words["outcome"]))
        return found

    def _wait(self, i: int, seconds: float) -> None:
        heappush(self._due, (self._clock.monotonic() + seconds, i))

    def _record(self, attempt: Attempt, failed: int, not_before: float) -> None:
        stamp = self._memory.stamps.get(attempt.node.id)
        if stamp is None or attempt.keeps_stamp or (stamp.attempt, stamp.not_before) == (failed, not_before):
            return
        self._memory.put(stamp.with_(attempt=failed, not_before=not_before), self._journal.changes)

    def _tell(self, node: Node, number: int, delay: float, why: str, words: dict[str, Any]) -> None:
        of = 0 if node.retry is None else node.retry.attempts
        more = {name: words[name] for name in ("outcome", "code", "seconds", "message", "log") if name in words}
        self._journal.emit("retry_scheduled", node.id, attempt=number, attempts=of, delay=round(delay, 6), reason=why, **more)
