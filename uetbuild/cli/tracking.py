"""Which files git tracks: of nodes by the thousand whose outputs stand there already, each asks."""

from __future__ import annotations

import os

from uetbuild.front import print_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uetbuild.core.ports import Shell

GIT = ("git", "--literal-pathspecs")


class Tracked:
    """Asks git about the first paths, and when more are asked for of all that it tracks below `root` (absolute), anew when its index has
    changed; about each path where that is more than a process may say. Nothing is tracked where there is no git, or no repository.
    """

    def __init__(self, shell: Shell, root: str) -> None:
        self._shell = shell
        self._root = root
        self._asked = False
        self._index: str | None = None  # its path once it was asked for, "" = no repository
        self._then: int | None = None  # what the index looked like when the list was made
        self._list: set[str] | None = None

    def of(self, paths: Iterable[str]) -> set[str]:
        """Those of the paths, relative to the root, that git tracks."""
        if not self._asked:
            self._asked = True
            return self._files(paths) or set()
        if self._index is None:
            found = self._git("rev-parse", "--git-path", "index")
            self._index = "" if found is None else os.path.join(self._root, found)
        now = print_of(self._index) if self._index else None
        if now is None:
            return set()
        if now != self._then:
            self._then, self._list = now, self._files(())
        return self._files(paths) or set() if self._list is None else self._list.intersection(paths)

    def _files(self, paths: Iterable[str]) -> set[str] | None:
        """All of them where no path is named; None where git does not say it."""
        found = self._git("ls-files", "-z", "--", *paths)
        return None if found is None else set(found.split("\0")) - {""}

    def _git(self, *words: str) -> str | None:
        code, said, _ = self._shell.ask((*GIT, *words), self._root, {"GIT_OPTIONAL_LOCKS": "0"}, False)
        return None if code else said
