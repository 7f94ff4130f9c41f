"""The program: words in, exit code out. The one place where errors become text and numbers.

No command loads another one's module, or typer, which is for `--help` in narrow terminals.
"""

from __future__ import annotations

import os

from uetbuild import __version__
from uetbuild.cli.argv import parse, settle
from uetbuild.cli.face import Face
from uetbuild.cli.options import REMEMBERED
from uetbuild.errors import ExitCode, UetError
from uetbuild.failpoints import arm
from uetbuild.report.stream import Stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uetbuild.cli.argv import Parsed
    from uetbuild.core.secrets import Secrets
    from uetbuild.front import Differing

_CANNOT_WRITE = ("EACCES", "EDQUOT", "EIO", "ENOSPC", "EPERM", "EROFS")
_DAMAGED = "the installation is damaged, or the disk fails; `UETBUILD_DEBUG=1` shows where"
_LIMITS = {
    "EAGAIN": "`ulimit -u` shows how many processes there may be",
    "EMFILE": "`ulimit -n` shows how many files may be open at once",
    "ENFILE": "too many are open on this machine",
    "ENOMEM": "run fewer at once, with `-j`",
}


def main(words: Sequence[str], differing: Differing | None = None) -> int:
    """Run the program with the words after its name; returns the exit code and raises nothing but SystemExit. `differing`: what the fast
    door found.
    """
    return guarded(Face(Stream(1), Stream(2), os.environ, differing=differing), words)


def guarded(face: Face, words: Sequence[str]) -> int:
    """Run a command line; whatever is raised becomes text and an exit code."""
    face.json = "--json" in (words[: words.index("--")] if "--" in words else words)
    try:
        return _run(face, words)
    except UetError as error:
        _tell(face, error)
        return error.code
    except KeyboardInterrupt:
        face.err.line("interrupted")
        return ExitCode.SIGNAL + 2
    except BrokenPipeError:
        return ExitCode.OK  # the reader went away
    except SystemExit:
        raise
    except BaseException as error:  # a library that is written in Rust may panic, which is no Exception
        shown = _as_uet_error(error)
        _tell(face, shown)
        if face.environ.get("UETBUILD_DEBUG") == "1":
            import traceback  # only when a programmer asks

            face.err.write(face.secrets().masked(traceback.format_exc()))
        return shown.code


def _run(face: Face, words: Sequence[str]) -> int:
    arm(face.environ)
    parsed = parse(words, face.environ)
    options = parsed.options
    face.take(options)
    if options.version:
        face.out.write(f"uetbuild {__version__}\n")
        return ExitCode.OK
    if options.help:
        return _help(face, parsed)
    if options.directory:
        face.differing = None  # it is about another folder
        _change_folder(options.directory)
        options.directory = ""  # done: nobody shall do it twice
    options = settle(parsed, _command(face, parsed))
    if options.command == "build":
        if options.args is None and all(option.name in REMEMBERED for option, _ in parsed.given):
            options.typed = tuple(words)
        from uetbuild.cli.commands import build  # not for who only looks

        return build.run(face)
    from importlib import import_module  # a build needs none

    code: int = import_module(f"uetbuild.cli.commands.{options.command}").run(face)
    return code


def _command(face: Face, parsed: Parsed) -> str:
    """The command that is meant: a first word that is an id is that workstream, unless `-c` says otherwise."""
    word = parsed.maybe_command
    if not word:
        return parsed.command
    try:
        session = face.session()
    except UetError:
        return word  # the command, if it needs the project, says what is wrong with it
    return "" if session.is_id(word) else word


def _help(face: Face, parsed: Parsed) -> int:
    from uetbuild.cli import pages  # few ask

    command = parsed.command or parsed.maybe_command
    if command:
        settle(parsed, command)
    columns = pages.columns_of(face.environ, face.out.width())
    shown = pages.page(command, columns)
    if shown is None:
        from uetbuild.cli.menu import help_of  # typer: 45 ms, and more for a single command

        shown = help_of(command, columns)
    face.out.write(shown)
    return ExitCode.OK


def _change_folder(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError as error:
        raise UetError(f"cannot change to `{folder}`: {(error.strerror or '').lower()}") from error


def _tell(face: Face, error: UetError) -> None:
    """Show an error: as text on stderr, with `--json` as JSON on stdout."""
    from uetbuild.report.faults import as_json, as_text  # only where something is wrong

    _hush(error, face.secrets())
    if face.json:
        face.document(as_json(error))
    else:
        if not face.out.at_start:
            face.out.write("\n")
        face.err.write(as_text(error, face.err.colours))


def _hush(error: UetError, secrets: Secrets) -> None:
    """Take secrets out of an error about to be shown: a command may have said one, a line of the manifest may hold one."""
    for one in (error, *getattr(error, "errors", ())):
        one.message, one.hint = secrets.masked(one.message), secrets.masked(one.hint)
        for location in (one.location, *[place for _, place in one.others]):
            if location is not None:
                location.source = secrets.masked(location.source)


def _as_uet_error(error: BaseException) -> UetError:
    """What nobody expected: a disk that cannot be written and a limit of the system are the user's matter, all else is ours."""
    import errno  # only here

    code = errno.errorcode.get(error.errno or 0, "") if isinstance(error, OSError) else ""
    if isinstance(error, OSError) and code in _CANNOT_WRITE:
        what = f" `{os.fsdecode(error.filename)}`" if isinstance(error.filename, str | bytes) else ""
        return UetError(f"cannot read or write{what}: {(error.strerror or '').lower()}")
    if isinstance(error, OSError) and code in _LIMITS:
        return UetError(f"the system refuses to go on: {(error.strerror or '').lower()}", hint=_LIMITS[code])
    text = str(error).strip().partition("\n")[0]
    if isinstance(error, ImportError):  # some modules are loaded only when they are needed
        return UetError(f"cannot load `{error.name or 'a module'}`: {text}", hint=_DAMAGED, code=ExitCode.INTERNAL)
    if not isinstance(error, Exception):  # pydantic, where a module that it needs cannot be read
        return UetError(f"a library gave up: {text}", hint=_DAMAGED, code=ExitCode.INTERNAL)
    name = type(error).__name__
    hint = "this is a fault of uetbuild; `UETBUILD_DEBUG=1` shows where"
    return UetError(f"internal error: {name}{': ' + text if text else ''}", hint=hint, code=ExitCode.INTERNAL)
