"""`uetbuild check`: validate the manifest. What is wrong with it is raised while it is opened."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.cli.undeclared import undeclared
from uetbuild.core.nodes import Node
from uetbuild.errors import ExitCode
from uetbuild.report.amounts import counted


def run(face: Face) -> int:
    """Say that it is valid, and what may be wrong nevertheless."""
    session = face.session()
    warnings = [*session.project.warnings, *undeclared(session.graph, session.root)]
    face.warn(*warnings)
    total = sum(node.kind == Node.WORKSTREAM for node in session.graph.nodes)
    if face.json:
        face.document({"schema": "uetbuild.check/1", "valid": True, "workstreams": total, "warnings": warnings})
    elif not face.options.quiet:
        face.say(f"the manifest is valid ({counted(total, 'workstream')})\n")
    return ExitCode.OK
