"""`Record`: slotted values that cross `marshal` as plain tuples.

Lies on the way from argv to the first spawn, so neither dataclasses nor enum nor typing is imported; 10,000 records are
rebuilt from rows in about 20 ms. What is nested in one is rebuilt when somebody asks for it: of most nodes of a project a build needs only
the name. By convention a record is never changed after it was made, unless its class says so.
"""

from __future__ import annotations

from itertools import repeat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self


class Record:
    """A value with `__slots__`; equality by class and content; `row()` and `from_row()` are inverse.

    A subclass names its fields in `__slots__`, with their defaults (if any) in `DEFAULTS`. Fields that hold records or tuples of
    records are named in `NESTED` with the record's class.
    """

    __slots__: tuple[str, ...] = ("_late",)  # here and only here: what of one is not rebuilt yet
    DEFAULTS: dict[str, Any] = {}
    NESTED: dict[str, type[Record]] = {}
    _late: list[Any]  # rows of nested fields, in the order of `NESTED`

    def __init__(self, **values: Any) -> None:
        if len(values) < len(self.__slots__):
            values = self.DEFAULTS | values
            if len(values) < len(self.__slots__):
                raise KeyError(min(set(self.__slots__).difference(values)))
        try:
            any(map(setattr, repeat(self), values, values.values()))  # `setattr` gives None: `any` goes on to the end
        except AttributeError:
            raise _no_field(self, values) from None

    def row(self) -> tuple[Any, ...]:
        """The fields as nested plain tuples, in slot order, ready for `marshal.dumps`."""
        values = list(map(getattr, repeat(self), self.__slots__))
        for place, _, _ in _nested(type(self)) if self.NESTED else ():
            if values[place]:
                values[place] = _flat(values[place])
        return tuple(values)

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """The record that `row()` described."""
        slots = cls.__slots__
        if len(row) != len(slots):
            raise ValueError(f"a row of {len(row)} values is no {cls.__name__}")
        self = cls.__new__(cls)
        any(map(setattr, repeat(self), slots, row))
        if not cls.NESTED:
            return self
        nested = _nested(cls)
        late = None
        for number, (place, name, _) in enumerate(nested):
            if row[place]:
                if late is None:
                    late = self._late = [None] * len(nested)
                late[number] = row[place]
                delattr(self, name)  # until it is asked for
        return self

    def __getattr__(self, name: str) -> Any:
        """A field that is not rebuilt yet."""
        for number, (_, field, kind) in enumerate(_nested(type(self))):
            if field == name:
                value = _revive(kind, self._late[number])
                self._late[number] = None
                setattr(self, name, value)
                return value
        raise AttributeError(f"{type(self).__name__} has no {name!r}")

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        slots = self.__slots__
        copy = self.__new__(type(self))
        any(map(setattr, repeat(copy), slots, map(getattr, repeat(self), slots)))
        try:
            any(map(setattr, repeat(copy), changes, changes.values()))
        except AttributeError:
            raise _no_field(self, changes) from None
        return copy

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


_NESTED: dict[type[Record], tuple[tuple[int, str, type[Record]], ...]] = {}  # (place in the row, field, class of what is in it)


def _nested(cls: type[Record]) -> tuple[tuple[int, str, type[Record]], ...]:
    """Found when it is first asked for: a class that holds itself knows its fields only after it was made."""
    found = _NESTED.get(cls)
    if found is None:
        found = _NESTED[cls] = tuple([(cls.__slots__.index(name), name, kind) for name, kind in cls.NESTED.items()])
    return found


def _no_field(record: Record, names: Iterable[str]) -> TypeError:
    """What is wrong with the one of these names that is none of a field."""
    name = min(set(names).difference(record.__slots__))
    return TypeError(f"{type(record).__name__} has no field {name!r}")


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
