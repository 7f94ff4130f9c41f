"""Limits are kept, whatever runs side by side, reports more than it said, or is killed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from uetbuild.core.ledger import NO, WAIT, YES, Entry, Ledger, Notice, Spender, folded, settled
from uetbuild.core.policies import Limit
from uetbuild.core.usage import Use

RUN = "run-1"


def spender(node: str, usd: str = "", tokens: int = 0, phase: str = "", estimate=("0", 0), **more) -> Spender:
    return Spender(node=node, workstream=node, phase=phase, limit=Limit(usd=usd, tokens=tokens, **more), estimate=estimate)


def used(usd: str | None = None, tokens: int = 0, model: str = "m") -> list[Use]:
    return [Use(model=model, tokens=tokens, usd=None if usd is None else Decimal(usd))]


def ledger(usd: str = "", entries=(), phases=None, **more) -> Ledger:
    return Ledger(RUN, Limit(usd=usd, **more), phases or {}, entries)


def spent(book: Ledger) -> str:
    return str(book.total.spent[0])


# --- one node after the other ------------------------------------------------------------------------------------------------------


def test_what_a_node_may_use_is_reserved_before_and_settled_after():
    book = ledger("10")
    entry = book.reserve(spender("a", "4"), "2025-01-31")
    assert book.holds("a")
    assert (entry.usd, entry.settled, entry.attempt, entry.day, book.total.held[0]) == ("4", False, 1, "2025-01-31", 4)
    done = book.settle("a", used("1.5", 20), 3.0)
    assert (done.usd, done.tokens, done.settled, done.seconds, done.uses) == ("1.5", 20, True, 3.0, (("m", "1.5", 20),))
    assert (book.total.held[0], spent(book)) == (0, "1.5")
    assert not book.holds("a")
    assert done.key == entry.key == (RUN, "a", 1)


def test_a_node_waits_for_what_others_hold_and_never_for_what_is_spent():
    book = ledger("10")
    book.reserve(spender("a", "6"), "")
    assert book.admit(spender("b", "4")) == YES
    assert book.admit(spender("c", "5")) == WAIT
    book.settle("a", used("6"), 1.0)
    assert book.admit(spender("d", "4")) == YES
    refused = book.admit(spender("c", "5"))
    assert refused == Notice(account="run", exceeded=True, unit="usd", limit=Decimal(10), spent=Decimal(6), wanted=Decimal(5))


def test_missing_usage_counts_as_the_reservation():
    book = ledger("10")
    book.reserve(spender("a", "4", tokens=100), "")
    assert book.settle("a", [], 1.0).tokens == 100
    assert spent(book) == "4"


def test_a_use_without_a_price_counts_as_the_reservation_or_as_what_is_known():
    book = ledger()
    book.reserve(spender("a", "4"), "")
    assert book.settle("a", used(None, 7), 1.0).usd == "4"
    book.reserve(spender("b", "1"), "")
    assert book.settle("b", [*used(None, 7), *used("3")], 1.0).usd == "3"


def test_without_a_limit_of_its_own_a_node_reserves_what_it_used_before():
    book = ledger("10")
    assert book.maximum(spender("a", estimate=("2.5", 30))) == (Decimal("2.5"), 30)
    assert book.maximum(spender("b", "4", estimate=("2.5", 30))) == (Decimal(4), 30)


def test_all_attempts_of_a_node_share_its_limit():
    book = ledger()
    node = spender("a", "4", tokens=100, time=10.0)
    book.reserve(node, "")
    book.settle("a", used("1", 30), 4.0)
    assert book.maximum(node) == (Decimal(3), 70)
    assert book.seconds_left(node) == 6.0
    assert book.reserve(node, "").attempt == 2
    book.settle("a", used("3", 0), 1.0)
    refused = book.admit(node)
    assert isinstance(refused, Notice)
    assert (refused.account, refused.unit, refused.spent) == ("a", "usd", 4)


def test_a_limit_that_is_only_said_is_no_reason_to_stop():
    book = ledger("1", on_exceeded="warn")
    assert book.admit(spender("a", "4")) == YES
    own = spender("b", "1", on_exceeded="continue")
    book.reserve(own, "")
    book.settle("b", used("2"), 1.0)
    assert book.admit(own) == YES


def test_tokens_are_a_limit_as_money_is():
    book = ledger(tokens=100)
    book.reserve(spender("a", tokens=60), "")
    assert book.admit(spender("b", tokens=60)) == WAIT
    book.settle("a", used("0", 60), 1.0)
    refused = book.admit(spender("b", tokens=60))
    assert isinstance(refused, Notice)
    assert refused.unit == "tokens"


def test_time_that_is_up_stops_and_is_never_reserved():
    book = ledger(time=60.0)
    book.total.seconds = 59.0
    assert book.admit(spender("a")) == YES
    book.total.seconds = 60.0
    refused = book.admit(spender("a"))
    assert isinstance(refused, Notice)
    assert (refused.unit, refused.limit) == ("time", 60)


def test_a_phase_has_an_account_of_its_own():
    book = ledger("100", phases={"p": Limit(usd="5", time=10.0)})
    book.reserve(spender("a", "4", phase="p"), "")
    assert book.admit(spender("b", "2", phase="p")) == WAIT
    assert book.admit(spender("b", "2", phase="q")) == YES
    book.settle("a", used("4"), 4.0)
    refused = book.admit(spender("b", "2", phase="p"))
    assert isinstance(refused, Notice)
    assert refused.account == "phase:p"
    assert book.limits("p") and not book.limits("q")
    assert [book.account(name).name for name in ("run", "phase:p", "a")] == ["run", "phase:p", "a"]
    assert book.admit(spender("free", phase="p")) == YES


# --- words -------------------------------------------------------------------------------------------------------------------------


def test_a_warning_is_said_once_and_an_excess_once_more():
    book = ledger("10", warn_at=0.5)
    for name, usd, expected in (("a", "4", []), ("b", "1", [False]), ("c", "1", []), ("d", "5", [True]), ("e", "5", [])):
        book.reserve(spender(name), "")
        book.settle(name, used(usd), 1.0)
        assert [notice.exceeded for notice in book.notices(name)] == expected


def test_an_excess_without_a_warning_before_is_said_once():
    book = ledger("10")
    book.reserve(spender("a"), "")
    book.settle("a", used("20"), 1.0)
    assert [notice.exceeded for notice in book.notices()] == [True]
    assert book.notices() == []


def test_a_node_may_use_all_that_it_was_given_without_a_word():
    book = ledger()
    book.reserve(spender("a", "1"), "")
    book.settle("a", used("1"), 1.0)
    assert book.notices("a") == []
    book.reserve(spender("b", "1"), "")
    book.settle("b", used("1.01"), 1.0)
    assert [(notice.account, notice.exceeded, notice.spent) for notice in book.notices("b")] == [("b", True, Decimal("1.01"))]


# --- what was written before ---------------------------------------------------------------------------------------------------------


def entry(node: str, attempt: int, usd: str, is_settled: bool = True, run: str = RUN) -> Entry:
    return Entry(run=run, node=node, attempt=attempt, workstream=node, settled=is_settled, usd=usd)


def test_a_resumed_run_counts_on_and_other_runs_do_not_matter():
    book = ledger("10", [entry("a", 1, "3"), entry("a", 2, "2", False), entry("b", 1, "9", run="run-0")])
    assert spent(book) == "5"
    assert book.reserve(spender("a", "6"), "").attempt == 3
    assert book.total.held[0] == 1  # of its 6 the attempts before took 5


def test_an_entry_that_stands_twice_counts_once_and_settled():
    twice = [entry("a", 1, "4", False), entry("a", 1, "1"), entry("a", 1, "4", False)]
    assert [each.usd for each in folded(twice).values()] == ["1"]
    assert spent(ledger("10", twice)) == "1"


def test_an_attempt_that_a_crash_cut_off_is_settled_by_what_it_wrote():
    assert settled(entry("a", 1, "4", False), used("1", 5), 0.0).usd == "1"


# --- whatever happens ----------------------------------------------------------------------------------------------------------------

AMOUNTS = st.integers(0, 400).map(lambda cents: Decimal(cents) / 100)


class Spending(RuleBasedStateMachine):
    """Nodes with maxima start, report, are killed and resumed in any order; a model keeps its own sums."""

    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.limit = Decimal(10)
        self.written: list[Entry] = []
        self.running: dict[str, Decimal] = {}
        self.reported: dict[tuple[str, str, int], Decimal] = {}
        self.excess = Decimal(0)
        self.count = 0
        self.book = ledger("10")

    @rule(maximum=AMOUNTS)
    def ask(self, maximum):
        self.count += 1
        asked = spender(f"n{self.count}", str(maximum))
        answer = self.book.admit(asked)
        assert answer == self.book.admit(asked)  # asking changes nothing
        held = sum(self.running.values(), Decimal(0))
        settled_before = sum(self.reported.values(), Decimal(0))
        if isinstance(answer, Notice):
            assert settled_before + maximum > self.limit
        elif answer == WAIT:
            assert self.running  # nobody waits for nothing
            assert settled_before + held + maximum > self.limit
        else:
            assert answer == YES != NO
            self.written.append(self.book.reserve(asked, "day"))
            self.running[asked.node] = maximum

    @precondition(lambda self: self.running)
    @rule(data=st.data(), part=st.sampled_from(["none", "part", "all", "twice"]))
    def end(self, data, part):
        node = data.draw(st.sampled_from(sorted(self.running)))
        maximum = self.running.pop(node)
        usd = {"none": maximum, "part": maximum / 2, "all": maximum, "twice": maximum * 2}[part]
        done = self.book.settle(node, [] if part == "none" else used(str(usd)), 1.0)
        self.written.append(done)
        self.reported[done.key] = usd
        self.excess += max(Decimal(0), usd - maximum)

    @rule(twice=st.booleans())
    def kill_and_resume(self, twice):
        for node, maximum in self.running.items():
            self.reported[(RUN, node, 1)] = maximum
        self.running.clear()
        self.book = ledger("10", self.written * (2 if twice else 1))
        self.written = list(folded(self.written).values())

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def who_waits_is_let_in_when_what_runs_has_ended(self, data):
        """Nobody starves: once all that others hold is settled the answer is yes or never, and yes to all that fits."""
        maximum = data.draw(AMOUNTS)
        for node in sorted(self.running):
            self.written.append(self.book.settle(node, used("0"), 1.0))
            self.reported[self.written[-1].key] = Decimal(0)
        self.running.clear()
        self.count += 1
        answer = self.book.admit(spender(f"late{self.count}", str(maximum)))  # the limit of a node never changes in a run
        fits = sum(self.reported.values(), Decimal(0)) + maximum <= self.limit
        assert answer == YES if fits else isinstance(answer, Notice)

    @invariant()
    def what_was_written_tells_the_same(self):
        """Whoever reads the entries in another order, or twice, comes to the same sums and answers."""
        one, two = ledger("10", self.written), ledger("10", [*reversed(self.written), *self.written])
        asked = spender("next", "3")
        assert (one.total.spent, one.admit(asked)) == (two.total.spent, two.admit(asked))

    @invariant()
    def the_bound_holds(self):
        settled_so_far = sum(self.reported.values(), Decimal(0))
        assert self.book.total.spent[0] == settled_so_far
        assert self.book.total.held[0] == sum(self.running.values(), Decimal(0))
        assert settled_so_far + self.book.total.held[0] <= self.limit + self.excess


Spending.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
TestSpending = Spending.TestCase
