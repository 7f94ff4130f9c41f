"""For all tests: no deadline for a single example, since machines are slow at times and coverage always is; SIGHUP and SIGINT as usual; the seed of
what is random, how long that goes on, and what it came to."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import nursery
import pytest
from hypothesis import settings
from nursery import PROGRAM
from transcript import Folder
from watching import survivors

settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.register_profile("patient", deadline=None, max_examples=40)  # of each run others
settings.load_profile("patient")

# Under `nohup`, or in the background of a script, they are ignored, a build respects that, and every child would inherit it.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
nursery.get_used()

# Compiling all tests takes each worker 7 s: what one compiled is kept for all, and for the next time, whatever the container says.
sys.dont_write_bytecode = False
for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "LANGUAGE", *[name for name in os.environ if name.startswith("LC_")]):
    os.environ.pop(name, None)
os.environ["LANG"] = "C.UTF-8"  # as in the nursery
gc.set_threshold(1_000_000, 50, 50)  # as the program does itself: thousands of tests make much that stays

# What tests write goes into memory, where there is plenty and programs may run there: files on a disk take the system twice the time.
MEMORY, PLENTY = "/dev/shm", 2 << 30
if os.path.isdir(MEMORY) and (there := os.statvfs(MEMORY)).f_bavail * there.f_frsize > PLENTY and not there.f_flag & os.ST_NOEXEC:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

ROOT = Path(__file__).parent
STARTING = (ROOT, *[ROOT / name for name in ("reliability", "e2e", "docs", "executors")])  # tests of the program as a process
_ended: list[str] = []  # tests
CASES = 9  # of the property test of the whole, where nothing else is said


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("reliability")
    group.addoption("--seed", type=int, help="seed of the random cases in tests/reliability (UET_SEED; default: another one each time)")
    group.addoption("--soak", type=int, metavar="N", help=f"play N random cases instead of {CASES}")
    group.addoption("--case", type=int, metavar="I", help="play only this random case")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors: about a quarter of the time is spent waiting for processes that sleep."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_configure(config: pytest.Config) -> None:
    seed = config.getoption("--seed")
    if seed is not None:
        os.environ["UET_SEED"] = str(seed)
    os.environ.setdefault("UET_SEED", str(int.from_bytes(os.urandom(4), "big")))  # the workers of xdist inherit it


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Each worker of xdist begins with other files, so that it finds the later ones compiled; `pytest_collection_modifyitems` puts the
    tests in order again."""
    report = yield
    if isinstance(collector, pytest.Directory) and report.result:
        number, of = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        at = len(report.result) * number // of
        report.result = report.result[at:] + report.result[:at]
    return report


def place(item: pytest.Item) -> tuple[int, Path]:
    """Those that start processes come first: a fork takes the longer the more this process holds, and bombs and thousands of examples leave
    it with much. The last are short ones, so that no worker waits long for another: those of `state`."""
    starts = item.path.parent in STARTING and not item.path.name.startswith("test_bad_input")
    return STARTING.index(item.path.parent) if starts else len(STARTING), item.path


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=place)  # stable; all workers must agree


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # nobody need look at the tests themselves again


def pytest_runtest_logfinish(nodeid: str) -> None:
    """What builds in this process leave in circles, open files among it, goes now and then; the program itself ends long before that matters.
    What has outlived one such look is not looked at again: reports of thousands of tests are kept. Jobs that run in this process leave it
    where they ran."""
    os.chdir(ROOT.parent)
    _ended.append(nodeid)
    if not len(_ended) % 50:
        gc.collect(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case_number" in metafunc.fixturenames:
        only = metafunc.config.getoption("--case")
        metafunc.parametrize("case_number", range(metafunc.config.getoption("--soak") or CASES) if only is None else [only])


@pytest.fixture
def session_seed() -> int:
    """The seed of this session."""
    return int(os.environ["UET_SEED"])


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Counts: `tally(kills=1)` is added up over all tests and shown at the end."""

    def add(**counts: int) -> None:
        for name, count in counts.items():
            record_property(f"tally:{name}", count)

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    total: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, count in report.user_properties:
                if name.startswith("tally:"):
                    total[name[6:]] += int(count)
    if total:
        counts = ", ".join(f"{count} {name}" for name, count in total.items())
        terminalreporter.write_line(f"random cases: seed {os.environ['UET_SEED']}: {counts}")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    shims = tmp_path / "bin"
    shims.mkdir()
    shim = shims / "uetbuild"
    shim.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    shim.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environ = {
        "PATH": f"{shims}:{os.path.dirname(sys.executable)}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
    return Folder(tmp_path / "project", environ)


@pytest.fixture
def marked(folder: Folder) -> Iterator[str]:
    """Whoever was started by a test carries its mark in the environment; when it ends nobody may be left."""
    folder.environ["UETBUILD_TEST_MARK"] = mark = str(folder.root)
    yield mark
    left = survivors(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left
