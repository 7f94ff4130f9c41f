"""`uetbuild schema`: the JSON Schema of the manifest, for editors. Needs no project."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.manifest.schema import schema_text


def run(face: Face) -> int:
    """Print it, the same with and without `--json`."""
    face.out.write(schema_text())
    return ExitCode.OK
