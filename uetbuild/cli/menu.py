"""The typer app: commands, signatures and help, all made from the table in `options`. Never on the way of a build.

It sees command lines that `argv.normalised` wrote: the command first, every value spelled out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from uetbuild.cli.argv import apply, from_environment, sort_words
from uetbuild.cli.face import Face
from uetbuild.cli.options import COMMANDS, OPTIONS, Command, Option, Options
from uetbuild.errors import UetError

Run = Callable[[str, Face], int]

ABOUT = "Build what is out of date: commands, Python and agents, correct by content."
USAGE = "[TARGET]... [NAME=VALUE]... [-- ARGS]..."
EPILOG = (
    "Exit codes: 0 ok, 1 a workstream failed (status: something is stale), 2 usage or manifest error, 3 a blocking gate failed, "
    "4 stopped by a budget, 5 merge conflict, 6 waits for a person, 7 another build holds the lock, 8 internal error, 128+N signal N."
)


def run_command(name: str, face: Face) -> int:
    """Run the module of a command."""
    result: int = import_module(f"uetbuild.cli.commands.{name}").run(face)
    return result


def invoke(argv: Sequence[str], face: Face, program: Any = None) -> int:
    """Hand a normalised argv to typer, to `program` where `make_program` made one; returns the exit code. Raises UetError for what typer
    refuses."""
    try:
        result = (program or make_program()).main(list(argv), prog_name="uetbuild", standalone_mode=False, obj=face)
    except Exception as error:
        explain = getattr(error, "format_message", None)  # usage errors of click, or of the copy that newer typers carry
        if explain is None:
            raise
        raise UetError(str(explain()).rstrip(".").lower()) from error
    return int(result or 0)


def make_program(run: Run = run_command) -> Any:
    """The app in the form that can be called."""
    return typer.main.get_command(make_app(run))


def make_app(run: Run = run_command) -> typer.Typer:
    """All commands that are there; those of later issues are not shown."""
    app = typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        subcommand_metavar=USAGE,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback(invoke_without_command=True, help=ABOUT, epilog=EPILOG)(_root())
    for command in COMMANDS.values():
        if not command.later:
            app.command(command.name, cls=_shown_as(command), help=command.help)(_callback(command, run))
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


def _callback(command: Command, run: Run) -> Callable[..., int]:
    mine = [option for option in OPTIONS if _belongs(option, command)]

    def call(**values: Any) -> int:
        face: Face = values["ctx"].obj
        options = Options()
        options.command = command.name
        options.args = face.options.args  # typer cannot tell them from the other words
        given = [(option, values[option.name] or "") for option in mine if values[option.name]]
        for option, text in given:
            apply(options, option, "" if text is True else text)
        from_environment(options, given, face.environ)
        sort_words(options, values.get("words") or ())
        face.take(options)
        return run(command.name, face)

    parameters = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    # Also where a command takes no words: NAME=VALUE may stand everywhere, and too many words were answered before.
    words = typer.Argument(show_default=False, hidden=True)
    parameters.append(
        inspect.Parameter("words", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[list[str] | None, words])
    )
    _sign(call, parameters + [_parameter(option) for option in mine])
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
