"""The book of a build that spends: the ledger of `core`, with what it asks of a node, and what is yet to be written and said.

Only loaded where there is a budget, or something was reported. Decides nothing: `core.ledger` does.
"""

from __future__ import annotations

from time import gmtime, strftime

from uetbuild.core.ledger import NO, UNLIMITED, WAIT, YES, Notice, Spender
from uetbuild.core.secrets import Secrets
from uetbuild.core.usage import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Protocol

    from uetbuild.core.jobs import Job
    from uetbuild.core.ledger import Entry, Ledger
    from uetbuild.core.nodes import Node
    from uetbuild.core.ports import Clock
    from uetbuild.core.usage import Prices, Use

    class LedgerFile(Protocol):
        """Where entries are kept; what `write` returns from is on the disk."""

        def write(self, entries: Iterable[Entry]) -> None: ...
        def close(self) -> None: ...


class Book:
    """`usd`: what the run has cost; `last`: what the attempt that ended last did; `why`: words about the last refusal."""

    START, WAIT, OWN, PHASE, RUN = range(5)  # may start; may later; never: by its own limit, its phase's, the run's

    __slots__ = ("last", "why", "_began", "_clock", "_estimates", "_events", "_file", "_ledger", "_prices", "_secrets", "_unwritten")

    def __init__(
        self, ledger: Ledger, file: LedgerFile, prices: Prices, estimates: Mapping[str, tuple[str, int]], clock: Clock, lasted: float = 0.0,
        secrets: Secrets | None = None,
    ) -> None:  # fmt: skip
        """`lasted`: seconds that earlier parts of the run took; `secrets`: what no entry holds."""
        self.last = 0.0
        self.why = ""
        self._ledger = ledger
        self._file = file
        self._prices = prices
        self._estimates = estimates
        self._clock = clock
        self._began = clock.monotonic() - lasted
        self._secrets = Secrets() if secrets is None else secrets
        self._unwritten: dict[tuple[str, str, int], Entry] = {}
        self._events: list[tuple[str, str, dict[str, Any]]] = []

    @property
    def usd(self) -> float:
        return float(self._ledger.total.spent[0])

    def costs(self, node: Node) -> bool:
        """Whether anything would be held for it."""
        return any(self._ledger.maximum(self._spender(node)))

    def ask(self, node: Node) -> int:
        """One of the five answers."""
        self._ledger.total.seconds = self._clock.monotonic() - self._began
        answer = self._ledger.admit(self._spender(node))
        if isinstance(answer, Notice):
            self.why = _refusal(answer)
            halts = answer.account == "run"
            self._events.append(("budget_exceeded", node.id, _data(answer) | ({"halts": True, "message": self.why} if halts else {})))
            return self.RUN if answer.account == "run" else self.OWN if answer.account == node.id else self.PHASE
        assert answer in (YES, WAIT) and answer != NO
        return self.START if answer == YES else self.WAIT

    def start(self, node: Node, job: Job) -> Job:
        """Hold what an attempt may use. Its time is cut to what is left of the node's own."""
        spender = self._spender(node)
        entry = self._ledger.reserve(spender, self._day())
        if node.budget is not None or entry.tokens or entry.usd != "0":
            self._unwritten[entry.key] = entry
        left = self._ledger.seconds_left(spender)
        return job.with_(timeout=min(left, job.timeout or left)) if left else job

    def number(self, node: Node) -> int:
        """The number of the attempt at a node that is under way, 0 where none is known."""
        return self._ledger.number(node.id)

    def end(self, node: Node, said: bytes, seconds: float) -> str:
        """Count what an attempt used; why it failed by that, "" where it did not."""
        if not self._ledger.holds(node.id):  # the build had no budget when it started
            self._ledger.reserve(self._spender(node), self._day())
        before = self._ledger.total.spent[0]
        entry = self._ledger.settle(node.id, self._uses(node, said), seconds)
        self.last = float(self._ledger.total.spent[0] - before)
        if node.budget is not None or entry.uses or entry.tokens or entry.usd != "0" or self._ledger.limits(node.phase):
            self._unwritten[entry.key] = entry
        self._ledger.total.seconds = self._clock.monotonic() - self._began
        why = ""
        for notice in self._ledger.notices(node.id, node.phase):
            data = _data(notice)
            if notice.account == node.id and node.budget is not None and node.budget.on_exceeded == "halt":
                why = f"budget exceeded: used {_amount(notice.unit, notice.spent)} of its {_amount(notice.unit, notice.limit)}"
            elif self._ledger.account(notice.account).limit.on_exceeded != "continue":
                data["message"] = (
                    f"{_amount(notice.unit, notice.spent)} of {_amount(notice.unit, notice.limit)} are spent of {_whose(notice)}"
                )
            if not notice.exceeded and notice.account == "run" and self._ledger.total.limit.shrink_jobs:
                data["jobs"] = 0  # the purse knows how many there were
            self._events.append(("budget_exceeded" if notice.exceeded else "budget_warning", node.id, data))
        return why

    def flush(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Write what was held and used; returns the events that are to be said now."""
        if self._unwritten:
            self._file.write(self._unwritten.values())
            self._unwritten = {}
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Write what is left, and let go of the file."""
        self.flush()
        self._file.close()

    def _uses(self, node: Node, said: bytes) -> list[Use]:
        try:
            used = parse(said, self._prices, "" if node.agent is None else node.agent.model)
            return [use.with_(model=self._secrets.masked(use.model)) for use in used]
        except ValueError as wrong:
            message = f"what `{node.id}` wrote to its usage file is not used: {wrong}"
            self._events.append(("budget_warning", node.id, {"account": node.id, "message": message}))
            return []

    def _spender(self, node: Node) -> Spender:
        return Spender(
            node=node.id, workstream=node.workstream, phase=node.phase, limit=UNLIMITED if node.budget is None else node.budget,
            estimate=self._estimates.get(node.id, ("0", 0)),
        )  # fmt: skip

    def _day(self) -> str:
        return strftime("%Y-%m-%d", gmtime(self._clock.now()))


def _data(notice: Notice) -> dict[str, Any]:
    """What an event says of it; numbers as JSON has them."""
    number = int if notice.unit == "tokens" else float
    data = {"account": notice.account, "unit": notice.unit, "limit": number(notice.limit), "spent": number(notice.spent)}
    return data | {"wanted": number(notice.wanted)} if notice.wanted else data


def _whose(notice: Notice) -> str:
    if notice.account == "run":
        return "the run's budget"
    kind, colon, name = notice.account.partition(":")
    return f"the budget of phase `{name}`" if colon and kind == "phase" else f"the budget of `{notice.account}`"


def _refusal(notice: Notice) -> str:
    left = max(notice.limit - notice.spent, notice.limit * 0)
    text = f"{_amount(notice.unit, left)} of {_amount(notice.unit, notice.limit)} are left of {_whose(notice)}"
    return f"{text}, and it may use {_amount(notice.unit, notice.wanted)}" if notice.wanted else text


def _amount(unit: str, value: Any) -> str:
    if unit == "usd":
        return f"${value:.2f}" if value == round(value, 2) else f"${value.normalize():f}"
    return f"{int(value)} tokens" if unit == "tokens" else f"{value:.1f}s"
