"""`--help` as it was printed beforehand: for terminals of the usual widths nobody waits for typer, which takes longer than most commands.

`cli/menu.py` writes these pages, from the same table of options from which the words are parsed; a test holds them to what it prints.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTHS = (100, 80)  # columns, widest first: wider text is hard to read; 80 is also what files and pipes get
FOLDER = os.path.join(os.path.dirname(__file__), "help")
MARK = "\f"  # in front of each page, with the command's name behind it


def page(command: str, columns: int) -> str | None:
    """The help of a command ("" for all of them) that fits; None where the terminal is narrower than any that was thought of."""
    width = next((width for width in WIDTHS if width <= columns), None)
    if width is None:
        return None
    with open(path_of(width), "rb") as file:
        text = file.read().decode()
    for each in text.split(MARK)[1:]:
        name, _, shown = each.partition("\n")
        if name == command:
            return shown
    return None


def columns_of(environ: Mapping[str, str], terminal: int) -> int:
    """How wide it may be: as `COLUMNS` says, else as the `terminal` is."""
    said = environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and len(said) < 6 and int(said) else terminal


def path_of(width: int) -> str:
    """The file with all pages of a width."""
    return f"{FOLDER}/{width}.txt"
