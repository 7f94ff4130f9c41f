"""`Lines`, the plain face of a build: one line per node that ran, output as `--output` says, failures at once and again at the end.

A fold over the events, it causes nothing (ports.View). Knows no graph and no stamps.
"""

from __future__ import annotations

from uetbuild.report.amounts import counted, duration
from uetbuild.report.causes import message_lines, signal_name, waiting, why_failed
from uetbuild.report.cells import cut, width
from uetbuild.report.closing import WAYS_ON, closing
from uetbuild.report.escapes import safe_json, safe_name, safe_output
from uetbuild.report.reasons import in_words
from uetbuild.report.running import Beginnings, Running, command_lines
from uetbuild.report.stream import BOLD, DIM, GREEN, RED, YELLOW, paint, release
from uetbuild.report.tail import last_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from uetbuild.core.events import Event
    from uetbuild.report.stream import Stream

SHOWN_LINES = 20  # of the output of a failed node
_WIDEST, _LEAST = 100, 12  # cells of a title or command in a line; where there is less room, it is left out
_NAMES = 36  # cells of a name up to which what stands behind it is put in line, on a terminal
_BAD = ("failed", "timed_out", "lost")
_CLOSING = {"failed": RED, "cancelled": YELLOW}  # by the state of a run


class Lines:
    """`out` and `err` are stdout and stderr; with `json` stdout gets one event a line and the text goes to `err`.

    `mode`: as report/modes.py says. A node is streamed when `output` is called for it; `group` and `github` show each node's output when it
    has ended, otherwise only that of failed nodes is shown. `live`: a live region is wanted, if it can be drawn.
    `several`: more than one workstream is streamed, so lines are told apart by their ids from the beginning, if any run side by side.
    """

    __slots__ = (
        "_announced", "_asked", "_command", "_dumps", "_err", "_explain", "_failures", "_here", "_is_seen", "_logs", "_mode", "_out",
        "_prefixed", "_names", "_quiet", "_reasons", "_run", "_running", "_text", "_verbose", "live", "several",
    )  # fmt: skip

    def __init__(
        self, out: Stream, err: Stream, mode: str = "auto", *, json: bool = False, quiet: bool = False, verbose: bool = False,
        explain: bool = False, here: str = "", command: str = "uetbuild", live: bool = False,
    ) -> None:  # fmt: skip
        self._out, self._err = out, err
        out.beside, err.beside = err, out
        self._text = err if json else out
        self._mode = mode
        self._is_seen = self._text.is_terminal()
        self.live = live and self._is_seen
        self._quiet, self._verbose = quiet, verbose
        self._explain = explain
        self._here = here.rstrip("/") + "/" if here else ""
        self._command = command
        self._run = ""
        self._asked: list[tuple[str, dict[str, Any]]] = []  # what waits for a person: node and data of the event
        self.several = self._prefixed = False
        self._names = 0  # cells of the longest name of what has started, on a terminal
        self._announced: dict[str, int] = {}  # nodes whose next attempt was told: where in its log the latest begins
        self._running: dict[str, Running] = {}
        self._logs = Beginnings()
        self._failures: list[tuple[str, str, str]] = []  # (who, why, log)
        self._reasons: dict[str, list[dict[str, str]]] = {}
        self._dumps: Any = None
        if json:
            from uetbuild.core.jsontext import dumps  # wanted only with --json

            self._dumps = dumps

    # --- ports.View -------------------------------------------------------------------------------------------------------------

    def on(self, events: Sequence[Event]) -> None:
        """Show what happened in a turn: few writes, however many events it has."""
        dumps = self._dumps
        self._run = events[0].run
        if events[0].seq == 1:
            self._logs.is_new = True
        self._out.holds = self._err.holds = True
        for event in events:
            if dumps is not None:
                self._out.write(safe_json(dumps(event.as_json())) + "\n")
            show = _SHOW.get(event.event)
            if show is not None:
                show(self, event.node, event.data)
        release(self._out, self._err)

    def output(self, node: str, log: str) -> None:
        """Show what the log of a followed node gained."""
        running = self._running.get(node)
        if running is None or running.tail is None:
            return
        if not running.streamed:
            running.streamed = True
            self._prefixed = self._prefixed or sum(other.streamed for other in self._running.values()) > 1
        part = running.tail.read(self._prefixed)
        if part:
            self._stream(node, part)

    def up_to_date(self, total: int) -> None:
        """Say that nothing had to be done; such a build has no events."""
        self._text.write(self.nothing_to_do(total))

    def nothing_to_do(self, total: int) -> str:
        """What is said where nothing has to be done."""
        said = f"up to date ({counted(total, 'workstream')})" if total else "nothing to do: no workstream asked for is affected"
        return "" if self._quiet else said + "\n"

    def warn(self, text: str) -> None:
        """Say a warning, also when quiet."""
        self._complain(f"{paint('warning:', YELLOW, self._err.colours)} {safe_name(text)}")

    def waits_for(self, pid: int, run: str, since: float, alive: bool) -> None:
        """Say that another build holds the lock; as `waiting` (report/causes.py)."""
        if not self._quiet:
            self._complain(waiting(pid, run, since, alive))

    @property
    def flows(self) -> bool:
        """Whether the output of a node is shown as it comes, in pieces that need not be lines."""
        return not self._prefixed and any(running.streamed for running in self._running.values())

    @property
    def streams(self) -> list[Stream]:
        """The stream of the text for people, and the other one if it goes to the same terminal."""
        others = [stream for stream in (self._out, self._err) if stream is not self._text and stream.shares(self._text)]
        return [self._text, *others]

    # --- events -----------------------------------------------------------------------------------------------------------------

    def _run_started(self, node: str, data: dict[str, Any]) -> None:
        self._prefixed = self.several and data.get("jobs", 1) != 1

    def _judged(self, node: str, data: dict[str, Any]) -> None:
        if "saved" in data:
            paths = ", ".join(f"`{safe_name(reason.get('detail', ''))}`" for reason in data.get("reasons", ()))
            self.warn(f"{paths} was changed by hand: kept as `{self._shown(data['saved'])}`")
        elif self._explain:
            self._reasons[node] = data.get("reasons", [])

    def _started(self, node: str, data: dict[str, Any]) -> None:
        running = self._running[node] = Running(data, self._logs.of(node, data.get("log") or ""), followed=self._mode != "failed")
        if self._is_seen and self._names < (cells := width(safe_name(node))) <= _NAMES:
            self._names = cells
        if data.get("attempt", 1) > 1 and node not in self._announced:
            self._say(f"{self._name(node)}  runs again (attempt {data['attempt']})")
        for reason in self._reasons.pop(node, ()):
            self._say(f"{self._name(node)}: {in_words(reason['code'], reason.get('detail', ''))}")
        if self._verbose:
            for line in command_lines(running.command):
                self._say(paint(f"{safe_name(node)} $ {line}", DIM, self._text.colours))

    def _finished(self, node: str, data: dict[str, Any]) -> None:
        running = self._stopped(node, data)
        outcome = data.get("outcome", "")
        if outcome in _BAD:
            self._failed(node, running, data)
        elif outcome == "cancelled" and data.get("message"):
            self._complain(f"`{safe_name(node)}`: {message_lines(data['message'])[0]}")
        elif outcome in ("succeeded", "cached", "cancelled"):
            self._ran(node, running, outcome, data.get("seconds", 0.0))
            self._show_block(node, running)
        elif self._verbose and outcome:
            self._say(f"{self._name(node)}  {outcome.replace('_', ' ')}")

    def _put_off(self, node: str, data: dict[str, Any]) -> None:
        running = self._stopped(node, data)
        self._show_block(node, running)
        self._announced[node] = running.begins
        why = "waits since an earlier build" if data.get("reason") == "resumed" else why_failed(data)[0]
        again = f"tried again in {duration(data.get('delay', 0.0))} (attempt {data.get('attempt')} of {data.get('attempts')})"
        self._say(f"{self._name(node)}  {paint(why, YELLOW, self._text.colours)}, {again}")

    def _budget(self, node: str, data: dict[str, Any]) -> None:
        message = data.get("message", "")
        if data.get("halts"):
            self._complain(f"{paint('error:', RED, self._err.colours)} stopped before `{safe_name(node)}`: {safe_name(message)}")
            self._complain(f"hint: {WAYS_ON[data.get('unit', 'usd')]}")
        elif message:
            self.warn(message + (f"; from now on {counted(data['jobs'], 'worker')}" if data.get("jobs") else ""))

    def _gate_finished(self, node: str, data: dict[str, Any]) -> None:
        if data.get("again"):  # no `node_finished` came
            running = self._stopped(node, data)
            self._show_block(node, running)
        elif data.get("message"):
            self._complain(f"  {safe_name(data['message'])}")

    def _approval_requested(self, node: str, data: dict[str, Any]) -> None:
        self._asked.append((node, data))
        self._say(f"{self._name(node)}  {paint('waits for approval', YELLOW, self._text.colours)}")

    def _interrupted(self, node: str, data: dict[str, Any]) -> None:
        signal = data.get("signal", 0)
        again = "; again kills it" if signal == 2 else ""
        self._complain(f"interrupted ({signal_name(signal)}): nothing new starts, what runs is to end{again}")

    def _worker_lost(self, node: str, data: dict[str, Any]) -> None:
        if self._verbose:
            self._complain(f"a worker was lost{f' while `{safe_name(node)}` ran' if node else ''}")

    def _run_finished(self, node: str, data: dict[str, Any]) -> None:
        if self._failures:
            self._complain(paint("failed:", RED, self._err.colours))
            for name, why, log in self._failures:
                self._complain(f"  {name}: {why}{f', log: {self._shown(log)}' if log else ''}")
        if self._asked:
            from uetbuild.report.asked import asked_lines  # most builds ask nobody

            for line in asked_lines(self._run, self._asked, self._command):
                self._complain(line)
        if not self._quiet:
            self._text.line(paint(closing(data), _CLOSING.get(data.get("state", ""), BOLD), self._text.colours))

    # --- pieces -----------------------------------------------------------------------------------------------------------------

    def _stopped(self, node: str, data: dict[str, Any]) -> Running:
        """What was known of a node that runs no more; the rest of its streamed output is shown."""
        running = self._running.pop(node, None) or Running(data, self._announced.get(node, 0))
        if running.streamed:
            for part in running.rest(self._prefixed):
                self._stream(node, part)
            self._end_line()
        return running

    def _ran(self, node: str, running: Running, outcome: str, seconds: float) -> None:
        took = duration(seconds) if outcome == "succeeded" else outcome
        name, what, gap, room = safe_name(node), running.what, "", _WIDEST
        if self._is_seen:  # the line shall not wrap
            cells = width(name)
            gap = " " * (self._names - cells)
            room = min(room, self._text.width() - cells - len(gap) - len(took) - 4)
        what = what if width(what) <= room else cut(what, room) if room >= _LEAST else ""
        if self._text.colours:
            name, took = paint(name, GREEN, True), paint(took, DIM if outcome == "succeeded" else YELLOW, True)
        self._say(f"{name}{gap}  {what}  {took}" if what else f"{name}{gap}  {took}")

    def _failed(self, node: str, running: Running, data: dict[str, Any]) -> None:
        why, *more = why_failed(data)
        log = data.get("log") or running.log
        who, holds = f"{'gate ' if 'gate' in data else ''}`{safe_name(node)}`", data.get("blocking", True)
        if holds:
            self._failures.append((who, why, log))
        self._show_block(node, running)
        word = paint("error:", RED, self._err.colours) if holds else paint("warning:", YELLOW, self._err.colours)
        self._complain(f"{word} {who} failed: {why}")
        for line in more:
            self._complain(line)
        for line in command_lines(data.get("command") or running.command):
            self._complain(paint(f"  $ {line}", BOLD, self._err.colours))
        if log and not running.streamed and self._mode not in ("group", "github"):
            lines, cut = last_lines(log, SHOWN_LINES, running.begins)
            lines = [] if lines == [why] else lines  # `x: command not found` has been said
            bar = paint("  |", DIM, self._err.colours)
            for line in (["…"] if cut else []) + lines:
                self._complain(f"{bar} {safe_output(line, self._err.colours)}")
        if log:
            self._complain(paint(f"  log: {self._shown(log)}", DIM, self._err.colours))

    def _show_block(self, node: str, running: Running) -> None:
        """The output of a node that has ended, as far as it was not shown yet, where the mode shows it in one piece."""
        if self._mode not in ("group", "github"):
            return
        begun = False
        for part in running.rest():
            if not begun and self._mode == "github":
                self._text.line(f"::group::{safe_name(node)}")
            begun = True
            self._text.write(safe_output(part, self._text.colours))
        self._end_line()
        if begun and self._mode == "github":
            self._text.line("::endgroup::")

    def _stream(self, node: str, part: str) -> None:
        shown = safe_output(part, self._text.colours)
        if self._prefixed:
            self._end_line()
            start = f"{self._name(node)} | "
            shown = "".join(f"{start}{line}\n" for line in shown.removesuffix("\n").split("\n"))
        self._text.write(shown)

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._text.line(text)

    def _complain(self, text: str) -> None:
        self._end_line()
        self._err.line(text)

    def _end_line(self) -> None:
        """Begin a new line where streamed output left one unfinished."""
        if not self._text.at_start:
            self._text.write("\n")

    def _name(self, node: str) -> str:
        return paint(safe_name(node), GREEN, self._text.colours)

    def _shown(self, path: str) -> str:
        """A path as seen from the current folder, where it lies below it."""
        return safe_name(path.removeprefix(self._here))


_SHOW = {
    "run_started": Lines._run_started,
    "node_judged": Lines._judged,
    "node_started": Lines._started,
    "node_finished": Lines._finished,
    "retry_scheduled": Lines._put_off,
    "budget_warning": Lines._budget,
    "budget_exceeded": Lines._budget,
    "approval_requested": Lines._approval_requested,
    "gate_finished": Lines._gate_finished,
    "interrupted": Lines._interrupted,
    "worker_lost": Lines._worker_lost,
    "run_finished": Lines._run_finished,
}
