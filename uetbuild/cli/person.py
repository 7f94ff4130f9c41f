"""Whoever sits at the terminal: asked for `confirm`, and nobody where there is no terminal; and what they see of a build."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from uetbuild.core.ports import View
    from uetbuild.engine.loop import Loop
    from uetbuild.engine.wait import Wait
    from uetbuild.report.lines import Lines


class Terminal:
    """Asks on the controlling terminal, so that redirected streams do not answer by accident. `before`: called before somebody is asked."""

    __slots__ = ("_before",)

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self._before = before

    def confirm(self, question: str) -> bool | None:
        """True for yes, False for anything else, None where there is no terminal (or stdin is none)."""
        if not os.isatty(0):
            return None
        try:
            terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return None
        self._before()
        try:
            os.write(terminal, f"{question.rstrip()} [y/N] ".encode("utf-8", "replace"))
            answer = os.read(terminal, 1024).decode("utf-8", "replace")
        except OSError:
            return None
        finally:
            os.close(terminal)
        return answer.strip().lower() in ("y", "yes")


class Audience:
    """Who follows a build: `views` of its events, `person` who answers. Here they read what it prints; `Looking` is of those who look."""

    def __init__(self, view: Lines) -> None:
        self.views: tuple[View, ...] = (view,)
        self.person = Terminal()

    def wait(self, wait: Wait) -> Wait:
        """The wait of a build that they follow."""
        return wait

    def watch(self, loop: Loop, seconds: Mapping[str, float]) -> None:
        """This loop builds from now on. `seconds`: what its nodes took before, by id."""

    def leave(self) -> None:
        """It is over, in whatever way."""
