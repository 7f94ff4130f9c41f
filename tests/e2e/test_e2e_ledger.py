"""Killed at any moment, a build under a limit neither loses nor repeats what its recipes reported, and never goes over the limit.

Each recipe writes what it used to its usage file and to a log of the test. The ledger must say the same, attempt by attempt; what was cut
off before it could say anything counts with all that was set aside for it.
"""

from __future__ import annotations

import os
import random
import signal
import time
from decimal import Decimal

from transcript import Folder

import uetbuild.cli.building
import uetbuild.cli.money
import uetbuild.manifest.load
import uetbuild.manifest.templates  # noqa: F401  all loaded once, for the forks
from uetbuild.cli.app import main
from uetbuild.core.ledger import Entry
from uetbuild.state.layout import Layout
from uetbuild.state.ledger import LedgerFile

# one that is told to end still says everything or nothing
REPORT = """\
trap '' TERM
use() { printf '{"usd": %s}' $1 > $UET_USAGE_FILE; echo "$UET_RUN_ID $UET_NODE $1" >> reports.log; }
"""


def report(*lines: str) -> str:
    return "\n".join("      " + line for line in (*REPORT.splitlines(), *lines))


def start(folder: Folder, *words: str, **environ: str) -> int:
    """The process id of the program, a fork of this one, which spares it the imports."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.chdir(folder.root)
        os.environ.update(environ)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        code = main(list(words))
    finally:
        os._exit(code)


def end(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def entries(folder: Folder) -> list[Entry]:
    file = LedgerFile(Layout(str(folder.root)), writable=False)
    found = file.entries()
    file.close()
    return found


def reported(folder: Folder) -> dict[tuple[str, str], list[Decimal]]:
    """What recipes say that they used, by run and node."""
    found: dict[tuple[str, str], list[Decimal]] = {}
    for line in folder.read("reports.log").splitlines():
        run, node, usd = line.split()
        found.setdefault((run, node), []).append(Decimal(usd))
    return found


def agree(folder: Folder, cut_off: int) -> None:
    """The ledger says what the recipes said, and at most `cut_off` attempts more, which said nothing."""
    told: dict[tuple[str, str], list[Decimal]] = {}
    silent = 0
    for entry in entries(folder):
        if entry.uses:
            told.setdefault((entry.run, entry.node), []).append(Decimal(entry.usd))
        else:
            silent += 1
    assert told == reported(folder)
    assert silent <= cut_off


# --- at every commit of the ledger -------------------------------------------------------------------------------------------------

FLAKY = f"""
version: 1
budgets: {{run: {{usd: 5}}}}
workstreams:
  flaky:
    outputs: [flaky.txt]
    budget: {{usd: 2}}
    retry: {{attempts: 3, backoff: 1ms}}
    run: |
{report("if test $UET_ATTEMPT = 1; then use 0.25; exit 1; fi", "use 0.50", "touch flaky.txt")}
  plain:
    outputs: [plain.txt]
    budget: {{usd: 2}}
    run: |
{report("use 1", "touch plain.txt")}
"""
POINTS = ("reserve.committing", "reserve.committed", "settle.committing", "settle.committed")


def test_killed_at_any_commit_of_the_ledger_it_counts_what_was_reported_once(folder: Folder) -> None:
    folder.write("Uetfile.yaml", FLAKY)
    killed = 0
    for number in range(1, 4):
        for point in POINTS:
            for left in ("flaky.txt", "plain.txt"):
                (folder.root / left).unlink(missing_ok=True)
            code = end(start(folder, "-j2", "-k", UET_TESTING="1", UET_FAILPOINTS=f"{point}#{number}=kill"))
            killed += code == -signal.SIGKILL
            assert end(start(folder, "-j2", "-k")) == 0, f"after a kill at {point}#{number}"
            agree(folder, cut_off=2 * killed)
    assert killed >= 6  # how many commits there are depends on what ends together


# --- at random moments -------------------------------------------------------------------------------------------------------------

LIMIT = Decimal(12)
FORTY = f"""
version: 1
budgets: {{run: {{usd: {LIMIT}}}}}
workstreams:
  part:
    foreach: {list(range(40))}
    outputs: ["out/{{{{ item }}}}"]
    budget: {{usd: 1}}
    run: |
{report("sleep 0.0{{ item }}", "case {{ item }} in 7|23) use 2;; *) use 0.{{ item }}5;; esac", "touch {{ outputs }}")}
"""


def bounded(folder: Folder, limit: Decimal) -> None:
    """No run spent more than the limit and what single attempts used beyond their dollar."""
    spent: dict[str, Decimal] = {}
    excess: dict[str, Decimal] = {}
    for entry in entries(folder):
        usd = Decimal(entry.usd)
        spent[entry.run] = spent.get(entry.run, Decimal(0)) + usd
        excess[entry.run] = excess.get(entry.run, Decimal(0)) + max(Decimal(0), usd - 1)
    assert spent
    assert all(usd <= limit + excess[run] for run, usd in spent.items())


def test_forty_side_by_side_killed_at_random_moments_keep_the_limit_and_the_sum(folder: Folder) -> None:
    folder.write("Uetfile.yaml", FORTY)
    (folder.root / "reports.log").touch()
    killed = 0
    for _ in range(5):
        pid = start(folder, "-j8", "-k")
        time.sleep(random.uniform(0.1, 0.4))
        os.kill(pid, signal.SIGKILL)
        killed += end(pid) == -signal.SIGKILL
    code = end(start(folder, "-j8", "-k"))
    agree(folder, cut_off=8 * killed)
    bounded(folder, LIMIT)
    assert code in (1, 4)
    last = entries(folder)[-1].run
    assert end(start(folder, "resume", "--budget-usd", "60", "--force-budget")) == 1  # two used more than they were given
    agree(folder, cut_off=8 * killed)
    bounded(folder, Decimal(60))
    assert entries(folder)[-1].run == last
    assert len(list((folder.root / "out").iterdir())) == 38
    assert end(start(folder, "-k")) == 1
    agree(folder, cut_off=8 * killed)
