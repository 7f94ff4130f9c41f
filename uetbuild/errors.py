"""The one error family, and the exit codes that every command keeps.

Texts are lower case, hold names in backticks, end without a full stop; a `hint` says what to do about it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class ExitCode:
    """What the process returns; the numbers are the contract of interface section 3."""

    OK = 0
    FAILED = 1
    USAGE = 2
    GATE_FAILED = 3
    BUDGET = 4
    CONFLICT = 5
    WAITS = 6
    LOCKED = 7
    INTERNAL = 8
    SIGNAL = 128


class Location:
    """A place in a file: `file` as shown, `line` and `column` from 1, `length` of the carets in characters, `source` the line's text."""

    __slots__ = ("column", "file", "length", "line", "source")

    def __init__(self, file: str, line: int, column: int = 1, length: int = 1, source: str = "") -> None:
        self.file = file
        self.line = line
        self.column = column
        self.length = length
        self.source = source

    def order(self) -> tuple[str, int, int]:
        """Sort key: errors are shown by file, line, column."""
        return (self.file, self.line, self.column)


class UetError(Exception):
    """An error that a person can act on: `message`, where (`location`, and `others` for second places), `hint`, exit `code`."""

    def __init__(
        self,
        message: str,
        location: Location | None = None,
        hint: str = "",
        *,
        code: int = ExitCode.USAGE,
        others: Iterable[tuple[str, Location]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint
        self.code = code
        self.others = tuple(others)


class UetErrors(UetError):
    """Several independent errors of one manifest, in the order of their positions; at most `LIMIT` are kept, `left_out` more counted."""

    LIMIT = 20

    def __init__(self, errors: Iterable[UetError], left_out: int = 0) -> None:
        ordered = sorted(errors, key=lambda error: error.location.order() if error.location else ("", 0, 0))
        super().__init__(f"{len(ordered)} errors")
        self.left_out = left_out + max(0, len(ordered) - self.LIMIT)
        self.errors = tuple(ordered[: self.LIMIT])


def not_yet(what: str, location: Location | None = None) -> UetError:
    """The answer to a key, option or command of the contract whose part is not built yet."""
    return UetError(f"{what} is not yet supported", location, "this version of uetbuild does not have it; remove it for now")
