"""`Live`: a region at the end of the terminal that says what runs, while what `Lines` says goes by above it as ordinary text.

A fold over the events, it causes nothing (ports.View). All text for the terminal goes through it, so that a frame, what was said since the
last one and the region, is one write, at most ten of them a second. The cursor rests on the first line of the region, an empty one:
whatever happens to the width of the terminal, or to this process, there is nothing to erase but what stands below it.
"""

from __future__ import annotations

from uetbuild.report.escapes import safe_name
from uetbuild.report.region import Row, Standing, region
from uetbuild.report.running import Running

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from typing import Any

    from uetbuild.core.events import Event
    from uetbuild.report.lines import Lines
    from uetbuild.report.stream import Stream

    Progress = Callable[[Mapping[str, float], float, float], tuple[int, float | None]]

SILENT = 0.15  # seconds from the beginning in which nothing is drawn: a short build shows no region
FRAME = 0.1  # seconds between two frames
TICK = 0.25  # seconds after which to look whether a time has changed, when nothing else has
_LEAST = (20, 6)  # columns and lines of a terminal in which a region stands
_BAD = ("failed", "timed_out", "lost")

# Both modes end with the frame: the terminal shows it at once, without a cursor that jumps; no line of it is wrapped.
_BEGIN, _END = "\x1b[?2026h\x1b[?25l", "\x1b[?25h\x1b[?2026l"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
_ERASE = "\r\x1b[J"  # from the cursor to the end of the screen


class Live:
    """`screen`: the stream of the terminal; `streams`: all that write to it. `clock`: seconds. `expected`: what nodes took before, by id.
    `progress` says of how many nodes nothing more is to be done, and in how many seconds all will be done (None = not known), when told for
    how many seconds each of those that run has been running, how many seconds those that ended took, and what they were expected to take.
    `borrowers`: nodes that get the terminal for themselves.
    """

    __slots__ = (
        "_began", "_borrowed", "_borrowers", "_changed", "_clock", "_drawn", "_expected", "_failed", "_foreseen", "_held", "_last",
        "_lines", "_open", "_progress", "_running", "_screen", "_stopping", "_streams", "_took", "_total", "_waiting",
    )  # fmt: skip

    def __init__(
        self, lines: Lines, screen: Stream, streams: Collection[Stream], clock: Callable[[], float], expected: Mapping[str, float],
        progress: Progress, borrowers: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._lines, self._screen, self._streams = lines, screen, streams
        self._clock, self._expected, self._progress = clock, expected, progress
        self._borrowers = borrowers
        self._began = -1.0  # before the run
        self._last = 0.0  # when the last frame was drawn
        self._changed = self._open = self._stopping = False  # since the last frame; a line is unfinished; nothing new starts
        self._held: list[bytes] = []  # said since the last frame
        self._drawn: list[str] = []  # the region as it stands there
        self._running: dict[str, tuple[float, str]] = {}  # since when; what it does
        self._waiting: dict[str, tuple[float, str]] = {}  # when it is tried again; which attempt that is
        self._borrowed = ""
        self._total = self._failed = 0
        self._took = self._foreseen = 0.0  # seconds that ended nodes took, and that they were expected to take

    # --- ports.View -------------------------------------------------------------------------------------------------------------

    def on(self, events: Sequence[Event]) -> None:
        """Follow what happened in a turn; nothing is drawn now, since it draws when it is time to."""
        self._changed = True
        for event in events:
            self._follow(event)

    def output(self, node: str, log: str) -> None:
        """Output is no matter of the region."""

    def _follow(self, event: Event) -> None:
        node, data = event.node, event.data
        if event.event == "node_started":
            self._waiting.pop(node, None)
            self._running[node] = (self._clock(), Running(data).what)
            if node in self._borrowers:
                self._borrowed = node
                self.clear()
        elif event.event in ("node_finished", "gate_finished", "retry_scheduled"):
            self._ended(event.event, node, data)
        elif event.event == "interrupted":
            self._stopping = True
        elif event.event == "run_started":
            self._begin(data)
        elif event.event == "run_finished":
            self.close()

    # --- frames -----------------------------------------------------------------------------------------------------------------

    def frame(self) -> float | None:
        """Draw what is due. Seconds until there will be something to draw again, None while there will not."""
        if self._began < 0:
            return None
        now = self._clock()
        if now >= self._due():
            self._draw(now)
        return max(0.0, self._due() - now)

    def clear(self) -> None:
        """Say what is held back, and take the region away until the next frame: somebody else writes to the terminal."""
        if self._held or self._drawn:
            self._put([])
        self._last = self._clock()

    def close(self) -> None:
        """Take the region away for good: what is said from now on goes straight to the terminal."""
        for stream in self._streams:
            stream.relay = None
        if self._began >= 0:
            self.clear()
        self._began = -1.0

    def _begin(self, data: Mapping[str, Any]) -> None:
        self._began = self._clock()
        self._last = self._began + SILENT - FRAME
        self._total = data.get("nodes", 0)
        for stream in self._streams:
            stream.relay = self._say

    def _due(self) -> float:
        return self._last + (FRAME if self._changed or self._held or self._last < self._began else TICK)

    def _say(self, data: bytes) -> None:
        """Text for the terminal: shown with the next frame, at the latest when a tenth of a second has passed."""
        if not self._drawn and self._clock() < self._began + SILENT:
            self._open = not data.endswith(b"\n")
            self._screen.put(data)
            return
        self._held.append(data)
        now = self._clock()
        if now >= self._due():
            self._draw(now)

    def _draw(self, now: float) -> None:
        self._last, self._changed = now, False
        unfinished = not self._held[-1].endswith(b"\n") if self._held else self._open
        hidden = unfinished or self._borrowed or self._lines.flows or not self._screen.is_ours()
        lines = [] if hidden else self._region(now)
        if self._held or lines != self._drawn:
            self._put(lines)

    def _put(self, lines: list[str]) -> None:
        """One frame: the region that stands there away, then what is held back, then the region anew."""
        said = b"".join(self._held)
        self._held.clear()
        if said:
            self._open = not said.endswith(b"\n")
        if not lines and not self._drawn:
            self._screen.put(said)
            return
        head = _BEGIN + (_ERASE if self._drawn else "")
        tail = _NO_WRAP + "\r\n".join(lines) + f"{_WRAP}\x1b[{len(lines) - 1}A\r" if lines else ""
        self._drawn = lines
        self._screen.put(head.encode() + said + (tail + _END).encode("utf-8", "backslashreplace"))

    # --- what it says -----------------------------------------------------------------------------------------------------------

    def _ended(self, event: str, node: str, data: Mapping[str, Any]) -> None:
        if event == "gate_finished" and not data.get("again"):
            return  # `node_finished` says so too
        self._running.pop(node, None)
        self._waiting.pop(node, None)
        if node == self._borrowed:
            self._borrowed = ""
        if event == "retry_scheduled":
            text = f"attempt {data.get('attempt')} of {data.get('attempts')}"
            self._waiting[node] = (self._clock() + data.get("delay", 0.0), text)
        elif data.get("outcome") in _BAD and data.get("blocking", True):
            self._failed += 1
        elif data.get("outcome") == "succeeded" and node in self._expected:
            self._took += data.get("seconds", 0.0)
            self._foreseen += self._expected[node]

    def _region(self, now: float) -> list[str]:
        columns, height = self._screen.size()
        if columns < _LEAST[0] or height < _LEAST[1]:
            return []
        elapsed = {node: max(0.0, now - since) for node, (since, _) in self._running.items()}
        rows = [
            Row(name=safe_name(node), text=text, seconds=elapsed[node], expected=self._expected.get(node, 0.0))
            for node, (_, text) in self._running.items()
        ]
        rows += [
            Row(name=safe_name(node), text=text, seconds=max(0.0, due - now), waits=True) for node, (due, text) in self._waiting.items()
        ]
        done, left = self._progress(elapsed, self._took, self._foreseen)
        standing = Standing(
            done=done, total=self._total, running=len(self._running), failed=self._failed, seconds=now - self._began, left=left,
            stopping=self._stopping,
        )  # fmt: skip
        return region(standing, rows, columns, height // 2 - 2, self._screen.colours)
