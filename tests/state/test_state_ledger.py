"""The file of what was spent: durable, never counted twice, never believed when damaged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from decimal import Decimal

import pytest

from uetbuild.core.ledger import WAIT, YES, Entry, Ledger, Notice, Spender, settled
from uetbuild.core.policies import Limit
from uetbuild.core.usage import Use
from uetbuild.errors import UetError
from uetbuild.state.layout import Layout
from uetbuild.state.ledger import LedgerFile


@pytest.fixture
def layout(tmp_path):
    found = Layout(str(tmp_path))
    found.ensure()
    return found


def entry(node: str, attempt: int = 1, usd: str = "1", settled: bool = True, run: str = "r1") -> Entry:
    return Entry(run=run, node=node, attempt=attempt, workstream=node, settled=settled, usd=usd)


def write(layout: Layout, *entries: Entry) -> None:
    file = LedgerFile(layout, writable=True)
    file.write(entries)
    file.close()


def read(layout: Layout) -> list[Entry]:
    file = LedgerFile(layout, writable=False)
    found = file.entries()
    file.close()
    return found


def test_what_was_written_is_read_in_order(layout):
    odd = entry("b[\udcff]", 2)
    write(layout, entry("c"), odd, entry("a", run="r0"))
    assert [(each.run, each.node) for each in read(layout)] == [("r0", "a"), ("r1", "b[\udcff]"), ("r1", "c")]
    assert read(layout)[1] == odd


def test_a_reservation_is_replaced_by_what_was_used_and_that_by_nothing(layout):
    write(layout, entry("a", usd="5", settled=False))
    write(layout, entry("a", usd="2"))
    write(layout, entry("a", usd="5", settled=False), entry("a", usd="3"))
    assert [each.usd for each in read(layout)] == ["2"]


def test_who_only_looks_makes_nothing(layout):
    assert read(layout) == []
    assert not os.path.exists(layout.ledger)


def test_it_is_safe_on_the_disk_before_writing_returns(layout):
    file = LedgerFile(layout, writable=True)
    assert file._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    file.close()


def damage(layout: Layout, how: str) -> None:
    with open(layout.ledger, "rb") as file:
        data = bytearray(file.read())
    if how == "garbled":
        data = bytearray(b"nonsense" * 100)
    elif how == "truncated":
        data = data[: len(data) // 2]
    else:
        place = data.rindex(b"model-x")
        data[place] ^= 1
    with open(layout.ledger, "wb") as file:
        file.write(data)


@pytest.mark.parametrize("how", ["garbled", "truncated", "one bit"])
def test_a_damaged_ledger_is_set_aside_and_a_budget_refuses_it(layout, how):
    write(layout, entry("a").with_(uses=(("model-x", "1", 3),)))
    damage(layout, how)
    with pytest.raises(UetError) as refused:
        LedgerFile(layout, writable=True, strict=True)
    assert "and a budget rests on it" in refused.value.message
    assert "mv .uet/ledger.db" in refused.value.hint
    looked = LedgerFile(layout, writable=False)
    assert looked.entries() == []
    assert "it is taken as empty" in looked.warnings[0]
    file = LedgerFile(layout, writable=True)
    assert "it was moved to `ledger.db.broken-1`" in file.warnings[0]
    file.write([entry("b")])
    file.close()
    assert [each.node for each in read(layout)] == ["b"]
    assert os.path.exists(layout.ledger + ".broken-1")


def test_another_programs_file_and_a_newer_version_are_not_used(layout):
    import sqlite3

    with sqlite3.connect(layout.ledger) as other:
        other.execute("CREATE TABLE t (a)")
    with pytest.raises(UetError, match="it is no ledger"):
        LedgerFile(layout, writable=True, strict=True)
    os.unlink(layout.ledger)
    write(layout, entry("a"))
    with sqlite3.connect(layout.ledger) as other:
        other.execute("PRAGMA user_version=99")
    with pytest.raises(UetError, match="a newer version"):
        LedgerFile(layout, writable=True, strict=True)


def test_a_link_is_not_followed(layout, tmp_path):
    os.symlink(tmp_path / "elsewhere", layout.ledger)
    with pytest.raises(UetError, match="no regular file"):
        LedgerFile(layout, writable=True, strict=True)
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_cannot_be_written_is_an_error_and_not_damage(layout):
    file = LedgerFile(layout, writable=True)
    file._connection.execute("PRAGMA query_only=ON")
    with pytest.raises(UetError, match=r"cannot write `.uet/ledger.db`"):
        file.write([entry("a")])
    file._connection.execute("PRAGMA query_only=OFF")
    file.write([entry("a")])
    file.close()


KILLED = """
import os, sys
from uetbuild.core.ledger import Entry
from uetbuild.state.layout import Layout
from uetbuild.state.ledger import LedgerFile
file = LedgerFile(Layout(sys.argv[1]), writable=True)
for number in range(1, 10**6):
    file.write([Entry(run="r1", node=f"n{number}", attempt=1, workstream="n", usd="1")])
    os.write(1, b"%d\\n" % number)
"""


def test_killed_at_any_moment_it_holds_all_that_was_acknowledged(layout):
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, layout.root], stdout=subprocess.PIPE)
        lines = [process.stdout.readline() for _ in range(random.randrange(1, 40))]
        process.kill()
        acknowledged = int((lines + process.stdout.read().split())[-1])
        process.communicate()
        assert {f"n{number}" for number in range(1, acknowledged + 1)} <= {each.node for each in read(layout)}


# --- whole builds, killed between any two writes ------------------------------------------------------------------------------------


class Killed(Exception):
    pass


class Memory:
    """A ledger without a file, for many seeds; `kept` outlives it."""

    def __init__(self, kept: dict[tuple[str, str, int], Entry]) -> None:
        self.kept = kept

    def entries(self) -> list[Entry]:
        return list(self.kept.values())

    def write(self, entries) -> None:
        self.kept |= {each.key: each for each in entries if each.key not in self.kept or not self.kept[each.key].settled}

    def close(self) -> None:
        pass


class Story:
    """`count` nodes side by side with declared maxima, of which one in twenty reports twice that; the build is killed between any two of
    its steps, and resumed until nothing is left that may start.
    """

    def __init__(self, seed: int, open_disk, limit: int = 60, count: int = 200) -> None:
        self.dice = random.Random(seed)
        self.run = f"run-{seed}"
        self.limit = Decimal(limit)
        self.maxima = {f"n{k}": Decimal(self.dice.randint(1, 100)) / 100 for k in range(count)}
        self.liars = set(self.dice.sample(sorted(self.maxima), count // 20))
        self.todo = dict.fromkeys(self.maxima)
        self.reports: dict[tuple[str, str, int], Decimal] = {}
        self.excess = Decimal(0)
        self.killed = 0
        self.open_disk = open_disk

    def tell(self) -> None:
        while True:
            disk = self.open_disk()
            try:
                self._live(disk)
                self._check(disk)
                return
            except Killed:
                self.killed += 1
            finally:
                disk.close()

    def _moment(self) -> None:
        if self.dice.random() < 0.004:
            raise Killed

    def _live(self, disk) -> None:
        """One life of a build; it keeps in mind only what lies on the disk, and what recipes reported."""
        cut_off = [each for each in self._entries(disk) if not each.settled and each.key in self.reports]
        self._moment()
        disk.write([settled(each, self._use(each.key), 0.0) for each in cut_off])
        self._moment()
        book = Ledger(self.run, Limit(usd=str(self.limit)), {}, disk.entries())
        self._check(disk, book)
        running: dict[str, Entry] = {}
        unwritten: list[Entry] = []
        while True:
            begun = self._begin(book, running)
            disk.write([*unwritten, *begun.values()])
            for entry in unwritten:
                self.todo.pop(entry.node, None)
            self._moment()
            running |= begun
            if not running:
                return
            unwritten = [self._end(book, running.pop(node)) for node in self._some(running)]
            assert book.total.spent[0] + book.total.held[0] <= self.limit + self.excess

    def _begin(self, book: Ledger, running: dict[str, Entry]) -> dict[str, Entry]:
        begun: dict[str, Entry] = {}
        for node in list(self.todo):
            if node in running or book.holds(node):
                continue
            asked = Spender(node=node, workstream="n", limit=Limit(usd=str(self.maxima[node])))
            answer = book.admit(asked)
            if answer == YES:
                begun[node] = book.reserve(asked, "day")
                self._moment()
            elif isinstance(answer, Notice) and answer.account == node:
                del self.todo[node]  # all that it had went into what was cut off
            else:
                assert answer != WAIT or running or begun  # whoever waits is waited for
                break
        return begun

    def _some(self, running: dict[str, Entry]) -> list[str]:
        return self.dice.sample(sorted(running), min(len(running), self.dice.randint(1, 20)))

    def _end(self, book: Ledger, entry: Entry) -> Entry:
        declared = self.maxima[entry.node]
        usd = declared * 2 if entry.node in self.liars else Decimal(entry.usd) * self.dice.randint(0, 100) / 100
        self._report(entry.key, usd)
        self.excess += max(Decimal(0), usd - Decimal(entry.usd))
        self._moment()
        done = book.settle(entry.node, self._use(entry.key), 1.0)
        self._moment()
        return done

    def _report(self, key, usd: Decimal) -> None:
        self.reports[key] = usd

    def _use(self, key) -> list[Use]:
        return [Use(model="m", tokens=1, usd=self.reports[key])]

    def _entries(self, disk) -> list[Entry]:
        return [each for each in disk.entries() if each.run == self.run]

    def _check(self, disk, book: Ledger | None = None) -> None:
        """What is written is what was reported, and the reservation of whoever was cut off before a word; nothing twice, no report lost."""
        found = {each.key: each for each in self._entries(disk)}
        assert len(found) == len(self._entries(disk))
        assert self.reports.keys() <= found.keys()
        for key, each in found.items():
            assert each.settled == (key in self.reports)
            assert key not in self.reports or Decimal(each.usd) == self.reports[key]
        total = sum([Decimal(each.usd) for each in found.values()], Decimal(0))
        assert total <= self.limit + self.excess
        assert book is None or book.total.spent[0] == total


@pytest.mark.parametrize("seeds", [range(40), pytest.param(range(40, 1000), marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def test_with_liars_and_kills_the_ledger_holds_the_bound_and_nothing_twice(seeds):
    killed = 0
    for seed in seeds:
        kept: dict[tuple[str, str, int], Entry] = {}
        story = Story(seed, lambda kept=kept: Memory(kept))
        story.tell()
        killed += story.killed
        if not seed % 20:
            again = Story(seed, lambda kept={}: Memory(kept))
            again.tell()
            assert again.reports == story.reports
    assert killed > len(seeds)
    print(f"{len(seeds)} seeds, {killed} kills")


@pytest.mark.parametrize("seeds", [range(3), pytest.param(range(3, 1000), marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_with_liars_and_kills_the_file_holds_the_bound_and_nothing_twice(layout, seeds):
    for seed in seeds:
        Story(seed, lambda: LedgerFile(layout, writable=True, strict=True)).tell()
        if seed % 50 == 49:
            os.unlink(layout.ledger)


class Mortal(Story):
    """One whose process dies by SIGKILL after `left` steps; what recipes report goes into a pipe as well."""

    left = 0
    pipe = -1

    def _moment(self) -> None:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def _report(self, key, usd: Decimal) -> None:
        super()._report(key, usd)
        os.write(self.pipe, f"{key[1]} {key[2]} {usd}\n".encode())


@pytest.mark.parametrize("left", [0, 1, 2, 5, 9, 14, 20, 27, 35, 44])
def test_killed_for_good_between_two_writes_the_file_holds_what_was_reported(layout, left):
    def open_disk() -> LedgerFile:
        return LedgerFile(layout, writable=True, strict=True)

    receiver, sender = os.pipe()
    pid = os.fork()
    if not pid:
        mortal = Mortal(left, open_disk, limit=5, count=20)
        mortal.left, mortal.pipe = left, sender
        mortal.tell()
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver) as reports:
        lines = reports.read().splitlines()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    story = Story(left, open_disk, limit=5, count=20)
    story._moment = lambda: None
    for node, number, usd in [line.split() for line in lines]:
        story.reports[(story.run, node, int(number))] = Decimal(usd)
        story.excess += max(Decimal(0), Decimal(usd) - story.maxima[node])
    story.tell()  # checks what was found before it goes on, and in the end
