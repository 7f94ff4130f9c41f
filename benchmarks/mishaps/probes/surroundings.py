"""Where a build runs: the environment that it inherits, and what lies around in the project."""

from __future__ import annotations

import os

from benchmarks.mishaps.case import Case
from benchmarks.mishaps.rules import Rule

from .kills import held, working
from .probe import probe
from .stages import COPY


@probe("the locale is C, and a name is not ASCII", "Such a file is built as in any other locale.")
def plain_locale(case: Case) -> None:
    case.environ |= {"LANG": "C", "LC_ALL": "C"}
    case.project(Rule("copy", "cat in-ü > out-ü", ("out-ü",), ("in-ü",)))
    case.write("in-ü", "A\n")
    case.builds()
    case.holds("out-ü", "A\n")
    case.rests()


@probe("TMPDIR names a folder that is not there", "A build needs no folder for its own convenience: it goes on.")
def no_tmpdir(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds(TMPDIR=str(case.path("../nowhere")))
    case.holds("out", "A\n")


@probe("HOME is not set", "A build needs nobody's home: it goes on.")
def no_home(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.prepare()
    said = case.shell('exec env -u HOME "$@"')
    case.expect(not said.code, f"the build fails: {said.last}")
    case.holds("out", "A\n")


@probe("the caller ignores SIGCHLD", "A recipe that fails is still seen to fail, and one that succeeds to succeed.")
def ignored_sigchld(case: Case) -> None:
    case.project(Rule("copy", "cat in > out; test -e ../well", ("out",), ("in",)))
    case.write("in", "A\n")
    said = case.shell('exec env --ignore-signal=CHLD "$@"')
    case.expect(said.code, "says that all went well (exit 0)")
    case.flag("well")
    said = case.shell('exec env --ignore-signal=CHLD "$@"')
    case.expect(not said.code, f"the build fails: {said.last}")
    case.holds("out", "A\n")


@probe("the tool is stopped with Ctrl-Z and goes on later", "The build goes on where it was and succeeds.")
def suspended(case: Case) -> None:
    working(case, "A\n")
    build = held(case)
    build.suspend()
    case.flag("go")
    case.settles(build)
    build.resume()
    case.expect(not build.ended(case.patience).code, "the build fails")
    case.holds("out", "A\n")
    case.rests()


@probe("few files may be open at once", "A build of twenty files does not need hundreds of them.")
def few_descriptors(case: Case) -> None:
    names = [f"{number:02}" for number in range(20)]
    case.project(*(Rule(f"copy{name}", f"cat in{name} > out{name}", (f"out{name}",), (f"in{name}",)) for name in names))
    for name in names:
        case.write(f"in{name}", name)
    case.prepare()
    said = case.shell('ulimit -n 40; exec "$@"')
    case.expect(not said.code, f"the build fails: {said.last}")
    for name in names:
        case.holds(f"out{name}", name)


@probe("a pipe without a writer lies in the folder of a glob", "It is no file: the build neither waits for it nor fails.")
def pipe_in_glob(case: Case) -> None:
    case.project(Rule("gather", "cat src/*.txt > out", ("out",), globs=("src/*",)))
    case.write("src/a.txt", "A\n")
    os.mkfifo(case.path("src/pipe"))
    case.builds()
    case.holds("out", "A\n")
    case.rests()


@probe("a folder stands where an output belongs", "The build fails, and nothing in the folder is lost.")
def folder_at_output(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.write("out/precious", "precious\n")
    case.refuses()
    case.holds("out/precious", "precious\n")


@probe("an input becomes a folder", "The build fails; it does not call the old output good.")
def folder_at_input(case: Case) -> None:
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.remove("in")
    case.write("in/file", "B\n")
    case.refuses()


@probe("the project has files named as modules of a library", "A tool does not run what lies around: the build goes on.")
def shadowing_files(case: Case) -> None:
    case.project(COPY)
    for name in ("json", "random", "signal", "sqlite3", "select"):
        case.write(f"{name}.py", "raise SystemExit('a file of the project was run')\n")
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")


@probe("the project lies in a folder with an odd name", "Spaces, quotes and newlines above the project are nobody's business.")
def odd_folder(case: Case) -> None:
    case.move('../it\'s a\n"folder" $(x)')
    case.project(COPY)
    case.write("in", "A\n")
    case.builds()
    case.holds("out", "A\n")
    case.rests()
