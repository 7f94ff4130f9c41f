"""What was decided about a node, and why; codes are the contract of interface section 4."""

from __future__ import annotations

from uetbuild.core.record import Spelled

REASON_CODES = (
    "never_run", "forced", "definition_changed", "input_changed", "input_added", "input_removed", "env_changed", "program_changed",
    "probe_changed", "dependency_changed", "output_missing", "output_modified", "edit_modified", "incomplete", "always", "arguments",
)  # fmt: skip


class Verdict:
    """`DEPENDS`: not stale itself, but a dependency is; judged again when that one is done."""

    UP_TO_DATE, STALE, DEPENDS, SKIPPED = "up_to_date", "stale", "depends", "skipped"


class Reason(Spelled):
    """`code` from `REASON_CODES`; `detail` names the path, variable, node, …, or is empty."""

    __slots__ = ("code", "detail")

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail


class Judged(Spelled):
    """A verdict with its reasons (none unless stale)."""

    __slots__ = ("verdict", "reasons")

    def __init__(self, verdict: str, reasons: tuple[Reason, ...] = ()) -> None:
        self.verdict = verdict
        self.reasons = reasons
