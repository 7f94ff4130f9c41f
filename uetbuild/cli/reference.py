"""The tables of commands and options in `docs/reference/cli.md`, made from the table in `options`; what stands around them is prose.

`python -m uetbuild.cli.reference` writes them into the page, with `--check` it only says whether they are up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from uetbuild.cli.options import COMMANDS, OPTIONS, Command, Option
from uetbuild.errors import UetError
from uetbuild.manifest.generated import current, generate

PATH = "docs/reference/cli.md"


def page(text: str) -> str:
    """The page `text` with its tables made anew. Raises UetError where a table's place is not marked in it."""
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: made by `python -m uetbuild.cli.reference` -->\n", f"<!-- end of {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise UetError(f"`{PATH}` has no place for the {name}", hint=f"write `{begin.strip()}` and `{end}` there")
        text = f"{before}{begin}\n{table()}\n{closed}{after}"
    return text


def commands() -> str:
    """The commands that are there."""
    rows = [(f"`{_usage(command)}`", command.help) for command in COMMANDS.values() if not command.later]
    return _table(("command", "does"), rows)


def options() -> str:
    """The options that are there, and the commands that take them."""
    rows = [(_flags(option), _takers(option), _meaning(option)) for option in OPTIONS if not option.later]
    return _table(("option", "of", "meaning"), rows)


def not_yet() -> str:
    """What the contract names and this version does not have."""
    names = [f"`{command.name}`" for command in COMMANDS.values() if command.later]
    flags = [", ".join(f"`{flag}`" for flag in option.flags) for option in OPTIONS if option.later]
    return f"Commands: {', '.join(names)}.\n\nOptions: {', '.join(flags)}.\n"


TABLES: dict[str, Callable[[], str]] = {"commands": commands, "options": options, "not yet": not_yet}


def _usage(command: Command) -> str:
    """`explain ID...`, `show [RUN]`, `logs [RUN] ID`."""
    words = f"{command.words}..." if command.most < 0 else command.words
    return f"{command.name} {words if command.least or not words else f'[{words}]'}".rstrip()


def _flags(option: Option) -> str:
    metavar = f" [{option.metavar}]" if option.kind == Option.OPTIONAL else f" {option.metavar}" if option.metavar else ""
    return ", ".join(f"`{flag}{metavar}`" for flag in option.flags)


def _takers(option: Option) -> str:
    return " ".join(f"`{name}`" for name in option.commands) if option.commands else "all"


def _meaning(option: Option) -> str:
    return f"{option.help} (or the variable `{option.env}`)" if option.env else option.help


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    raise SystemExit(generate(PATH, page(current(PATH))))
