"""Builds that do not come to their end."""

from __future__ import annotations

import os

from benchmarks.mishaps.building import Build
from benchmarks.mishaps.case import Case

from .probe import probe
from .stages import JOB_SH, WORK


def working(case: Case, text: str) -> None:
    """A project whose recipe copies `text`, and can be held half-way."""
    case.project(WORK)
    case.write("job.sh", JOB_SH)
    case.write("in", text)


def held(case: Case) -> Build:
    """A build whose recipe has written half of its output, and waits."""
    case.lower("started")
    case.flag("hold")
    build = case.start()
    case.comes("../started", build)
    return build


def killed_half_way(case: Case) -> None:
    held(case)
    case.kill()
    case.lower("hold")


@probe("all is killed during the first build", "The next build makes whole what was half-written.")
def killed_first_build(case: Case) -> None:
    working(case, "A\n")
    killed_half_way(case)
    case.builds()
    case.holds("out", "A\n")
    case.rests()


@probe("all is killed during a rebuild", "The next build makes whole what was half-written.")
def killed_rebuild(case: Case) -> None:
    working(case, "A\n")
    case.builds()
    case.write("in", "B\n")
    killed_half_way(case)
    case.builds()
    case.holds("out", "B\n")
    case.rests()


@probe("all is killed during a rebuild, and the edit taken back", "The half-written output does not pass for the old one.")
def killed_and_reverted(case: Case) -> None:
    working(case, "A\n")
    case.builds()
    case.write("in", "B\n")
    killed_half_way(case)
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")


@probe("the same, and the old input comes back with its old date", "Neither then does the half-written output pass for the old one.")
def killed_and_restored(case: Case) -> None:
    working(case, "A\n")
    look = case.path("in").stat()
    case.builds()
    case.write("in", "B\n")
    killed_half_way(case)
    case.write("in", "A\n")
    os.utime(case.path("in"), ns=(look.st_atime_ns, look.st_mtime_ns))
    case.builds()
    case.holds("out", "A\n")


@probe("all is killed while a deleted output is made again", "The half-written output is not called up to date.")
def killed_remake(case: Case) -> None:
    working(case, "A\n")
    case.builds()
    case.remove("out")
    killed_half_way(case)
    case.builds()
    case.holds("out", "A\n")


@probe("Ctrl-C during a build", "It ends, leaves nobody, and the next build makes whole what was half-written.")
def interrupted(case: Case) -> None:
    working(case, "A\n")
    build = held(case)
    build.interrupt()
    case.expect(build.ended(case.patience).code, "says that all went well (exit 0)")
    case.nobody_left()
    case.lower("hold")
    case.builds()
    case.holds("out", "A\n")


@probe("SIGTERM for the tool during a build", "It ends, takes its recipes with it, and the next build makes all whole.")
def terminated(case: Case) -> None:
    working(case, "A\n")
    build = held(case)
    build.terminate()
    case.expect(build.ended(case.patience).code, "says that all went well (exit 0)")
    case.nobody_left()
    case.lower("hold")
    case.builds()
    case.holds("out", "A\n")


@probe("`kill -9` for the tool alone", "Its recipes end, too: nobody goes on writing unseen.")
def killed_tool(case: Case) -> None:
    working(case, "A\n")
    held(case).kill()
    case.nobody_left()


@probe("the same, and a new build before the old recipe is done", "The late writer does not spoil what the new build made.")
def late_writer(case: Case) -> None:
    working(case, "A\n")
    held(case).kill()
    case.lower("hold")
    case.write("in", "B\n")
    case.builds()
    case.flag("go")  # whoever still waits from before writes now
    case.nobody_left()
    case.builds()
    case.holds("out", "B\n")
