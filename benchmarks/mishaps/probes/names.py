"""Names that files may have. Each is an input and an output; then the input is edited."""

from __future__ import annotations

from collections.abc import Callable
from shlex import quote

from benchmarks.mishaps.case import Case
from benchmarks.mishaps.rules import Rule

from .probe import probe

EXPECTATION = "Such a file is built, rebuilt after an edit, and then up to date."


def copied(name: str) -> Callable[[Case], None]:
    """The probe for a name that the build file writes out."""

    def act(case: Case) -> None:
        source, made = name, _made(name)
        case.project(Rule("copy", f"cat -- {quote(source)} > {quote('./' + made)}", (made,), (source,)))
        _cycle(case, source, made)

    return act


def gathered(name: str) -> Callable[[Case], None]:
    """The probe for a name that a glob finds."""

    def act(case: Case) -> None:
        case.project(Rule("gather", "cat src/* > out", ("out",), globs=("src/*",)))
        _cycle(case, f"src/{name}", "out")

    return act


def _made(name: str) -> str:
    """A name of the same kind and length for an output."""
    return name.replace("in", "ou", 1)


def _cycle(case: Case, source: str, made: str) -> None:
    for text in ("A\n", "B\n"):
        case.write(source, text)
        case.builds()
        case.holds(made, text)
        case.rests()


def _named(act: Callable[[Case], None], name: str) -> Callable[[Case], None]:
    act.__name__ = name
    return act


for _word, _called, _name in (
    ("spaces", "spaces", "in a  file.txt"),
    ("quotes", "quotes", "in'a\"file"),
    ("dollar", "a dollar sign and backticks", "in$HOME`id`"),
    ("dash", "a dash at its beginning", "-in"),
    ("unicode", "letters of the world", "in-ünï-日本-🙂"),
    ("longest", "255 bytes", "in" + "x" * 253),
    ("wildcards", "wildcard characters", "in[a]*?"),
    ("punctuation", "what build files are punctuated with", "in#a%b:c,d~e+f@g!h"),
    ("operators", "what shells are punctuated with", "in;a&b|c(d)<e>=f"),
    ("newline", "a newline", "in\na"),
    ("surrogate", "bytes that are not UTF-8", "in\udcff\udcfe"),
):
    probe(f"a file name with {_called}", EXPECTATION)(_named(copied(_name), f"name_with_{_word}"))
    if _word in ("spaces", "quotes", "dash", "newline", "surrogate"):
        probe(f"a file name with {_called}, found by a glob", EXPECTATION)(_named(gathered(_name), f"found_name_with_{_word}"))
