"""The composition root: which project the options and the current folder mean, and how much of it is opened."""

from __future__ import annotations

import os

from uetbuild.cli.wired import Wired

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uetbuild.cli.options import Options
    from uetbuild.front import Differing


def open_project(options: Options, differing: Differing | None = None) -> Wired:
    """The project that the options and the current folder mean, or as much of it as is concerned by what was found `differing` from a
    build in which nothing had to be done. Raises UetError.
    """
    if differing is not None:
        from uetbuild.cli.part import open_part  # only after the fast door has found so

        part = open_part(options, os.environ, differing)
        if part is not None:
            return part
    return Wired(options, os.environ)
