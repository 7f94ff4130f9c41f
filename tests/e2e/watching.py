"""Builds as processes: started, watched, killed; and that nobody of them is left."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from transcript import Folder, Said

PATIENCE = 60.0  # seconds until something that must happen counts as not happening


def survivors(mark: str) -> list[int]:
    """Processes that were started by the test whose mark this is."""
    return carrying(f"UETBUILD_TEST_MARK={mark}")


def carrying(variable: str) -> list[int]:
    """Processes, zombies left out, with this `NAME=VALUE` in their environment. All of the machine are looked at, often: so without objects
    for files and paths."""
    found, wanted = [], variable.encode()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if wanted in _content(f"/proc/{name}/environ").split(b"\0"):
                    state = _content(f"/proc/{name}/stat").rpartition(b")")[2].split()[0]
                    found += [int(name)] if state != b"Z" else []
            except OSError:
                continue
    return found


def _content(path: str) -> bytes:
    """Of a file of the system."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, 1 << 20)
    finally:
        os.close(file)


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def whole_lines(path: Path) -> list[str]:
    """The lines of a file to which others may be appending. Of one that crosses from a page to the next a reader may see the beginning alone."""
    try:
        return path.read_text().rpartition("\n")[0].splitlines()
    except FileNotFoundError:
        return []


def ended(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=PATIENCE)
    return Said(process.returncode, out, err)


def running(folder: Folder, *words: str) -> subprocess.Popen[str]:
    """A build of `Uetfile.yaml` that has come as far as to write the file `started`."""
    process = folder.start(*words)
    until(lambda: folder.exists("started") or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    return process


def children(pid: int) -> list[int]:
    """The supervisors of a build, none if it is over."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


SLEEPER = """
workstreams:
  work:
    outputs: [out]
    run: |
      trap 'echo int >> told; exit 9' INT
      trap 'echo term >> told; exit 9' TERM
      echo half > out
      setsid sleep 1000 &
      echo > started
      while true; do sleep 0.2; done
  next: {inputs: [out], outputs: [next], run: cp out next}
"""
HEALED = """
workstreams:
  work:
    outputs: [out]
    run: echo whole > out
  next: {inputs: [out], outputs: [next], run: cp out next}
"""


def heals(folder: Folder) -> None:
    """The next build makes everything, and the one after it nothing."""
    folder.manifest(HEALED)
    assert folder("next -j1").code == 0
    assert folder.read("next") == "whole\n"
    assert folder("next").text == "up to date (2 workstreams)\n"


def family(pids: str) -> list[str]:
    """Processes and all below them."""
    found = pids.split()
    for pid in found:
        try:
            found += Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            continue
    return found


def spoken(pid: str) -> bytes:
    """The command line of a process, empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def recorded(folder: Folder) -> int:
    """How many processes of jobs the state holds; a row is that of the run."""
    with sqlite3.connect(folder.root / ".uet/state.db") as database:
        return int(database.execute("SELECT count(*) FROM processes").fetchone()[0]) - 1
