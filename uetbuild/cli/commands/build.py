"""`uetbuild [build] [TARGET…]`: build what is stale. On the way from argv to the first spawn."""

from __future__ import annotations

import os

from uetbuild.report.lines import Lines
from uetbuild.report.modes import output_mode, wants_live

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
        face.out, face.err, mode, json=options.json, quiet=options.quiet, verbose=options.verbose, explain=options.explain,
        here=os.getcwd(), command=_command(face), live=wants_live(options.no_progress or options.quiet, face.environ),
    )  # fmt: skip
    return session.build(options, view)


def _command(face: Face) -> str:
    """The program with the options that lead to the same project."""
    options = face.options
    said = (("--file", options.file), ("--state", options.state), ("--profile", options.profile))
    if not any(value for _, value in said):
        return "uetbuild"
    from uetbuild.report.asked import as_typed  # only for words that are shown

    return " ".join(["uetbuild", *[f"{name} {as_typed(value)}" for name, value in said if value]])
