"""Promise 7, the hard cases: floods of output, families that grow while they are ended, a disk that fills while logs are written, a reader that
goes away early from a long build."""

from __future__ import annotations

import os
import subprocess

import pytest
from nursery import PROGRAM
from transcript import Folder
from watching import SLEEPER, children, ended, heals, running, survivors, until

from benchmarks.mishaps.smalldisk import SmallDisk
from benchmarks.mishaps.verdicts import NotApplicable

pytestmark = pytest.mark.usefixtures("marked")

FLOOD = 16 << 20  # bytes that a recipe prints before it is stopped
ALLOWED = 6 << 20  # bytes of memory that this may cost the largest of our processes


def largest(folder: Folder, *words: str) -> tuple[int, int]:
    """Exit code of a build, and the bytes of memory that the largest of its processes had at most."""
    with open(os.devnull, "wb") as nowhere:
        build = subprocess.Popen([*PROGRAM, *words], cwd=folder.root, env=folder.environ, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(build.pid, 0)
    build.returncode = os.waitstatus_to_exitcode(status)
    return build.returncode, usage.ru_maxrss * 1024


@pytest.mark.parametrize(
    ("mode", "floods"),
    [
        ("stream", ["lines"]),
        *[pytest.param(mode, ["lines", "one-line", "masked"], marks=pytest.mark.slow) for mode in ("stream", "group", "failed")],
    ],
)
def test_a_flood_of_output_is_cut_and_nobody_keeps_it_in_memory(folder: Folder, mode: str, floods: list[str]) -> None:
    folder.manifest(f"""
settings: {{output_limit: {FLOOD}}}
workstreams:
  quiet: {{run: "echo said"}}
  lines: {{run: "yes"}}
  one-line: {{run: "tr '\\\\0' x < /dev/zero"}}
  masked: {{env: {{API_TOKEN: secret-1234}}, run: "yes secret-1234"}}
""")
    assert folder("quiet").code == 0, "the manifest is compiled before anything is measured"
    code, usual = largest(folder, "quiet", "--output", mode)
    assert code == 0
    code, most = largest(folder, *floods, "-k", "--output", mode)
    assert code == 1 and most - usual < ALLOWED, f"{most - usual:,} bytes more than for a quiet recipe"
    logs = sorted((folder.root / ".uet/runs").glob("*/logs/*.log"), key=lambda log: log.stat().st_size)
    assert len(logs) == 2 + len(floods) and FLOOD * 0.4 < logs[2].stat().st_size <= logs[-1].stat().st_size <= FLOOD + 1000
    assert not survivors(str(folder.root))


HOPPER = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for generation in range(1000):  # bounded: half a minute
    if os.fork():
        os._exit(0)  # the child is an orphan, in a session of its own
    os.setsid()
    open("hops", "w").write(str(generation))
    time.sleep(0.03)
"""
BREEDER = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(1500):  # bounded: at least twelve seconds
    if not os.fork():
        os.setsid()
        time.sleep(30)
        os._exit(0)
    open("bred", "a").write(".")
    time.sleep(0.008)
"""


@pytest.mark.slow
def test_families_that_grow_while_they_are_ended_are_ended(folder: Folder) -> None:
    folder.write("hop.py", HOPPER)
    folder.write("breed.py", BREEDER)
    folder.manifest("""
workstreams:
  hop: {outputs: [hops], timeout: 400ms, run: "python3 hop.py & sleep 60"}
  breed: {timeout: 400ms, run: "python3 breed.py"}
""")
    said = ended(folder.start("hop", "breed", "-k", "-j2"))
    assert said.code == 1 and said.err.count("timed out") + said.err.count("timeout") >= 2, said.err
    assert not survivors(str(folder.root))
    assert not folder.exists("hops"), "what the recipe made is removed when it fails, and nobody is there to write it again"
    assert len(folder.read("bred")) < 1500, "it was ended before it ended by itself"


@pytest.mark.slow
def test_a_reader_that_leaves_early_stops_no_build_of_hundreds(folder: Folder) -> None:
    numbers = ", ".join(map(str, range(400)))
    folder.manifest(f"""
workstreams:
  many: {{matrix: {{n: [{numbers}]}}, outputs: ["out/{{{{ matrix.n }}}}"], run: "echo line; touch {{{{ outputs }}}}"}}
  last: {{inputs: ["outputs:many"], outputs: [last], run: "cat {{{{ inputs }}}} > last; ls out | wc -l > last; exit ${{LAST:-0}}"}}
""")
    for mode in ("--output stream", "--json", "-v", ""):
        folder.write("Uetfile.yaml", folder.read("Uetfile.yaml") + "#\n")
        assert folder.bash(f"uetbuild last -B {mode} | head -n 1 > first; exit ${{PIPESTATUS[0]}}").code == 0, mode
        assert folder.read("last").strip() == "400" and len(folder.read("first").splitlines()) == 1
        assert folder("clean").code == 0
    said = folder.bash("LAST=3 uetbuild last | head -n 1 > first; exit ${PIPESTATUS[0]}")
    assert said.code == 1, "a failure is a failure, whoever reads of it"


@pytest.mark.slow
def test_a_disk_that_fills_while_logs_are_written_is_told_and_costs_nothing(folder: Folder) -> None:
    try:
        disk = SmallDisk(str(folder.root), 4 << 20, folder.environ)
    except NotApplicable as why:
        pytest.skip(str(why))
    with disk:
        manifest = """version: 1
workstreams:
  first: {outputs: [first], run: "echo 1 > first"}
  loud: {inputs: [first], outputs: [loud], run: "[ -e go ] || head -c 8000000 /dev/zero; echo 1 > loud"}
  other: {inputs: [first], outputs: [other], run: "echo 1 > other"}
"""
        with open(f"{disk.seen}/Uetfile.yaml", "w") as file:
            file.write(manifest)

        def build(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [*disk.prefix, *PROGRAM, *words], env=folder.environ, capture_output=True, text=True, timeout=60, check=False
            )

        said = build("-k", "-j1")
        assert said.returncode in (1, 2) and "Traceback" not in said.stderr
        assert "o space left on device" in said.stderr or "the disk is full" in said.stderr
        assert not os.path.exists(f"{disk.seen}/loud")
        with open(f"{disk.seen}/go", "w"):
            pass
        for log in [os.path.join(place, name) for place, _, names in os.walk(f"{disk.seen}/.uet/runs") for name in names]:
            os.unlink(log)
        said = build()
        assert said.returncode == 0, said.stderr
        assert build().stdout == "up to date (3 workstreams)\n"


@pytest.mark.slow
@pytest.mark.parametrize("order", ["coordinator first", "supervisors first"])
def test_coordinator_and_supervisor_killed_within_one_moment_leave_nobody_in_the_end(folder: Folder, order: str) -> None:
    folder.manifest(SLEEPER)
    build = running(folder, "work")
    everyone = [build.pid, *children(build.pid)]
    for pid in everyone if order == "coordinator first" else reversed(everyone):
        os.kill(pid, 9)
    ended(build)
    heals(folder)
    until(lambda: not survivors(str(folder.root)))
