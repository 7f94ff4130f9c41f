"""`--help`, made by typer from the table in `options`. Never on the way of a command: typer alone would take longer than most of them.

`python -m uetbuild.cli.menu` prints all of it for the usual widths into the files that `cli/pages.py` shows, with `--check` it only says
whether they are up to date.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from uetbuild.cli.options import COMMANDS, OPTIONS, Command, Option
from uetbuild.cli.pages import MARK, WIDTHS, path_of
from uetbuild.manifest.generated import generate

ABOUT = "Build what is out of date: commands, Python and agents, correct by content."
USAGE = "[TARGET]... [NAME=VALUE]... [-- ARGS]..."
EPILOG = (
    "Exit codes: 0 ok, 1 a workstream failed (status: something is stale), 2 usage or manifest error, 3 a blocking gate failed, "
    "4 stopped by a budget, 5 merge conflict, 6 waits for a person, 7 another build holds the lock, 8 internal error, 128+N signal N."
)


def help_of(command: str, columns: int) -> str:
    """The help of a command, or of all of them (""), for a terminal of so many columns."""
    return _printed(_program(), command, columns)


def pages(columns: int) -> str:
    """The help of everything, as `cli/pages.py` reads it."""
    program = _program()
    return "".join([f"{MARK}{name}\n{_printed(program, name, columns)}" for name in ["", *program.commands]])


def _program() -> TyperGroup:
    made = typer.main.get_command(make_app())
    assert isinstance(made, TyperGroup)
    return made


def _printed(program: TyperGroup, command: str, columns: int) -> str:
    width = max(min(columns, max(WIDTHS)) - 2, 50)
    whole = program.make_context("uetbuild", [], resilient_parsing=True, terminal_width=width)
    if not command:
        return whole.get_help() + "\n"
    entry = program.commands[command]
    return entry.make_context(command, [], parent=whole, resilient_parsing=True, terminal_width=width).get_help() + "\n"


def make_app() -> typer.Typer:
    """All commands that are there; those of later issues are not shown."""
    app = typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        subcommand_metavar=USAGE,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True, help=ABOUT, epilog=EPILOG)(_root())
    for command in COMMANDS.values():
        if not command.later:
            app.command(command.name, cls=_shown_as(command), help=command.help)(_callback(command))
    return app


def _shown_as(command: Command) -> type[TyperCommand]:
    """A class of command whose usage line is ours: typer would show one bag of words."""
    words = {"build": USAGE, "plan": USAGE}.get(command.name, command.words)
    if command.most < 0 and words is command.words:
        words = f"{words}..." if command.least else f"[{words}]..."
    elif command.most == 1:
        words = f"[{words}]"

    class Shown(TyperCommand):
        def collect_usage_pieces(self, ctx: Any) -> list[str]:
            return ["[OPTIONS]", words] if words else ["[OPTIONS]"]

    return Shown


def _root() -> Callable[..., None]:
    """The part without a command; it only shows in the help: what takes effect is the `build` command."""

    def root(**values: Any) -> None:
        pass

    build = COMMANDS["build"]
    _sign(root, [_parameter(option) for option in OPTIONS if _belongs(option, build) or option.name == "version"])
    return root


def _callback(command: Command) -> Callable[..., None]:
    """What stands for a command: its signature is what the help is made from."""

    def call(**values: Any) -> None:
        pass

    words = typer.Argument(show_default=False, hidden=True)
    taken = inspect.Parameter("words", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, words])
    _sign(call, [taken] + [_parameter(option) for option in OPTIONS if _belongs(option, command)])
    return call


def _belongs(option: Option, command: Command) -> bool:
    if option.later or option.name in ("help", "version", "command"):
        return False
    return not option.commands or command.name in option.commands


def _parameter(option: Option) -> inspect.Parameter:
    if option.kind == Option.FLAG:
        info = typer.Option(*option.flags, help=option.help, show_default=False)
        return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, info])
    metavar = f"[{option.metavar}]" if option.kind == Option.OPTIONAL else option.metavar
    info = typer.Option(*option.flags, metavar=metavar, help=option.help, show_default=False)
    return inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, info])


def _sign(function: Callable[..., Any], parameters: list[inspect.Parameter]) -> None:
    """Give a function the signature that typer reads."""
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


if __name__ == "__main__":
    raise SystemExit("\n".join(filter(None, [generate(path_of(width), pages(width)) for width in WIDTHS])) or None)
