"""`uetbuild completion bash|zsh|fish`: print the script that makes a shell complete targets, options and runs."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.cli.shellscripts import SCRIPTS
from uetbuild.errors import ExitCode, UetError


def run(face: Face) -> int:
    """Print it, the same with and without `--json`."""
    (shell,) = face.options.targets
    if shell not in SCRIPTS:
        raise UetError(f"there is no completion for `{shell}`", hint="there is one for `bash`, `zsh` and `fish`")
    face.out.write(SCRIPTS[shell])
    return ExitCode.OK
