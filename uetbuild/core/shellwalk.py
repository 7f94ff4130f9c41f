"""The state of a walk over a shell text (core/shellscan.py): what is open, the words of the command being read, the holes found so far.

Knows what makes a place unfit for a hole, not how a text is read: that is core/shellquotes.py, core/shellcommands.py and
core/heredocs.py, whose functions take a `Walk` at a character and move it on.
"""

from __future__ import annotations

import re

from uetbuild.core.nodes import Place
from uetbuild.core.shelltext import HOLE

# What can be open. The first three hold commands.
TOP, SUBSTITUTION, PARENTHESES, DOUBLE, TRANSLATED, PARAMETER, ARITHMETIC = range(7)
COMMANDS = (TOP, SUBSTITUTION, PARENTHESES)
QUOTES = (DOUBLE, TRANSLATED)

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(\[.*\])?\+?=", re.DOTALL)
CONTINUED = "\\\n"
SPECIAL = frozenset("'\"`()\\$")
_SUBSCRIPT_OPEN = re.compile(r"\$\w+\[[^\]]*\Z")

# After these a command still has to come.
_OPENERS = frozenset({"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "command", "builtin", "coproc"})
# What they are given is read as shell code once more.
_REREAD = frozenset({"eval", "let", "trap", "alias"})
# A name given to them may be `a[$(…)]`, and the subscript is executed.
_NAMERS = frozenset({"declare", "typeset", "local", "export", "readonly", "unset"})
# In `[[ … ]]` both sides of these are evaluated, and so are the subscripts in them.
_EVALUATING = frozenset({"-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R"})


class LostError(Exception):
    """What follows cannot be known; says after or in what."""


class Scan:
    """What was found: `places` of the holes in order (`Place`), `refused` (index of the hole -> where it stands, for people), `unclosed`:
    (offset, what) of a quote, substitution or parenthesis that never ends.
    """

    __slots__ = ("places", "refused", "unclosed")

    def __init__(self) -> None:
        self.places: list[int] = []
        self.refused: dict[int, str] = {}
        self.unclosed: tuple[int, str] | None = None


class Frame:
    """Something open. `command` is the innermost frame that holds commands (itself, if it is one); the words of that one are tracked."""

    __slots__ = (
        "array", "command", "condition", "depth", "duplicating", "first", "head", "holes", "kind", "opened", "pending", "previous",
        "previous_holes", "subscript", "target", "word",
    )  # fmt: skip

    def __init__(self, kind: int, opened: int, command: Frame | None = None) -> None:
        self.kind = kind
        self.opened = opened
        self.command: Frame = self if kind in COMMANDS or command is None else command
        self.depth = 2  # of parentheses, in arithmetic
        self.array = False  # in name=( … )
        self.first = 0  # index of the first hole in it
        self.condition = False  # in [[ … ]]
        self.head: str | None = None  # the command's name, once it is known
        self.word: str | None = None  # the word being read, quotes marked; None between words
        self.holes: list[int] = []  # in that word
        self.previous = ""
        self.previous_holes: list[int] = []
        self.subscript = 0  # depth of name[ … ]
        self.target = 0  # the next word is what a redirection names: its place
        self.duplicating = False  # that redirection is >& or <&
        self.pending: list[tuple[str, bool, bool]] = []  # here-documents to come: (delimiter, quoted, tabs stripped)

    def extend(self, text: str) -> None:
        """The current word goes on, or begins."""
        self.word = (self.word or "") + text


class Walk:
    """One pass over `text` for a shell of this `family`. Everything reads from `at` and moves it on; `raw`: indexes of holes that hold
    source.
    """

    def __init__(self, text: str, family: str, raw: frozenset[int]) -> None:
        self.text = text
        self.family = family
        self.raw = raw
        self.at = 0
        self.found = Scan()
        self.stack = [Frame(TOP, 0)]
        self.before = ""  # what stands right before the next hole and spoils it
        self.closed = -1  # offset right after the last ) of a group

    # --- what is open --------------------------------------------------------------------------------------------------------------

    def push(self, kind: int, frame: Frame) -> Frame:
        """Open something inside `frame`, here."""
        opened = Frame(kind, self.at, frame.command)
        self.stack.append(opened)
        return opened

    def quoted(self) -> bool:
        """Whether a double quote is open in the innermost command."""
        for frame in reversed(self.stack):
            if frame.kind in COMMANDS:
                return False
            if frame.kind in QUOTES:
                return True
        raise AssertionError("the outermost frame holds commands")

    def nested(self) -> bool:
        """Whether a substitution is open."""
        return any(frame.kind == SUBSTITUTION for frame in self.stack)

    def no_pending(self) -> None:
        """A newline that ends no command: shells disagree on where a here-document begins then."""
        if any(frame.pending for frame in self.stack):
            raise LostError("after a here-document whose line goes on inside quotes")

    # --- holes ---------------------------------------------------------------------------------------------------------------------

    def add(self, index: int, place: int, refused: str = "") -> None:
        """Note the next hole."""
        self.found.places.append(Place.RAW if index in self.raw else place)
        if refused:
            self.refuse(index, refused)

    def refuse(self, index: int, reason: str) -> None:
        """No quoting is safe there; the first reason stays."""
        if index not in self.raw:
            self.found.refused.setdefault(index, reason)

    def skip(self, end: int, where: str) -> None:
        """Go on at `end`; holes before it are refused."""
        for _ in range(self.text.count(HOLE, self.at, end)):
            self.add(len(self.found.places), Place.PLAIN, where)
        self.at = end

    def forsake(self, reason: str) -> None:
        """Lost within an array: if that never ends, bash runs the next line, even one in the middle of a quoted word."""
        for frame in self.stack:
            if frame.array:
                for index in range(frame.first, len(self.found.places)):
                    self.refuse(index, reason)

    def hole(self, frame: Frame) -> None:
        """A hole outside single quotes."""
        index = len(self.found.places)
        command = frame.command
        reason, self.before = self.before, ""
        reason = reason or self.spoilt(frame) or self.reread(command)
        place: int = Place.DOUBLE if frame.kind in QUOTES else self._place(command)
        self.add(index, place, reason)
        command.extend(HOLE)
        command.holes.append(index)
        self.at += 1

    def _place(self, command: Frame) -> int:
        if command.target:
            return command.target
        after = self.at + 1
        while self.text.startswith(CONTINUED, after):
            after += 2
        alone = command.word is None and (after >= len(self.text) or self.text[after] in " \t\n;&|<>()")
        return Place.WORD if alone else Place.PART

    def spoilt(self, frame: Frame) -> str:
        """Why no quoting is safe here, whatever the command."""
        kinds = [open_.kind for open_ in self.stack]
        if PARAMETER in kinds:
            return "inside `${…}`"
        if ARITHMETIC in kinds:
            return "in arithmetic"
        if TRANSLATED in kinds:
            return 'inside `$"…"`'
        if frame.command.subscript:
            return "in an array subscript"
        if self.family == "zsh" and frame.kind == DOUBLE and _SUBSCRIPT_OPEN.search(self.text, frame.opened, self.at):
            return "in an array subscript"
        return ""

    def reread(self, command: Frame) -> str:
        """Whether the command evaluates what it is given, so that quoting once is not enough."""
        if command.duplicating:
            return "after `>&`, whose word bash expands twice"
        if command.head in _REREAD:
            return f"in the arguments of `{command.head}`, which reads them as shell code"
        if command.head in _NAMERS and "=" not in (command.word or ""):
            return f"as a name given to `{command.head}`"
        if command.condition and command.previous in _EVALUATING:
            return f"beside `{command.previous}`, which evaluates it"
        return ""

    # --- words and commands --------------------------------------------------------------------------------------------------------

    def end_word(self, frame: Frame) -> None:
        """A word of the command in `frame` is over, if there was one."""
        word, holes = frame.word, frame.holes
        frame.word, frame.holes = None, []
        if word is None:
            return
        if frame.target:
            frame.target, frame.duplicating = 0, False
            return
        if word == "case" and self.nested():
            raise LostError("after `case` inside `$(…)`")
        if frame.condition:
            frame.condition = word != "]]"
            if word in _EVALUATING:
                for index in frame.previous_holes:
                    self.refuse(index, f"beside `{word}`, which evaluates it")
        elif frame.head is None:
            frame.condition = word == "[["
            if word not in _OPENERS and not ASSIGNMENT.match(word):
                frame.head = word
        frame.previous, frame.previous_holes = word, holes

    def end_command(self, frame: Frame) -> None:
        """After `;`, `&`, `|`, a newline or a parenthesis."""
        self.end_word(frame)
        frame.head, frame.previous, frame.previous_holes = None, "", []
        frame.target, frame.duplicating = 0, False
