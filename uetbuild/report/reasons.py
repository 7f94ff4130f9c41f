"""Reason codes of interface section 4 in words."""

from __future__ import annotations

from uetbuild.report.escapes import safe_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# With a detail, and without one.
WORDS = {
    "never_run": ("never run", "never run"),
    "forced": ("forced", "forced"),
    "definition_changed": ("definition changed: {}", "definition changed"),
    "input_changed": ("input {} changed", "an input changed"),
    "input_added": ("input {} is new", "an input is new"),
    "input_removed": ("input {} is gone", "an input is gone"),
    "env_changed": ("environment variable {} changed", "the environment changed"),
    "program_changed": ("program {} changed", "a program changed"),
    "probe_changed": ("probe {} says something else", "a probe says something else"),
    "dependency_changed": ("result of {} changed", "the result of a dependency changed"),
    "output_missing": ("output {} is missing", "an output is missing"),
    "output_modified": ("output {} was modified", "an output was modified"),
    "edit_modified": ("{} was changed since it was edited", "an edited file was changed since"),
    "incomplete": ("the last attempt did not succeed", "the last attempt did not succeed"),
    "always": ("always runs", "always runs"),
    "arguments": ("has arguments", "has arguments"),
}

# What `incomplete` says of a gate that a person answers, by its detail.
_APPROVALS = {"approval": "waits for approval", "refused": "its approval was refused"}


def in_words(code: str, detail: str = "") -> str:
    """One reason: `input `core/a.py` changed`."""
    if code == "incomplete" and detail in _APPROVALS:
        return _APPROVALS[detail]
    with_detail, without = WORDS.get(code, (code + " {}", code))
    return with_detail.format(f"`{safe_name(detail)}`") if detail else without


def briefly(reasons: Iterable[tuple[str, str]]) -> str:
    """All reasons of a node in one short text: the first, and how many more."""
    first, *more = reasons
    shown = in_words(*first)
    return f"{shown} (+{len(more)} more)" if more else shown
