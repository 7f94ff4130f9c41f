"""The git hook that builds before each commit: where git looks for it, what it says, how it gets there. A hook of somebody else stays."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Mapping, Sequence

from uetbuild.errors import UetError
from uetbuild.executors.ask import AskShell
from uetbuild.state import atomic

NAME = "pre-commit"
MARK = "# Made by `uetbuild hook install`, which also makes it anew; whoever does not want it removes this file.\n"
_SCRIPT = """\
#!/bin/sh
{mark}unset $(git rev-parse --local-env-vars)  # recipes that call git mean the repository in which they are
cd -- {folder} || exit 1
set -- {program}
[ -x "$1" ] || set -- uetbuild
command -v "$1" >/dev/null || {{ echo "error: uetbuild is not on PATH; install it, or commit with --no-verify" >&2; exit 1; }}
exec "$@" {words}
"""


def script(folder: str, program: Sequence[str], words: Sequence[str]) -> str:
    """The hook: in `folder`, relative to the top of the work tree, `program` is run with `words`."""
    return _SCRIPT.format(mark=MARK, folder=shlex.quote(folder), program=shlex.join(program), words=shlex.join(words))


def itself() -> list[str]:
    """How this program is started again: the file that was started, else the interpreter."""
    started = os.path.abspath(sys.argv[0])
    if os.path.basename(started) == "uetbuild" and os.access(started, os.X_OK):
        return [started]
    return [sys.executable, "-m", "uetbuild"]


def place(cwd: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Where git looks for the hook (`core.hooksPath` and linked work trees count), and `cwd` relative to the top of its work tree.

    Raises UetError outside a work tree."""
    shell = AskShell(dict(environ))
    code, top, said = shell.ask(("git", "rev-parse", "--show-toplevel"), cwd, {}, False)
    if code or not top:
        raise UetError("there is no git work tree here", hint=said.partition("\n")[0].removeprefix("fatal: ") or "`git init` makes one")
    # From the top: there a relative core.hooksPath begins.
    code, hooks, said = shell.ask(("git", "rev-parse", "--git-path", "hooks"), top, {}, False)
    if code or not hooks:
        raise UetError("git does not say where its hooks are", hint=said.partition("\n")[0])
    return os.path.join(top, hooks, NAME), os.path.relpath(os.path.realpath(cwd), os.path.realpath(top))


def install(path: str, text: str) -> None:
    """Put the hook there, whole and executable or not at all, instead of one of ours. Raises UetError where another one stands."""
    data = text.encode("utf-8", "surrogateescape")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if _is_ours(path):
            atomic.replace(path, data, 0o777)
        else:
            atomic.create(path, data, 0o777)
    except FileExistsError:
        hint = "add the line `uetbuild` to it, or move it away"
        raise UetError(f"`{path}` is there already, and was not made by uetbuild", hint=hint) from None
    except OSError as error:
        raise UetError(f"cannot write `{path}`: {(error.strerror or '').lower()}") from error


def _is_ours(path: str) -> bool:
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        with open(path, encoding="utf-8", errors="replace") as file:
            return MARK in file.read(4096)
    except OSError:
        return False
