"""`uetbuild init`: write a starter manifest for what lies in the folder. Never replaces a file."""

from __future__ import annotations

import os

from uetbuild.cli.face import Face
from uetbuild.cli.options import COMMANDS
from uetbuild.errors import ExitCode, UetError
from uetbuild.manifest.discover import NAME, misspelt
from uetbuild.manifest.ground import Ground
from uetbuild.manifest.starter import starter
from uetbuild.state import atomic

_SPOKEN = {"python": "Python", "node": "package.json", "c": "C", "make": "a Makefile"}


def run(face: Face) -> int:
    """Write `Uetfile.yaml`, or the file of `-f`."""
    name = face.options.file or NAME
    path = os.path.abspath(name)
    if os.path.lexists(path):
        raise _refusal(name)
    hint = "" if face.options.file else misspelt(os.getcwd())
    if hint:
        raise UetError(f"what lies here was probably meant as the `{NAME}`", hint=hint)
    text, kinds = starter(Ground(os.path.dirname(path), face.environ), COMMANDS)
    try:
        atomic.create(path, text.encode())
    except FileExistsError:
        raise _refusal(name) from None
    if face.json:
        face.document({"schema": "uetbuild.init/1", "manifest": name, "kinds": kinds})
    elif not face.options.quiet:
        found = ", ".join([_SPOKEN[kind] for kind in kinds]) or "nothing that is known"
        face.say(f"wrote `{name}` (found: {found})\nbuild with `uetbuild{f' -f {name}' if face.options.file else ''}`\n")
    return ExitCode.OK


def _refusal(name: str) -> UetError:
    return UetError(f"`{name}` is already there", hint="`uetbuild check` says whether it is valid; move it away to start anew")
