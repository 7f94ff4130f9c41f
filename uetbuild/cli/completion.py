"""What a shell asks while somebody types: how a word may go on. Runs nothing from the manifest, writes nothing, never complains.

On the way of every Tab, so it does without typer, and without pydantic while the compiled manifest holds. The answer: a line `words`,
`files` or `folders` (these are for the shell to find), then a candidate a line, after a tab what it is.
"""

from __future__ import annotations

import os

from uetbuild.cli.argv import scan
from uetbuild.cli.options import BY_FLAG, COMMANDS, OPTIONS, Option
from uetbuild.cli.typed import in_place, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from uetbuild.cli.reachable import Reachable

Candidate = tuple[str, str]  # what may stand there, and what it is
Answer = tuple[str, "list[Candidate]"]

WORDS, FILES, FOLDERS = "words", "files", "folders"
MOST = 1000  # candidates; more help nobody
_CURSOR = "\0"  # no word that somebody types


def main(words: Sequence[str]) -> int:
    """Answer `__complete bash LINE REPLACED`, `__complete zsh|fish WORD...` (the last is the one under the cursor)."""
    try:
        text = _told(words[1], words[2:])
    except Exception:
        if os.environ.get("UETBUILD_DEBUG") == "1":
            raise
        return 0  # a Tab without an answer does nothing
    os.write(1, os.fsencode(text))
    return 0


def answer(before: Sequence[str], current: str) -> Answer:
    """How the word `current` may go on behind the words `before` (those after the program's name). Raises UetError."""
    flag, equals, _ = current.partition("=")
    if equals and flag.startswith("--"):
        option = BY_FLAG.get(flag)
        kind, found = _values(option) if option is not None else (WORDS, [])
        return kind, _going_on(((f"{flag}={value}", about) for value, about in found), current)
    given, plain, args = scan([*before, _CURSOR])
    if args is not None:
        return FILES, []
    pending = next((option for option, text in given if text == _CURSOR), None)
    if pending is not None:
        kind, found = _values(pending)
        return kind, _going_on(found, current)
    said = next((text for option, text in given if option.name == "command"), "")
    typed = plain[:-1]
    command = said or (typed[0] if typed and typed[0] in COMMANDS else "")
    if current.startswith("-"):
        return WORDS, _going_on(_options(command or "build"), current)
    if command and not said:
        typed = typed[1:]
    kind, found = _positional(command, len(typed), current, before)
    last = BY_FLAG.get(before[-1]) if before else None
    if last is not None and last.kind == Option.OPTIONAL:
        found = [*_values(last)[1], *found]
    return kind, _going_on(found, current)


def _told(shell: str, rest: Sequence[str]) -> str:
    if shell == "bash":
        line, replaced = rest
        words, start, _ = words_of(line)
        kind, found = answer(words[1:-1], words[-1])
        placed = [(in_place(line[start:], replaced, value), "") for value, _ in found]
        found = [(value, about) for value, about in placed if value is not None]
    elif shell not in ("zsh", "fish"):
        return ""
    else:
        current = words_of(rest[-1])[0][-1] if shell == "fish" else rest[-1]
        kind, found = answer(rest[:-1], current)
    return "".join(f"{line}\n" for line in [kind, *(f"{value}\t{about}" if about else value for value, about in found)])


def _going_on(found: Iterable[Candidate], current: str) -> list[Candidate]:
    shown = [(value, about) for value, about in found if value.startswith(current) and value.isprintable()]
    return shown[:MOST]


def _options(command: str) -> list[Candidate]:
    takes = [option for option in OPTIONS if not option.later and (not option.commands or command in option.commands)]
    return [(flag, option.help) for option in takes for flag in sorted(option.flags, reverse=True)]


def _commands() -> list[Candidate]:
    return [(command.name, command.help) for command in COMMANDS.values() if not command.later]


def _values(option: Option) -> Answer:
    """The values of an option; a file or folder is for the shell to find."""
    if option.kind == Option.FLAG:
        return WORDS, []
    if option.metavar in ("FILE", "DIR"):
        return (FILES if option.metavar == "FILE" else FOLDERS), []
    if option.name == "command":
        return WORDS, _commands()
    return WORDS, [(choice, "") for choice in (("auto",) if option.number else option.choices)]


def _positional(command: str, place: int, current: str, before: Sequence[str]) -> Answer:
    """What may stand as word number `place` of a command ("" = none was said), by the words that the table shows for it."""
    shown = COMMANDS[command or "build"].words.split() if (command or "build") in COMMANDS else []
    if not shown:
        return WORDS, []
    place = min(place, len(shown) - 1)
    kinds = {shown[place].strip("[]")}
    if place == 0 and shown[0].startswith("["):
        kinds |= {word.strip("[]") for word in shown[1:2]}  # the first may be left out
    around = _around(before)
    found: list[Candidate] = [] if command else _commands()
    for kind in sorted(kinds):
        if kind == "RUN":
            found += around.runs()
        elif kind == "GATE":
            found += around.gates()
        elif kind in ("TARGET", "ID"):
            found = [*around.ids(current), *found]
        else:
            found += [(word, "") for word in kind.split("|")]
    if "TARGET" in kinds and not any(value.startswith(current) for value, _ in found):
        return FILES, []  # a target may be a path
    return WORDS, found


def _around(before: Sequence[str]) -> Reachable:
    from uetbuild.cli.reachable import Reachable  # not for options

    return Reachable(before)
