"""The pre-pass: the words of the command line into `Options`, by the one table, without typer, argparse or re.

Does what no library offers: a default command, options whose value may be left out (`-j`, `--graph`), NAME=VALUE among the targets.
Knows no manifest: whether a word that is a command's name is meant as a workstream is decided by the caller (`Parsed.maybe_command`).
"""

from __future__ import annotations

import os.path

from uetbuild.cli.options import BY_FLAG, COMMANDS, EXCLUDING, OPTIONS, Command, Option, Options
from uetbuild.errors import UetError, not_yet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Given = tuple[Option, str]  # an option that was typed, and the text of its value ("" for a flag)


class Parsed:
    """A command line taken apart. `options` is right for a build; `given` the options typed, in order.

    `command`: said with `-c` ("" = not said). `maybe_command`: the first word that sets no variable, where it is a command's name and
    `-c` says nothing; it is still among `options.targets`, because it may be a workstream.
    """

    __slots__ = ("command", "given", "maybe_command", "options")

    def __init__(self, options: Options, given: list[Given], command: str, maybe_command: str) -> None:
        self.options = options
        self.given = given
        self.command = command
        self.maybe_command = maybe_command


def parse(words: Sequence[str], environ: Mapping[str, str] | None = None) -> Parsed:
    """Take apart the words after the program's name. UetError for what no command line may hold."""
    given, plain, args = scan(words)
    options = Options()
    options.args = args
    for option, text in given:
        apply(options, option, text)
    from_environment(options, given, environ or {})
    sort_words(options, plain)
    _refuse_pairs(options)
    command = ""
    if any(option.name == "command" for option, _ in given):
        command = options.command
        if command not in COMMANDS:
            raise _unknown("command", command, [name for name in COMMANDS if not COMMANDS[name].later])
    first = options.targets[0] if options.targets and not command else ""
    return Parsed(options, given, command, first if first in COMMANDS else "")


def settle(parsed: Parsed, command: str) -> Options:
    """The options with the command decided: `build` with all words as targets, or a command whose name leaves the targets.

    UetError where the command is not built yet, or takes no such option or number of words.
    """
    options = parsed.options
    if command == parsed.maybe_command and command:
        options.targets.remove(command)  # the first of that name is the one
        parsed.maybe_command = ""
    options.command = command or "build"
    entry = COMMANDS[options.command]
    if entry.later:
        raise not_yet(f"`uetbuild {entry.name}`")
    for option, _ in parsed.given:
        if option.commands and entry.name not in option.commands:
            where = " and ".join(f"`uetbuild {name}`" for name in option.commands)
            raise UetError(f"`uetbuild {entry.name}` has no option `{option.shown}`", hint=f"it belongs to {where}")
        if option.later:
            raise not_yet(f"`{option.shown}`")
    if not options.help:
        _count_words(entry, options)
    return options


def from_environment(options: Options, given: Iterable[Given], environ: Mapping[str, str]) -> None:
    """Take from the environment what has a variable there and was not typed."""
    typed = {option.name for option, _ in given}
    for option in OPTIONS:
        if option.env and option.name not in typed and environ.get(option.env):
            apply(options, option, environ[option.env])


def apply(options: Options, option: Option, text: str) -> None:
    """Set what one option says. UetError where its value is none that it takes."""
    if option.later:
        return  # `settle` answers, when it is known whether the command has it
    if option.kind == Option.FLAG:
        setattr(options, option.name, True)
    elif option.number:
        setattr(options, option.name, _count(option, text))
    elif option.choices and text not in option.choices:
        raise _unknown(f"value of `{option.shown}`", text, option.choices)
    elif option.name == "directory":
        options.directory = os.path.join(options.directory, text)  # as make: a second one is seen from the first
    else:
        setattr(options, option.name, text)


def sort_words(options: Options, words: Iterable[str]) -> None:
    """Put positional words where they belong: NAME=VALUE to the assignments, the rest to the targets."""
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name.isascii() and name.isidentifier():
            options.assignments.append((name, value))
        else:
            options.targets.append(word)


# --- words ---------------------------------------------------------------------------------------------------------------------


def scan(words: Sequence[str]) -> tuple[list[Given], list[str], list[str] | None]:
    """Options, positional words, and the words after `--` (None: there is no `--`)."""
    given: list[Given] = []
    plain: list[str] = []
    i = 0
    while i < len(words):
        word = words[i]
        i += 1
        if word == "--":
            return given, plain, list(words[i:])
        if word.startswith("--"):
            i = _long(word, words, i, given)
        elif word.startswith("-") and word != "-":
            i = _cluster(word, words, i, given)
        else:
            plain.append(word)
    return given, plain, None


def _long(word: str, words: Sequence[str], i: int, given: list[Given]) -> int:
    """`--name`, `--name=value` or `--name value`; returns the index of the next word to look at."""
    flag, equals, text = word.partition("=")
    option = BY_FLAG.get(flag)
    if option is None:
        raise _unknown("option", flag, [known for known in BY_FLAG if not BY_FLAG[known].later])
    if not equals:
        return _value(option, flag, words, i, given)
    if option.kind == Option.FLAG:
        raise UetError(f"option `{flag}` takes no value")
    given.append((option, text))
    return i


def _cluster(word: str, words: Sequence[str], i: int, given: list[Given]) -> int:
    """`-k`, `-kj4`, `-j4`, `-j 4`, `-Cdir`; returns the index of the next word to look at."""
    for place in range(1, len(word)):
        flag = "-" + word[place]
        option = BY_FLAG.get(flag)
        if option is None:
            raise _unknown("option", flag if len(word) == 2 else word, [known for known in BY_FLAG if not BY_FLAG[known].later])
        rest = word[place + 1 :]
        if option.kind == Option.FLAG:
            given.append((option, ""))
        elif rest:
            given.append((option, rest.removeprefix("=")))
            return i
        else:
            return _value(option, flag, words, i, given)
    return i


def _value(option: Option, flag: str, words: Sequence[str], i: int, given: list[Given]) -> int:
    """Take the value of an option that has none attached from the next word, if it wants one."""
    if option.kind == Option.FLAG:
        given.append((option, ""))
    elif option.kind == Option.OPTIONAL and not (i < len(words) and option.takes(words[i])):
        given.append((option, option.bare))
    elif i < len(words) and words[i] != "--":
        given.append((option, words[i]))
        return i + 1
    else:
        raise UetError(f"option `{flag}` needs a value", hint=f"write `{flag} {option.metavar}`")
    return i


def _count(option: Option, text: str) -> int:
    if text == "auto":
        return 0
    if not option.takes(text) or len(text) > 6 or int(text) < 1:
        raise UetError(f"`{option.shown}` takes a number from 1 or `auto`, not `{text}`")
    return int(text)


# --- what is refused -----------------------------------------------------------------------------------------------------------


def _refuse_pairs(options: Options) -> None:
    for one, other in EXCLUDING:
        if getattr(options, one) and getattr(options, other):
            shown = {option.name: option.shown for option in OPTIONS}
            raise UetError(f"`{shown[one]}` and `{shown[other]}` exclude each other")


def _count_words(entry: Command, options: Options) -> None:
    words = options.targets
    if len(words) < entry.least:
        raise UetError(f"`uetbuild {entry.name}` needs {entry.words}", hint=f"write `uetbuild {entry.name} {entry.words}`")
    if 0 <= entry.most < len(words):
        raise UetError(f"`uetbuild {entry.name}` takes no word `{words[entry.most]}`")
    if options.args is not None and entry.name not in ("build", "plan"):
        raise UetError(f"`uetbuild {entry.name}` takes no words after `--`")


def _unknown(what: str, word: str, known: Iterable[str]) -> UetError:
    # Only on the way to an error: difflib imports re and collections.
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1)
    return UetError(f"unknown {what} `{word}`", hint=f"did you mean `{near[0]}`?" if near else "`uetbuild --help` lists what there is")
