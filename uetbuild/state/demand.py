"""Rows of a table that are read when somebody first asks for them: who opens a small part of a project needs few of them."""

from __future__ import annotations

from _collections_abc import MutableMapping  # loaded with `os`; `collections.abc` loads all of `collections`

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any


class OnDemand(MutableMapping):  # type: ignore[type-arg]  # subscripting it would be done at each start
    """What is recorded of some `names`, by name. `read`: all that is recorded of those that it is given."""

    __slots__ = ("_found", "_read", "_unread")

    def __init__(self, names: Iterable[str], read: Callable[[list[str]], dict[str, Any]], found: dict[str, Any]) -> None:
        """`found`: those that are known already."""
        self._found = found
        self._unread = {name: None for name in names if name not in found}
        self._read = read

    def __getitem__(self, name: str) -> Any:
        if name in self._unread:
            del self._unread[name]
            self._found |= self._read([name])
        return self._found[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._unread.pop(name, None)
        self._found[name] = value

    def __delitem__(self, name: str) -> None:
        del self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, Any]:
        if self._unread:
            unread, self._unread = list(self._unread), {}
            self._found |= self._read(unread)
        return self._found
