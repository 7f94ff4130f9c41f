"""What recipes start, and what does not want to end."""

from __future__ import annotations

from benchmarks.mishaps.case import Case
from benchmarks.mishaps.rules import Rule

from .probe import probe


@probe("a recipe leaves a daemon", "When the build is over, nobody is left of it.")
def daemon(case: Case) -> None:
    case.project(Rule("work", "sh ./job.sh", ("out",), ("in", "job.sh")))
    case.write("job.sh", "setsid sleep 1000 < /dev/null > /dev/null 2>&1 &\ncat in > out\n")
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")
    case.nobody_left()


@probe("a recipe leaves a process that holds its output open", "The build is over when the recipe is.")
def held_output(case: Case) -> None:
    case.project(Rule("work", "sh ./job.sh", ("out",), ("in", "job.sh")))
    case.write("job.sh", "sleep 1000 &\ncat in > out\n")
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")


@probe("SIGTERM for the tool, and a recipe that ignores it", "The tool ends all the same, and nobody is left.")
def ignores_term(case: Case) -> None:
    case.project(Rule("deaf", "sh ./deaf.sh", ("out",), ("in", "deaf.sh")))
    case.write("deaf.sh", "trap '' TERM\n: > ../started\nwhile :; do sleep 0.05; done\n")
    case.write("in", "A\n")
    build = case.start()
    case.comes("../started", build)
    build.terminate()
    build.ended(case.patience)
    case.nobody_left()


@probe("Ctrl-C twice, and a recipe that ignores it", "The tool ends all the same, and nobody is left.")
def ignores_interrupt(case: Case) -> None:
    case.project(Rule("deaf", "sh ./deaf.sh", ("out",), ("in", "deaf.sh")))
    case.write("deaf.sh", "trap 'echo >> ../told' INT\n: > ../started\nwhile :; do sleep 0.05; done\n")
    case.write("in", "A\n")
    build = case.start()
    case.comes("../started", build)
    build.interrupt()
    case.comes("../told", build)
    build.interrupt()
    build.ended(case.patience)
    case.nobody_left()
