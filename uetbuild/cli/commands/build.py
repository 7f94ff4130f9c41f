"""`uetbuild [build] [TARGET…]`: build what is stale. On the way from argv to the first spawn."""

from __future__ import annotations

import os

from uetbuild.report.lines import Lines, output_mode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.cli.face import Face


def run(face: Face) -> int:
    """Build, or show the plan or the graph where the options ask for that."""
    options = face.options
    if options.dry_run:
        from uetbuild.cli.commands import plan  # a build needs none of it

        return plan.run(face)
    if options.graph:
        from uetbuild.cli.commands import graph  # nor of this

        return graph.run(face)
    session = face.session()
    mode = output_mode(options.output, face.environ)
    view = Lines(
        face.out, face.err, mode, json=options.json, quiet=options.quiet, verbose=options.verbose, explain=options.explain, here=os.getcwd()
    )  # fmt: skip
    return session.build(options, view)
