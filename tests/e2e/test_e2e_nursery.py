"""The program that comes from the nursery is one that was started the long way, but for the time that takes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from nursery import Program, nurseries, ran
from transcript import Folder
from watching import children, until

HELD = """
workstreams:
  work: {outputs: [out], run: "env | sort > seen; touch started; while [ -e hold ]; do sleep 0.02; done; touch out"}
"""
WAYS = pytest.mark.parametrize("cold", [False, True], ids=["nursery", "cold"])


def looked_at(pid: int) -> dict[str, object]:
    """What the system says about a process and those that it started, without what differs from one to the next."""
    place = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines() if ":\t" in line)
    open_files = {os.readlink(fd).partition(":[")[0] for fd in (place / "fd").iterdir()}
    return {
        **{name: status[name] for name in ("Name", "Umask", "PPid", "Uid", "Groups", "SigBlk", "SigIgn", "SigCgt", "Threads", "Seccomp")},
        "environ": sorted((place / "environ").read_bytes().rstrip(b"\0").split(b"\0")),
        "cwd": os.readlink(place / "cwd"),
        "root": os.readlink(place / "root"),
        "open": sorted(open_files),
        "group": os.getpgid(pid) == os.getpgrp(),
        "session": os.getsid(pid) == os.getsid(0),
        "limits": (place / "limits").read_text(),
        "children": len(children(pid)),
    }


def plain(folder: Folder, text: str) -> str:
    return re.sub(r"/\.\d+-", "/.[PID]-", folder.plain(text))


def looked_at_both(folder: Folder, build: Program) -> dict[str, str]:
    """The same of a build and its first worker, as soon as neither changes any more."""
    looks: list[dict[str, str]] = []
    while len(looks) < 4 or looks[-4:] != looks[-1:] * 4:
        time.sleep(0.05)
        found = looked_at(build.pid)
        for worker in children(build.pid)[:1]:
            found |= {f"worker {name}": value for name, value in looked_at(worker).items() if name != "PPid"}
        looks.append({name: plain(folder, str(value)) for name, value in found.items()})
    return looks[-1]


def test_the_system_sees_no_difference_between_the_two(folder: Folder) -> None:
    folder.manifest(HELD)
    seen: list[dict[str, str]] = []
    for cold in (True, False, False):
        folder.write("hold", "")
        for made in ("started", "out"):
            (folder.root / made).unlink(missing_ok=True)
        build = Program(["work"], cold=cold, cwd=folder.root, env=folder.environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until(lambda: folder.exists("started"))
        found = looked_at_both(folder, build)
        (folder.root / "hold").unlink()
        assert build.wait() == 0
        seen.append(found | {"recipe": plain(folder, folder.read("seen"))})
    assert seen[0] == seen[1] == seen[2]


@WAYS
def test_its_parent_is_who_started_it_and_learns_how_it_ended(folder: Folder, cold: bool) -> None:
    folder.manifest(HELD)
    folder.write("hold", "")
    build = Program(["work"], cold=cold, cwd=folder.root, env=folder.environ, start_new_session=True)
    until(lambda: folder.exists("started"))
    assert os.getsid(build.pid) == build.pid
    build.send_signal(signal.SIGKILL)
    assert build.wait() == -signal.SIGKILL
    (folder.root / "hold").unlink()
    assert ran("nonsense", cold=cold, cwd=folder.root, env=folder.environ).returncode == 2


def test_where_the_nursery_was_ended_another_takes_its_place(folder: Folder) -> None:
    """Workers that run jobs in the process of a test end all children that it has."""
    pids = []
    for _ in range(2):
        assert ran("nonsense", cwd=folder.root, env=folder.environ).returncode == 2
        pids.append(nurseries[0].pid)
        os.kill(pids[-1], signal.SIGKILL)
        until(lambda: not nurseries[0].lives())
    assert pids[0] != pids[1]


@WAYS
def test_what_it_cannot_be_given_is_an_error(folder: Folder, cold: bool) -> None:
    with pytest.raises(FileNotFoundError):
        ran(cold=cold, cwd=folder.root / "nowhere", env=folder.environ)


def test_what_is_unusual_about_who_starts_it_is_handed_down(folder: Folder) -> None:
    folder.manifest(HELD)
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    folder.write("hold", "")
    try:
        build = Program(["work"], cwd=folder.root, env=folder.environ)
        until(lambda: folder.exists("started"))
        assert int(str(looked_at(build.pid)["SigIgn"]), 16) & 1 << signal.SIGUSR1 - 1
    finally:
        signal.signal(signal.SIGUSR1, before)
    (folder.root / "hold").unlink()
    assert build.wait() == 0
