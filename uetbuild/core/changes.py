"""What one turn of the loop makes durable, in one transaction."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.core.approval import Answer
    from uetbuild.core.events import Event
    from uetbuild.core.stamps import Chain, Stamp


class Changes:
    """What one turn of the loop makes durable in one transaction. Appended to by the loop, emptied by `Store.commit`."""

    __slots__ = ("answers", "approvals", "chains", "dropped", "events", "pids", "run", "stamps")

    def __init__(self) -> None:
        self.stamps: dict[str, Stamp] = {}
        self.dropped: list[str] = []  # node ids whose stamp goes
        self.chains: dict[str, Chain] = {}  # path -> chain; an empty chain goes
        self.answers: dict[str, str] = {}  # question (sh variable, probe, skip_if) -> what it said
        self.approvals: dict[str, Answer | None] = {}  # `answer_key` -> what a person said; None goes
        self.events: list[Event] = []
        self.pids: list[tuple[str, int, int]] = []  # (node, pid, kernel start time) of what was spawned
        self.run: tuple[str, str, dict[str, object]] | None = None  # (run id, state, summary so far)

    def __bool__(self) -> bool:
        return bool(self.stamps or self.dropped or self.chains or self.answers or self.approvals or self.events or self.pids or self.run)

    def add(self, later: Changes) -> None:
        """The facts of these, too, which happened after those that are here; no history."""
        for node in later.dropped:
            self.stamps.pop(node, None)
        self.stamps |= later.stamps
        self.chains |= later.chains
        self.answers |= later.answers
        self.approvals |= later.approvals

    def clear(self) -> None:
        """Nothing happened."""
        self.stamps.clear()
        self.dropped.clear()
        self.chains.clear()
        self.answers.clear()
        self.approvals.clear()
        self.events.clear()
        self.pids.clear()
        self.run = None
