"""`Record`: slotted values that cross `marshal` as plain tuples.

Lies on the way from argv to the first spawn, so neither dataclasses nor enum nor typing is imported; 10,000 records are
rebuilt from rows in about 20 ms. Rows can be left unread until somebody asks for a field: of most nodes of a project a build of some
needs only the name. By convention a record is never changed after it was made, unless its class says so.
"""

from __future__ import annotations

from _operator import attrgetter, is_not  # without `operator`, which is a module in Python
from itertools import repeat
from marshal import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, ClassVar, Self


class Record:
    """A value with `__slots__`; equality by class and content; `row()` and `from_row()` are inverse.

    A subclass names its fields, two at least, in `__slots__`, with their defaults (if any) in `DEFAULTS`. Fields that hold records or
    tuples of records are named in `NESTED` with the record's class.
    """

    __slots__: tuple[str, ...] = ("_row",)  # here and only here: what one that is not read yet is made of
    DEFAULTS: dict[str, Any] = {}
    NESTED: dict[str, type[Record]] = {}
    _row: bytes
    _values: ClassVar[attrgetter[tuple[Any, ...]]]  # all fields of one, in the order of the slots

    def __init_subclass__(cls) -> None:
        if cls.__slots__:
            cls._values = attrgetter(*cls.__slots__)

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
        """The fields as nested plain values, in slot order, ready for `marshal.dumps`; behind them those that hold records, by name."""
        values = self._values(self)
        if not self.NESTED:
            return values
        late = {}
        for name in self.NESTED:
            value = getattr(self, name)
            if value:
                flat = _flat(value)
                if flat is not value:
                    late[name] = flat
        if not late:
            return values
        plain = [*values, late]
        for name in late:
            plain[self.__slots__.index(name)] = None
        return tuple(plain)

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """The record that `row()` described."""
        more = len(row) - len(cls.__slots__)
        if more and (more != 1 or not cls.NESTED):
            raise ValueError(f"a row of {len(row)} values is no {cls.__name__}")
        self = cls.__new__(cls)
        _fill(self, row)
        return self

    @classmethod
    def unread(cls, rows: Sequence[bytes]) -> tuple[Self, ...]:
        """The records of rows that `marshal` wrote, each read when somebody asks for a field of it."""
        kind: Any = _unread(cls)
        made = tuple(map(kind.__new__, repeat(kind, len(rows))))
        any(map(setattr, made, repeat("_row"), rows))
        return made

    def with_(self, **changes: Any) -> Self:
        """A copy with some fields replaced."""
        values = self._values(self)  # now the class of this one is its own
        copy = self.from_row(values)
        try:
            any(map(setattr, repeat(copy), changes, changes.values()))
        except AttributeError:
            raise _no_field(self, changes) from None
        return copy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return False
        mine, theirs = self._values(self), other._values(other)  # now the class of both is their own
        return type(self) is type(other) and mine == theirs

    def __hash__(self) -> int:
        return hash((type(self).__name__, *map(_hashable, self._values(self))))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={getattr(self, name)!r}"
            for name in self.__slots__
            if name not in self.DEFAULTS or getattr(self, name) != self.DEFAULTS[name]
        )
        return f"{type(self).__name__}({shown})"


class Spelled(Record):
    """A record whose `__init__` takes its fields in their order and sets them one by one. For those that are made most often, since it
    takes a fifth of the time; the defaults are those of `__init__`.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        defaults = cls.__init__.__defaults__ or ()
        cls.DEFAULTS = dict(zip(cls.__slots__[len(cls.__slots__) - len(defaults) :], defaults, strict=True))

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Self:
        """The record that `row()` described."""
        return cls(*row) if len(row) == len(cls.__slots__) else super().from_row(row)


class _Unread:
    """What a record is until somebody asks for any of its fields: `_row` is its row, as `marshal` wrote it. A class of its own, since the
    interpreter reads the fields of a class that has `__getattr__` the long way, even those that are there.
    """

    __slots__ = ()

    def __init_subclass__(cls) -> None:
        """Nothing: the fields are those of the record's class."""

    def __getattr__(self, name: str) -> Any:
        """A field of what is not read yet."""
        record: Any = self
        row = loads(_row(record))
        del record._row
        record.__class__ = record.WHOLE
        _fill(record, row)
        return getattr(record, name)


_UNREAD: dict[type[Record], type[Any]] = {}  # by the class of records: that of those which are not read yet
_row: Callable[[Record], Any] = vars(Record)["_row"].__get__  # as `record._row`, but never asks `__getattr__`


def _unread(cls: type[Record]) -> type[Any]:
    """The class of those records of a class that are not read yet."""
    if cls not in _UNREAD:
        kind: Any = type(cls.__name__, (_Unread, cls), {"__slots__": (), "__module__": cls.__module__, "WHOLE": cls})
        kind.__slots__ = cls.__slots__  # for those who ask which fields there are
        _UNREAD[cls] = kind
    return _UNREAD[cls]


def _fill(record: Record, row: tuple[Any, ...]) -> None:
    """Set the fields of a record as `row()` described them."""
    any(map(setattr, repeat(record), record.__slots__, row))
    if len(row) > len(record.__slots__):
        for name, value in row[-1].items():
            setattr(record, name, _revive(record.NESTED[name], value))


def _no_field(record: Record, names: Iterable[str]) -> TypeError:
    """What is wrong with the one of these names that is none of a field."""
    name = min(set(names).difference(record.__slots__))
    return TypeError(f"{type(record).__name__} has no field {name!r}")


def _flat(value: Any) -> Any:
    """`value` with each record in it, also inside tuples, replaced by (..., row), which nothing else looks like; itself if none is."""
    if type(value) is tuple:
        items = [_flat(item) for item in value]
        return tuple(items) if any(map(is_not, items, value)) else value
    return (..., value.row()) if isinstance(value, Record) else value


def _revive(kind: type[Record], value: tuple[Any, ...]) -> Any:
    if value[0] is ...:
        return kind.from_row(value[1])
    return tuple([_revive(kind, item) if type(item) is tuple and item else item for item in value])


def _hashable(value: Any) -> Any:
    return tuple(sorted(value.items())) if type(value) is dict else value
