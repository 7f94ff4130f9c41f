"""`uetbuild hook install [TARGET]...`: a git hook that builds these targets before each commit."""

from __future__ import annotations

import os

from uetbuild.cli.face import Face
from uetbuild.cli.githook import install, itself, place, script
from uetbuild.cli.options import Options
from uetbuild.errors import ExitCode, UetError


def run(face: Face) -> int:
    """Install it. What it shall build is looked up first: a hook that can only fail helps nobody."""
    action, *targets = face.options.targets
    if action != "install":
        raise UetError(f"`uetbuild hook` knows `install`, not `{action}`", hint="write `uetbuild hook install [TARGET]...`")
    session = face.session()
    session.targets(targets)
    path, folder = place(os.getcwd(), face.environ)
    words = ["-c", "build", *_options(face.options), *targets]
    install(path, script(folder, itself(), words))
    if face.json:
        face.document({"schema": "uetbuild.hook/1", "hook": path, "targets": targets})
    elif not face.options.quiet:
        face.say(
            f"wrote `{os.path.relpath(path)}`: before each commit it builds {', '.join(f'`{word}`' for word in targets) or 'the default'}\n"
        )
    return ExitCode.OK


def _options(options: Options) -> list[str]:
    """What says which project is meant, and how."""
    said = [("--file", options.file), ("--profile", options.profile), ("--state", options.state)]
    return [f"{flag}={text}" for flag, text in said if text] + [f"{name}={value}" for name, value in options.assignments]
