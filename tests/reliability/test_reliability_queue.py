"""Whoever dies or is stopped while workers take short jobs from the queue: the next build makes what is left, and nothing else."""

from __future__ import annotations

import os
import random
import signal
import subprocess

import pytest
from transcript import Folder
from watching import children, survivors, until

NAMES = [f"{number:03d}" for number in range(150)]
MANIFEST = """
workstreams:
  copy:
    foreach: "in/*"
    inputs: ["{{ item }}"]
    outputs: ["out/{{ item.name }}"]
    run: cp {{ item }} out/{{ item.name }}
"""
pytestmark = pytest.mark.usefixtures("marked")


def made(folder: Folder) -> list[str]:
    try:
        return sorted(os.listdir(folder.root / "out"))
    except FileNotFoundError:
        return []


def struck(folder: Folder, how: str, after: int) -> int:
    """Start a build, and strike when it has made so many files; returns its exit code."""
    build = folder.start("-j3", "-k", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(made(folder)) >= after or build.poll() is not None)
    workers = children(build.pid)
    if how == "worker" and workers:
        os.kill(workers[0], signal.SIGKILL)
    elif how in ("all", "coordinator"):
        for pid in (build.pid, *(workers if how == "all" else ())):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    elif how == "interrupt":
        build.send_signal(signal.SIGINT)
    return int(build.wait())


def check(folder: Folder, seed: int, how: str) -> None:
    dice = random.Random(seed)
    folder("clean")  # where old outputs stand, nothing is queued
    for name in NAMES:
        folder.write(f"in/{name}", f"{name} {seed}\n")
    code = struck(folder, how, dice.randrange(20, 120))
    expected = {"worker": {0, 1}, "coordinator": {-9, 0}, "all": {-9, 0}, "interrupt": {130, 0}}
    assert code in expected[how]
    until(lambda: not survivors(str(folder.root)))
    again = folder("-j3")
    assert again.code == 0, again.both
    assert {name: folder.read(f"out/{name}") for name in made(folder)} == {name: f"{name} {seed}\n" for name in NAMES}
    assert folder("-j3").out == "up to date (150 workstreams)\n"


@pytest.mark.parametrize("how", ["worker", "all"])
def test_who_is_struck_while_jobs_are_queued_costs_no_more_than_what_was_left(folder: Folder, how: str) -> None:
    folder.manifest(MANIFEST)
    check(folder, 1, how)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_so_it_is_at_any_moment(folder: Folder, seed: int) -> None:
    folder.manifest(MANIFEST)
    for how in ("worker", "coordinator", "all", "interrupt"):
        check(folder, seed, how)
