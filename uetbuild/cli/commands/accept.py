"""`uetbuild accept ID…`: take what lies there as the result of a workstream, without running it."""

from __future__ import annotations

from uetbuild.cli.face import Face
from uetbuild.errors import ExitCode
from uetbuild.report.escapes import safe_name
from uetbuild.report.lines import Lines


def run(face: Face) -> int:
    """Stamp the named nodes; of a group, its members."""
    session = face.session()
    nodes = session.graph.nodes
    named = [nodes[i] for i in session.targets(face.options.targets)]
    ids = [node.id for node in named]
    session.accept(ids, not face.options.no_wait, Lines(face.out, face.err, json=face.json, quiet=face.options.quiet))
    if face.json:
        face.document({"schema": "uetbuild.accept/1", "accepted": ids})
    elif not face.options.quiet:
        face.say("".join(f"accepted {safe_name(name)}\n" for name in ids))
    return ExitCode.OK
