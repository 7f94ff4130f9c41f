"""The file of what was spent: durable, never counted twice, never believed when damaged."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from decimal import Decimal

import pytest

from uetbuild.core.ledger import WAIT, YES, Entry, Ledger, Spender
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


def simulate(layout: Layout, seed: int) -> None:
    """As in tests/core/test_core_ledger.py, with the file between the lives of a build: 200 nodes, liars, kills, resumptions."""
    dice = random.Random(seed)
    run, limit = f"run-{seed}", Decimal(60)
    maxima = {f"n{k}": Decimal(dice.randint(1, 100)) / 100 for k in range(200)}
    liars = set(dice.sample(sorted(maxima), 10))
    reported: dict[str, Decimal] = {}
    todo, excess = list(maxima), Decimal(0)
    while True:
        file = LedgerFile(layout, writable=True, strict=True)
        book = Ledger(run, Limit(usd=str(limit)), {}, file.entries())
        assert book.total.spent[0] == sum(reported.values(), Decimal(0))
        running: dict[str, Decimal] = {}
        killed = False
        while not killed:
            turn, answer = [], YES
            while todo and answer == YES:
                asked = Spender(node=todo[0], workstream="n", limit=Limit(usd=str(maxima[todo[0]])))
                answer = book.admit(asked)
                if answer == YES:
                    turn.append(book.reserve(asked, "day"))
                    running[asked.node] = maxima[todo.pop(0)]
            if turn:
                file.write(turn)
            if not running and answer != WAIT:
                file.close()
                assert sum([Decimal(each.usd) for each in read(layout) if each.run == run], Decimal(0)) == sum(
                    reported.values(), Decimal(0)
                )
                return
            killed = dice.random() < 0.02
            ended = dice.sample(sorted(running), min(len(running), dice.randint(1, 20)))
            done = []
            for node in ended:
                usd = maxima[node] * (2 if node in liars else Decimal(dice.randint(0, 100)) / 100)
                done.append(book.settle(node, [Use(model="m", tokens=1, usd=usd)], 1.0))
                reported[node] = usd
                excess += max(Decimal(0), usd - running.pop(node))
            file.write(done)
            assert book.total.spent[0] + book.total.held[0] <= limit + excess
        reported |= running  # what they held is taken for what they used
        file.close()


@pytest.mark.parametrize("seeds", [range(5), pytest.param(range(5, 1000), marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_with_liars_and_kills_the_file_holds_the_bound_and_nothing_twice(layout, seeds):
    for seed in seeds:
        simulate(layout, seed)
        if seed % 50 == 49:
            os.unlink(layout.ledger)
