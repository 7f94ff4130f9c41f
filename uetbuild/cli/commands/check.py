"""`uetbuild check`: validate the manifest. What is wrong with it is raised while it is opened."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.core.nodes import Node
from uetbuild.errors import ExitCode
from uetbuild.report.amounts import counted


def run(face: Face) -> int:
    """Say that it is valid."""
    session = face.session()
    face.warn(*session.project.warnings)
    total = sum(node.kind == Node.WORKSTREAM for node in session.graph.nodes)
    if face.json:
        warnings = list(session.project.warnings)
        face.document({"schema": "uetbuild.check/1", "valid": True, "workstreams": total, "warnings": warnings})
    elif not face.options.quiet:
        face.say(f"the manifest is valid ({counted(total, 'workstream')})\n")
    return ExitCode.OK
