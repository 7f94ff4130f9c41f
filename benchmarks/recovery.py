"""How long recovery takes: `python -m benchmarks.recovery [NODES]`.

A project of so many workstreams (1,000) is built until half of them are done and as many run as there is room for; then the build is
stopped and killed with all its workers at once, so that nobody of it can tidy up. What follows is timed: `recover --list`, `recover`,
and, after a second crash of the same kind, `resume` until the first recipe of the rest starts. Linux only: processes are found in `/proc`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = (sys.executable, "-m", "uetbuild")
AT_ONCE = 50  # recipes that run, each with a half-written output, when the build is killed
MANIFEST = """version: 1
workstreams:
  work:
    matrix: {{n: [{numbers}]}}
    inputs: [in]
    outputs: ["out/{{{{ matrix.n }}}}"]
    run: |
      echo half > {{{{ outputs }}}}
      if [ {{{{ matrix.n }}}} -ge {half} ] && [ ! -e go ]; then while :; do sleep 1000; done; fi
      echo whole > {{{{ outputs }}}}
"""


class Project:
    """A project in a folder of its own, and what is done to it."""

    def __init__(self, folder: Path, nodes: int) -> None:
        self.folder = folder
        self.nodes = nodes
        self.half = nodes // 2
        (folder / "in").write_text("1")
        width = len(str(nodes))
        numbers = ", ".join(f'"{number:0{width}}"' for number in range(nodes))
        (folder / "Uetfile.yaml").write_text(MANIFEST.format(numbers=numbers, half=self.half))

    def crash(self) -> None:
        """Build until half is done and the others hang, and kill everybody at once; the recipes live on."""
        build = subprocess.Popen([*PROGRAM, "-q", f"-j{AT_ONCE}"], cwd=self.folder, stdout=subprocess.DEVNULL)
        while (
            len(self._made("whole")) < self.half or len(self._made("half")) < AT_ONCE
        ):  # they start in the order in which they are declared
            if build.poll() is not None:
                raise SystemExit(f"the build ended by itself, with exit code {build.returncode}")
            time.sleep(0.5)
        everyone = [build.pid, *_children(build.pid)]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in everyone:
                os.kill(pid, number)
        build.wait()

    def timed(self, *words: str) -> str:
        """How long a command takes, by the clock and of the processor: the two are one where nothing else runs."""
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*PROGRAM, *words], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return f"{time.perf_counter() - began:.2f} s ({used:.2f} s of the processor)"

    def timed_resume(self) -> float:
        """Seconds from the start of `resume` to that of its first recipe; then its end is awaited."""
        (self.folder / "go").touch()
        began = time.time()
        said = subprocess.run([*PROGRAM, "resume", "--json"], cwd=self.folder, capture_output=True, text=True, check=True)
        (self.folder / "go").unlink()
        events = [json.loads(line) for line in said.stdout.splitlines()]
        if sum(event["event"] == "node_started" for event in events) != self.nodes - self.half or len(self._made("whole")) != self.nodes:
            raise SystemExit("resume did not do what was left, and only that")
        return float(next(event["time"] for event in events if event["event"] == "node_started")) - began

    def again(self) -> None:
        """As if nothing had ever been built."""
        for name in ("out", ".uet"):
            shutil.rmtree(self.folder / name)

    def survivors(self) -> int:
        """How many recipes live on."""
        return sum(_folder(name) == str(self.folder) for name in os.listdir("/proc") if name.isdigit())

    def _made(self, content: str) -> list[Path]:
        out = self.folder / "out"
        return [file for file in out.iterdir() if file.read_text().strip() == content] if out.exists() else []


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _folder(pid: str) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def main(words: list[str]) -> None:
    """Measure, and print a line for each figure."""
    nodes = int(words[0]) if words else 1000
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder).resolve(), nodes)
        project.crash()
        print(f"{nodes:,} workstreams, {project.half:,} done, {AT_ONCE} half-written, {project.survivors()} processes left behind")
        print(f"recover --list               {project.timed('recover', '--list')}")
        print(f"recover                      {project.timed('recover')}, {project.survivors()} processes left")
        print(f"runs (for comparison)        {project.timed('runs')}")
        project.again()
        project.crash()
        print(f"resume, to its first recipe  {project.timed_resume():.2f} s, {project.survivors()} processes left")


if __name__ == "__main__":
    main(sys.argv[1:])
