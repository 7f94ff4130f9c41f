"""What waits for a person, in words: the question, what to look at, and what to type."""

from __future__ import annotations

from uetbuild.report.escapes import safe_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

SHOWN_FILES = 8
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:@%+,=")


def asked_lines(run: str, asked: Iterable[tuple[str, Mapping[str, Any]]], command: str) -> list[str]:
    """The lines about all `approval_requested` of a run, of each its node and data; `command`: the program with the options that lead to
    this project.
    """
    return [line for node, data in asked for line in _one(run, node, data, command)]


def _one(run: str, node: str, data: Mapping[str, Any], command: str) -> list[str]:
    files = data.get("files", ())
    question = data.get("message") or "look at what was made"
    lines = [f"`{safe_name(node)}` waits for approval: {safe_name(question)}"]
    lines += [f"  {safe_name(path)}" for path in files[:SHOWN_FILES]]
    if len(files) > SHOWN_FILES:
        lines.append(f"  … and {len(files) - SHOWN_FILES} more")
    typed = f"{command} approve {run} {as_typed(data.get('gate') or node)}"
    return [*lines, f"hint: `{typed} --yes` (or `--no`), then build again"]


def as_typed(word: str) -> str:
    """A word as it is typed in a shell."""
    if word and _PLAIN.issuperset(word):
        return word
    return "'" + safe_name(word).replace("'", "'\\''") + "'"
