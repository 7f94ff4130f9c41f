"""What a crash left, and what `recover` did or would do about it, as text and as JSON. Knows nothing of how it is found."""

from __future__ import annotations

from typing import Any, Protocol

from uetbuild.report.escapes import safe_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCHEMA = "uetbuild.recover/1"
SHOWN = 20  # paths of a node, and processes of a run


class Process(Protocol):
    """executors.leftovers.Left."""

    pid: int
    start: int
    run: str
    node: str


class HalfWritten(Protocol):
    """cli.recovery.HalfWritten."""

    id: str
    run: str
    paths: tuple[str, ...]
    kept: str


class Builder(Protocol):
    """state.lock.Holder."""

    pid: int
    run: str
    alive: bool


class Wreck(Protocol):
    """cli.recovery.Wreck."""

    @property
    def building(self) -> Builder | None: ...
    @property
    def runs(self) -> Sequence[str]: ...
    @property
    def processes(self) -> Sequence[Process]: ...
    @property
    def half_written(self) -> Sequence[HalfWritten]: ...
    @property
    def sandboxes(self) -> Sequence[str]: ...
    @property
    def drafts(self) -> Sequence[str]: ...


def wreck_json(wreck: Wreck, done: bool, root: str, remaining: Sequence[int]) -> dict[str, Any]:
    """One object; paths are relative to the root where they lie in it. `remaining`: pids that could not be ended."""
    other = wreck.building
    return {
        "schema": SCHEMA, "done": done, "building": None if other is None else {"pid": other.pid, "run": other.run, "alive": other.alive},
        "runs": list(wreck.runs),
        "processes": [{"pid": one.pid, "start": one.start, "run": one.run, "node": one.node} for one in wreck.processes],
        "half_written": [{"id": one.id, "run": one.run, "paths": list(one.paths), "kept": one.kept} for one in wreck.half_written],
        "sandboxes": [_shown(path, root) for path in wreck.sandboxes], "temporary": [_shown(path, root) for path in wreck.drafts],
        "remaining": list(remaining),
    }  # fmt: skip


def wreck_text(wreck: Wreck, done: bool, root: str) -> str:
    """A line for each thing, with what becomes of it; ends with a newline."""
    lines = list(_lines(wreck, "" if done else "would be ", root))
    if wreck.building is not None:
        of = f", run `{wreck.building.run}`" if wreck.building.run else ""
        lines.insert(0, f"a build is running (process {wreck.building.pid}{of}): what is its own is not looked at")
    if not lines:
        return "nothing to recover\n"
    if not done and wreck.building is None:
        lines.append("`uetbuild recover` does it")
    return "".join(line + "\n" for line in lines)


def _lines(wreck: Wreck, would: str, root: str) -> Iterator[str]:
    for run in wreck.runs:
        yield f"run {run}: {would}marked as interrupted; `uetbuild resume {run}` goes on with it"
    for one in wreck.processes[:SHOWN]:
        whose = f"of `{safe_name(one.node)}`" if one.node else f"of run {one.run}" if one.run else "that answers a question"
        yield f"process {one.pid} {whose}: {would}ended"
    yield from _rest(wreck.processes)
    for half in wreck.half_written:
        for path in half.paths[:SHOWN]:
            yield f"{safe_name(path)}, half written by `{safe_name(half.id)}`: {f'stays ({half.kept})' if half.kept else would + 'removed'}"
        yield from _rest(half.paths)
    for path in (*wreck.sandboxes, *wreck.drafts):
        yield f"{safe_name(_shown(path, root))}: {would}removed"


def _rest(items: Sequence[object]) -> Iterator[str]:
    if len(items) > SHOWN:
        yield f"… and {len(items) - SHOWN} more"


def _shown(path: str, root: str) -> str:
    return path.removeprefix(root.rstrip("/") + "/")
