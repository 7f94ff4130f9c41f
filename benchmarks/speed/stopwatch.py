"""One command, timed from its start to its end as whoever types it waits for it; or its memory, which is another run."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Taken:
    """`seconds` on the clock; seconds of processor time: `own` of the process itself (in steps of the kernel's clock, mostly 10 ms), `cpu`
    with all whom it waited for; exit `code`."""

    seconds: float
    own: float
    cpu: float
    code: int


def timed(words: Sequence[str], root: Path, output: Path) -> Taken:
    """Run a program (found on PATH) in a folder; what it prints goes into the file `output`."""
    opened = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    quiet = os.open(os.devnull, os.O_RDONLY)
    here = os.open(".", os.O_RDONLY)
    os.chdir(root)
    try:
        streams = [(os.POSIX_SPAWN_DUP2, quiet, 0), (os.POSIX_SPAWN_DUP2, opened, 1), (os.POSIX_SPAWN_DUP2, opened, 2)]
        begun = time.perf_counter()
        pid = os.posix_spawnp(words[0], list(words), _environ(), file_actions=streams)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - begun
        own = _own(pid)
        _, status, usage = os.wait4(pid, 0)
    finally:
        os.fchdir(here)
        for each in (opened, quiet, here):
            os.close(each)
    return Taken(seconds, own, usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status))


def _environ() -> dict[str, str]:
    """Where this is set, as images of containers do, tools in Python may not keep what they have compiled; nobody works like that."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _own(pid: int) -> float:
    """Processor time of a process that has ended and is not waited for yet: its children's is counted apart."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def weighed(words: Sequence[str], root: Path, output: Path) -> int:
    """KiB of memory that the biggest process of a command had, of those that were waited for.

    Linux counts what a process was before `exec`, which would be this one, of some 20 MB. So a shell starts the command, which is small,
    and ends before it begins: then the command is ours to wait for.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")
    try:
        line = ["sh", "-c", 'exec 3<&0; { read go <&3; exec "$@" 3<&-; } >"$0" 2>&1 & echo $!', str(output), *words]
        with subprocess.Popen(line, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environ()) as shell:
            assert shell.stdin is not None and shell.stdout is not None
            pid = int(shell.stdout.read())
            shell.wait()
            shell.stdin.write("go\n")
        _, status, usage = os.wait4(pid, 0)
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    if status:
        raise SystemExit(f"{' '.join(words)}: exit {os.waitstatus_to_exitcode(status)} in {root}\n{output.read_text()[-2000:]}")
    return usage.ru_maxrss
