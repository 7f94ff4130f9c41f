"""The ledger of one run, folded from its entries: what was spent, what is reserved, and whether a node may start on what is left.

A node's maximum is reserved before it starts and settled afterwards, so that nodes side by side cannot overshoot together: as long as
none reports more than its maximum, no limit is exceeded, and otherwise by no more than these excesses. Money is `Decimal`; entries hold
it as text. Knows nothing of files, clocks and processes. Only loaded where there is a budget or something was spent.
"""

from __future__ import annotations

from decimal import Decimal

from uetbuild.core.policies import Limit
from uetbuild.core.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from uetbuild.core.usage import Use

YES, WAIT, NO = range(3)
ZERO = Decimal(0)
NOTHING = (ZERO, 0)
UNLIMITED = Limit()

Amount = tuple[Decimal, int]  # USD and tokens


class Entry(Record):
    """One attempt at a node: reserved (`settled` False) or what it used. `attempt` counts from 1 in its run, across resumptions; `day` is
    `2025-01-31`; `usd` decimal text; `uses`: ((model, usd, tokens), …) as reported, () where nothing was (then the reservation counts).
    """

    __slots__ = ("run", "node", "attempt", "workstream", "phase", "day", "settled", "usd", "tokens", "seconds", "uses")
    DEFAULTS = {"phase": "", "day": "", "settled": False, "usd": "0", "tokens": 0, "seconds": 0.0, "uses": ()}

    run: str
    node: str
    attempt: int
    workstream: str
    phase: str
    day: str
    settled: bool
    usd: str
    tokens: int
    seconds: float
    uses: tuple[tuple[str, str, int], ...]

    @property
    def key(self) -> tuple[str, str, int]:
        """No two entries of a ledger have the same: what is written twice is counted once."""
        return (self.run, self.node, self.attempt)


class Spender(Record):
    """Who asks for money: a node with its own limit, and what it used before where it has none (`estimate`: USD as text, and tokens)."""

    __slots__ = ("node", "workstream", "phase", "limit", "estimate")
    DEFAULTS = {"phase": "", "limit": UNLIMITED, "estimate": ("0", 0)}

    node: str
    workstream: str
    phase: str
    limit: Limit
    estimate: tuple[str, int]


class Notice(Record):
    """An account came to its warning, or (`exceeded`) went over its limit or would by `wanted`. The numbers are in `unit`: `usd`,
    `tokens` or `time` (seconds).
    """

    __slots__ = ("account", "exceeded", "unit", "limit", "spent", "wanted")
    DEFAULTS = {"wanted": ZERO}

    account: str
    exceeded: bool
    unit: str
    limit: Decimal
    spent: Decimal
    wanted: Decimal


class Account:
    """What is limited together: the run (`name` is `run`), a phase (`phase:ID`) or a node (its id). `seconds`: of the run's clock, or the
    sum of those of its nodes.
    """

    __slots__ = ("held", "limit", "name", "seconds", "spent", "_caps", "_told")

    def __init__(self, name: str, limit: Limit) -> None:
        self.name = name
        self.limit = limit
        self.spent: Amount = NOTHING
        self.held: Amount = NOTHING
        self.seconds = 0.0
        self._caps = (
            ("usd", Decimal(limit.usd) if limit.usd else None),
            ("tokens", Decimal(limit.tokens) if limit.tokens else None),
            ("time", Decimal(str(limit.time)) if limit.time else None),
        )
        self._told: set[tuple[str, bool]] = set()

    def admit(self, wanted: Amount) -> Notice | int:
        """`YES`; `WAIT` where it may fit when what runs is settled; else why it never will."""
        if self.limit.on_exceeded != "halt":
            return YES
        answer = YES
        for unit, cap, spent, held, more in self._rows(wanted):
            if spent + more > cap or (unit == "time" and spent >= cap):
                return Notice(account=self.name, exceeded=True, unit=unit, limit=cap, spent=spent, wanted=more)
            if spent + held + more > cap:
                answer = WAIT
        return answer

    def left(self) -> tuple[Decimal | None, int | None, float | None]:
        """What may still be spent, in USD, tokens and seconds; None where nothing limits it."""
        rest = {unit: max(ZERO, cap - spent) for unit, cap, spent, _, _ in self._rows(NOTHING)}
        tokens, seconds = rest.get("tokens"), rest.get("time")
        return rest.get("usd"), None if tokens is None else int(tokens), None if seconds is None else float(seconds)

    def notices(self) -> list[Notice]:
        """What has to be said now; nothing is said twice."""
        found: list[Notice] = []
        for unit, cap, spent, _, _ in self._rows(NOTHING):
            over = spent > cap
            if (over or spent >= cap * Decimal(str(self.limit.warn_at))) and (unit, over) not in self._told:
                self._told |= {(unit, over), (unit, False)}
                found.append(Notice(account=self.name, exceeded=over, unit=unit, limit=cap, spent=spent))
        return found

    def _rows(self, wanted: Amount) -> Iterable[tuple[str, Decimal, Decimal, Decimal, Decimal]]:
        """(unit, limit, spent, held, wanted) for each limit that it has."""
        numbers = (
            (self.spent[0], self.held[0], wanted[0]),
            (Decimal(self.spent[1]), Decimal(self.held[1]), Decimal(wanted[1])),
            (Decimal(str(round(self.seconds, 3))), ZERO, ZERO),
        )
        for (unit, cap), (spent, held, more) in zip(self._caps, numbers, strict=True):
            if cap is not None:
                yield unit, cap, spent, held, more


class Ledger:
    """The accounts of one run. Whoever uses it makes every entry that it returns durable before it acts on it."""

    def __init__(self, run: str, limit: Limit, phases: Mapping[str, Limit], entries: Iterable[Entry] = ()) -> None:
        """`entries`: what was written before, of any run; of an earlier part of this run an unsettled one counts as it was reserved."""
        self.run = run
        self.total = Account("run", limit)
        self._phases = {name: Account(f"phase:{name}", phase) for name, phase in phases.items()}
        self._nodes: dict[str, Account] = {}
        self._open: dict[str, Entry] = {}  # node -> what is reserved for it now
        self._attempts: dict[str, int] = {}
        for entry in folded([entry for entry in entries if entry.run == run]).values():
            self._attempts[entry.node] = max(self._attempts.get(entry.node, 0), entry.attempt)
            for account in (self.total, self._node(entry.node, UNLIMITED), *self._of_phase(entry.phase)):
                _spend(account, (Decimal(entry.usd), entry.tokens), entry.seconds)

    def maximum(self, spender: Spender) -> Amount:
        """What the next attempt may use: what is left of the node's own limit, else what it used before."""
        usd, tokens, _ = self._node(spender.node, spender.limit).left()
        estimated = spender.estimate
        return (Decimal(estimated[0]) if usd is None else usd, estimated[1] if tokens is None else tokens)

    def seconds_left(self, spender: Spender) -> float:
        """How long the next attempt may take by the node's own limit, 0 = as long as it likes."""
        left = self._node(spender.node, spender.limit).left()[2]
        return left or 0.0

    def admit(self, spender: Spender) -> Notice | int:
        """Whether a node may start now: `YES`, `WAIT` until something that runs is settled, or why never in this run."""
        own = self._node(spender.node, spender.limit)
        if own.limit.on_exceeded == "halt":
            for unit, cap, spent, _, _ in own._rows(NOTHING):
                if spent > 0 and spent >= cap:
                    return Notice(account=own.name, exceeded=True, unit=unit, limit=cap, spent=spent)
        wanted = self.maximum(spender)
        answer = YES
        for account in (self.total, *self._of_phase(spender.phase)):
            one = account.admit(wanted)
            if isinstance(one, Notice):
                return one
            answer = max(answer, one)
        return answer

    def holds(self, node: str) -> bool:
        """Whether an attempt at a node is under way."""
        return node in self._open

    def number(self, node: str) -> int:
        """That of the attempt at a node that is under way, 0 where none is."""
        return self._open[node].attempt if node in self._open else 0

    def account(self, name: str) -> Account:
        """By the name that a notice gives."""
        return self.total if name == "run" else self._nodes[name] if name in self._nodes else self._phases[name.removeprefix("phase:")]

    def limits(self, phase: str) -> bool:
        """Whether a phase has an account."""
        return phase in self._phases

    def reserve(self, spender: Spender, day: str) -> Entry:
        """Hold the maximum of an attempt that is about to start."""
        usd, tokens = self.maximum(spender)
        attempt = self._attempts[spender.node] = self._attempts.get(spender.node, 0) + 1
        entry = Entry(
            run=self.run, node=spender.node, attempt=attempt, workstream=spender.workstream, phase=spender.phase, day=day, usd=str(usd),
            tokens=tokens,
        )  # fmt: skip
        self._open[spender.node] = entry
        for account in (self.total, *self._of_phase(spender.phase)):
            account.held = (account.held[0] + usd, account.held[1] + tokens)
        return entry

    def settle(self, node: str, uses: Iterable[Use], seconds: float) -> Entry:
        """Count what the running attempt of a node used instead of what was reserved for it; without `uses` the reservation counts."""
        held = self._open.pop(node)
        entry = settled(held, uses, seconds)
        for account in (self.total, self._node(node, UNLIMITED), *self._of_phase(held.phase)):
            _spend(account, (Decimal(entry.usd), entry.tokens), seconds)
        for account in (self.total, *self._of_phase(held.phase)):
            account.held = (account.held[0] - Decimal(held.usd), account.held[1] - held.tokens)
        return entry

    def notices(self, node: str = "", phase: str = "") -> list[Notice]:
        """What has to be said of the run, of a phase and of a node."""
        found = [notice for account in (self.total, *self._of_phase(phase)) for notice in account.notices()]
        own = self._nodes.get(node)
        # a node may use all that it was given: no word before it has used more
        return found if own is None else [*found, *[notice for notice in own.notices() if notice.exceeded]]

    def _of_phase(self, phase: str) -> tuple[Account, ...]:
        return (self._phases[phase],) if phase in self._phases else ()

    def _node(self, node: str, limit: Limit) -> Account:
        """The account of a node; the limit may come later than what was spent."""
        account = self._nodes.get(node)
        if account is None:
            account = self._nodes[node] = Account(node, limit)
        elif limit is not UNLIMITED and account.limit is UNLIMITED:
            known, self._nodes[node] = account, Account(node, limit)
            account = self._nodes[node]
            account.spent, account.seconds = known.spent, known.seconds
        return account


def settled(held: Entry, uses: Iterable[Use], seconds: float) -> Entry:
    """The entry of an attempt that ended, or was found to have ended; see `Ledger.settle`."""
    known = tuple(uses)
    if not known:
        return held.with_(settled=True, seconds=seconds)
    # a price that nobody knows counts as the reservation, once
    priced = [use.usd for use in known if use.usd is not None]
    usd = sum(priced, ZERO) if len(priced) == len(known) else max(Decimal(held.usd), sum(priced, ZERO))
    return held.with_(
        settled=True, seconds=seconds, usd=str(usd), tokens=sum([use.tokens for use in known]),
        uses=tuple([(use.model, str(use.usd or ZERO), use.tokens) for use in known]),
    )  # fmt: skip


def folded(entries: Iterable[Entry]) -> dict[tuple[str, str, int], Entry]:
    """Entries by key; of several with one key what was settled counts, and never twice."""
    found: dict[tuple[str, str, int], Entry] = {}
    for entry in entries:
        known = found.get(entry.key)
        if known is None or not known.settled:
            found[entry.key] = entry
    return found


def _spend(account: Account, amount: Amount, seconds: float) -> None:
    account.spent = (account.spent[0] + amount[0], account.spent[1] + amount[1])
    if account.name != "run":  # the run's time is that of its clock
        account.seconds += seconds
